"""Cameras through OpenCV, and control-only mode, on the kernel's own uvcvideo."""

import pytest

pytestmark = pytest.mark.rig

CONTRACT = "tests/drivers/test_contract.py"


def test_the_webcam_through_opencv_keeps_the_contract_and_the_loop_settles(run_in_rig):
    spec = {"AUTOEXPOSURE_CONTRACT": "opencv:0,size=320x240"}
    guest = [
        "-p",
        "tests.rig.guest.guest_manual",
        CONTRACT,
        "tests/rig/guest/guest_opencv.py",
        "-k",
        "opencv: or guest_opencv",
    ]
    report = run_in_rig(["--webcam=--delay 2"], *guest, environment=spec)
    assert " passed" in report


def test_a_webcam_whose_stream_another_program_owns(run_in_rig):
    report = run_in_rig(["--webcam=--delay 2"], "tests/rig/guest/guest_controls_only.py")
    assert " passed" in report
