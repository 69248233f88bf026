from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.errors import ConfigError
from models.data.dataset import open_cache, squash
from models.data.photo_files import find_photos, read_picture


def test_cache_holds_the_squashed_photographs_in_order(
    tmp_path: Path, photo_folder: Path, subject_folder: Path
) -> None:
    selection = find_photos([photo_folder], [subject_folder])
    cache = open_cache(selection, tmp_path / "cache", side_px=144)
    assert cache.pictures.shape == (52, 144, 144, 3)
    assert cache.masks.shape == (12, 144, 144)
    for index in (0, 11, 12, 51):
        original = read_picture(selection.photos[index].path)
        assert original is not None
        np.testing.assert_array_equal(cache.pictures[index], squash(original, 144))
    np.testing.assert_allclose(cache.shares, np.pi * 40 * 50 / (160 * 200), atol=0.01)


def test_cache_is_built_once(tmp_path: Path, photo_folder: Path) -> None:
    selection = find_photos([photo_folder])
    calls: list[tuple[str, float]] = []
    open_cache(selection, tmp_path, 128, lambda stage, done: calls.append((stage, done)))
    assert calls == [("shrinking photographs", done) for done in (0.0, 0.5, 1.0)]
    again = open_cache(selection, tmp_path, 128, lambda stage, done: calls.append((stage, done)))
    assert len(calls) == 3
    assert again.pictures.mean() > 10


def test_an_unfinished_cache_is_built_again(tmp_path: Path, photo_folder: Path) -> None:
    selection = find_photos([photo_folder])
    expected = np.array(open_cache(selection, tmp_path, 128).pictures)
    (home,) = tmp_path.glob("photos-*")
    (home / "finished.json").unlink()
    (home / "pictures.u8").write_bytes(b"half")
    np.testing.assert_array_equal(open_cache(selection, tmp_path, 128).pictures, expected)


def test_another_mask_for_the_same_photograph_makes_another_cache(tmp_path: Path, subject_folder: Path) -> None:
    def widest() -> float:
        return float(open_cache(find_photos([], [subject_folder]), tmp_path / "cache", 128).shares.max())

    before = widest()
    cv2.imwrite(str(subject_folder / "subject_05.mask.png"), np.full((160, 200), 255, np.uint8))
    assert before < 0.5
    assert widest() == 1


def test_a_mask_that_went_bad_since_the_scan_is_named(tmp_path: Path, subject_folder: Path) -> None:
    selection = find_photos([], [subject_folder])
    (subject_folder / "subject_05.mask.png").write_bytes(b"broken")
    with pytest.raises(ConfigError, match=r"subject_05\.mask\.png"):
        open_cache(selection, tmp_path, 128)


def test_parts_and_masks_can_be_asked_for(tmp_path: Path, photo_folder: Path, subject_folder: Path) -> None:
    cache = open_cache(find_photos([photo_folder], [subject_folder]), tmp_path, 128)
    train = set(cache.indices("train").tolist())
    masked = set(cache.indices("train", masked=True).tolist())
    assert masked == {index for index in train if index < 12}
    assert train == masked | set(cache.indices("train", masked=False).tolist())
    total = sum(len(cache.indices(part)) for part in ("train", "validation", "test"))
    assert total == 52
