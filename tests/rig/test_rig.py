"""The drivers and the whole program on real kernel drivers: uvcvideo with a webcam in software, and vivid.

Each test is one boot; in the guest, every module has webcams of its own (`tests/rig/guest/plugged.py`). The one that
takes longest comes first, so that none is left that has to run alone at the end.
"""

import pytest

from tests.rig.guests import in_guest

pytestmark = pytest.mark.rig


@in_guest("probe")
def test_the_probe_finds_what_is_true_of_a_webcam(report: str) -> None:
    """Its delay, gain law and range; also behind a range that lies."""
    assert " passed" in report


@in_guest("webcam", "opencv", "controls_only", contract="v4l2:,size=160x120 opencv:0,size=160x120")
def test_drivers_do_on_a_webcam_what_they_promise(report: str) -> None:
    """Exposure that shows, faults, a second program, the cable; through V4L2, through OpenCV, and controls alone."""
    assert " passed" in report


@in_guest("faults")
def test_the_program_recovers_and_puts_every_control_back(report: str) -> None:
    assert " passed" in report


@in_guest("settles")
def test_three_stops_of_light_are_followed(report: str) -> None:
    """With every delay, gain law and quirk."""
    assert " passed" in report


@in_guest("vivid", "formats", devices=("--vivid", "n_devs=1"), contract="v4l2:")
def test_vivid_streams_and_says_that_it_has_no_exposure_control(report: str) -> None:
    assert " passed" in report
