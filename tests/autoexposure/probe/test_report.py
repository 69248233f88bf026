"""A camera profile in words, line by line."""

import numpy as np
import pytest

from autoexposure.probe.report import report
from autoexposure.profiles.profile import CameraProfile, Delay, MeasuredControl, ReadBack, Span
from autoexposure.response import ResponseCurve, srgb

TIME = MeasuredControl((0.0001, 0.5), (-13.2877, -1.0), Span(0.0001, 0.5), 0.0001, read_back=ReadBack.HONEST)
GAIN = MeasuredControl((1.0, 16.0), (0.0, 6.0), Span(1.0, 16.0), codes=(0, 255), noise=(1.5, 9.0))


def lines(**changes: object) -> dict[str, str]:
    """What is said of each property; several lines of one joined by bars."""
    fields: dict[str, object] = {
        "stable_id": "usb-1",
        "name": "Webcam",
        "detail": "",
        "measured_at": "2026-11-22T21:00:00+00:00",
        "program": "0.1.0",
        "took_s": 61.5,
        "frame_interval_s": 1 / 30,
        "delay": Delay(2, 3, 4, 12),
        "time": TIME,
        "gain": GAIN,
        "response": None,
    }
    said: dict[str, str] = {}
    for line in report(CameraProfile(**{**fields, **changes})):
        said[line.what] = f"{said[line.what]} | {line.found}" if line.what in said else line.found
    return said


def test_everything_is_said_in_a_line() -> None:
    assert lines(notes=("A note.", "Another.")) == {
        "delay": "2 pictures from a setting to its effect (3 to 4 here, transfer included)",
        "start-up": "steady from the first picture on",
        "exposure time": "1/10000 s to 0.5 s, as it says; reads back what it uses",
        "frame rate": "30.0 frames/s",
        "gain": "+6.00 EV, codes 0 to 255 (by default taken for +4.00)",
        "noise": "1.5 code values at the lowest gain, 9.0 at the highest",
        "response": "not measured, taken for sRGB",
        "flicker": "none seen",
        "note": "A note. | Another.",
    }


def test_what_a_camera_has_not_is_left_out() -> None:
    said = lines(time=None, gain=None, delay=None)
    assert list(said) == ["delay", "start-up", "frame rate", "response", "flicker"]
    assert said["delay"] == "could not be seen"
    quiet = MeasuredControl((1.0, 16.0), (0.0, 6.0), Span(2.0, 16.0))
    assert "noise" not in lines(gain=quiet)
    assert lines(gain=quiet)["gain"] == "+6.00 EV (by default taken for +3.00)"


def test_one_delay_is_said_as_one() -> None:
    assert lines(delay=Delay(1, 3, 3, 12, latency_s=0.0667))["delay"] == (
        "1 picture from a setting to its effect (3 here, transfer included), 67 ms"
    )


def test_a_start_that_is_not_steady_and_lamps_are_said() -> None:
    said = lines(startup_frames=7, mains_hz=50, flicker_ev=0.8)
    assert said["start-up"] == "the first 7 pictures are not steady"
    assert said["flicker"] == "lamps on 50 Hz mains, 0.8 EV from dark to bright at short exposures"


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"slows_frames": True}, "30.0 frames/s; longer exposures slow the pictures down"),
        ({"slows_frames": False}, "30.0 frames/s; longer exposures do not slow them down"),
        (
            {"slows_frames": True, "capped_at_s": 0.03},
            "30.0 frames/s; exposures end at 1/33 s, longer settings change nothing",
        ),
    ],
)
def test_the_frame_rate_is_said_with_what_long_exposures_do(known: dict[str, object], words: str) -> None:
    assert lines(**known)["frame rate"] == words


def test_what_lies_is_said_with_what_it_really_is() -> None:
    stepped = MeasuredControl(
        (0.0005, 0.001, 0.002),
        (-11.0, -10.0, -9.0),
        Span(0.0001, 0.5),
        stepped=True,
        read_back=ReadBack.ECHO,
        dead_zones=(Span(0.002, 0.5),),
        falls=(Span(0.1, 0.11),),
    )
    gain = MeasuredControl((1.0, 4.0, 16.0), (0.0, 1.0, 2.0), Span(1.0, 16.0), stepped=True, falls=(Span(2.0, 3.0),))
    said = lines(time=stepped, gain=gain)
    assert said["exposure time"] == (
        "1/2048 s to 1/512 s, though it says 1/10000 s to 0.5 s; only 3 steps; reads back what it was asked, not what "
        "it uses | nothing moves from 1/500 s to 0.5 s | gets darker from 1/10 s to 1/9.09 s"
    )
    assert said["gain"] == "+2.00 EV in 3 steps (by default taken for +4.00) | gets darker from x2 to x3"
    honest_but_ending = MeasuredControl(TIME.asked, TIME.light_ev, TIME.advertised, dead_zones=(Span(0.3, 0.5),))
    assert "though it says" in lines(time=honest_but_ending)["exposure time"]
    honest_but_falling = MeasuredControl(TIME.asked, TIME.light_ev, TIME.advertised, falls=(Span(0.3, 0.5),))
    assert "though it says" in lines(time=honest_but_falling)["exposure time"]


def test_the_response_is_compared_between_dark_and_bright_but_for_a_factor() -> None:
    usual = srgb().relative.astype(np.float64)
    bent = usual.copy()
    bent[1:255] *= 0.97
    bent[21:40] *= 2.0**-0.02
    assert lines(response=ResponseCurve("a", bent.astype(np.float32)))["response"] == "within 0.02 EV of sRGB"
    outside = usual.copy()
    outside[1:20] *= 0.8
    outside[231:255] = 0.5 * (outside[231:255] + outside[230])
    assert lines(response=ResponseCurve("b", outside.astype(np.float32)))["response"] == "within 0.00 EV of sRGB"


@pytest.mark.parametrize(("code", "off_ev", "said"), [(19, 0.03, 0), (20, 0.03, 3), (229, 0.006, 1), (230, 0.006, 0)])
def test_it_is_compared_from_code_20_to_229(code: int, off_ev: float, said: int) -> None:
    relative = srgb().relative.astype(np.float64)
    relative[code] *= 2.0**off_ev
    curve = ResponseCurve("c", relative.astype(np.float32))
    assert lines(response=curve)["response"] == f"within 0.0{said} EV of sRGB"
