from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from models.data.dataset import open_cache
from models.data.photo_files import PhotoFile, Selection, find_photos, training_list_sha256

ELLIPSE: NDArray[np.uint8] = cv2.ellipse(np.zeros((160, 200), np.uint8), (100, 80), (40, 50), 0, 0, 360, 255, -1)


@pytest.fixture
def mask_folder(tmp_path: Path) -> Path:
    """Masks for the first ten of the photographs."""
    folder = tmp_path / "masks"
    folder.mkdir()
    for number in range(10):
        write_mask(folder, f"photo_{number:02}")
    return folder


def write_mask(folder: Path, stem: str, mask: NDArray[np.uint8] = ELLIPSE) -> None:
    cv2.imwrite(str(folder / f"{stem}.mask.png"), mask)


def masks_of(selection: Selection) -> dict[str, str]:
    return {photo.path.name: photo.mask.name for photo in selection.photos if photo.mask is not None}


def reasons(selection: Selection) -> dict[str, str]:
    return {refused.path.name: refused.reason for refused in selection.refused}


def test_masks_find_their_photographs_by_name(tmp_path: Path, photo_folder: Path, mask_folder: Path) -> None:
    (photo_folder / "deep").mkdir()
    (photo_folder / "photo_03.png").rename(photo_folder / "deep" / "photo_03.png")
    (photo_folder / "photo_04.png").rename(photo_folder / "photo_04.PNG")
    found = find_photos([photo_folder], masks=[mask_folder])
    named = {Path(photo).stem: Path(mask).name for photo, mask in masks_of(found).items()}
    assert named == {f"photo_{number:02}": f"photo_{number:02}.mask.png" for number in range(10)}
    assert found.refused == ()
    cache = open_cache(found, tmp_path / "cache", 128)
    assert len(cache.masks) == 10
    np.testing.assert_allclose(cache.shares, np.pi * 40 * 50 / (160 * 200), atol=0.01)


def test_a_photograph_with_a_mask_is_no_plain_one_any_more(
    tmp_path: Path, photo_folder: Path, subject_folder: Path, mask_folder: Path
) -> None:
    cache = open_cache(find_photos([photo_folder], [subject_folder], masks=[mask_folder]), tmp_path / "cache", 128)
    paths = [photo.path for photo in cache.photos]
    assert len(set(paths)) == len(paths) == 52
    plain = sum(len(cache.indices(part, masked=False)) for part in ("train", "validation", "test"))
    assert plain == 30
    assert len(cache.masks) == 12 + 10


def test_masks_change_neither_which_photographs_are_used_nor_their_parts(
    photo_folder: Path, subject_folder: Path, mask_folder: Path
) -> None:
    """Also where one of two look-alikes has a mask: what a model was not trained on stays what it is measured on."""
    for number in (2, 20):
        picture = cv2.imread(str(photo_folder / f"photo_{number:02}.png"))
        for copy in range(4):
            brighter = cv2.convertScaleAbs(picture, alpha=1.02 + 0.02 * copy)
            cv2.imwrite(str(photo_folder / f"copy_{number}_{copy}.png"), brighter)
            write_mask(mask_folder, f"copy_{number}_{copy}")

    def parts(found: Selection) -> dict[str, str]:
        return {photo.sha256: photo.part for photo in found.photos}

    plain = find_photos([photo_folder], [subject_folder])
    masked = find_photos([photo_folder], [subject_folder], masks=[mask_folder])
    assert parts(plain) == parts(masked)
    assert reasons(plain) == reasons(masked)
    assert len(masked.refused) == 8


def test_a_drawn_mask_beside_its_photograph_comes_before_one_from_a_folder(
    photo_folder: Path, subject_folder: Path, mask_folder: Path
) -> None:
    """The same photograph lies in both folders: once with its own mask, once with one from the folder of masks."""
    (photo_folder / "photo_00.png").write_bytes((subject_folder / "subject_00.png").read_bytes())
    found = find_photos([photo_folder], [subject_folder], masks=[mask_folder])
    assert masks_of(found)["subject_00.png"] == "subject_00.mask.png"
    assert "photo_00.png" not in {photo.path.name for photo in found.photos}
    assert reasons(found) == {"photo_00.png": "looks like subject_00.png"}


def test_a_mask_that_cannot_be_used_is_named_and_its_photograph_stays_a_plain_one(
    photo_folder: Path, mask_folder: Path
) -> None:
    write_mask(mask_folder, "photo_00", np.ascontiguousarray(ELLIPSE.T))
    (mask_folder / "photo_01.mask.png").write_bytes(b"broken")
    write_mask(mask_folder, "photo_02", np.zeros_like(ELLIPSE))
    write_mask(mask_folder, "nothing")
    found = find_photos([photo_folder], masks=[mask_folder])
    told = reasons(found)
    assert told.pop("photo_01.mask.png").startswith("broken, it cannot be decoded (")
    assert told == {
        "photo_00.mask.png": "of another shape than its photograph: it has 160x200 pixels, its photograph 200x160",
        "photo_02.mask.png": "empty, it marks no subject",
        "nothing.mask.png": "there is no photograph of its name",
    }
    assert len(masks_of(found)) == 7
    assert len(found.photos) == 40


def test_a_mask_may_be_smaller_than_its_photograph(photo_folder: Path, mask_folder: Path) -> None:
    write_mask(mask_folder, "photo_00", cv2.resize(ELLIPSE, (101, 81)))
    assert len(masks_of(find_photos([photo_folder], masks=[mask_folder]))) == 10


def test_a_subject_whose_mask_cannot_be_used_is_named(subject_folder: Path) -> None:
    (subject_folder / "subject_05.mask.png").write_bytes(b"broken")
    write_mask(subject_folder, "subject_06", np.zeros_like(ELLIPSE))
    found = find_photos([], [subject_folder])
    told = reasons(found)
    assert told["subject_06.png"] == "its mask can't be used: empty, it marks no subject"
    assert told["subject_05.png"].startswith("its mask can't be used: broken")
    assert len(found.photos) == 10


def test_names_that_fit_twice_are_told(tmp_path: Path, photo_folder: Path, mask_folder: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (photo_folder / "photo_11.png").rename(other / "photo_00.png")
    more = tmp_path / "more"
    more.mkdir()
    write_mask(more, "photo_01")
    found = find_photos([photo_folder, other], masks=[mask_folder, more])
    assert [(refused.path, refused.reason) for refused in found.refused] == [
        (mask_folder / "photo_00.mask.png", "more than one photograph has its name"),
        (more / "photo_01.mask.png", "its photograph has a mask from another folder"),
    ]


def test_the_mask_of_a_photograph_that_is_not_used_is_not_named_as_well(photo_folder: Path, mask_folder: Path) -> None:
    (photo_folder / "photo_05.png").write_bytes(b"broken")
    assert set(reasons(find_photos([photo_folder], masks=[mask_folder]))) == {"photo_05.png"}


def test_masks_are_of_objects_unless_a_manifest_says_more(photo_folder: Path, mask_folder: Path) -> None:
    (mask_folder / "MANIFEST.csv").write_text("file,kind\nphoto_00.mask.png,person\nphoto_01.png,animal (dog)\n")

    def kind(photo: PhotoFile) -> tuple[str, str]:
        return photo.path.name, photo.kind

    kinds = dict(kind(photo) for photo in find_photos([photo_folder], masks=[mask_folder]).photos)
    assert (kinds["photo_00.png"], kinds["photo_01.png"], kinds["photo_02.png"]) == ("people", "dogs", "objects")
    assert kinds["photo_20.png"] == ""


def test_masks_beside_the_photographs_are_no_photographs(photo_folder: Path) -> None:
    for number in range(3):
        write_mask(photo_folder, f"photo_{number:02}")
    assert find_photos([photo_folder]).refused == ()
    found = find_photos([photo_folder], masks=[photo_folder])
    assert len(masks_of(found)) == 3
    assert len(found.photos) == 40


def test_masks_are_part_of_what_a_model_was_trained_on(photo_folder: Path, mask_folder: Path) -> None:
    plain, masked = find_photos([photo_folder]), find_photos([photo_folder], masks=[mask_folder])
    assert training_list_sha256(plain.of("train")) != training_list_sha256(masked.of("train"))


def test_a_folder_without_masks_is_told(tmp_path: Path, photo_folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no mask X\.mask\.png in"):
        find_photos([photo_folder], masks=[photo_folder])
    with pytest.raises(ConfigError, match="there is no folder"):
        find_photos([photo_folder], masks=[tmp_path / "nowhere"])
