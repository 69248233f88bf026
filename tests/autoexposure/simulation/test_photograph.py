import os
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest

from autoexposure.errors import SceneError
from autoexposure.response import srgb
from autoexposure.simulation.photograph import expanded, finite_light, linearised, read_codes, read_radiance
from autoexposure.simulation.scene import REFERENCE, Size
from autoexposure.simulation.sensor import SensorConfig, SensorModel
from tests.autoexposure.files import bombs


def random_codes(rows: int = 12, columns: int = 16, most: int = 255) -> np.ndarray:
    return np.random.default_rng(2).integers(0, most + 1, (rows, columns, 3)).astype(np.uint8)


def write_png(path: Path, codes: np.ndarray) -> Path:
    cv2.imwrite(str(path), codes[..., ::-1])
    return path


def test_the_reference_exposure_takes_the_same_photograph_again(tmp_path: Path) -> None:
    codes = random_codes(most=246)
    radiance = read_radiance(write_png(tmp_path / "photo.png", codes))
    again = SensorModel(SensorConfig(noise=False)).expose(radiance, REFERENCE)
    assert np.abs(again.astype(int) - codes).max() <= 1


def test_clipped_highlights_get_some_light_back_and_nothing_else_does() -> None:
    codes = np.zeros((2, 2, 3), np.uint8)
    codes[0, 0], codes[0, 1], codes[1, 0], codes[1, 1] = 255, 246, 128, (255, 100, 40)
    before = linearised(codes)
    after = expanded(before, boost=3.0)
    assert np.allclose(after[0, 0], 3.0)
    assert np.allclose(after[0, 1], before[0, 1])
    assert np.allclose(after[1, 0], before[1, 0])
    assert np.allclose(after[1, 1], 3 * before[1, 1])  # the colour stays


def test_both_depths_are_linearised_alike() -> None:
    eight = np.arange(256, dtype=np.uint8)
    sixteen = eight.astype(np.uint16) * 257
    assert np.allclose(linearised(eight), linearised(sixteen), atol=1e-6)
    assert np.allclose(linearised(eight), srgb().relative, atol=1e-6)


def test_sixteen_bit_and_grey_photographs_are_read(tmp_path: Path) -> None:
    deep = (random_codes().astype(np.uint16) << 8) + 7
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    cv2.imwrite(str(tmp_path / "grey.png"), random_codes()[..., 0])
    assert read_radiance(tmp_path / "deep.png").shape == (12, 16, 3)
    assert np.array_equal(read_codes(tmp_path / "deep.png"), (deep >> 8)[..., ::-1])
    grey = read_radiance(tmp_path / "grey.png")
    assert np.array_equal(grey[..., 0], grey[..., 2])


def test_radiance_files_are_read_in_their_own_unit(tmp_path: Path) -> None:
    light = np.random.default_rng(3).uniform(0.1, 500, (9, 11, 3)).astype(np.float32)
    cv2.imwrite(str(tmp_path / "light.hdr"), light[..., ::-1])
    assert np.allclose(read_radiance(tmp_path / "light.hdr"), light, rtol=0.05, atol=2.0)  # .hdr shares an exponent


def write_exr(path: Path, channels: dict[str, np.ndarray]) -> Path:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, channels).write(str(path))
    return path


@pytest.mark.parametrize("layout", ["RGB", "RGBA", "separate", "Y", "half"])
def test_every_layout_of_an_exr_is_read(tmp_path: Path, layout: str) -> None:
    light = np.random.default_rng(3).uniform(0.1, 50, (9, 11, 4)).astype(np.float32)
    layouts: dict[str, dict[str, np.ndarray]] = {
        "RGB": {"RGB": light[..., :3].copy()},
        "RGBA": {"RGBA": light},
        "separate": {"R": light[..., 0].copy(), "G": light[..., 1].copy(), "B": light[..., 2].copy()},
        "Y": {"Y": light[..., 0].copy()},
        "half": {"RGB": light[..., :3].astype(np.float16)},
    }
    radiance = read_radiance(write_exr(tmp_path / "light.exr", layouts[layout]))
    expected = light[..., [0, 0, 0]] if layout == "Y" else light[..., :3]
    assert radiance.dtype == np.float32
    assert np.allclose(radiance, expected, rtol=1e-3 if layout == "half" else 1e-6)


def test_an_exr_without_colour_is_refused(tmp_path: Path) -> None:
    path = write_exr(tmp_path / "depth.exr", {"Z": np.ones((4, 4), np.float32)})
    with pytest.raises(SceneError, match="channels Z"):
        read_radiance(path)


def test_flaws_of_real_files_are_removed() -> None:
    light = np.array([[[-1.0, np.nan, np.inf], [2.0, -np.inf, 5.0]]], np.float16)
    assert finite_light(light).tolist() == [[[0, 0, 5], [2, 0, 5]]]


@pytest.mark.parametrize("name", ["text.jpg", "text.exr", "text.hdr", "empty.png"])
def test_what_is_no_picture_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("" if name.startswith("empty") else "This is not a picture.\n" * 50)
    with pytest.raises(SceneError, match="is not a picture that can be read"):
        read_radiance(path)


@pytest.mark.parametrize("name", ["missing.jpg", "missing.exr"])
def test_a_missing_file_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(SceneError, match="there is no file"):
        read_radiance(tmp_path / name)


def test_a_truncated_photograph_is_read_or_refused_but_never_crashes(tmp_path: Path) -> None:
    whole = write_png(tmp_path / "whole.png", random_codes(200, 200)).read_bytes()
    path = tmp_path / "half.png"
    path.write_bytes(whole[:60])
    with pytest.raises(SceneError):
        read_radiance(path)


def test_linear_light_is_not_taken_for_a_photograph(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "light.hdr"), np.ones((8, 8, 3), np.float32))
    with pytest.raises(SceneError, match="linear light"):
        read_codes(tmp_path / "light.hdr")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bomb.png", bombs.png(50_000, 50_000, rows=1)),
        ("bomb.jpg", bombs.after_a_marker(0x01)),
        ("bomb.hdr", b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 60000 +X 60000\n" + bytes(100)),
        ("bomb.exr", bombs.exr(60_000, 60_000)),
    ],
)
def test_a_bomb_is_refused_by_its_size(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SceneError, match="million pixels or fewer"):
        read_radiance(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("name", ["pipe.png", "pipe.exr"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(SceneError, match="no regular file"):
        read_radiance(tmp_path / name)


def test_a_large_photograph_is_averaged_in_linear_light(tmp_path):
    """Twice the size that is needed stays; half of black and half of white is half of the light, not of the code."""
    codes = np.zeros((640, 1280, 3), np.uint8)
    codes[:, ::2] = 200
    path = write_png(tmp_path / "large.png", codes)
    small = read_radiance(path, Size(160, 80))
    assert small.shape == (160, 320, 3)
    assert np.allclose(small, read_radiance(path).mean(), rtol=1e-4)
    assert read_radiance(path, Size(1280, 640)).shape == codes.shape
