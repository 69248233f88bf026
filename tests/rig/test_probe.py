"""The probe on the kernel's own uvcvideo: a webcam whose delay, gain law and range are known. One boot a camera."""

import json

import pytest

pytestmark = pytest.mark.rig


@pytest.mark.parametrize(("delay", "gain_law"), [(0, "linear"), (8, "log")])
def test_delay_and_gain_law(run_in_rig, delay, gain_law):
    webcam = f"--webcam=--delay {delay} --gain-law {gain_law}"
    expected = {"delay": delay, "gain_law": gain_law}
    report = run_in_rig([webcam], "-s", "tests/rig/guest/guest_probe.py", environment=_told(expected))
    print(report)  # noqa: T201
    assert " passed" in report


def test_eleven_steps_behind_a_range_that_lies(run_in_rig):
    quirks = "--webcam=--snap-exposure --frozen-readback --exposure-max 5000 --delay 2"
    expected = {"delay": 2, "gain_law": "linear", "steps": [3, 5, 10, 20, 39, 78, 156, 312, 625, 1250, 2047]}
    report = run_in_rig([quirks], "-s", "tests/rig/guest/guest_probe.py", environment=_told(expected))
    print(report)  # noqa: T201
    assert " passed" in report


def _told(expected: dict[str, object]) -> dict[str, str]:
    return {"AUTOEXPOSURE_WEBCAM": json.dumps(expected)}
