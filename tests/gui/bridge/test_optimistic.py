from gui.bridge.optimistic import PATIENCE_S, OptimisticValue


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_with_nothing_asked_the_truth_is_shown():
    assert OptimisticValue().shown(3) == 3


def test_what_was_asked_for_is_shown_until_it_is_true():
    asked = OptimisticValue(Clock())
    asked.ask(5)
    assert asked.shown(0) == 5
    assert asked.pending
    assert asked.shown(5) == 5
    assert not asked.pending
    assert asked.shown(1) == 1, "a later change by the loop is shown at once"


def test_what_is_never_granted_gives_way_to_the_truth():
    clock = Clock()
    asked = OptimisticValue(clock)
    asked.ask(True)
    clock.now_s = PATIENCE_S + 0.1
    assert asked.shown(False) is False
    assert not asked.pending
