"""What became of a recording under a law, and of the recording itself, counted in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.evaluation.replaying.footage import Footage
from autoexposure.evaluation.replaying.replayed_camera import ReplayedCamera, coarse_share, guessed_share
from autoexposure.evaluation.scores import ScoreRules, TracePoint, score
from autoexposure.evaluation.side_by_side.contest import Contender
from autoexposure.evaluation.side_by_side.trial import Setup, Trial
from autoexposure.metering.meters import CLIPPED_SHARE

GUESSED_FROM = CLIPPED_SHARE
"""Share of its pixels from which a whole picture counts as guessed: lamps and glints, which the highlight meter lets
clip as well, hardly move a law."""

RECORDED = "recorded"
"""The name of what the recording holds as it is."""


@dataclass(frozen=True, slots=True)
class Settling:
    """What happened from the start, or from one change of the light, to the next one.

    Attributes
    ----------
    at_s : when it began.
    settling_s : seconds until EV stayed within 0.2 EV of where it ended, delay included; None if it never did.
    overshoot_ev, turns : as in `autoexposure.evaluation.scores.LoopScores`. end_ev : where it ended.
    """

    at_s: float
    settling_s: float | None
    overshoot_ev: float
    turns: int
    end_ev: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """One law, or the recording itself. N is the number of pictures in the footage.

    Attributes
    ----------
    name, label : as `Contender` has them; RECORDED for the recording.
    evs : (N) EV of each picture. highlights : (N) share of it that is clipped. codes : (N) mean code value.
    guessed : (N) share of it that is a guess. coarse : (N) share of it that was black and is brighter now.
    writes_per_s : how often the camera was written to. apart_ev : median distance from the recorded EV.
    settlings : one a change of the light, and one for the start.
    """

    name: str
    label: str
    evs: tuple[float, ...]
    highlights: tuple[float, ...]
    codes: tuple[float, ...]
    guessed: tuple[float, ...]
    coarse: tuple[float, ...]
    writes_per_s: float
    apart_ev: float
    settlings: tuple[Settling, ...]

    @property
    def settle_p50_s(self) -> float | None:
        """Median of the settling times, without what did not settle; None if nothing did."""
        times_s = [one.settling_s for one in self.settlings if one.settling_s is not None]
        return median(times_s) if times_s else None

    @property
    def unsettled(self) -> int:
        """How often it did not settle."""
        return sum(one.settling_s is None for one in self.settlings)

    @property
    def overshoot_worst_ev(self) -> float:
        """The largest overshoot; 0 if nothing could be judged."""
        return max((one.overshoot_ev for one in self.settlings), default=0.0)

    @property
    def turns(self) -> int:
        """All turns of the exposure."""
        return sum(one.turns for one in self.settlings)

    @property
    def clipped_share(self) -> float:
        """Mean clipped area, 0..1."""
        return fmean(self.highlights)

    @property
    def code(self) -> float:
        """Mean code value of all pictures."""
        return fmean(self.codes)

    @property
    def guesses(self) -> tuple[bool, ...]:
        """(N) whether a picture counts as guessed."""
        return tuple(share > GUESSED_FROM for share in self.guessed)

    @property
    def guessed_share(self) -> float:
        """Share of the pictures that count as guessed, 0..1."""
        return fmean(self.guesses)

    @property
    def coarse_share(self) -> float:
        """Share of the pictures that count as coarse, by the same bound."""
        return fmean(share > GUESSED_FROM for share in self.coarse)

    def as_json(self) -> dict[str, object]:
        """All of it, for a file; an unknown number is None."""
        return {
            "label": self.label,
            "settle_p50_s": self.settle_p50_s,
            "unsettled": self.unsettled,
            "overshoot_worst_ev": self.overshoot_worst_ev,
            "turns": self.turns,
            "writes_per_s": self.writes_per_s,
            "clipped_share": self.clipped_share,
            "code": self.code,
            "apart_ev": self.apart_ev,
            "guessed_share": self.guessed_share,
            "coarse_share": self.coarse_share,
            "settlings": [
                {
                    "at_s": one.at_s,
                    "settling_s": one.settling_s,
                    "overshoot_ev": one.overshoot_ev,
                    "turns": one.turns,
                    "end_ev": one.end_ev,
                }
                for one in self.settlings
            ],
            "ev": self.evs,
            "highlights": self.highlights,
            "guessed": self.guessed,
            "coarse": self.coarse,
        }


def as_recorded(footage: Footage) -> Outcome:
    """The recording as it is."""
    meters = sorted({taken.meter for taken in footage.pictures if taken.meter})
    return _outcome(
        footage,
        RECORDED,
        f"as recorded ({', '.join(meters) or 'nothing metered'})",
        [taken.exposure.ev for taken in footage.pictures],
        [taken.highlights for taken in footage.pictures],
        [taken.code for taken in footage.pictures],
        frozenset(taken.sequence for taken in footage.pictures if taken.wrote),
    )


def replay(footage: Footage, law: Contender) -> Outcome:
    """The recording as it would have been under ``law``, which begins at the exposure of the first picture."""

    def opened(_setup: Setup, clock: SimulatedClock) -> Camera:
        return ReplayedCamera(footage, clock)

    trial = Trial("replay", footage.recording.path.name, opened, len(footage.pictures), response=footage.response)
    played = law.play(trial, Setup(footage.delay_frames))
    shots = played.shots
    return _outcome(
        footage,
        law.name,
        law.label,
        [shot.ev for shot in shots],
        [shot.highlights for shot in shots],
        [shot.code for shot in shots],
        played.wrote,
    )


def _outcome(
    footage: Footage,
    name: str,
    label: str,
    evs: Sequence[float],
    highlights: Sequence[float],
    codes: Sequence[float],
    wrote: frozenset[int],
) -> Outcome:
    pictures = footage.pictures
    seconds = max(pictures[-1].at_s - pictures[0].at_s, footage.recording.frame_interval_s)
    return Outcome(
        name,
        label,
        tuple(evs),
        tuple(highlights),
        tuple(codes),
        tuple(guessed_share(taken, ev) for taken, ev in zip(pictures, evs, strict=True)),
        tuple(coarse_share(taken, ev) for taken, ev in zip(pictures, evs, strict=True)),
        len(wrote) / seconds,
        median(abs(ev - taken.exposure.ev) for taken, ev in zip(pictures, evs, strict=True)),
        tuple(_settlings(footage, evs)),
    )


def _settlings(footage: Footage, evs: Sequence[float]) -> list[Settling]:
    """From each change of the light to the next; what is too short to be judged is left out."""
    rules, found = ScoreRules(), []
    for begin, end in pairwise([0, *footage.changes, len(evs)]):
        if end - begin < rules.hold:
            continue
        at_s = footage.pictures[begin].at_s
        scores = score([TracePoint(index, evs[index]) for index in range(begin, end)], rules)
        pictures = scores.settling_frames
        settling_s = None if pictures is None else footage.pictures[begin + pictures].at_s - at_s
        found.append(Settling(at_s, settling_s, scores.overshoot_ev, scores.reversals, scores.end_ev))
    return found
