"""A personalisation that runs beside the program: a process of its own, which is watched but never waited for.

The process is ``autoexposure personalise --progress-json``; it writes one JSON object a line. Nothing here blocks, so a
window may start, poll and cancel one from the thread that paints. A process that is cancelled or dies leaves its
checkpoints behind, and the next one goes on from there.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import IO

from autoexposure.files.bounded import as_number, parse_object
from autoexposure.personal.model_store import Verdict

log = logging.getLogger(__name__)

FEWEST_ANSWERS = 10
"""With fewer that can be learned from (`Sample.settled`), no cross-validation says anything."""

ENOUGH_ANSWERS = 100
"""With fewer, the live layer already makes of the answers what can be made of them: a network has 350,000 weights to
move, and a test on so few answers cannot tell a small gain from chance. It may be tried all the same."""


class Stage(StrEnum):
    """How far a personalisation is."""

    STARTING = "starting"
    ACCEPTANCE = "acceptance"
    """Cross-validating: is a new model better at all?"""
    TRAINING = "training"
    """It is; now it is trained on all answers."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self in (Stage.STARTING, Stage.ACCEPTANCE, Stage.TRAINING)


@dataclass(frozen=True, slots=True)
class JobState:
    """A personalisation at one moment.

    Attributes
    ----------
    fraction : how much is done, 0..1.
    verdict : of the acceptance test, once DONE.
    used : whether the new model is in use now; False if the old one stays.
    error : one sentence, if FAILED.
    """

    stage: Stage = Stage.STARTING
    fraction: float = 0.0
    verdict: Verdict | None = None
    used: bool = False
    error: str = ""


def lacking(answers: int) -> int:
    """How many more answers it takes until training is likely to help; 0 if there are enough."""
    return max(0, ENOUGH_ANSWERS - answers)


def command_of(
    profile: str, *, camera: str | None = None, store: Path | None = None, extra: Sequence[str] = ()
) -> list[str]:
    """The command line of a personalisation."""
    command = [sys.executable, "-m", "autoexposure", "personalise", "--progress-json", "--profile", profile]
    if camera is not None:
        command += ["--camera", camera]
    if store is not None:
        command += ["--store", str(store)]
    return [*command, *extra]


class PersonalisationJob:
    """One running personalisation. Every thread may call; no method waits, but for ``close``."""

    def __init__(self, command: Sequence[str]) -> None:
        self._state = JobState()
        self._lock = threading.Lock()
        self._cancelled = False
        self._process: subprocess.Popen[str] | None = None
        try:
            self._process = subprocess.Popen(
                list(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
            )
        except OSError as error:
            self._state = JobState(Stage.FAILED, error=f"The training could not be started: {error.strerror}.")
            return
        self._complaints: list[str] = []
        self._listeners = (
            threading.Thread(target=self._complain, args=(self._process.stderr,), daemon=True),
            threading.Thread(target=self._watch, name="personalisation", daemon=True),
        )
        for listener in self._listeners:
            listener.start()

    @property
    def state(self) -> JobState:
        """How it stands now; never blocks."""
        with self._lock:
            return self._state

    def cancel(self) -> None:
        """Have it end; what was done is kept for the next time."""
        self._cancelled = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def close(self, timeout_s: float = 10.0) -> None:
        """Cancel it if it is running, and wait until it is gone. Callable twice."""
        self.cancel()
        if self._process is None:
            return
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for listener in self._listeners:
            listener.join()

    def _watch(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._heard(line)
        code = self._process.wait()
        self._listeners[0].join()
        with self._lock:
            if self._cancelled and self._state.stage is not Stage.DONE:
                self._state = replace(self._state, stage=Stage.CANCELLED)
            elif self._state.stage is not Stage.DONE:
                said = self._complaints[-1].removeprefix("autoexposure: ") if self._complaints else ""
                said = said or f"The training ended early (code {code}); start it again to go on."
                self._state = replace(self._state, stage=Stage.FAILED, error=said)

    def _heard(self, line: str) -> None:
        try:
            told = parse_object(line)
            with self._lock:
                self._state = _after(self._state, told)
        except (ValueError, KeyError, TypeError):
            log.warning("a personalisation said something odd: %r", line[:200])

    def _complain(self, lines: IO[str]) -> None:
        with lines:
            self._complaints.extend(line.strip() for line in lines if line.strip())


def progress_line(stage: str, fraction: float) -> str:
    """What the process writes while it works."""
    return json.dumps({"stage": stage, "fraction": round(fraction, 4)})


def verdict_line(verdict: Verdict, used: bool) -> str:
    """What the process writes at its end."""
    return json.dumps({"verdict": asdict(verdict), "used": used})


def _after(state: JobState, told: dict[str, object]) -> JobState:
    if "verdict" in told:
        return JobState(Stage.DONE, 1.0, Verdict.from_json(told["verdict"]), bool(told["used"]))
    return replace(state, stage=Stage(str(told["stage"])), fraction=as_number(told["fraction"]))
