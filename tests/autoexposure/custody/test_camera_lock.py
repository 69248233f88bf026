import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autoexposure.custody import camera_lock
from autoexposure.custody.camera_lock import CameraLock
from autoexposure.errors import CameraBusy

HOLD = """
import sys, time
from pathlib import Path
from autoexposure.custody.camera_lock import CameraLock
lock = CameraLock(Path(sys.argv[1]), "Desk camera")
print("held", flush=True)
time.sleep(600)
"""


def test_another_program_is_named_and_its_death_frees_the_camera(tmp_path: Path) -> None:
    path = tmp_path / "camera.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline()
        before = path.read_bytes()
        with pytest.raises(CameraBusy, match=rf"in use by another autoexposure \(process {holder.pid}, -c\)"):
            CameraLock(path, "Desk camera")
        assert path.read_bytes() == before, "who is refused leaves no mark"
        holder.kill()
    CameraLock(path, "Desk camera").close()


@pytest.mark.parametrize("said", [b"", b"\xff\x00", b"12 \x1b]0;x\x07evil", b"9" * 300])
def test_whatever_stands_in_the_file_makes_one_plain_sentence(tmp_path: Path, said: bytes) -> None:
    path = tmp_path / "camera.lock"
    held = CameraLock(path, "Desk camera")
    path.write_bytes(said)
    with pytest.raises(CameraBusy) as refused:
        CameraLock(path, "Desk camera")
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 150
    held.close()
    held.close()


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links are followed here")
def test_what_a_link_in_its_place_leads_to_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "camera.lock").symlink_to(tmp_path / "mine")
    with pytest.raises(OSError, match="symbolic links"):
        CameraLock(tmp_path / "camera.lock", "Desk camera")
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_lock_needs_nothing_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "camera.lock"
    CameraLock(path, "Desk camera").close()
    opened = os.open

    def read_only(file: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise OSError(errno.EROFS, "Read-only file system")
        return opened(file, flags, mode)

    monkeypatch.setattr(os, "open", read_only)
    held = CameraLock(path, "Desk camera")
    with pytest.raises(CameraBusy):
        CameraLock(path, "Desk camera")
    held.close()
    with pytest.raises(OSError, match="Read-only"):
        CameraLock(tmp_path / "other.lock", "Desk camera")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows locks files in another way")
def test_where_the_file_system_has_no_locks_it_goes_on_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(camera_lock.fcntl, "flock", refuse)
    CameraLock(tmp_path / "camera.lock", "Desk camera").close()
    assert "has no locks" in caplog.text
