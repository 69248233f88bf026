from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.files.decoding import STILLS
from models.data.photo_files import (
    find_photos,
    part_of,
    perceptual_hash,
    read_picture,
    training_list_sha256,
)

Scene = Callable[..., NDArray[np.uint8]]


def test_parts_are_drawn_in_the_stated_shares() -> None:
    random = np.random.default_rng(0)
    counts = Counter(part_of(random.bytes(32).hex()) for _ in range(20_000))
    assert counts["test"] / 20_000 == pytest.approx(0.10, abs=0.01)
    assert counts["validation"] / 20_000 == pytest.approx(0.05, abs=0.01)


def test_adding_and_renaming_files_moves_no_photograph(photo_folder: Path, make_scene: Scene) -> None:
    before = {photo.sha256: photo.part for photo in find_photos([photo_folder]).photos}
    assert len(set(before.values())) > 1
    for seed in range(100, 110):
        cv2.imwrite(str(photo_folder / f"added_{seed}.png"), make_scene(seed))
    (photo_folder / "photo_00.png").rename(photo_folder / "zzz.png")
    after = {photo.sha256: photo.part for photo in find_photos([photo_folder]).photos}
    assert len(after) == len(before) + 10
    assert before.items() <= after.items()


def test_frames_of_one_group_stay_together(photo_folder: Path) -> None:
    names = sorted(path.name for path in photo_folder.iterdir())
    table = ["file,group", *(f"{name},film" for name in names)]
    (photo_folder / "MANIFEST.csv").write_text("\n".join(table))
    assert len({photo.part for photo in find_photos([photo_folder]).photos}) == 1


def test_look_alikes_are_found_across_folders(photo_folder: Path, subject_folder: Path) -> None:
    """A subject's photograph, smaller, brighter and as JPEG among the photographs: the one with a mask is kept."""
    original = read_picture(subject_folder / "subject_00.png")
    assert original is not None
    copy = cv2.convertScaleAbs(cv2.resize(original, (150, 120), interpolation=cv2.INTER_AREA), alpha=1.1)
    cv2.imwrite(str(photo_folder / "copy.jpg"), copy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    found = find_photos([photo_folder], [subject_folder])
    assert [(r.path.name, r.reason) for r in found.refused] == [("copy.jpg", "looks like subject_00.png")]
    assert len(found.photos) == 40 + 12


def test_hash_survives_brightening_and_tells_scenes_apart(make_scene: Scene) -> None:
    one, other = make_scene(1), make_scene(2)
    brighter = cv2.convertScaleAbs(one, alpha=1.15)
    assert (perceptual_hash(one) ^ perceptual_hash(brighter)).bit_count() <= 6
    assert (perceptual_hash(one) ^ perceptual_hash(other)).bit_count() > 12


def test_what_cannot_be_used_is_named_and_the_rest_is_used(photo_folder: Path, make_scene: Scene) -> None:
    (photo_folder / "notes.txt").write_text("hello")
    (photo_folder / "film.mp4").write_bytes(b"\0" * 100)
    (photo_folder / "empty.jpg").write_bytes(b"")
    (photo_folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photograph")
    cv2.imwrite(str(photo_folder / "tiny.png"), make_scene(77, 40, 60))
    cv2.imwrite(str(photo_folder / "deep.png"), make_scene(78).astype(np.uint16) * 257)
    cv2.imwrite(str(photo_folder / "grey.png"), make_scene(79)[..., 0])
    found = find_photos([photo_folder])
    reasons = {refused.path.name: refused.reason for refused in found.refused}
    assert reasons == {
        "notes.txt": "not a picture",
        "film.mp4": "not a picture",
        "empty.jpg": f"broken, it cannot be decoded (a picture must be one of {', '.join(sorted(STILLS))})",
        "broken.jpg": "broken, it cannot be decoded (a picture must be a JPEG with picture data in it)",
        "tiny.png": "too small, 60x40 pixels",
    }
    assert {"deep.png", "grey.png"} <= {photo.path.name for photo in found.photos}


def test_sixteen_bits_are_read_as_eight(tmp_path: Path, make_scene: Scene) -> None:
    cv2.imwrite(str(tmp_path / "deep.png"), make_scene(5).astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "flat.png"), make_scene(5))
    np.testing.assert_array_equal(read_picture(tmp_path / "deep.png"), read_picture(tmp_path / "flat.png"))


def test_a_subject_without_a_mask_is_named(subject_folder: Path) -> None:
    (subject_folder / "subject_03.mask.png").unlink()
    found = find_photos([], [subject_folder])
    assert [(r.path.name, r.reason) for r in found.refused] == [("subject_03.png", "no mask of its subject beside it")]


def test_missing_and_useless_folders_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no folder"):
        find_photos([tmp_path / "nowhere"])
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ConfigError, match="none of the files"):
        find_photos([tmp_path])


def test_training_list_hash_ignores_names_but_not_content(photo_folder: Path) -> None:
    photos = find_photos([photo_folder]).photos
    assert training_list_sha256(photos) == training_list_sha256(tuple(reversed(photos)))
    assert training_list_sha256(photos) != training_list_sha256(photos[1:])
