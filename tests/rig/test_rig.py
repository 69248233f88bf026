"""The drivers and the whole program on real kernel drivers: uvcvideo with a webcam in software, and vivid.

Each test is one boot; in the guest, every module has webcams of its own (`tests/rig/guest/plugged.py`).
"""

import pytest

pytestmark = pytest.mark.rig

GUEST = "tests/rig/guest"
PLUGGED = ("-s", "-p", "tests.rig.guest.plugged")
CONTRACT = "tests/drivers/test_contract.py"


def test_drivers_do_on_a_webcam_what_they_promise(run_in_rig):
    """Exposure that shows, faults, a second program, the cable; through V4L2, through OpenCV, and controls alone."""
    modules = [f"{GUEST}/guest_{name}.py" for name in ("webcam", "opencv", "controls_only")]
    spec = {"AUTOEXPOSURE_CONTRACT": "v4l2:,size=160x120 opencv:0,size=160x120"}
    real = ["-k", "v4l2: or opencv: or guest"]
    report = run_in_rig([], *PLUGGED, *modules, CONTRACT, *real, environment=spec)
    print(report)  # noqa: T201
    assert " passed" in report


def test_the_program_recovers_and_puts_every_control_back(run_in_rig):
    report = run_in_rig([], *PLUGGED, f"{GUEST}/guest_faults.py")
    print(report)  # noqa: T201
    assert " passed" in report


def test_three_stops_of_light_are_followed(run_in_rig):
    """With every delay, gain law and quirk."""
    report = run_in_rig([], *PLUGGED, f"{GUEST}/guest_settles.py")
    print(report)  # noqa: T201
    assert " passed" in report


def test_the_probe_finds_what_is_true_of_a_webcam(run_in_rig):
    """Its delay, gain law and range; also behind a range that lies."""
    report = run_in_rig([], *PLUGGED, f"{GUEST}/guest_probe.py")
    print(report)  # noqa: T201
    assert " passed" in report


def test_vivid_streams_and_says_that_it_has_no_exposure_control(run_in_rig):
    spec = {"AUTOEXPOSURE_CONTRACT": "v4l2:"}
    real = ["-k", "v4l2: or guest"]
    guests = f"{GUEST}/guest_vivid.py", f"{GUEST}/guest_formats.py"
    report = run_in_rig(["--vivid", "n_devs=1"], *guests, CONTRACT, *real, environment=spec)
    assert " passed" in report
