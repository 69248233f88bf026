from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.errors import ConfigError
from models.data.dataset import open_cache
from models.data.hdr_views import VIEWS_OF_PANORAMA, Taste, find_hdr, measure_taste, open_views
from models.data.photo_files import find_photos

TASTE = Taste(log_average=0.15, clipped_share=0.04)


@pytest.fixture
def hdr_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "hdr"
    folder.mkdir()
    rng = np.random.default_rng(0)
    cv2.imwrite(str(folder / "around.hdr"), rng.uniform(0.5, 20, (32, 64, 3)).astype(np.float32))
    cv2.imwrite(str(folder / "plain.hdr"), rng.uniform(0.5, 20, (48, 64, 3)).astype(np.float32))
    (folder / "notes.txt").write_text("hello")
    return folder


def test_scenes_keep_their_part_and_other_files_are_named(hdr_folder: Path) -> None:
    found = find_hdr([hdr_folder])
    assert sorted(path.name for path, _ in found.files) == ["around.hdr", "plain.hdr"]
    assert [(r.path.name, r.reason) for r in found.refused] == [("notes.txt", "not an .exr or .hdr scene")]
    assert find_hdr([hdr_folder]).files == found.files
    with pytest.raises(ConfigError, match="no folder"):
        find_hdr([hdr_folder / "missing"])


def test_panoramas_give_many_views_and_pictures_one_all_exposed_alike(hdr_folder: Path, tmp_path: Path) -> None:
    files = sorted(hdr_folder.glob("*.hdr"))
    views = open_views(files, TASTE, 64, tmp_path / "cache")
    assert views.shape == (VIEWS_OF_PANORAMA + 1, 64, 64, 3)
    again = open_views(files, TASTE, 64, tmp_path / "cache")
    np.testing.assert_array_equal(views, again)
    brightness = np.median(np.asarray(views, np.float32), axis=(1, 2, 3))
    assert brightness.max() / brightness.min() < 2


def test_a_view_is_exposed_by_its_average_unless_its_highlights_object() -> None:
    even = np.full((32, 32, 3), 3.0, np.float32)
    assert TASTE.exposure(even) * 3 == pytest.approx(0.15, rel=0.01)
    with_windows = even.copy()
    with_windows[:8] = 30.0
    assert TASTE.exposure(with_windows) * 30 == pytest.approx(1.0, rel=0.2)
    with_sun_everywhere = even.copy()
    with_sun_everywhere[:8] = 3000.0
    by_average = TASTE.exposure(with_sun_everywhere) * 2**TASTE.most_guard_ev
    assert by_average < TASTE.exposure(even)
    assert TASTE.exposure(with_sun_everywhere) * 3000 > 1


def test_a_broken_scene_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.hdr"
    broken.write_bytes(b"not light")
    with pytest.raises(ConfigError, match=r"broken\.hdr"):
        open_views([broken], TASTE, 64, tmp_path / "cache")


def test_taste_is_measured_on_photographs(photo_folder: Path, tmp_path: Path) -> None:
    taste = measure_taste(open_cache(find_photos([photo_folder]), tmp_path, 128))
    assert 0.01 < taste.log_average < 0.7
    assert 0 <= taste.clipped_share < 0.2
