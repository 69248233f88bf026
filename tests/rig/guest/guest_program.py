"""In the guest: the whole program as a process of its own before the software webcam, watched by its JSON lines."""

import functools
import gc
import json
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

sys.path.insert(0, str(Path(__file__).parent))

import typer.main
from webcam import SIZE, Child, Plugged, WebcamRemote
from webcam import wait_until as came_to_be

import drivers.v4l2.camera  # noqa: F401  so that every child has it
from autoexposure.cli.main import main

NODE = "/dev/video0"
CAMERA = f"v4l2:{NODE},{SIZE}"
CALM = 15
"""So many lines of rest in a row are calm."""

LONGEST_S = 150.0
"""Patience with a guest that gets a tenth of a core."""

Line = dict[str, Any]


def lines_of(path: Path) -> list[Line]:
    """The whole lines of a file that is still being written."""
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def say(figures: str) -> None:
    """Into the report of the tests, which ``pytest -s`` shows."""
    sys.stdout.write(f"\n{figures}\n")


def wait_until(done: Callable[[], bool], what: str, longest_s: float = LONGEST_S) -> None:
    assert came_to_be(done, longest_s), f"{what} did not happen within {longest_s:g} s"


def warm_up() -> None:
    """Import what the program imports on its way, and build its commands: each of its processes would do so anew."""
    typer.main.get_command = functools.cache(typer.main.get_command)
    sys.argv = ["autoexposure", "run", "-c", "sim:", "-m", "average", "--frames", "2", "-q", "--json", "/run/warm"]
    with suppress(SystemExit):
        main()
    gc.collect()
    gc.freeze()  # a collection would copy in each child what it shares


class Program:
    """``autoexposure run`` with its JSON lines; the end of the block ends it as Ctrl+C does."""

    def __init__(self, folder: Path, *options: str, camera: str = CAMERA) -> None:
        self.camera = camera
        self._out = folder / f"{time.monotonic():.3f}.jsonl"
        self._lines: list[Line] = []
        self._read_bytes = 0
        command = ["autoexposure", "run", "--camera", camera, "--quiet", "--json", str(self._out), *options]

        def program() -> None:
            sys.argv = command
            main()

        self.process = Child(program, self._out.with_suffix(".out"), self._out.with_suffix(".err"))

    @property
    def lines(self) -> list[Line]:
        """Every line so far. Only new ones are read: all of them, at every look, would cost a tenth of the core."""
        if self._out.exists():
            with self._out.open("rb") as file:
                file.seek(self._read_bytes)
                whole = file.read().rpartition(b"\n")[0]
            if whole:
                self._lines += map(json.loads, whole.split(b"\n"))
                self._read_bytes += len(whole) + 1
        return self._lines

    def more_lines(self, count: int) -> list[Line]:
        """The next ``count`` lines, each a picture."""
        seen = len(self.lines)
        self._wait_until(lambda: len(self.lines) >= seen + count, f"{count} more pictures")
        return self.lines[seen : seen + count]

    def calm(self) -> Line:
        """Wait until the loop has come to rest on pictures from now on; returns its newest line."""
        seen = len(self.lines)

        def at_rest() -> bool:
            newest = self.lines[seen:][-CALM:]
            return len(newest) == CALM and all(line["state"] == "converged" for line in newest)

        try:
            self._wait_until(at_rest, "coming to rest")
        except AssertionError as error:
            raise AssertionError(f"{error}: {len(self.lines)} pictures, {self.lines[-3:]}") from error
        return self.lines[-1]

    def line_that(self, is_so: Callable[[Line], bool], what: str) -> Line:
        """The first line from now on that ``is_so``."""
        seen = len(self.lines)
        self._wait_until(lambda: any(map(is_so, self.lines[seen:])), what)
        return next(filter(is_so, self.lines[seen:]))

    def _wait_until(self, done: Callable[[], bool], what: str) -> None:
        def done_or_dead() -> bool:
            return done() or self.process.poll() is not None

        wait_until(done_or_dead, what)
        assert done(), f"{what} did not happen: the program ended with exit code {self.process.returncode}"

    def end(self) -> int | None:
        """End it as Ctrl+C does; returns its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


__all__ = [
    "CALM",
    "CAMERA",
    "NODE",
    "SIZE",
    "Line",
    "Plugged",
    "Program",
    "WebcamRemote",
    "lines_of",
    "say",
    "wait_until",
    "warm_up",
]
