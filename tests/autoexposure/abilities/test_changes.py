from hypothesis import given
from hypothesis import strategies as st

from autoexposure.abilities.adjustable import AUTOMATICS, NAMES, Adjustment, AdjustmentKind
from autoexposure.abilities.several_adjustments import changes


def switch(name, on):
    return Adjustment(name, AdjustmentKind.SWITCH, float(on))


def number(name, value):
    return Adjustment(name, AdjustmentKind.NUMBER, value, 0.0, 100.0)


WHITE = (switch("white_balance_automatic", on=True), number("white_balance_temperature", 40.0))


def test_an_automatic_is_let_go_before_the_value_it_moved_is_set():
    wanted = {"white_balance_temperature": 40.0, "white_balance_automatic": 0.0}
    assert changes(WHITE, wanted) == [("white_balance_automatic", 0.0), ("white_balance_temperature", 40.0)]


def test_what_was_set_by_hand_is_undone_before_its_automatic_hides_it():
    held = (switch("white_balance_automatic", on=False), number("white_balance_temperature", 10.0))
    wanted = {"white_balance_temperature": 50.0, "white_balance_automatic": 1.0}
    assert changes(held, wanted) == [("white_balance_temperature", 50.0), ("white_balance_automatic", 1.0)]


def test_what_an_automatic_has_is_left_to_it():
    assert changes(WHITE, {"white_balance_temperature": 50.0}) == [], "its automatic is on, and stays on"


def test_letting_an_automatic_go_alone_holds_what_it_found():
    assert changes(WHITE, {"white_balance_automatic": 0.0}) == [("white_balance_automatic", 0.0)]


@given(
    st.dictionaries(st.sampled_from(list(NAMES)), st.sampled_from([0.0, 1.0])),
    st.dictionaries(st.sampled_from(list(NAMES)), st.sampled_from([0.0, 1.0])),
)
def test_afterwards_everything_that_no_automatic_has_is_as_wanted(before, wanted):
    now = [number(name, value) for name, value in before.items()]
    after = dict(before)
    for name, value in changes(now, wanted):
        assert not after.get(AUTOMATICS.get(name, "")), "set while its automatic had it"
        after[name] = value
    for name, value in after.items():
        if not after.get(AUTOMATICS.get(name, "")):
            assert value == wanted.get(name, before[name])
