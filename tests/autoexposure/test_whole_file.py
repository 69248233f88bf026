from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from autoexposure.whole_file import write_whole


def test_a_file_is_made_and_replaced_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "note.txt"
    write_whole(path, "one")
    write_whole(path, "zwölf")
    assert path.read_text(encoding="utf-8") == "zwölf"
    assert [entry.name for entry in path.parent.iterdir()] == ["note.txt"]


@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o644)])
def test_private_files_are_for_this_user_only(tmp_path: Path, private: bool, mode: int) -> None:
    write_whole(tmp_path / "note.txt", "one", private=private)
    assert stat.S_IMODE((tmp_path / "note.txt").stat().st_mode) == mode


def test_the_one_before_stays_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "note.txt"
    write_whole(path, "one")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "two")
    assert path.read_text() == "one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["note.txt"]
