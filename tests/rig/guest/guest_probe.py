"""Run in the guest: measures the webcam by the command a user would type, and compares with what it really is."""

import math
import sys
from pathlib import Path
from typing import Any

import pytest

from autoexposure.cli.main import main
from autoexposure.profiles.files import read_profile
from autoexposure.profiles.profile import CameraProfile, ReadBack
from drivers.common.gain_law import GainLaw
from drivers.discovery import open_camera

sys.path.insert(0, str(Path(__file__).parent))

from guest_program import CAMERA, Plugged, say
from webcam import Child

WEBCAM = None  # one after the other
CONTROLS = f"controls:{CAMERA}"
WEBCAMS: dict[str, dict[str, Any]] = {
    "--delay 5": {"delay": 5, "gain_law": "linear"},
    "--delay 0 --gain-law log --snap-exposure --frozen-readback --exposure-max 5000": {
        "delay": 0,
        "gain_law": "log",
        "steps": [3, 5, 10, 20, 39, 78, 156, 312, 625, 1250, 2047],
    },
}
"""The options of each webcam, and what is true of it. The last has eleven steps behind a range that lies."""

LATCH_S = 1 / 60
"""Half an interval of these webcams."""

LONGEST_S = 200.0
"""For one measurement; it takes half a minute on a machine that does nothing else."""

ORIGINAL = {"exposure_dynamic_framerate": 1, "auto_exposure": 1, "exposure_time_absolute": 78, "gain": 9}
"""By hand, since the firmware's automatic would move what is compared."""


@pytest.fixture(scope="module", params=WEBCAMS)
def truth(request: pytest.FixtureRequest):
    """What is true of the webcam that is plugged in."""
    webcam = Plugged(request.param, latch_s=LATCH_S)
    yield WEBCAMS[request.param]
    webcam.unplug()


@pytest.fixture(scope="module")
def profile(truth: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> CameraProfile:
    with open_camera(CONTROLS) as camera:
        camera.restore(ORIGINAL)
    folder = tmp_path_factory.mktemp("probe")
    out = folder / "profile.toml"

    def program() -> None:
        sys.argv = ["autoexposure", "probe", CAMERA, "--out", str(out)]
        main()

    code = Child(program, folder / "out", folder / "err").wait(LONGEST_S)
    said = (folder / "err").read_text()
    say(said)
    assert code == 0, said
    with open_camera(CONTROLS) as camera:
        assert camera.settings() == ORIGINAL
    return read_profile(out)


def test_the_delay_is_found_exactly(profile, truth):
    assert profile.delay is not None
    say(f"{profile.delay}")
    assert profile.delay.frames == truth["delay"]
    assert profile.delay.shortest >= truth["delay"]


def test_the_gain_law_is_within_a_tenth_of_a_stop_at_every_code(profile, truth):
    assert profile.gain is not None
    assert (profile.gain.codes[0], profile.gain.codes[-1]) == (0, 255)
    law, gain = GainLaw.assumed(0, 255), profile.gain.as_gain()
    for code in range(256):
        true_ev = math.log2(1 + code / 16) if truth["gain_law"] == "linear" else code / 64
        assert math.log2(gain.really_of(law.gain_of(code))) == pytest.approx(true_ev, abs=0.1)


def test_the_response_curve_is_srgb(profile):
    assert profile.response is not None
    relative = profile.response.relative
    for code in range(25, 235, 10):
        linear = ((code / 255 + 0.055) / 1.055) ** 2.4
        assert math.log2(relative[code]) == pytest.approx(math.log2(linear), abs=0.2)


def test_honest_times_are_believed(profile, truth):
    if "steps" in truth:
        pytest.skip("this webcam lies")
    assert profile.time is not None
    assert not profile.time.stepped
    assert profile.time.dead_zones == profile.time.falls == ()
    for asked, light_ev in zip(profile.time.asked, profile.time.light_ev, strict=True):
        assert light_ev == pytest.approx(math.log2(asked), abs=0.12)
    assert profile.slows_frames


def test_true_steps_and_true_end_are_found(profile, truth):
    if "steps" not in truth:
        pytest.skip("this webcam has the times it says")
    assert profile.time is not None
    assert profile.time.stepped
    assert profile.time.read_back is ReadBack.ECHO
    assert len(profile.time.map.really) == len(truth["steps"])
    for found, true_ticks in zip(profile.time.map.really, truth["steps"], strict=True):
        assert math.log2(found / (true_ticks * 1e-4)) == pytest.approx(0, abs=0.2)
    assert profile.capped_at_s == pytest.approx(0.2047, rel=0.15)
