import pytest
from PyQt6.QtGui import QImage

from autoexposure.errors import ConfigError
from gui import screenshots
from gui.screenshots import SHOTS, write_screenshots


def test_every_state_becomes_a_picture_of_its_size(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(screenshots, "SECONDS", 0.5)
    written = write_screenshots(tmp_path / "shots", spec="sim:width=64,height=48")
    assert [path.stem for path in written] == [shot.name for shot in SHOTS]
    pictures = {path.stem: QImage(str(path)) for path in written}
    for shot in SHOTS:
        picture = pictures[shot.name]
        if shot.name != "shortcuts":
            assert (picture.width(), picture.height()) == shot.size_px
    assert pictures["dark"] != pictures["attention"]
    assert pictures["dark"] != pictures["clipping"]


def test_what_the_camera_raises_comes_through(qapp, tmp_path):
    with pytest.raises(ConfigError):
        write_screenshots(tmp_path, spec="sim:nonsense=1")
