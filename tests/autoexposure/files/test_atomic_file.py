from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from autoexposure.files.atomic_file import atomic_open, atomic_write, sweep, write_new


def test_a_file_is_made_and_replaced_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "note.txt"
    atomic_write(path, "one")
    atomic_write(path, "zwölf")
    assert path.read_text(encoding="utf-8") == "zwölf"
    assert [entry.name for entry in path.parent.iterdir()] == ["note.txt"]


def test_it_is_for_this_user_only_whatever_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("zero")
    path.chmod(0o644)
    atomic_write(path, "one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    atomic_write(tmp_path / "folder" / "below" / "note.txt", b"two")
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "folder" / "below").stat().st_mode) == 0o700


def test_the_one_before_stays_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "note.txt"
    atomic_write(path, "one")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        atomic_write(path, "two")
    assert path.read_text() == "one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["note.txt"]


def test_the_folder_is_on_the_disk_too_after_the_file_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut takes the new name back, and with it what the caller deletes in trust of it."""
    synced: list[tuple[bool, list[str]]] = []
    really = os.fsync

    def watched(descriptor: int) -> None:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((folder, sorted(entry.name for entry in (tmp_path / "new").iterdir()) if folder else []))
        really(descriptor)

    atomic_write(tmp_path / "new" / "other.txt", "zero")
    monkeypatch.setattr(os, "fsync", watched)
    atomic_write(tmp_path / "new" / "note.txt", "one")
    assert synced == [(False, []), (True, ["note.txt", "other.txt"])]


def test_a_folder_that_is_made_is_on_the_disk_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    really = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        really(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    atomic_write(tmp_path / "a" / "b" / "note.txt", "one")
    assert synced[:2] == [tmp_path.stat().st_ino, (tmp_path / "a").stat().st_ino]


def test_what_a_killed_process_left_half_written_is_swept(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from autoexposure.files.atomic_file import atomic_open\n"
        "with atomic_open(Path(sys.argv[1])) as file:\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "note.txt")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob("*.part"))) == 1
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_being_written_is_not_swept(tmp_path: Path) -> None:
    with atomic_open(tmp_path / "note.txt") as file:
        file.write(b"half")
        os.utime(next(tmp_path.glob("*.part")), (0, 0))  # however long it takes, and whatever the clock does
        sweep(tmp_path)
        file.write(b" and half")
    assert (tmp_path / "note.txt").read_bytes() == b"half and half"


def test_one_that_is_swept_before_it_is_locked_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    really, times = fcntl.flock, []

    def swept_first(descriptor: int, how: int) -> None:
        if not times:
            next(tmp_path.glob("*.part")).unlink()
        times.append(how)
        really(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", swept_first)
    atomic_write(tmp_path / "note.txt", "one")
    assert (tmp_path / "note.txt").read_text() == "one"
    assert len(times) == 2


def test_other_programs_files_links_and_folders_are_not_swept(tmp_path: Path) -> None:
    (tmp_path / "film.mkv.part").touch()  # a browser's
    (tmp_path / "tmpabcdefgh.part").mkdir()
    (tmp_path / "tmp12345678.part").symlink_to(tmp_path / "film.mkv.part")
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    sweep(tmp_path / "nowhere")


def test_a_device_is_written_into_and_not_replaced(tmp_path: Path) -> None:
    link = tmp_path / "out"
    link.symlink_to("/dev/null")
    atomic_write(link, "one")
    assert link.is_char_device()


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("zero")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    atomic_write(tmp_path / "link.txt", "one")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "one"


def test_nothing_is_left_of_a_file_whose_writer_raises(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no more"), atomic_open(tmp_path / "note.txt"):
        raise ValueError("no more")
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_replaces_none(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    atomic_write(path, "one", new=True)
    with pytest.raises(FileExistsError):
        atomic_write(path, "two", new=True)
    with pytest.raises(FileExistsError, match="other"), atomic_open(tmp_path / "other.txt", new=True):
        (tmp_path / "other.txt").write_text("another program was faster")
    assert path.read_text() == "one"
    assert (tmp_path / "other.txt").read_text() == "another program was faster"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["note.txt", "other.txt"]


def test_a_file_system_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("autoexposure.files.atomic_file.os.link", refuse)
    test_a_new_file_replaces_none(tmp_path)


def test_files_named_by_their_time_count_on(tmp_path: Path) -> None:
    now = datetime(2026, 1, 2, 3, 4, 5)
    names = [write_new(tmp_path / "saved", "plots", ".csv", "x", now).name for _ in range(3)]
    assert names == ["plots-2026-01-02-030405.csv", "plots-2026-01-02-030405-2.csv", "plots-2026-01-02-030405-3.csv"]
