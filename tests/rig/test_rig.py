"""The V4L2 driver on real kernel drivers: uvcvideo with a webcam in software, and vivid. One boot a scenario."""

import pytest

pytestmark = pytest.mark.rig

CONTRACT = "tests/drivers/test_contract.py"
REAL_ONLY = ["-k", "v4l2:"]


def test_webcam_does_what_the_driver_promises(run_in_rig):
    """Exposure that shows, faults, a second program, unplugging."""
    report = run_in_rig(["--webcam=--delay 2"], "tests/rig/guest/guest_webcam.py")
    assert " passed" in report


def test_webcam_keeps_the_contract(run_in_rig):
    spec = {"AUTOEXPOSURE_CONTRACT": "v4l2:,size=320x240"}
    report = run_in_rig(["--webcam"], "-p", "tests.rig.guest.guest_manual", CONTRACT, *REAL_ONLY, environment=spec)
    assert " passed" in report


def test_mjpeg_webcam_with_coarse_steps_and_frozen_read_back(run_in_rig):
    quirks = "--webcam=--mjpeg --snap-exposure --frozen-readback --delay 0"
    report = run_in_rig([quirks], "tests/rig/guest/guest_quirks.py")
    assert " passed" in report


def test_vivid_streams_and_says_that_it_has_no_exposure_control(run_in_rig):
    spec = {"AUTOEXPOSURE_CONTRACT": "v4l2:"}
    report = run_in_rig(
        ["--vivid", "n_devs=1"],
        "tests/rig/guest/guest_vivid.py",
        "tests/rig/guest/guest_formats.py",
        CONTRACT,
        *REAL_ONLY,
        environment=spec,
    )
    assert " passed" in report


def test_the_whole_program_settles_and_puts_everything_back(run_in_rig):
    report = run_in_rig(["--webcam=--delay 2"], "tests/rig/guest/guest_loop.py")
    assert " passed" in report
