"""`autoexposure run` that sees nothing is no success, however it ends."""

import json
import os
import signal
import sys
import tarfile
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from autoexposure.cli import headless
from autoexposure.cli import main as cli
from autoexposure.clock import SimulatedClock
from autoexposure.control.loop import ControlLoop
from autoexposure.custody.custody import Hands
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraDisconnected, CameraError, FrameTimeout
from autoexposure.family import Family
from autoexposure.frame import Frame
from autoexposure.metering.meters import METERS
from autoexposure.process import ending
from autoexposure.recording.reader import Recording
from autoexposure.recording.writer import recording_sink
from drivers import discovery
from drivers.simulated.camera import SimulatedCamera, open_simulated

BARREN = "barren:"

Run = Callable[..., tuple[int, str]]
"""See the fixture ``run``."""


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the person who runs the tests is read or written."""
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run(error, *words)``: run on a camera whose reads raise ``error``; returns the exit code and what was said."""

    def call(error: Exception, *words: str) -> tuple[int, str]:
        def open_barren(rest: str, clock: object) -> SimulatedCamera:
            camera = open_simulated("width=64,height=48,native=on")
            monkeypatch.setattr(camera, "read", lambda timeout_s: _raise(error))
            return camera

        monkeypatch.setitem(discovery.FAMILIES, "barren", Family("barren", open_barren))
        monkeypatch.setattr(sys, "argv", ["autoexposure", "run", "--meter", "average", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, capsys.readouterr().err

    return call


def _raise(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("words", [["--seconds", "0.3"], ["--seconds", "0.3", "--frames", "5"], ["--seconds", "0"]])
@pytest.mark.parametrize("error", [CameraDisconnected("the stream ended"), FrameTimeout("too late")])
def test_not_one_picture_is_a_failure(run: Run, words: list[str], error: Exception) -> None:
    code, said = run(error, "--camera", BARREN, *words)
    assert code == 1
    assert said.strip().splitlines()[-1].startswith("autoexposure: not one picture came from ")
    assert "Traceback" not in said
    assert Journal().entries() == []


def test_so_it_is_after_a_signal(run: Run) -> None:
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    code, said = run(CameraDisconnected("the stream ended"), "--camera", BARREN)
    timer.join()
    assert code == 1
    assert "not one picture came" in said


def test_so_it_is_with_a_recording_to_write(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "recording.tar"
    error = CameraDisconnected("the stream ended")
    code, said = run(error, "--camera", BARREN, "--seconds", "0.3", "--record", str(path))
    assert (code, path.exists()) == (1, False)
    assert "not one picture came" in said


def test_so_it_is_for_a_recording_without_pictures(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "empty.tar"
    with tarfile.open(path, "w"):
        pass
    code, said = run(CameraDisconnected("not used"), "--camera", f"replay:{path}", "--seconds", "5")
    assert code != 0
    assert said.strip().splitlines()[-1].startswith("autoexposure: ")


def test_one_picture_is_enough(run: Run) -> None:
    words = ["--camera", "sim:width=64,height=48", "--frames", "1"]
    assert run(CameraDisconnected("not used"), *words)[0] == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_the_clock_runs_while_lines_go_to_a_pipe_that_nobody_reads(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "lines"
    os.mkfifo(pipe)
    left: list[int] = []
    readers: list[int] = []
    too_late = threading.Event()

    def read_it() -> None:
        readers.append(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))

    def leave(code: int) -> None:
        left.append(code)
        read_it()  # in place of the end of the process: what waits for a reader goes on

    monkeypatch.setattr(ending, "GRACE_S", 0.1)
    monkeypatch.setattr(headless, "Ending", partial(ending.Ending, leave=leave, hands=Hands()))
    rescue = threading.Timer(10, lambda: (too_late.set(), read_it()))
    rescue.start()
    run(FrameTimeout("too late"), "--camera", BARREN, "--seconds", "0.1", "--json", str(pipe))
    rescue.cancel()
    assert left == [ending.LEFT_BEHIND]
    assert not too_late.is_set()
    for reader in readers:
        os.close(reader)


def test_a_code_to_scan_is_no_picture(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    read = SimulatedCamera.read
    monkeypatch.setattr(SimulatedCamera, "read", lambda *given: replace(read(*given), placeholder=True))
    monkeypatch.setattr(
        sys, "argv", ["autoexposure", "run", "-c", "sim:width=64,height=48", "-m", "average", "--seconds", "0.3"]
    )
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert "not one picture came" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["run", "--frames", "3", "-q"], ["still", "picture.jpg"]])
def test_a_camera_that_can_not_be_put_back_is_a_failure_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    words: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(SimulatedCamera, "restore", lambda *_: _raise(CameraError("it refuses")))
    monkeypatch.setattr(sys, "argv", ["autoexposure", *words, "-c", "sim:width=64,height=48", "-m", "average"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    left = "could not be put back to how it was: it refuses; 'autoexposure restore' tries again"
    assert capsys.readouterr().err.count(left) == 1
    assert left not in caplog.text, "it would be said twice"


def test_the_first_picture_of_every_stream_counts_whatever_its_number(tmp_path: Path) -> None:
    clock = SimulatedClock()
    openings = iter(range(3))

    def open_brief() -> SimulatedCamera:
        """One picture, number 0, and it is gone."""
        next(openings)
        camera = open_simulated("width=64,height=48", clock)
        pictures = iter([camera.read(1.0)])

        def read(_timeout_s: float) -> Frame:
            for picture in pictures:
                return picture
            raise CameraDisconnected("unplugged")

        camera.read = read  # type: ignore[method-assign]  # of this one alone
        return camera

    loop = ControlLoop(open_brief, METERS["average"].make, journal=Journal(tmp_path / "journal"), clock=clock)
    lines, clip = tmp_path / "lines.jsonl", tmp_path / "clip.tar"
    headless.run_headless(loop, seconds=None, frames=3, lines=lines, quiet=True, sinks=[[recording_sink(clip)]])
    records = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [(record["stream"], record["sequence"]) for record in records] == [(1, 0), (2, 0), (3, 0)]
    with Recording(clip) as recording:
        assert len(recording.pictures) == 3
