"""Run in the guest: measures the webcam by the command a user would type, and compares with what it really is."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autoexposure.profiles.files import read_profile
from autoexposure.profiles.profile import CameraProfile, ReadBack
from drivers.common.gain_law import GainLaw
from drivers.discovery import open_camera

sys.path.insert(0, str(Path(__file__).parent))

from guest_program import say

CAMERA = "v4l2:/dev/video0,size=320x240"
CONTROLS = f"controls:{CAMERA}"
TRUTH = json.loads(os.environ["AUTOEXPOSURE_WEBCAM"])
ORIGINAL = {"exposure_dynamic_framerate": 1, "auto_exposure": 1, "exposure_time_absolute": 78, "gain": 9}
"""By hand, since the firmware's automatic would move what is compared."""


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> CameraProfile:
    with open_camera(CONTROLS) as camera:
        camera.restore(ORIGINAL)
    out = tmp_path_factory.mktemp("probe") / "profile.toml"
    command = [sys.executable, "-m", "autoexposure", "probe", CAMERA, "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    say(done.stderr)
    assert done.returncode == 0, done.stderr
    with open_camera(CONTROLS) as camera:
        assert camera.settings() == ORIGINAL
    return read_profile(out)


def test_the_delay_is_found_exactly(profile):
    assert profile.delay is not None
    say(f"{profile.delay}")
    assert profile.delay.frames == TRUTH["delay"]
    assert profile.delay.shortest >= TRUTH["delay"]


def test_the_gain_law_is_within_a_tenth_of_a_stop_at_every_code(profile):
    assert profile.gain is not None
    assert (profile.gain.codes[0], profile.gain.codes[-1]) == (0, 255)
    law, gain = GainLaw.assumed(0, 255), profile.gain.as_gain()
    for code in range(256):
        true_ev = math.log2(1 + code / 16) if TRUTH["gain_law"] == "linear" else code / 64
        assert math.log2(gain.really_of(law.gain_of(code))) == pytest.approx(true_ev, abs=0.1)


def test_the_response_curve_is_srgb(profile):
    assert profile.response is not None
    relative = profile.response.relative
    for code in range(25, 235, 10):
        linear = ((code / 255 + 0.055) / 1.055) ** 2.4
        assert math.log2(relative[code]) == pytest.approx(math.log2(linear), abs=0.2)


@pytest.mark.skipif("steps" in TRUTH, reason="this webcam lies")
def test_honest_times_are_believed(profile):
    assert profile.time is not None
    assert not profile.time.stepped
    assert profile.time.dead_zones == profile.time.falls == ()
    for asked, light_ev in zip(profile.time.asked, profile.time.light_ev, strict=True):
        assert light_ev == pytest.approx(math.log2(asked), abs=0.12)
    assert profile.slows_frames


@pytest.mark.skipif("steps" not in TRUTH, reason="this webcam has the times it says")
def test_true_steps_and_true_end_are_found(profile):
    assert profile.time is not None
    assert profile.time.stepped
    assert profile.time.read_back is ReadBack.ECHO
    assert len(profile.time.map.really) == len(TRUTH["steps"])
    for found, true_ticks in zip(profile.time.map.really, TRUTH["steps"], strict=True):
        assert math.log2(found / (true_ticks * 1e-4)) == pytest.approx(0, abs=0.2)
    assert profile.capped_at_s == pytest.approx(0.2047, rel=0.15)
