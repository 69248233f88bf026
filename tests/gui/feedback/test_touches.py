"""What is set by hand and left standing becomes an answer by one rule, whatever it was."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from autoexposure.camera import CameraInfo
from autoexposure.control.commands import Lock, SetBias, SetExposure
from autoexposure.control.snapshot import Snapshot
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import LEAST_STANDING_S, MOST_WEIGHT_BY_HAND, Source
from autoexposure.frame import Frame
from autoexposure.metering.spot import Spot
from autoexposure.states import AeState, LoopState
from gui.feedback.touches import MOST_WAITING, Left, Touches

LONG_S = 600.0
USUAL, BRIGHT = Exposure(1 / 60, 2.0), Exposure(1 / 30, 2.0)


def picture(scene: int, exposure: Exposure = USUAL) -> Frame:
    coarse = np.random.default_rng(scene).uniform(10, 160, (6, 8, 3)).astype(np.float32)
    pixels = np.rint(cv2.resize(coarse, (64, 48), interpolation=cv2.INTER_CUBIC)).clip(0, 255).astype(np.uint8)
    return Frame(pixels, 0.0, 0, exposure)


class Hand:
    """A hand, a loop that obeys it at once, and a clock."""

    def __init__(self) -> None:
        self.kept: list[Left] = []
        self.touches = Touches(self.kept.append)
        self.now_s = 0.0
        self.loop = Snapshot(
            loop_state=LoopState.RUNNING,
            ae_state=AeState.CONVERGED,
            camera=CameraInfo("sim:", "Simulated", "sim:"),
            frame=picture(0),
            meter="attention",
        )
        self.see()

    def see(self, **changes: object) -> None:
        self.loop = replace(self.loop, **changes)
        self.touches.show(self.loop, self.now_s)

    def look_at(self, scene: int) -> None:
        assert self.loop.frame is not None
        self.see(frame=picture(scene, self.loop.frame.exposure or USUAL))

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.see()

    def bias(self, ev: float) -> None:
        self.touches.send(SetBias(ev), self.now_s)
        self.see(ae_state=AeState.SEARCHING)
        self.see(ae_state=AeState.CONVERGED, ev_bias=ev)

    def expose(self, exposure: Exposure) -> None:
        self.touches.send(SetExposure(exposure), self.now_s)
        self.see(locked=True, ae_state=AeState.LOCKED, commanded=exposure)
        assert self.loop.frame is not None
        self.see(frame=replace(self.loop.frame, exposure=exposure))

    def lock(self, on: bool) -> None:
        self.touches.send(Lock(on), self.now_s)
        self.see(locked=on, ae_state=AeState.LOCKED if on else AeState.CONVERGED)

    def tap(self, spot: Spot | None) -> None:
        if spot is not None:
            self.touches.tap(spot, self.now_s)
        self.see(ae_state=AeState.SEARCHING, spot=spot)
        self.see(ae_state=AeState.CONVERGED)


@pytest.fixture
def hand() -> Hand:
    return Hand()


def begin_bias(hand: Hand) -> None:
    hand.bias(1.0)


def end_bias(hand: Hand) -> None:
    hand.look_at(5)
    hand.bias(0.0)


TOUCHES = {
    Source.BIAS: (begin_bias, end_bias),
    Source.EXPOSURE: (lambda hand: hand.expose(BRIGHT), lambda hand: hand.lock(False)),
    Source.LOCK: (lambda hand: hand.lock(True), lambda hand: hand.lock(False)),
    Source.SPOT: (lambda hand: hand.tap(Spot(0.2, 0.7)), lambda hand: hand.tap(None)),
}


@pytest.mark.parametrize("source", TOUCHES)
def test_what_is_left_standing_is_an_answer_about_the_picture_of_that_moment(hand: Hand, source: Source) -> None:
    begin, end = TOUCHES[source]
    begin(hand)
    shown = hand.loop.frame
    hand.wait(60)
    hand.look_at(1)
    hand.wait(LONG_S)
    assert hand.kept == [], "not before it is over: until then it does its work itself"
    end(hand)
    (left,) = hand.kept
    assert left.source is source
    assert left.snapshot.frame is shown
    assert left.weight == MOST_WEIGHT_BY_HAND
    assert left.bias_ev == 0, "the person's own bias is what is to be learned, not what was given"


@pytest.mark.parametrize("source", TOUCHES)
def test_what_is_taken_back_within_seconds_is_none(hand: Hand, source: Source) -> None:
    begin, end = TOUCHES[source]
    begin(hand)
    hand.wait(LEAST_STANDING_S - 1)
    end(hand)
    hand.wait(LONG_S)
    hand.touches.end(hand.now_s)
    assert hand.kept == []


@pytest.mark.parametrize("source", TOUCHES)
def test_it_weighs_more_the_longer_it_stood(source: Source) -> None:
    weights = []
    for stood_s in (20, 60, 120, 10_000):
        hand = Hand()
        begin, end = TOUCHES[source]
        begin(hand)
        hand.wait(stood_s)
        end(hand)
        weights += [left.weight for left in hand.kept]
    assert weights == sorted(weights)
    assert weights[0] < weights[1] < weights[2] == weights[3]


@pytest.mark.parametrize("source", TOUCHES)
def test_closing_the_window_is_an_end_too(hand: Hand, source: Source) -> None:
    TOUCHES[source][0](hand)
    hand.wait(LONG_S)
    hand.touches.end(hand.now_s)
    assert [left.source for left in hand.kept] == [source]


@pytest.mark.parametrize("source", TOUCHES)
@pytest.mark.parametrize(
    "gone",
    [
        {"camera": CameraInfo("b:", "B", "b:")},
        {"native_auto": True},
        {"paused": True},
        {"loop_state": LoopState.FAILED},
    ],
    ids=str,
)
def test_what_a_hand_no_longer_steers_is_over(hand: Hand, source: Source, gone: dict[str, object]) -> None:
    TOUCHES[source][0](hand)
    hand.wait(30)
    hand.see(**gone)
    hand.wait(LONG_S)
    hand.touches.end(hand.now_s)
    (left,) = hand.kept
    assert left.weight == pytest.approx(MOST_WEIGHT_BY_HAND * 30 / 120)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *((Source.BIAS, second) for second in (Source.EXPOSURE, Source.LOCK, Source.SPOT)),
        *((Source.SPOT, second) for second in (Source.EXPOSURE, Source.LOCK, Source.BIAS)),
        (Source.LOCK, Source.EXPOSURE),
    ],
)
def test_in_front_of_the_same_picture_the_last_touch_counts(hand: Hand, first: Source, second: Source) -> None:
    TOUCHES[first][0](hand)
    hand.wait(LONG_S)
    TOUCHES[second][0](hand)
    hand.wait(LONG_S)
    hand.touches.end(hand.now_s)
    assert [left.source for left in hand.kept] == [second]


@pytest.mark.parametrize("second", [Source.EXPOSURE, Source.LOCK, Source.SPOT])
def test_in_front_of_another_picture_both_count(hand: Hand, second: Source) -> None:
    TOUCHES[Source.BIAS][0](hand)
    hand.wait(LONG_S)
    hand.look_at(3)
    TOUCHES[second][0](hand)
    hand.wait(LONG_S)
    hand.touches.end(hand.now_s)
    assert [left.source for left in hand.kept] == [Source.BIAS, second]


def test_a_slider_that_is_dragged_is_one_touch(hand: Hand) -> None:
    for ev in (1 / 3, 2 / 3, 1.0, 2 / 3):
        hand.bias(ev)
        hand.wait(LEAST_STANDING_S + 1)
    hand.touches.end(hand.now_s)
    assert [left.snapshot.ev_bias for left in hand.kept] == [pytest.approx(2 / 3)]


def test_a_bias_taken_back_in_front_of_the_same_picture_was_not_meant_to_stay(hand: Hand) -> None:
    hand.bias(1.0)
    hand.wait(LONG_S)
    hand.bias(0.0)
    hand.touches.end(hand.now_s)
    assert hand.kept == []


def test_what_another_picture_was_given_waits_until_the_bias_is_off(hand: Hand) -> None:
    hand.bias(1.0)
    hand.wait(LONG_S)
    hand.look_at(1)
    hand.bias(0.5)
    hand.wait(LONG_S)
    assert hand.kept == [], "else the picture would get it twice"
    hand.look_at(2)
    hand.bias(0.0)
    assert [left.snapshot.ev_bias for left in hand.kept] == [1.0, 0.5]


def test_other_touches_wait_for_the_bias_too(hand: Hand) -> None:
    hand.bias(1.0)
    hand.look_at(1)
    hand.lock(True)
    hand.wait(LONG_S)
    hand.lock(False)
    assert hand.kept == []
    hand.bias(0.0)
    assert [(left.source, left.bias_ev) for left in hand.kept] == [(Source.LOCK, 0.0)]


def test_a_bias_that_a_preset_set_is_no_hands(hand: Hand) -> None:
    hand.see(ev_bias=-1.0)
    hand.wait(LONG_S)
    hand.bias(-0.5)
    hand.wait(LONG_S)
    hand.touches.end(hand.now_s)
    (left,) = hand.kept
    assert left.bias_ev == -1.0, "the meter is to learn the half stop, and not the preset"


def test_a_preset_ends_what_a_hand_set(hand: Hand) -> None:
    hand.bias(1.0)
    hand.wait(LONG_S)
    hand.see(ev_bias=-1.0)
    assert [left.source for left in hand.kept] == [Source.BIAS]
    hand.wait(LONG_S)
    hand.touches.end(hand.now_s)
    assert len(hand.kept) == 1


def test_the_nights_share_stays_part_of_the_picture(hand: Hand) -> None:
    hand.see(night_ev=-0.7)
    hand.bias(1.0)
    hand.wait(LONG_S)
    hand.touches.end(hand.now_s)
    assert hand.kept[0].bias_ev == pytest.approx(-0.7)


def test_what_never_came_to_rest_is_none(hand: Hand) -> None:
    hand.touches.send(SetBias(1.0), hand.now_s)
    hand.see(ae_state=AeState.SEARCHING, ev_bias=1.0)
    hand.wait(LONG_S)
    hand.touches.end(hand.now_s)
    assert hand.kept == []


def test_a_lock_in_the_middle_of_a_search_is_none(hand: Hand) -> None:
    hand.see(ae_state=AeState.SEARCHING)
    hand.lock(True)
    hand.wait(LONG_S)
    hand.lock(False)
    assert hand.kept == []


def test_an_exposure_counts_from_the_picture_that_it_made(hand: Hand) -> None:
    hand.touches.send(SetExposure(BRIGHT), hand.now_s)
    hand.see(locked=True, ae_state=AeState.LOCKED, commanded=BRIGHT)  # the picture was still made by another
    hand.wait(LONG_S)
    hand.lock(False)
    assert hand.kept == []


def test_what_is_said_of_the_same_picture_counts_instead(hand: Hand) -> None:
    hand.lock(True)
    hand.wait(LONG_S)
    hand.touches.said()
    hand.lock(False)
    assert hand.kept == []


def test_what_is_said_of_another_picture_changes_nothing(hand: Hand) -> None:
    hand.lock(True)
    hand.wait(LONG_S)
    hand.look_at(1)
    hand.touches.said()
    hand.lock(False)
    assert len(hand.kept) == 1


def test_the_next_person_finds_the_bias_as_it_is(hand: Hand) -> None:
    hand.bias(1.0)
    hand.touches.end(hand.now_s)
    hand.see()
    hand.bias(1.5)
    hand.wait(LONG_S)
    hand.touches.end(hand.now_s)
    assert hand.kept[0].bias_ev == 1.0


def test_a_bias_that_stands_for_days_does_not_fill_the_memory(hand: Hand) -> None:
    hand.bias(1.0)
    for scene in range(1, MOST_WAITING + 5):
        hand.look_at(scene)
        hand.lock(True)
        hand.wait(LONG_S)
        hand.lock(False)
    hand.touches.end(hand.now_s)
    assert len(hand.kept) == MOST_WAITING
    assert hand.kept[-1].source is Source.LOCK
