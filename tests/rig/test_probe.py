"""The probe on the kernel's own uvcvideo: a webcam whose delay, gain law and range are known. One boot a camera."""

import json

import pytest

pytestmark = pytest.mark.rig


@pytest.mark.parametrize("delay", [0, 2, 4, 8])
def test_delay_and_linear_gain(run_in_rig, delay):
    expected = {"delay": delay, "gain_law": "linear"}
    report = run_in_rig([f"--webcam=--delay {delay}"], "tests/rig/guest_probe.py", environment=_told(expected))
    assert " passed" in report


def test_logarithmic_gain(run_in_rig):
    expected = {"delay": 2, "gain_law": "log"}
    report = run_in_rig(["--webcam=--gain-law log"], "tests/rig/guest_probe.py", environment=_told(expected))
    assert " passed" in report


def test_eleven_steps_behind_a_range_that_lies(run_in_rig):
    quirks = "--webcam=--snap-exposure --frozen-readback --exposure-max 5000 --delay 2"
    expected = {"delay": 2, "gain_law": "linear", "steps": [3, 5, 10, 20, 39, 78, 156, 312, 625, 1250, 2047]}
    report = run_in_rig([quirks], "tests/rig/guest_probe.py", environment=_told(expected))
    assert " passed" in report


def _told(expected: dict[str, object]) -> dict[str, str]:
    return {"AUTOEXPOSURE_WEBCAM": json.dumps(expected)}
