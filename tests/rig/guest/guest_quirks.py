"""Run in the guest: a webcam with MJPEG, eleven exposure steps, and values that read back from a cache."""

import os
import sys

import pytest

from autoexposure.exposure import Exposure
from drivers.discovery import open_camera

sys.path.insert(0, os.environ["RIG_DIR"])

from webcam_remote import WebcamRemote

WAIT_S = 20.0
"""Patience with a guest that gets a tenth of a core."""


@pytest.mark.parametrize(("spec", "fourcc"), [("v4l2:0,size=320x240", "YUYV"), ("v4l2:0,format=MJPG", "MJPG")])
def test_exposure_follows_in_coarse_steps_that_the_kernel_does_not_know_of(spec, fourcc):
    remote = WebcamRemote("/dev/video0")
    with open_camera(spec) as camera:
        assert fourcc in camera.info.detail
        original = camera.settings()
        camera.take_control()
        assert not camera.capabilities.time_s.reads_back
        levels = []
        for time_s, really_us in ((0.0041, 3900), (0.0300, 31200)):
            assert camera.set_exposure(Exposure(time_s)) == Exposure(time_s)  # what the kernel's cache says
            for _ in range(4):
                frame = camera.read(WAIT_S)
            assert remote.truth()["exposure_us"] == really_us
            levels.append(frame.pixels.mean())
        assert levels[1] > levels[0] + 20
        camera.restore(original)
    remote.close()


def test_pictures_of_both_formats_are_alike():
    means = []
    for spec in ("v4l2:0,format=YUYV", "v4l2:0,format=MJPG"):
        with open_camera(spec) as camera:
            camera.take_control()
            camera.set_exposure(Exposure(0.0156))
            for _ in range(6):
                frame = camera.read(WAIT_S)
            assert frame.size_px == (640, 480)
            means.append(frame.pixels.mean(axis=(0, 1)))
    assert means[0] == pytest.approx(means[1], abs=3)
