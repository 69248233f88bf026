import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from autoexposure.errors import SceneError
from autoexposure.exposure import Exposure
from autoexposure.simulation.bracket import TIMES_FILE, is_bracket, merged, time_from_exif, times_from_file
from autoexposure.simulation.scene import luminance
from autoexposure.simulation.sensor import Radiance, SensorConfig, SensorModel

TIMES_S = [1 / 1000, 1 / 250, 1 / 60, 1 / 15, 1 / 4]


def view(seed: int = 0) -> Radiance:
    """Smooth random light over 8 EV."""
    generator = np.random.default_rng(seed)
    coarse = generator.normal(0, 1, (7, 9)).astype(np.float32)
    rows, columns = np.indices((60, 80))
    smooth = coarse[rows // 10, columns // 10] + 0.3 * np.sin(columns / 3)
    ev = (smooth - smooth.min()) / np.ptp(smooth) * 8
    light: Radiance = (2.0**ev * 0.5)[..., np.newaxis].repeat(3, axis=2).astype(np.float32)
    return light


def stack(radiance: Radiance) -> list[NDArray[np.uint8]]:
    sensor = SensorModel(SensorConfig(saturation_e=20_000, full_well_e=25_000), seed=1)
    return [sensor.expose(radiance, Exposure(time_s)) for time_s in TIMES_S]


def log_error(merged_light: Radiance, truth: Radiance) -> float:
    """Mean error in EV up to a common factor, where at least one picture had a chance."""
    seen = (truth[..., 0] > 0.7) & (truth[..., 0] < 100)
    ratio = np.log2(luminance(merged_light)[seen] / luminance(truth)[seen])
    return float(np.abs(ratio - np.median(ratio)).mean())


def test_a_stack_with_times_gives_the_radiance_back() -> None:
    truth = view()
    assert log_error(merged(stack(truth), TIMES_S), truth) < 0.15


def test_the_order_of_the_pictures_does_not_matter() -> None:
    pictures = stack(view())
    there = merged(pictures, TIMES_S)
    back = merged(pictures[::-1], TIMES_S[::-1])
    assert np.allclose(there, back)


def test_without_times_the_contrast_is_roughly_right() -> None:
    truth = view()
    light = merged(stack(truth), None)
    seen = (truth[..., 0] > 0.7) & (truth[..., 0] < 100)
    slope = np.polyfit(np.log2(luminance(truth)[seen]), np.log2(luminance(light)[seen]), 1)[0]
    assert 0.7 < slope < 1.2  # cameras add contrast, which the estimate allows for; this one doesn't
    assert np.corrcoef(luminance(truth)[seen], luminance(light)[seen])[0, 1] > 0.9


def test_three_pictures_are_merged_with_a_plain_curve() -> None:
    truth = view()
    assert log_error(merged(stack(truth)[1:4], TIMES_S[1:4]), truth) < 0.3


def test_one_view_in_several_exposures_is_a_bracket() -> None:
    assert is_bracket(stack(view()))
    assert is_bracket(stack(view())[::-1])


def test_different_views_are_no_bracket() -> None:
    assert not is_bracket([stack(view(seed))[index] for seed, index in ((1, 1), (2, 2), (3, 2), (4, 3))])


def test_one_view_in_one_exposure_is_no_bracket() -> None:
    assert not is_bracket([stack(view())[2]] * 3)


def test_flat_pictures_are_no_bracket() -> None:
    assert not is_bracket([np.full((60, 80, 3), code, np.uint8) for code in (50, 100, 150)])


def test_other_sizes_and_single_pictures_are_no_bracket() -> None:
    pictures = stack(view())
    assert not is_bracket([pictures[0], pictures[1][:-2]])
    assert not is_bracket(pictures[:1])
    assert not is_bracket([])


@pytest.mark.parametrize(
    "text",
    ["00.jpg,0.001\n01.jpg,1/250\n", "file,time\n00.jpg, 1/1000\n\n01.jpg, 0.004\n", "\ufeff00.jpg,1e-3\n01.jpg,.004"],
)
def test_times_are_read_from_the_table(tmp_path: Path, text: str) -> None:
    (tmp_path / "times.csv").write_text(text, encoding="utf-8")
    assert times_from_file(tmp_path) == pytest.approx({"00.jpg": 0.001, "01.jpg": 0.004})


def test_no_table_is_no_times(tmp_path: Path) -> None:
    assert times_from_file(tmp_path) == {}


@pytest.mark.parametrize("text", ["00.jpg\n", "a,1\n00.jpg,soon\n", "00.jpg,1/0\n", "00.jpg,-1\na,1", "a,0"])
def test_a_bad_table_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "times.csv").write_text(text)
    with pytest.raises(SceneError, match=r"line \d of .*times\.csv"):
        times_from_file(tmp_path)


def test_the_camera_s_own_note_of_the_time_is_read(tmp_path: Path) -> None:
    picture = Image.new("RGB", (8, 8))
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x829A] = 1 / 50
    picture.save(tmp_path / "noted.jpg", exif=exif)
    picture.save(tmp_path / "plain.jpg")
    (tmp_path / "text.jpg").write_text("no picture")
    assert time_from_exif(tmp_path / "noted.jpg") == pytest.approx(0.02)
    assert time_from_exif(tmp_path / "plain.jpg") is None
    assert time_from_exif(tmp_path / "text.jpg") is None


@pytest.mark.parametrize("time", ["1e999999999", "1/1e-999", "nan", "inf", "1e999", "9" * 5000, "1/0"])
def test_a_time_that_is_no_number_is_named_at_once(tmp_path, time):
    (tmp_path / TIMES_FILE).write_text(f"file, seconds\na.png, {time}\n")
    with pytest.raises(SceneError, match=r"line 2 of .*times\.csv"):
        times_from_file(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_of_times_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / TIMES_FILE)
    with pytest.raises(SceneError, match="no regular file"):
        times_from_file(tmp_path)


@given(st.binary(min_size=1, max_size=30), st.integers(12, 120))
def test_notes_that_are_damaged_are_a_time_or_none(tmp_path_factory, damage, at):
    path = tmp_path_factory.mktemp("notes", numbered=True) / "noted.jpg"
    picture = Image.new("RGB", (16, 16))
    notes = picture.getexif()
    notes.get_ifd(0x8769)[0x829A] = (1, 60)
    picture.save(path, exif=notes)
    data = path.read_bytes()
    path.write_bytes(data[:at] + damage + data[at + len(damage) :])
    time_s = time_from_exif(path)
    assert time_s is None or 0 < time_s < math.inf
