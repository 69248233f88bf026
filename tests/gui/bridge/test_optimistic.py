from gui.bridge.optimistic import PATIENCE_S, OptimisticValue


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_without_a_wish_the_truth_is_shown():
    assert OptimisticValue().shown(3) == 3


def test_what_was_asked_for_is_shown_until_it_is_true():
    wish = OptimisticValue(Clock())
    wish.ask(5)
    assert wish.shown(0) == 5
    assert wish.pending
    assert wish.shown(5) == 5
    assert not wish.pending
    assert wish.shown(1) == 1, "a later change by the loop is shown at once"


def test_a_wish_that_is_never_granted_gives_way_to_the_truth():
    clock = Clock()
    wish = OptimisticValue(clock)
    wish.ask(True)
    clock.now_s = PATIENCE_S + 0.1
    assert wish.shown(False) is False
    assert not wish.pending
