"""What a finished survey says of a camera, at the borders of each judgement."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.probe.control_points import Point, measured_control
from autoexposure.probe.findings import cap_s, doubts, gain_found, interval_found, moves, slows_frames, time_found

BOTH = Capabilities(ControlRange(0.001, 0.1), ControlRange(1.0, 16.0))


def survey(**known: Any) -> Any:
    """As much of a survey as is looked at; steady, rich in contrast, and without any sample."""
    usual = {
        "samples": [],
        "changes": 0,
        "contrast_ev": 3.0,
        "drift_ev": 0.0,
        "time_points": lambda: [Point(0.001 * 2**n, n - 10.0) for n in range(6)],
        "gain_points": lambda: [Point(2.0**n, float(n)) for n in range(4)],
    }
    return SimpleNamespace(**usual | known)


def sample(time_s: float, interval_s: float) -> Any:
    return SimpleNamespace(asked=SimpleNamespace(time_s=time_s), interval_s=interval_s)


def control(*light_ev: float) -> Any:
    points = [Point(0.001 * 2**n, ev) for n, ev in enumerate(light_ev)]
    return measured_control(points, ControlRange(0.001, points[-1].asked), gain=False)


def said(**known: Any) -> list[str]:
    found = survey(**known)
    return list(doubts(found, BOTH, time_found(found, BOTH), gain_found(found, BOTH)))


def test_a_control_is_found_from_two_points_where_there_is_one() -> None:
    two = [Point(0.001, -10.0), Point(0.002, -9.0)]
    assert time_found(survey(time_points=lambda: two), BOTH) is not None
    assert time_found(survey(time_points=lambda: two[:1]), BOTH) is None
    assert time_found(survey(), Capabilities(gain=BOTH.gain)) is None
    assert gain_found(survey(gain_points=lambda: two), BOTH) is not None
    assert gain_found(survey(gain_points=lambda: two[:1]), BOTH) is None
    assert gain_found(survey(), Capabilities(BOTH.time_s)) is None
    time, gain = time_found(survey(), BOTH), gain_found(survey(), BOTH)
    assert time is not None
    assert gain is not None
    assert time.asked[0] == 0.001
    assert gain.asked == (1.0, 2.0, 4.0, 8.0)
    noisy = [Point(2.0**n, float(n), noise=1.0 + n) for n in range(4)]
    found = gain_found(survey(gain_points=lambda: noisy), BOTH)
    assert found is not None
    assert found.noise == (1.0, 2.0, 3.0, 4.0)


def test_a_fifth_of_an_ev_is_a_move() -> None:
    assert not moves(None)
    assert not moves(control(0.0, 0.1, 0.19))
    assert moves(control(0.0, 0.1, 0.21))


def test_the_usual_interval_is_that_of_short_exposures() -> None:
    taken = [sample(0.01, 0.03), sample(0.033, 0.034), sample(0.02, 0.05), sample(0.034, 9.0)]
    assert interval_found(survey(samples=taken), 0.033) == pytest.approx(0.034)
    assert interval_found(survey(samples=[sample(0.1, 0.1)]), 0.033) == 0.033


@pytest.mark.parametrize(
    ("time_s", "interval_s", "slows"),
    [
        (0.13, 0.5, None),
        (0.14, 0.113, True),
        (0.14, 0.112, False),
        (0.14, 0.8 * 0.14, False),
        (0.14, 0.1, False),
        (0.05, 0.5, None),
    ],
)
def test_pictures_are_slowed_by_exposures_clearly_longer_than_their_interval(
    time_s: float, interval_s: float, slows: bool | None
) -> None:
    assert slows_frames(survey(samples=[sample(time_s, interval_s)]), 0.1) is slows


def test_one_slow_picture_among_long_ones_tells() -> None:
    assert slows_frames(survey(samples=[sample(0.2, 0.1), sample(0.3, 0.3)]), 0.1) is True


def test_the_cap_is_where_longer_times_bring_no_more_light() -> None:
    assert cap_s(None) is None
    assert cap_s(control(-10.0, -9.0, -8.0, -7.0)) is None
    assert cap_s(control(-10.0, -9.0, -8.0, -8.0, -8.0)) == pytest.approx(2.0**-8)
    assert cap_s(control(-10.0, -10.0, -10.0, -9.0, -8.0)) is None  # still at the other end
    assert cap_s(control(-10.0, -9.0, -8.0, -8.0, -7.0)) is None  # or in the middle
    assert cap_s(control(-10.0, -10.0, -9.0, -8.0, -7.97)) == pytest.approx(2.0**-7.97)


def test_a_good_survey_raises_no_doubts() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"time_points": lambda: [Point(0.00106 * 2**n, n - 10.0) for n in range(6)]}, "too dark to measure"),
        ({"changes": 1}, "parts were measured again"),
        ({"contrast_ev": 1.49}, "little contrast"),
        ({"drift_ev": 0.16}, "changed by 0.16 EV"),
        (
            {"time_points": lambda: [Point(0.001 * 2**n, 0.03 * n) for n in range(6)]},
            "The exposure time changes nothing",
        ),
        ({"gain_points": lambda: [Point(2.0**n, 0.03 * n) for n in range(4)]}, "The gain changes nothing"),
    ],
)
def test_each_doubt_is_said_alone(known: dict[str, Any], words: str) -> None:
    (sentence,) = said(**known)
    assert words in sentence


def test_what_is_just_good_enough_raises_no_doubts() -> None:
    nearly = [Point(0.00104 * 2**n, n - 10.0) for n in range(6)]
    assert said(time_points=lambda: nearly, contrast_ev=1.5, drift_ev=0.15) == []
    assert said(time_points=lambda: [Point(0.001 * 1.05 * 2**n, n - 10.0) for n in range(6)]) == []
    found = survey(time_points=list)
    assert list(doubts(found, BOTH, control(-10.0, -9.0, -8.0), None)) == []
    assert math.isfinite(interval_found(found, 0.03))
