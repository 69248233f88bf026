"""What devices, servers, archives and files call themselves is plain before anybody shows it, and is no markup."""

import io
import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from autoexposure.camera import CameraInfo, Capabilities
from autoexposure.cli import main as cli
from autoexposure.cli.terminal_view import TerminalView
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from autoexposure.errors import AutoexposureError, CameraError
from autoexposure.frame import Frame
from autoexposure.process import terminal
from autoexposure.profiles.profile import CameraProfile
from autoexposure.profiles.storage import from_toml, to_toml

CLIPBOARD = "\x1b]52;c;cm0gLXJmIH4=\x07"
HOSTILE = f"{CLIPBOARD}[/x] [bold]Camera\n\u202egpj.exe"


@given(st.text(max_size=40))
def test_no_camera_names_itself_with_more_than_a_line_of_letters(text: str) -> None:
    info = CameraInfo(f"v4l2:{text}", text, text, text)
    shown = (info.spec, info.name, info.stable_id, info.detail, Capabilities(note=text).note, str(CameraError(text)))
    assert all(word.isprintable() or all(letter.isprintable() or letter.isspace() for letter in word) for word in shown)
    assert not any(set(word) & set("\x1b\x07\n\r\u202e\x9b") for word in shown)


def test_the_path_of_a_scene_stays_as_it_is() -> None:
    spec = "sim:scene=/home/ada/my  pictures/" + "x" * 300
    assert CameraInfo(spec, "Simulated", spec).spec == CameraInfo(spec, "Simulated", spec).stable_id == spec


def test_an_errors_message_is_plain_whoever_raises_it() -> None:
    error = AutoexposureError(f"the server said {HOSTILE}")
    assert str(error) == "the server said ]52;c;cm0gLXJmIH4=[/x] [bold]Camera gpj.exe"
    assert len(str(CameraError("x" * 10**6))) <= 6000


def test_the_live_view_shows_names_as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    info = CameraInfo("onvif:x", "[/x] [bold]Camera", "x")
    frame = Frame(np.zeros((8, 8, 3), np.uint8), 0.0, 1)
    for snapshot in (
        Snapshot(camera=info, frame=frame, meter="spot", notice="[/y] was said"),
        Snapshot(camera=info, notice="[/y] was said"),
    ):
        out = io.StringIO()
        console = Console(file=out, width=200, markup=False)
        console.print(TerminalView(120).render(snapshot))
        assert "[/y] was said" in out.getvalue()
    assert "[/x]" in terminal_text("[/x] [bold]Camera", monkeypatch)


def terminal_text(text: str, monkeypatch: pytest.MonkeyPatch) -> str:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    terminal.console(stderr=True).print(text)
    return out.getvalue()


def test_a_list_with_hostile_names_is_a_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = [CameraInfo(f"v4l2:{HOSTILE}", HOSTILE, "id", HOSTILE)]
    monkeypatch.setattr("drivers.discovery.list_cameras", lambda: hostile)
    monkeypatch.setattr(sys, "argv", ["autoexposure", "list"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    shown = capsys.readouterr().out
    assert {"[/x]", "[bold]Camera"} <= set(shown.replace("=", " ").split())
    assert "\x1b" not in shown


def test_a_profile_that_somebody_shared_holds_plain_words() -> None:
    text = to_toml(
        CameraProfile("sim:", "Webcam", "", "2026", "0", took_s=1.0, frame_interval_s=0.03, notes=("a note",))
    )
    read = from_toml(text.replace("Webcam", "Web\\u001b[2Jcam").replace("a note", "a \\u202e note"))
    assert (read.name, read.notes) == ("Web[2Jcam", ("a note",))


def test_the_log_obeys_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    formatter = cli._PlainLines("%(levelname)s %(message)s")
    try:
        raise ValueError(f"a device said {HOSTILE}")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "said %s", (HOSTILE,), sys.exc_info())
    shown = formatter.format(record)
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\n    raise ValueError" in shown  # a traceback keeps its lines


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_name_that_the_pipe_has_no_letters_for_is_printed_with_others(encoding: str, tmp_path: Path) -> None:
    code = (
        "import sys, drivers.discovery as d; from autoexposure.camera import CameraInfo;"
        "from autoexposure.cli import main as cli;"
        "d.list_cameras = lambda: [CameraInfo('v4l2:x', '\\u7f51\\u7edc\\u6444\\u50cf\\u5934', 'x')];"
        "sys.argv = ['autoexposure', *sys.argv[1:]]; cli.main()"
    )
    for words, code_wanted in ((["list"], 0), (["run", "--camera", "sim:scene=/\u7f51\u7edc.png"], 2)):
        done = subprocess.run(
            [sys.executable, "-X", "utf8=0", "-c", code, *words],
            env={**os.environ, "PYTHONIOENCODING": encoding, "HOME": str(tmp_path)},
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == code_wanted, done.stderr
        assert b"Traceback" not in done.stderr
        assert b"?" in done.stdout + done.stderr


def test_a_note_that_somebody_wrote_is_told_in_plain_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    Journal().note(CameraInfo("nope:", "Webcam", "nope-1"), {"time_s": 0.01})
    (note,) = (path for path in tmp_path.rglob("*.json") if "Webcam" in path.read_text())
    note.write_text(note.read_text().replace("Webcam", "\\u001b]52;c;aGk=\\u0007[/x] <b>Webcam"))
    monkeypatch.setattr(sys, "argv", ["autoexposure", "restore"])
    with pytest.raises(SystemExit):
        cli.main()
    shown = "".join(capsys.readouterr())
    assert "[/x] <b>Webcam" in shown
    assert "\x1b" not in shown
