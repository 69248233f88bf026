from __future__ import annotations

from pathlib import Path

import pytest

from autoexposure.errors import ConfigError
from models.data.hdr_views import find_hdr
from models.data.manifest import KINDS, NOT_FREE, Entry, Manifest, is_free, kind_of
from models.data.photo_files import find_photos


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("person", "people"),
        ("Person and animal", "people"),
        ("animal (cat)", "cats"),
        ("animal (dog)", "dogs"),
        ("animal (giraffe)", "animals"),
        ("bird", "animals"),
        ("object (potted plant)", "objects"),
        ("food (pizza)", "objects"),
        ("flower", "objects"),
        ("vehicle (truck)", "other"),
        ("building", "other"),
        ("unnamed subject (agreed by several people)", "other"),
        ("", "other"),
        *((kind, kind) for kind in KINDS),
    ],
)
def test_words_of_data_sets_are_folded_into_a_few_kinds(told: str, kind: str) -> None:
    assert kind_of(told) == kind


def test_subjects_are_of_the_kind_that_the_manifest_says(photo_folder: Path, subject_folder: Path) -> None:
    table = "file,kind\nsubject_00.png,animal (cat)\nsubject_01.png,person\n"
    (subject_folder / "MANIFEST.csv").write_text(table)
    kinds = {photo.path.name: photo.kind for photo in find_photos([photo_folder], [subject_folder]).photos}
    assert (kinds["subject_00.png"], kinds["subject_01.png"], kinds["subject_02.png"]) == ("cats", "people", "other")
    assert {kind for name, kind in kinds.items() if name.startswith("photo")} == {""}


def test_a_manifest_beside_the_folder_speaks_of_its_files_alone(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    table = "file,license,group\nphotos/a.jpg,CC0,one\nphotos/deep/b.jpg,,two\nother/c.jpg,CC BY,three\nd.jpg,,four\n"
    (tmp_path / "MANIFEST.csv").write_text(table)
    manifest = Manifest(folder)
    assert manifest.of(folder / "a.jpg") == Entry("one", "", "CC0")
    assert manifest.of(folder / "deep" / "b.jpg").group == "two"
    assert manifest.of(folder / "c.jpg") == manifest.of(folder / "d.jpg") == Entry()


def test_the_folders_own_manifest_comes_before_the_one_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (tmp_path / "MANIFEST.csv").write_text("file,group\nphotos/a.jpg,outer\n")
    (folder / "MANIFEST.csv").write_text("file,group\na.jpg,inner\n")
    assert Manifest(folder).of(folder / "a.jpg").group == "inner"
    assert not Manifest(tmp_path / "nowhere")


def test_a_manifest_that_is_no_text_is_named(photo_folder: Path) -> None:
    (photo_folder / "MANIFEST.csv").write_bytes(b"file,group\n\xff\xfe\x00,1\n")
    with pytest.raises(ConfigError, match=r"MANIFEST\.csv can't be read"):
        find_photos([photo_folder])


@pytest.mark.parametrize(
    "told",
    [
        "CC0",
        "CC0 1.0",
        "CC0 1.0 (from a library of scenes)",
        "Public Domain",
        "public domain (as its publisher states)",
        "CC BY 4.0",
        "CC-BY",
        "cc-by-sa-3.0",
        "CC BY-SA 4.0 International",
        "Creative Commons Attribution-ShareAlike 2.0 Generic License",
        "Creative Commons Attribution-Share Alike",
        "CC-BY / CC-BY-SA per file (package copyright file)",
        "CC-BY-4.0 / CC-BY-SA-4.0 / CC0 per file",
        "Attribution License",
    ],
)
def test_free_licences_are_known_however_they_are_spelt(told: str) -> None:
    assert is_free(told)


@pytest.mark.parametrize(
    "told",
    [
        "",
        "no licence stated",
        "unknown",
        "CC BY-NC 4.0",
        "CC-BY-ND",
        "CC BY-NC-SA 2.0",
        "Attribution-NonCommercial-NoDerivs License",
        "Creative Commons Attribution-Noncommercial",
        "CC BY 4.0 (non-commercial use only)",
        "GPL-2+ / CC-BY-SA",
        "CC BY 4.0; photographs: all rights reserved",
        "repository MIT and marked Public Domain, but gathered from the web",
        "CC0 1.0 / repository MIT",
        "Creative Commons, differs per image",
        "no known copyright restrictions",
        "annotations CC BY 4.0; photograph: licence not recorded",
        "research set, CC BY",
    ],
)
def test_others_are_not_free(told: str) -> None:
    assert not is_free(told)


def test_only_free_pictures_are_used_where_that_is_asked_for(tmp_path: Path, photo_folder: Path) -> None:
    table = ["file,license", *(f"photo_{number:02}.png,CC BY 4.0" for number in range(8)), "photo_09.png,CC BY-NC"]
    (photo_folder / "MANIFEST.csv").write_text("\n".join(table))
    found = find_photos([photo_folder], free_only=True)
    assert {photo.path.name for photo in found.photos} == {f"photo_{number:02}.png" for number in range(8)}
    assert [file.reason for file in found.refused].count(NOT_FREE) == 32
    assert len(find_photos([photo_folder]).photos) == 40


def test_without_a_manifest_nothing_is_taken_for_free(tmp_path: Path, photo_folder: Path, subject_folder: Path) -> None:
    (photo_folder / "MANIFEST.csv").write_text("file,licence\nphoto_00.png,CC0\n")
    with pytest.raises(ConfigError, match=r"subjects has no MANIFEST\.csv"):
        find_photos([photo_folder], [subject_folder], free_only=True)
    with pytest.raises(ConfigError, match=r"subjects has no MANIFEST\.csv"):
        find_hdr([subject_folder], free_only=True)


def test_hdr_scenes_that_are_not_free_are_left_out(tmp_path: Path) -> None:
    for name in ("one.hdr", "two.hdr"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "MANIFEST.csv").write_text("file,license\none.hdr,CC0\ntwo.hdr,unknown\n")
    found = find_hdr([tmp_path], free_only=True)
    assert [path.name for path, _ in found.files] == ["one.hdr"]
    assert ("two.hdr", NOT_FREE) in [(file.path.name, file.reason) for file in found.refused]
    assert len(find_hdr([tmp_path]).files) == 2
