from __future__ import annotations

from pathlib import Path

import pytest

from autoexposure.errors import ConfigError
from models.data.manifest import KINDS, Entry, Manifest, kind_of
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
