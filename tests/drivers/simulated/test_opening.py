from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.errors import ConfigError, SceneError
from autoexposure.metering.classical import AverageMeter
from autoexposure.metering.preview import make_preview
from drivers.simulated.camera import SimulatedCamera, open_simulated


def test_its_name_tells_what_opened_it() -> None:
    opened = open_simulated("scene=coffee,delay=4,width=64,height=48", SimulatedClock())
    assert opened.info.spec == "sim:scene=coffee,delay=4,width=64,height=48"
    assert opened.info.stable_id == "sim:scene=coffee,delay=4", "the same camera in every mode"
    assert "coffee" in opened.info.name
    assert "64x48" in opened.info.detail
    assert opened.capabilities.delay_frames == (4, 4)


def test_the_default_needs_nothing_and_starts_dark() -> None:
    opened = open_simulated("", SimulatedClock())
    frame = opened.read(1.0)
    assert frame.size_px == (640, 480)
    assert 2 < AverageMeter().decide(make_preview(frame.pixels)).delta_ev < 4


def brightness(opened: SimulatedCamera, clock: SimulatedClock, time_s: float) -> float:
    clock.sleep(time_s - clock.now())
    return float(opened.read(1.0).pixels.mean())


@pytest.mark.parametrize(("light", "changes"), [("story", True), ("steady", False), ("switch", True), ("dim", True)])
def test_the_light_is_what_was_asked_for(light: str, changes: bool) -> None:
    clock = SimulatedClock()
    opened = open_simulated(f"scene=coffee,light={light},width=64,height=48,noise=off,start_ev=0", clock)
    before, after = brightness(opened, clock, 1.0), brightness(opened, clock, 24.0)
    assert (abs(after - before) > 20) == changes


def test_a_file_of_the_user_is_shown_in_steady_light_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "mine, 1.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(60, 180, (48, 64, 3)).astype(np.uint8))
    for light, changes in (("", False), (",light=switch", True)):
        clock = SimulatedClock()
        opened = open_simulated(f"scene={path}{light},width=64,height=48,noise=off,start_ev=0", clock)
        before, after = brightness(opened, clock, 1.0), brightness(opened, clock, 20.0)
        assert (abs(after - before) > 20) == changes


@pytest.mark.parametrize("text", ["scene=nowhere.jpg", "scene=beach", "scene=/no/such/folder", "scene=" + "x" * 5000])
def test_a_missing_scene_is_said_to_be_missing(text: str) -> None:
    with pytest.raises(SceneError, match="neither a file or folder nor one of portrait"):
        open_simulated(text)


def test_a_scene_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(SceneError, match="is not a picture"):
        open_simulated(f"scene={tmp_path / 'text.jpg'}")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SceneError, match="no pictures"):
        open_simulated(f"scene={tmp_path / 'empty'}")


def test_a_bad_specification_is_refused() -> None:
    with pytest.raises(ConfigError):
        open_simulated("colour=blue")
