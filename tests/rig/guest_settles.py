"""In the guest: the whole program before a lamp that is switched by three stops, judged by what the sensor really did.

``AUTOEXPOSURE_RIG_DELAY`` is the webcam's own delay. Its log (``--log``) has one line for each picture, dropped ones
included: the exposure and gain that really made it, the light, and when.
"""

import json
import math
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from autoexposure.scores import LoopScores, TracePoint, score

sys.path.insert(0, os.environ["RIG_DIR"])

from webcam_remote import WebcamRemote

CAMERA = "v4l2:/dev/video0,size=320x240"
WEBCAM_LOG = Path("/run/webcam.jsonl")
DELAY = int(os.environ["AUTOEXPOSURE_RIG_DELAY"])
PROBED_DELAY = DELAY + 1
"""One picture is on its way through the USB while the control is written: `probe` measures the two together."""

STEPS = {"three stops darker": 1 / 8, "three stops brighter": 1.0}
WATCHED = 70
"""Pictures looked at after each switch of the lamp: the allowance for the longest delay, twice and more."""

CALM = 30


def lines_of(path: Path) -> list[dict]:
    """The whole lines of a file that is still being written."""
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def wait_until(done: Callable[[], bool], what: str, longest_s: float = 60.0) -> None:
    end_s = time.monotonic() + longest_s
    while not done():
        assert time.monotonic() < end_s, f"{what} did not happen"
        time.sleep(0.1)


class Run:
    """One run of the program: its JSON lines, the webcam's log, and how many lines there were at each switch."""

    def __init__(self, folder: Path) -> None:
        self._out = folder / "frames.jsonl"
        command = [sys.executable, "-m", "autoexposure", "run", "--camera", CAMERA, "--quiet", "--json", str(self._out)]
        self._program = subprocess.Popen(command)
        self._remote = WebcamRemote("/dev/video0")
        self._marks: dict[str, int] = {}
        try:
            self._wait_for_calm()
            for name, light in STEPS.items():
                self._marks[name] = len(lines_of(self._out))
                self._remote.light(light)
                seen = self._marks[name]
                wait_until(lambda seen=seen: len(lines_of(self._out)) >= seen + WATCHED, "the pictures after a switch")
        finally:
            self._remote.close()
            self._program.send_signal(signal.SIGINT)
            self._program.wait(20)
        self.exit_code = self._program.returncode
        self.lines = lines_of(self._out)
        self.pictures = lines_of(WEBCAM_LOG)

    def _wait_for_calm(self) -> None:
        def calm() -> bool:
            states = [line["state"] for line in lines_of(self._out)[-CALM:]]
            return len(states) == CALM and set(states) == {"converged"}

        wait_until(calm, "coming to rest")

    def after(self, step: str) -> list[dict]:
        """The webcam's pictures from the switch of the lamp on, until the next one."""
        light = STEPS[step]
        switches = [at for at, (a, b) in enumerate(pairwise(self.pictures), 1) if a["light"] != b["light"]]
        begin = next(at for at in switches if self.pictures[at]["light"] == light)
        return self.pictures[begin : begin + WATCHED]

    def lines_before(self, step: str) -> list[dict]:
        return self.lines[: self._marks[step]]


def judged(pictures: list[dict]) -> LoopScores:
    """By the exposure that really made each picture."""
    return score([TracePoint(p["frame"], math.log2(p["exposure_us"] * 1e-6 * p["gain"])) for p in pictures])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    yield Run(tmp_path_factory.mktemp("run"))


@pytest.mark.parametrize("step", STEPS)
def test_a_lamp_is_followed_in_time_without_overshoot_or_hunting(run: Run, step: str) -> None:
    scores = judged(run.after(step))
    print(
        f"\n{step}: travel {scores.travel_ev:+.2f} EV, settled in {scores.settling_frames} frames "
        f"(allowed {2 * PROBED_DELAY + 5}), overshoot {scores.overshoot_ev:.2f} EV, {scores.reversals} turns"
    )
    print(" ".join(f"{math.log2(p['exposure_us'] * 1e-6 * p['gain']):.2f}" for p in run.after(step)))
    assert abs(scores.travel_ev) > 2
    assert scores.settling_frames is not None
    assert scores.settling_frames <= 2 * PROBED_DELAY + 5
    assert scores.overshoot_ev <= 0.3
    assert scores.reversals <= 1


def test_nothing_is_written_while_nothing_changes(run: Run) -> None:
    assert not any(line["wrote"] for line in run.lines_before("three stops darker")[-CALM:])
    assert not any(line["wrote"] for line in run.lines[-CALM:])


def test_the_camera_keeps_its_thirty_pictures_a_second(run: Run) -> None:
    intervals_s = [b["t"] - a["t"] for a, b in pairwise(run.after("three stops brighter"))]
    print(f"\nmedian {1 / statistics.median(intervals_s):.1f}/s, program read {run.lines[-1]['frame_rate']:.1f}/s")
    assert 1 / statistics.median(intervals_s) == pytest.approx(30, abs=1.5)


def test_it_ended_in_good_order(run: Run) -> None:
    assert run.exit_code == 0
