"""What things cost: processor time of the thread that does them, so that a busy machine says the same as a quiet one.

Wall time counts other programs, too: with two of them on every core it reads three times as much, and not of all rows
alike. Rows take turns, so that a change of the clock frequency meets all of them; ratios are of one run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from autoexposure.camera import Camera
from autoexposure.control.loop import ControlLoop
from autoexposure.errors import AutoexposureError
from autoexposure.frame import Frame

FRAME_RATE = 30
"""Pictures a second, of which a share of a core is said: what nearly all webcams send."""

Measured = Callable[[], float]
"""Does something once and returns its processor time in seconds."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One row.

    Attributes
    ----------
    name : what was done.
    least_s, median_s, mean_s : processor time of one time, over all rounds. The least is what it takes where nothing
        else is in its way; the mean is what is paid in the end where not every time is alike.
    """

    name: str
    least_s: float
    median_s: float
    mean_s: float

    @classmethod
    def of(cls, name: str, times_s: Sequence[float]) -> Cost:
        """The row of these times."""
        return cls(name, min(times_s), float(np.median(times_s)), float(np.mean(times_s)))

    @property
    def share_of_core(self) -> float:
        """Of one core, if it is done ``FRAME_RATE`` times a second."""
        return self.mean_s * FRAME_RATE


def timed(call: Callable[[], object]) -> Measured:
    """What measures ``call``."""

    def measure() -> float:
        began_s = time.thread_time()
        call()
        return time.thread_time() - began_s

    return measure


def take_turns(rows: Mapping[str, Measured], rounds: int, done: Callable[[float], None]) -> dict[str, Cost]:
    """Do all of ``rows`` one after the other, ``rounds`` times over, after once to warm up.

    ``done`` is told how much of that is done, 0..1.
    """
    taken_s: dict[str, list[float]] = {name: [] for name in rows}
    for measure in rows.values():
        measure()
    for number in range(rounds):
        done(number / rounds)
        for name, measure in rows.items():
            taken_s[name].append(measure())
    return {name: Cost.of(name, times_s) for name, times_s in taken_s.items()}


class TimedCamera:
    """A camera whose reading is timed, so that making simulated pictures can be left out of what a loop costs.

    Attributes
    ----------
    reading_s : processor time of all its reads.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self.reading_s = 0.0

    def __getattr__(self, name: str) -> object:
        return getattr(self._camera, name)

    def read(self, timeout_s: float) -> Frame:
        """As `Camera.read`."""
        began_s = time.thread_time()
        frame = self._camera.read(timeout_s)
        self.reading_s += time.thread_time() - began_s
        return frame


SETTLED_AFTER = 60
"""Turns after which a loop on steady light has found its exposure and rests, with two seconds to spare."""


class LoopTurns:
    """Loops that this thread turns one after the other, as their own threads would turn them.

    Parameters
    ----------
    make_loop : makes the loop of a number, on a simulated clock, so that nothing waits; its camera goes through the
        function given to it.
    count : how many.
    """

    def __init__(self, make_loop: Callable[[int, Callable[[Camera], Camera]], ControlLoop], count: int) -> None:
        self._cameras: list[TimedCamera] = []
        self._loops = [make_loop(number, self._watched) for number in range(count)]
        for loop in self._loops:
            for _ in range(SETTLED_AFTER):
                if (failure := loop.turn().failure) is not None:
                    raise failure

    def _watched(self, camera: Camera) -> Camera:
        self._cameras.append(TimedCamera(camera))
        return cast(Camera, self._cameras[-1])

    def turn(self) -> float:
        """Turn each of them once; returns the processor time of that in seconds, reading the pictures left out."""
        reading_s, began_s = self._reading_s(), time.thread_time()
        for loop in self._loops:
            loop.turn()
        return time.thread_time() - began_s - (self._reading_s() - reading_s)

    def _reading_s(self) -> float:
        return sum(camera.reading_s for camera in self._cameras)

    def close(self) -> None:
        """End the loops."""
        for loop in self._loops:
            loop.stop()


@dataclass(frozen=True, slots=True)
class ProcessCost:
    """What a whole process took, its start included.

    Attributes
    ----------
    cpu_s : processor time of all its threads.
    peak_bytes : the most memory that it had resident; None where the system does not say.
    """

    name: str
    cpu_s: float
    peak_bytes: int | None


def process_cost(name: str, code: str) -> ProcessCost:
    """Run Python ``code`` in a process of its own.

    Raises
    ------
    AutoexposureError
        If it fails.
    """
    asked = f"{code}\nfrom {__name__} import say_own_cost\nsay_own_cost()\n"
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        said = ran.stderr.strip().splitlines() or ["its process failed"]
        raise AutoexposureError(f"what takes '{name}' can't be measured: {said[-1]}")
    cpu_s, peak_bytes = json.loads(ran.stdout.splitlines()[-1])
    return ProcessCost(name, cpu_s, peak_bytes)


def say_own_cost() -> None:
    """Print what this process took so far, for `process_cost`."""
    cpu_s = time.process_time()
    sys.stdout.write(f"{json.dumps([cpu_s, _peak_bytes()])}\n")


def _peak_bytes() -> int | None:
    # Linux's ``ru_maxrss`` begins with what the parent held when it started us, and a bench holds much.
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    if sys.platform == "darwin":
        from resource import RUSAGE_SELF, getrusage

        return getrusage(RUSAGE_SELF).ru_maxrss
    return None
