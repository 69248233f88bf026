from dataclasses import replace

import numpy as np
import pytest

from autoexposure.control.snapshot import Snapshot
from autoexposure.metering.explain import explain
from autoexposure.metering.policy import MAP_SIDE, Decision
from autoexposure.motion.trade import SeenMotion
from autoexposure.trust.obedience import Control
from gui.text.wording import (
    as_sentence,
    exposure_words,
    goal_sentence,
    motion_sentence,
    signed,
    unsure_sentence,
    why_sentence,
    why_tip,
)


@pytest.mark.parametrize(
    ("ev", "words"), [(0.0, "+0.00"), (-0.001, "+0.00"), (1.234, "+1.23"), (-3.0, "−3.00"), (12.0, "+12.00")]
)
def test_ev_has_a_sign_and_zero_is_never_negative(ev, words):
    assert signed(ev) == words


def test_an_exposure_as_photographers_say_it(running, make_frame):
    assert exposure_words(running) == "1/60 s, ISO 200"
    assert (
        exposure_words(replace(running, capabilities=replace(running.capabilities, base_iso=50))) == "1/60 s, ISO 100"
    )
    assert exposure_words(replace(running, disobedient=frozenset({Control.TIME}))) == "ISO 200"
    assert exposure_words(replace(running, disobedient=frozenset({Control.GAIN}))) == "1/60 s"
    assert exposure_words(replace(running, disobedient=frozenset(Control))) == ""
    assert exposure_words(replace(running, frame=None)) == ""
    assert exposure_words(replace(running, frame=make_frame(exposure=None))) == ""


def test_a_message_becomes_a_sentence():
    assert as_sentence("no camera: plug one in") == "No camera: plug one in."
    assert as_sentence("It left.") == "It left."
    assert as_sentence("Why?") == "Why?"
    assert as_sentence("") == ""


def answer(parts, *, delta_ev=None, averages_light=False):
    """An answer in which some of the nine places, by (row, column), have an attention and an EV."""
    attention = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
    exposure = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
    for (row, column), (weight, wants_ev) in parts.items():
        place = np.s_[5 * row : 5 * row + 5, 5 * column : 5 * column + 5]
        attention[place], exposure[place] = 9 * weight, wants_ev
    whole = float(np.mean(attention * exposure))
    return explain(
        Decision(whole if delta_ev is None else delta_ev, attention, exposure), averages_light=averages_light
    )


def sentence(why):
    """In a line as long as it likes."""
    return why_sentence(why).replace("\u00a0", " ")


def test_the_leading_place_with_its_weight_and_ev():
    assert sentence(answer({(1, 0): (0.41, 0.9)})) == "Raise 0.4 EV: centre-left, weight 0.41, wants +0.90."
    assert sentence(answer({(2, 2): (0.5, -1.5)})) == "Lower 0.8 EV: bottom right, weight 0.50, wants −1.50."


def test_a_picture_that_is_left_alone_says_why(running):
    left = replace(running, decision=Decision(-0.2, doubt_ev=0.4), left_alone=True)
    words = "Stays: the picture seems 0.2 EV off, and the meter is unsure by 0.4 EV."
    assert unsure_sentence(left) == words
    assert unsure_sentence(replace(left, night_ev=-0.3)) == words.replace("0.2", "0.5")
    assert unsure_sentence(replace(left, ev_bias=-0.3)) == words.replace("0.2", "0.5"), "off from what is wanted"
    for usual in (
        replace(left, left_alone=False),
        replace(left, decision=None),
        replace(left, decision=Decision(-0.2)),
    ):
        assert unsure_sentence(usual) == ""


def test_what_holds_back_is_named_when_it_matters():
    words = sentence(answer({(1, 1): (0.5, 1.5), (0, 0): (0.3, -1.0)}))
    assert words == "Raise 0.4 EV: centre, weight 0.50, wants +1.50. Held back by top left (−0.30)."
    assert "Held back" not in sentence(answer({(1, 1): (0.5, 1.5), (0, 0): (0.1, -0.5)}))


def test_content_is_said_with_what_balances():
    words = sentence(answer({(1, 1): (0.4, 0.5), (0, 2): (0.3, -0.6)}))
    assert words == "Stays: centre (+0.20) and top right (−0.18) balance."
    words = sentence(answer({(1, 1): (0.3, 0.5), (0, 2): (0.4, -0.5)}))
    assert words == "Stays: centre (+0.15) and top right (−0.20) balance."
    assert sentence(answer({(1, 1): (0.4, 0.05)})) == "Stays: no part of the picture asks for a change."


def test_an_answer_beyond_this_picture_says_so():
    words = sentence(answer({(1, 1): (0.5, 2.0)}, delta_ev=2.8))
    assert words == "Raise 2.8 EV: centre, weight 0.50, wants +2.00. This picture alone says +1.00."
    assert "alone" not in sentence(answer({(1, 1): (0.5, 2.0)}, delta_ev=2.8, averages_light=True))


def test_a_bar_tells_its_arithmetic():
    why = answer({(0, 1): (0.5, -1.0)})
    assert why is not None
    assert why_tip(why.regions[0], averages_light=False) == (
        "Top: weight 0.50 × wants −1.00 EV moves the exposure by −0.50 EV"
    )
    assert "only explain" in why_tip(why.regions[0], averages_light=True)


def test_a_night_that_is_kept_dark_is_the_reason_why_a_dark_picture_stays():
    dark = Snapshot(decision=Decision(1.2), night_ev=-1.2)
    assert goal_sentence(dark) == "Night is kept dark: 1.2 EV under the meter."
    bright = replace(dark, decision=Decision(-0.4), night_ev=0.36)
    assert goal_sentence(bright) == "Bright light is kept bright: 0.4 EV over the meter."
    slow = replace(dark, night_ev=0.0, ramp_ev=-1.2)
    assert goal_sentence(slow) == "Held back by the ramp: 1.2 EV to go."


def test_the_night_is_no_reason_in_a_room_nor_while_the_exposure_is_on_its_way():
    for other in (
        Snapshot(decision=Decision(0.0), night_ev=0.01),
        Snapshot(decision=Decision(2.0), night_ev=-1.2),
        Snapshot(decision=Decision(2.0)),
        Snapshot(night_ev=-1.2),
    ):
        assert goal_sentence(other) == ""


def test_why_says_that_times_are_shorter_for_motion():
    moving = Snapshot(motion=SeenMotion(403.0, 3.1, 1.52))
    assert motion_sentence(moving) == "Time shorter by 1.5 EV: the subject moves 400\u00a0px/s."
    bands = Snapshot(motion=SeenMotion(1234.0, 3.1, 2.0, bands=True))
    assert (
        motion_sentence(bands) == "Time shorter by 2.0 EV: the subject moves 1230\u00a0px/s. Lamps may show as bands."
    )
    for still in (Snapshot(), Snapshot(motion=SeenMotion(403.0, 3.1)), Snapshot(motion=SeenMotion(3.0))):
        assert motion_sentence(still) == ""
