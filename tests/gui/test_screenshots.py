import pytest
from PyQt6.QtGui import QImage

from autoexposure.errors import ConfigError
from autoexposure.probe.rig import Progress
from autoexposure.profiles.profile import CameraProfile
from tests.screenshots import hands as screenshot_hands
from tests.screenshots import sheets as screenshot_sheets
from tests.screenshots import write as screenshots
from tests.screenshots.write import SHOTS, hands_off, write_screenshots

SHEETS = {
    *("shortcuts", "learned", "learned-light", "personalise-light", "personalised"),
    *("camera-details", "gallery", "measuring", "measured"),
}
"""Pictures of a sheet before the window, which has a size of its own."""


def measured_at_once(camera, progress, cancelled, *, clock):
    """What measuring gives, without the two minutes."""
    progress(Progress(0.5, "measuring"))
    return CameraProfile("sim:", "A camera", "", "2026-01-01", "0", took_s=1.0, frame_interval_s=1 / 30)


PLAIN = {"dark", "attention", "clipping", "large-waveform", "no-camera"}
"""Enough of those states that only take a switch, each of which has tests of its own."""
QUICK = [shot.name for shot in SHOTS if shot.name in PLAIN or shot.hand is not hands_off]


@pytest.mark.parametrize(
    "names", [QUICK, pytest.param([shot.name for shot in SHOTS], marks=pytest.mark.long)], ids=["quick", "all"]
)
def test_every_state_becomes_a_picture_of_its_size(names, qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(screenshots, "SECONDS", 0.5)
    monkeypatch.setattr(screenshot_hands, "SETTLED_TURNS", 5)
    for name in ("COMPARED", "REPLAYED"):
        monkeypatch.setattr(screenshot_hands, name, f"{getattr(screenshot_hands, name)},width=64,height=48")
    monkeypatch.setattr(screenshot_sheets, "probe", measured_at_once)
    written = write_screenshots(tmp_path / "shots", spec="sim:width=64,height=48", only=names)
    assert [path.stem for path in written] == names
    pictures = {path.stem: QImage(str(path)) for path in written}
    for shot in SHOTS:
        if shot.name in names and shot.name not in SHEETS:
            assert (pictures[shot.name].width(), pictures[shot.name].height()) == shot.size_px
    assert pictures["dark"] != pictures["attention"]
    assert pictures["dark"] != pictures["clipping"]


def test_what_the_camera_raises_comes_through(qapp, tmp_path):
    with pytest.raises(ConfigError):
        write_screenshots(tmp_path, spec="sim:nonsense=1")
