"""The folder of a bracket: pictures in order, what was made of them, and the facts."""

import json
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from autoexposure.bracketing.bracket import Bracket, Taken
from autoexposure.bracketing.files import check_light, new_folder, save_bracket
from autoexposure.bracketing.fusion import fused, merged_light
from autoexposure.camera import CameraInfo
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError, RecordingError
from autoexposure.evaluation.scores import well_exposed
from autoexposure.exposure import Exposure
from autoexposure.files.decoding import decode
from autoexposure.frame import Frame, Pixels, check_pixels
from autoexposure.response import srgb
from autoexposure.simulation.photograph import read_radiance

NOW = datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)


def scene() -> np.ndarray:
    """(24, 32, 3) light over seven stops from left to right, 1 = saturation at 0 EV."""
    line = np.repeat(2.0 ** np.linspace(-4, 3, 32)[np.newaxis], 24, axis=0)
    return np.repeat(line[..., np.newaxis], 3, axis=2).astype(np.float32)


def exposed(ev: float) -> Pixels:
    return check_pixels(np.rint(srgb().encode(np.minimum(scene() * np.float32(2.0**ev), 1))).astype(np.uint8))


def bracket_of(*offsets_ev: float, reason: str = "") -> Bracket:
    bracket = Bracket(3)
    camera = CameraInfo("sim:", "A webcam", "sim:")
    for number, offset_ev in enumerate(offsets_ev):
        exposure = Exposure(0.01 * 2.0**offset_ev, 2.0)
        frame = Frame(exposed(offset_ev), 1.0, number, exposure)
        snapshot = Snapshot(camera=camera, frame=frame, ev_bias=0.5, meter="attention")
        bracket.taken = (*bracket.taken, Taken(snapshot, exposure.ev, offset_ev, NOW))
    bracket.end(reason)
    return bracket


def test_they_are_numbered_from_dark_to_bright_with_their_exposure_in_exif(tmp_path: Path) -> None:
    written = save_bracket(bracket_of(2.0, -3.0, 0.0), tmp_path)
    assert [path.name for path in written] == ["1.jpg", "2.jpg", "3.jpg", "fused.jpg", "bracket.json"]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in written)
    brightness = [decode(path.read_bytes()).mean() for path in written[:3]]
    assert brightness == sorted(brightness)
    for path, offset_ev in zip(written, (-3.0, 0.0, 2.0), strict=False):
        with Image.open(path) as picture:
            detail = picture.getexif().get_ifd(IFD.Exif)
        assert float(detail[Base.ExposureTime]) == pytest.approx(0.01 * 2.0**offset_ev)
        assert detail[Base.ISOSpeedRatings] == 200
        assert detail[Base.ExposureMode] == 2
        assert detail[Base.DateTimeOriginal] == "2026:02:03 04:05:06"
    with Image.open(written[3]) as picture:
        assert Base.ExposureTime not in picture.getexif().get_ifd(IFD.Exif)


def test_the_facts_say_what_each_file_is(tmp_path: Path) -> None:
    save_bracket(bracket_of(1.0, -1.0, reason="it was pulled out"), tmp_path, ending=".png", light=".hdr")
    facts = json.loads((tmp_path / "bracket.json").read_text())
    assert [each["file"] for each in facts["pictures"]] == ["1.png", "2.png"]
    assert [each["offset_ev"] for each in facts["pictures"]] == [-1, 1]
    assert facts["pictures"][0]["exposure_time_s"] == pytest.approx(0.005)
    assert facts["pictures"][0]["taken"] == "2026-02-03T04:05:06.789+00:00"
    assert (facts["wanted"], facts["ended_early"]) == (3, "it was pulled out")
    assert facts["made_of_them"] == ["fused.png", "light.hdr"]
    assert all((tmp_path / name).is_file() for name in facts["made_of_them"])


def test_of_one_picture_nothing_is_made(tmp_path: Path) -> None:
    written = save_bracket(bracket_of(0.0), tmp_path, light=".hdr")
    assert [path.name for path in written] == ["1.jpg", "bracket.json"]


def test_without_a_picture_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="none was taken"):
        save_bracket(bracket_of(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "2.jpg").write_text("mine")
    with pytest.raises(RecordingError, match="exists already"):
        save_bracket(bracket_of(-1.0, 1.0), tmp_path)
    assert (tmp_path / "2.jpg").read_text() == "mine"


def test_every_folder_is_a_new_one(tmp_path: Path) -> None:
    made = [new_folder(tmp_path / "deep", NOW) for _ in range(3)]
    assert [path.name for path in made] == [f"bracket-2026-02-03-040506{end}" for end in ("", "-2", "-3")]
    (tmp_path / "file").touch()
    with pytest.raises(RecordingError, match="can't be written"):
        new_folder(tmp_path / "file", NOW)


@pytest.mark.parametrize("ending", [".hdr", ".exr"])
def test_linear_light_is_that_of_the_scene(tmp_path: Path, ending: str) -> None:
    save_bracket(bracket_of(-3.0, 0.0, 3.0), tmp_path, light=ending)
    light = read_radiance(tmp_path / f"light{ending}")
    ratio = (light / scene())[:, 2:-2]
    assert ratio.max() / ratio.min() < 1.15, "seven stops, each as bright as it is"


@pytest.mark.parametrize("ending", ["", ".jpg", "hdr"])
def test_other_kinds_of_light_are_refused(ending: str) -> None:
    with pytest.raises(ConfigError, match=r"\.hdr or \.exr"):
        check_light(ending)


def test_the_fused_picture_shows_more_than_any_of_them() -> None:
    pictures = [exposed(ev) for ev in (-3.0, 0.0, 3.0)]
    together = fused(pictures)
    assert together.shape == pictures[0].shape
    assert well_exposed(together).mean() > max(well_exposed(each).mean() for each in pictures)


def test_light_counts_in_the_unit_of_the_first_exposure() -> None:
    light = merged_light([exposed(0.0), exposed(-3.0)], [5.0, 2.0], srgb())
    assert np.median(light / scene()) == pytest.approx(1, abs=0.05)
    assert cv2.cvtColor(light, cv2.COLOR_RGB2GRAY).max() > 5, "beyond the first one's white"
