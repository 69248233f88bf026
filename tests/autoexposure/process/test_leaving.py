"""The program, told to end while something hangs beyond the reach of any signal: it leaves, the camera put back."""

import array
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autoexposure.custody.journal import Journal
from tests.drivers.http.dripping import dripping

if sys.platform != "win32":
    import fcntl
    import termios

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

HARD = (sys.executable, "-m", "tests.autoexposure.hard_camera")
LONG_S = 60.0
"""Generous: a busy machine takes its time to start Python."""

LEAVES_S = 20.0
"""Generous too: it is to be three seconds, and a busy machine adds its own."""


class Program:
    """``autoexposure`` with a hard camera in a folder, in folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.camera = f"hard:{folder}"
        self.environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            **{f"XDG_{kind}_HOME": str(folder / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")},
        }
        self.journal = Journal(folder / "STATE" / "autoexposure" / "cameras")

    @contextmanager
    def started(self, *words: str) -> Iterator["subprocess.Popen[str]"]:
        process = subprocess.Popen(
            [*HARD, *words], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*HARD, *words], env=self.environment, capture_output=True, text=True, timeout=LONG_S, check=False
        )

    @property
    def device(self) -> dict[str, float]:
        settings: dict[str, float] = json.loads((self.folder / "device").read_text())
        return settings

    def hang(self, call: str) -> None:
        (self.folder / "new").write_text(call)
        (self.folder / "new").rename(self.folder / "hang")

    def until(self, reached: Callable[[], bool]) -> None:
        end_s = time.monotonic() + LONG_S
        while not reached():
            assert time.monotonic() < end_s
            time.sleep(0.02)

    def until_it_hangs(self) -> None:
        self.until((self.folder / "hangs").exists)

    def until_changed(self) -> dict[str, float]:
        """What the device was set to before the program changed it."""
        self.until(lambda: self.journal.entries() != [] and self.device != self.journal.entries()[0].settings)
        return dict(self.journal.entries()[0].settings)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def twice(process: "subprocess.Popen[str]") -> None:
    """As a hand does it."""
    process.send_signal(signal.SIGTERM)
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)


def test_a_run_whose_camera_hangs_while_it_is_read(program: Program) -> None:
    with program.started("run", "--camera", program.camera, "--meter", "average", "--quiet") as process:
        before = program.until_changed()
        program.hang("read")
        program.until_it_hangs()
        twice(process)
        assert process.wait(LEAVES_S) == 1
        assert process.stderr is not None
        assert "left behind; Hard camera is as it was" in process.stderr.read()
    assert program.device == before
    assert program.journal.entries() == []


@pytest.mark.parametrize("call", ["set", "restore"])
def test_a_run_whose_camera_hangs_while_it_is_changed_keeps_its_note(program: Program, call: str) -> None:
    with program.started("run", "--camera", program.camera, "--meter", "average", "--quiet") as process:
        if call == "set":
            program.hang("set")
            program.until_it_hangs()
        else:
            program.until_changed()
            program.hang("restore")
        twice(process)
        assert process.wait(LEAVES_S) == 1
        assert process.stderr is not None
        assert "run 'autoexposure restore'" in process.stderr.read()
    before = program.journal.entries()[0].settings
    (program.folder / "hang").unlink()
    assert program.run("restore").returncode == 0
    assert program.device == before


def test_a_measurement_whose_camera_hangs(program: Program) -> None:
    with program.started("probe", program.camera, "--quiet") as process:
        before = program.until_changed()
        program.hang("read")
        program.until_it_hangs()
        twice(process)
        assert process.wait(LEAVES_S) == 1
    assert program.device == before


@pytest.mark.parametrize("call", ["open", "restore"])
def test_restore_with_a_camera_that_hangs(program: Program, call: str) -> None:
    with program.started("run", "--camera", program.camera, "--meter", "average", "--quiet") as process:
        before = program.until_changed()
        process.kill()
        process.wait(LEAVES_S)
    program.hang(call)
    with program.started("restore") as process:
        program.until_it_hangs()
        twice(process)
        assert process.wait(LEAVES_S) == 1
    (program.folder / "hang").unlink()
    assert program.run("restore").returncode == 0
    assert program.device == before


@pytest.mark.parametrize("call", ["read", "open", "close"])
def test_the_window_closes_though_its_loop_hangs(program: Program, call: str) -> None:
    with program.started("--camera", program.camera, "--meter", "average") as process:
        if call == "open":
            program.hang("open")
            program.until_it_hangs()
        else:
            before = program.until_changed()
            program.hang(call)
            if call == "read":
                program.until_it_hangs()
        twice(process) if call != "read" else process.send_signal(signal.SIGTERM)
        assert process.wait(LEAVES_S) == 1
    if call != "open":
        assert program.device == before
    assert program.journal.entries() == []


def test_a_line_that_nobody_reads(program: Program) -> None:
    """The lines' pipe is full, and writing to it waits for ever."""
    with program.started("run", "--camera", program.camera, "--meter", "average", "--json", "-") as process:
        before = program.until_changed()
        assert process.stdout is not None
        pipe = process.stdout.fileno()
        program.until(lambda: _is_full(pipe))
        twice(process)
        assert process.wait(LEAVES_S) == 1
    assert program.device == before


def _is_full(pipe: int) -> bool:
    """Whether bytes wait in ``pipe`` and become no more, though lines are written every 10 ms."""
    before = _waiting_bytes(pipe)
    time.sleep(0.5)
    return 0 < before == _waiting_bytes(pipe)


def _waiting_bytes(pipe: int) -> int:
    number = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, number)
    return number[0]


def test_a_server_that_drips_is_one_sentence(program: Program) -> None:
    with dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{") as port:
        done = program.run("run", "--camera", f"ipwebcam:127.0.0.1:{port}", "--meter", "average", "--quiet")
    assert done.returncode == 2
    assert "does not answer" in done.stderr


def test_a_hang_up_that_was_ignored_stays_so(program: Program) -> None:
    words = ["run", "--camera", program.camera, "--meter", "average", "--quiet"]
    command = ["nohup", *HARD, *words]
    with subprocess.Popen(
        command, env=program.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        before = program.until_changed()
        run.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(1.0)
        run.send_signal(signal.SIGTERM)
        assert run.wait(LEAVES_S) == 0
    assert program.device == before
