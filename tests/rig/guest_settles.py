"""In the guest: the whole program before a lamp that is switched by three stops, judged by what the sensor really did.

``AUTOEXPOSURE_RIG_WEBCAM`` is what the webcam is known to be, as `known_profile` takes it: its own delay, its gain law,
and ``snap``. Its log (``--log``) has one line for each picture, also for those the program never got: the exposure and
gain that really made it, and the light.
"""

import math
import os
import statistics
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from autoexposure.scores import TracePoint, score

sys.path.insert(0, str(Path(__file__).parent))

from guest_program import CALM, NODE, Line, Program, WebcamRemote, lines_of, say

WEBCAM_LOG = Path("/run/webcam.jsonl")
WEBCAM = os.environ["AUTOEXPOSURE_RIG_WEBCAM"].split()
ALLOWED_FRAMES = 2 * int(WEBCAM[0]) + 5
"""Time for two moves, each of which shows after the webcam's own delay, as `probe` finds it, and the picture that is on
its way through the USB meanwhile."""

STEPS = {"three stops darker": 1 / 8, "three stops brighter": 1.0}
TIMES = 3
"""How often the lamp is switched each way. The settling time is the median: the guest has one core, which the webcam,
the program and this test share, and a setting that is written a moment late shows a picture later."""

WATCHED = ALLOWED_FRAMES + CALM
"""Pictures read after each switch of the lamp."""


class Observed:
    """One run of the program through all switches."""

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, str(Path(__file__).with_name("known_profile.py")), *WEBCAM], check=True)
        remote = WebcamRemote(NODE)
        try:
            with Program(folder) as program:
                program.calm()
                for light in [*STEPS.values()] * TIMES:
                    remote.light(light)
                    program.more_lines(WATCHED)
        finally:
            remote.close()
        self.exit_code = program.end()
        self.lines = program.lines
        self.pictures = lines_of(WEBCAM_LOG)

    def pictures_after(self, step: str) -> list[list[Line]]:
        """What the webcam made after each of the switches, all alike.

        From the first picture in the new light that the program read to the last one it read.
        """
        lights = [picture["light"] for picture in self.pictures]
        read = {line["sequence"] + 1 for line in self.lines}  # the webcam counts from 1
        switches = [at for at, (before, now) in enumerate(pairwise(lights), 1) if before != now]
        watched = []
        for at, end in zip(switches, [*switches[1:], len(lights)], strict=True):
            seen = [index for index in range(at, end) if self.pictures[index]["frame"] in read]
            if lights[at] == STEPS[step]:
                # After the last one that was read the program puts the camera back.
                pictures = self.pictures[seen[0] : seen[-1] + 1]
                watched.append([{**picture, "read": picture["frame"] in read} for picture in pictures])
        assert len(watched) == TIMES
        return watched


def ev(picture: Line) -> float:
    return math.log2(picture["exposure_us"] * 1e-6 * picture["gain"])


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Observed:
    return Observed(tmp_path_factory.mktemp("run"))


def test_the_program_knows_which_exposure_made_which_picture(observed: Observed) -> None:
    truth = {picture["frame"]: ev(picture) for picture in observed.pictures}
    off = [abs(line["ev"] - truth[line["sequence"] + 1]) for line in observed.lines[CALM:] if line["ev"] is not None]
    wrong = sum(error > 0.25 for error in off)
    say(f"of {len(off)} pictures {wrong} were taken for made with another exposure")
    assert wrong <= 0.02 * len(off)


@pytest.mark.parametrize("step", STEPS)
def test_a_lamp_is_followed_in_time_without_overshoot_or_hunting(observed: Observed, step: str) -> None:
    settled_after = []
    for pictures in observed.pictures_after(step):
        every = score([TracePoint(picture["frame"], ev(picture)) for picture in pictures])
        # In pictures that the program read: the guest's one core does not let it have them all.
        scores = score([TracePoint(at, ev(picture)) for at, picture in enumerate(p for p in pictures if p["read"])])
        say(
            f"{step}: travel {scores.travel_ev:+.2f} EV, settled in {scores.settling_frames} pictures read, "
            f"{every.settling_frames} made (allowed {ALLOWED_FRAMES}), overshoot {every.overshoot_ev:.2f} EV, "
            f"{every.reversals} turns"
        )
        say(" ".join(f"{ev(picture):.2f}" for picture in pictures[: ALLOWED_FRAMES + 10]))
        assert abs(scores.travel_ev) > 2
        assert scores.settling_frames is not None
        settled_after.append(scores.settling_frames)
        assert every.overshoot_ev <= 0.3
        assert every.reversals <= 1
    assert statistics.median(settled_after) <= ALLOWED_FRAMES


def test_nothing_is_written_while_nothing_changes(observed: Observed) -> None:
    assert not any(line["wrote"] for line in observed.lines[-CALM:])


def test_no_exposure_is_longer_than_a_frame(observed: Observed) -> None:
    """Which is what thirty pictures a second need of the program; the rest the machine has to find time for."""
    pictures = [picture for after in observed.pictures_after("three stops darker") for picture in after]
    rate = 1 / statistics.median(b["t"] - a["t"] for a, b in pairwise(pictures))
    say(f"{rate:.1f} pictures/s made, {observed.lines[-1]['dropped']} never read")
    assert max(picture["exposure_us"] for picture in pictures) <= 33_400


def test_it_ended_in_good_order(observed: Observed) -> None:
    assert observed.exit_code == 0
