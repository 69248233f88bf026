"""In the guest: the whole program before a lamp that is switched by three stops, judged by what the sensor really did.

Its log has one line for each picture, also for those the program never got: the exposure and gain that really made it,
and the light.
"""

import math
import statistics
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from autoexposure.evaluation.scores import TracePoint, score

sys.path.insert(0, str(Path(__file__).parent))

import known_profile
from guest_program import CALM, Line, Plugged, Program, WebcamRemote, lines_of, say
from webcam import LOG

WEBCAM = None  # one after the other

WEBCAMS = {
    "0 log snap": "--gain-law log --snap-exposure --frozen-readback",
    "2 linear snap": "--snap-exposure",
    "8 linear": "--frozen-readback",
}
"""What the webcam is known to be, as `known_profile` takes it (its own delay in frames, gain law, eleven exposure
steps), and what else it is told."""

STEPS = {"three stops darker": 1 / 8, "three stops brighter": 1.0}
MOVES = {"three stops darker": 2, "three stops brighter": 3}
"""In how many moves each is followed: a clipped picture does not say how far it is off."""

TIMES = 3
"""How often the lamp is switched each way; the settling time is the median."""


class Observed:
    """One run of the program through all switches, with a webcam known to be this."""

    def __init__(self, known: str, folder: Path) -> None:
        delay, law, *snap = known.split()
        self.delay = int(delay)
        webcam = Plugged(f"--delay {delay} {WEBCAMS[known]}")
        try:
            known_profile.write(self.delay, law, snap=bool(snap))
            remote = WebcamRemote(str(webcam.node))
            with Program(folder) as program:
                program.calm()
                for light in [*STEPS.values()] * TIMES:
                    remote.light(light)
                    program.more_lines(self.delay + 5)
                    program.calm()
            remote.close()
        finally:
            webcam.unplug()
        self.exit_code = program.end()
        self.lines = program.lines
        self.pictures = lines_of(LOG)
        self.commanded_ev = {line["commanded_ev"] for line in self.lines if line["commanded_ev"] is not None}

    def allowed_frames(self, step: str) -> int:
        """Time for the moves and three pictures.

        Each move shows after the webcam's own delay, as `probe` finds it, and the picture that is on its way through
        the USB meanwhile.
        """
        return MOVES[step] * (self.delay + 1) + 3

    def late(self) -> set[int]:
        """Numbers of the pictures between the first that could show a setting and the one that did.

        The guest has one core, which the webcam, the program and this test share. Where it does not get from a picture
        to the setting before the next one is there, that setting shows later, which is no fault of the loop's.
        """
        shows = [after["frame"] for before, after in pairwise(self.pictures) if abs(ev(after) - ev(before)) > 0.02]
        late: set[int] = set()
        for line in self.lines:
            could_show = line["sequence"] + 1 + 2 + self.delay  # the webcam counts from 1; one picture is on its way
            if line["wrote"] and (shown := next((frame for frame in shows if frame >= could_show), 0)):
                late |= set(range(could_show, shown))
        return late

    def whole(self, picture: Line) -> bool:
        """Whether a picture was made with a setting of the program's, and not with half of one and half of another.

        USB cameras get exposure time and gain one after the other, and now and then begin a picture in between.
        """
        return any(abs(ev(picture) - commanded_ev) < 0.1 for commanded_ev in self.commanded_ev)

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


@pytest.fixture(scope="module", params=WEBCAMS)
def observed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Observed:
    return Observed(request.param, tmp_path_factory.mktemp("run"))


def test_the_program_knows_which_exposure_made_which_picture(observed: Observed) -> None:
    """Where one exposure made it: of a picture made with half of two settings, none can be named."""
    late = observed.late()
    clear = [picture for picture in observed.pictures if picture["frame"] not in late and observed.whole(picture)]
    truth = {picture["frame"]: ev(picture) for picture in clear}
    lines = [line for line in observed.lines[CALM:] if line["ev"] is not None and line["sequence"] + 1 in truth]
    wrong = [(line["ev"], truth[line["sequence"] + 1]) for line in lines]
    wrong = [(taken_for, truly) for taken_for, truly in wrong if abs(taken_for - truly) > 0.25]
    say(f"of {len(lines)} pictures {len(wrong)} were taken for made with another exposure")
    assert len(wrong) <= TIMES, wrong  # one of two switches


@pytest.mark.parametrize("step", STEPS)
def test_a_lamp_is_followed_in_time_without_overshoot_or_hunting(observed: Observed, step: str) -> None:
    late = observed.late()
    settled_after = []
    allowed = observed.allowed_frames(step)
    for pictures in observed.pictures_after(step):
        every = score([TracePoint(picture["frame"], ev(picture)) for picture in pictures if observed.whole(picture)])
        read = [picture for picture in pictures if picture["read"]]
        scores = score([TracePoint(at, ev(picture)) for at, picture in enumerate(read)])
        too_late = sum(picture["frame"] in late for picture in read)
        say(
            f"{step}: travel {every.travel_ev:+.2f} EV, settled in {every.settling_frames} pictures, of which "
            f"{scores.settling_frames} were read, {too_late} of them while a setting was late "
            f"(allowed {allowed}), overshoot {every.overshoot_ev:.2f} EV, {every.reversals} turns"
        )
        seen = (f"{ev(picture):.2f}{'' if picture['read'] else '-'}" for picture in pictures)
        say(" ".join(list(seen)[: allowed + 10]))
        assert abs(every.travel_ev) > 2
        assert scores.settling_frames is not None
        settled_after.append(scores.settling_frames - too_late)
        assert every.overshoot_ev <= 0.3
        assert every.reversals <= 1
    assert statistics.median(settled_after) <= allowed


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
