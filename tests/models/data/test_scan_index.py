from __future__ import annotations

import time
from pathlib import Path

import pytest

from autoexposure.errors import Stopped
from models.data import photo_files
from models.data.photo_files import find_photos
from models.data.scan_index import SAVE_EVERY_S, ScanIndex, Scanned


def refuse_to_scan(path: Path) -> Scanned:
    raise AssertionError(f"{path} was scanned again")


def test_a_second_scan_decodes_nothing_and_finds_the_same(
    tmp_path: Path, photo_folder: Path, subject_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "cache" / "scan.json"
    first = find_photos([photo_folder], [subject_folder], index)
    monkeypatch.setattr("models.data.photo_files._scan", refuse_to_scan)
    assert find_photos([photo_folder], [subject_folder], index) == first


def test_a_scan_that_was_ended_goes_on(tmp_path: Path, photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "cache" / "scan.json"

    def stop(_stage: str, done: float, /) -> None:
        if done >= 0.5:
            raise Stopped(15, "ended")

    with pytest.raises(Stopped):
        find_photos([photo_folder], index=index, tell=stop)
    again: list[Path] = []
    scan = photo_files._scan
    monkeypatch.setattr(photo_files, "_scan", lambda path: again.append(path) or scan(path))
    find_photos([photo_folder], index=index)
    assert len(again) <= 20  # fewer on a busy machine: what was being looked at meanwhile is kept, too


def test_a_long_scan_is_written_down_by_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    file, index = tmp_path / "a.jpg", tmp_path / "scan.json"
    file.write_bytes(b"one")
    known = ScanIndex(index)
    known.look_up(file, lambda path: Scanned("1", 7))
    now_s = SAVE_EVERY_S - 1
    known.save_now_and_then()
    assert not index.exists()
    now_s = SAVE_EVERY_S
    known.save_now_and_then()
    assert ScanIndex(index).look_up(file, refuse_to_scan) == Scanned("1", 7)


def test_a_changed_file_is_looked_at_again(tmp_path: Path) -> None:
    file, index = tmp_path / "a.jpg", tmp_path / "scan.json"
    file.write_bytes(b"one")
    known = ScanIndex(index)
    assert known.look_up(file, lambda path: Scanned("1", 7)) == Scanned("1", 7)
    known.save()
    assert ScanIndex(index).look_up(file, refuse_to_scan) == Scanned("1", 7)
    file.write_bytes(b"another")
    assert ScanIndex(index).look_up(file, lambda path: Scanned("2", 8)) == Scanned("2", 8)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 1, "files": {}}', '{"version": 2, "files": {"a": 3}}'])
def test_a_damaged_index_is_not_believed(tmp_path: Path, content: str) -> None:
    file, index = tmp_path / "a.jpg", tmp_path / "scan.json"
    file.write_bytes(b"one")
    index.write_text(content)
    assert ScanIndex(index).look_up(file, lambda path: Scanned("1", 7)) == Scanned("1", 7)


def test_an_index_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    known = ScanIndex(tmp_path / "file" / "scan.json")
    (tmp_path / "a.jpg").write_bytes(b"one")
    known.look_up(tmp_path / "a.jpg", lambda path: Scanned("1", 7))
    known.save()
    assert (tmp_path / "file").read_text() == ""
