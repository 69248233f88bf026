"""What is counted of a law: each figure has its one definition here.

A law is measured by where it goes itself: settled is what stays near the law's own end, so that no brightness is
prescribed. How well it exposes is another question, which subjects in photographs answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from statistics import median

import numpy as np

from autoexposure.evaluation.scores import ScoreRules, reversals, score
from autoexposure.evaluation.side_by_side.play import Played
from autoexposure.evaluation.side_by_side.trial import FRAMES_PER_S, STAGE_FRAMES, STAGE_S, Setup, Stage, Trial

REST_FRAMES = 25
"""The end of a stage, in which a law should be at rest: 1.7 s after the light changed."""

RULES = ScoreRules(hold=REST_FRAMES)
"""Bands as in every other evaluation of this program, but held for longer: some laws creep, and ten pictures of that
look like rest."""

ANSWERED_SHARE = 0.5
"""A law that makes good less than this of a change of all the light did not answer it, however still it held."""

SOON_FRAMES = 2
"""A step is settled soon within the delay and so many frames: one for the picture, one for a second answer."""


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What became of some steps of the light.

    Attributes
    ----------
    steps : how many.
    settle_p50, settle_p95 : frames from the first picture in the new light to the one from which on EV stays within
        0.2 EV of where the law ends, less the camera's delay: the least possible is 1. A step that does not settle, or
        is not answered, counts as lasting until the light changes again.
    soon_share : settled within SOON_FRAMES of the delay. unsettled_share : not settled, or not answered, at all.
    overshoot_p95_ev, overshoot_worst_ev : EV beyond where it ends. turns : mean reversals; 0 is a straight approach.
    """

    steps: int
    settle_p50: float
    settle_p95: float
    soon_share: float
    unsettled_share: float
    overshoot_p95_ev: float
    overshoot_worst_ev: float
    turns: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted of one law; a figure is nan where no trial of its kind was played.

    Attributes
    ----------
    steps : over all steps. by_setup : the same for each camera. by_kind : for each kind of trial.
    rest_writes_per_s : writes at the end of a stage, when nothing changes any more.
    clipped_share : of the picture, at rest, mean. code : mean code value at rest.
    rests : different exposures, more than 0.2 EV apart, at which it rests in one light; mean over scenes, 1 is best.
    rests_apart_ev : from the darkest to the brightest of these, 90th percentile.
    subject_p50_ev, subject_p90_ev : how far backlit subjects are off, either way, where it rests.
    tuned_p50_ev, tuned_p90_ev : the same if the law's target were moved by ``tuned_by_ev``, with which the median of
        the same photographs without backlight is right: no law is judged by a target that its user may set.
    by_background : signed median of the subjects, by the EV of light behind them, tuned.
    lag_p95_ev : behind light that dims slowly. motion_turns_per_s, motion_writes_per_s : while something moves.
    flicker_writes_per_s : under lamps that flicker.
    cpu_ms : processor time a picture, the camera's own left out. The one figure that differs from run to run.
    """

    steps: StepFigures
    by_setup: dict[str, StepFigures] = field(repr=False)
    by_kind: dict[str, StepFigures] = field(repr=False)
    rest_writes_per_s: float
    clipped_share: float
    code: float
    rests: float
    rests_apart_ev: float
    subject_p50_ev: float
    subject_p90_ev: float
    tuned_p50_ev: float
    tuned_p90_ev: float
    tuned_by_ev: float
    by_background: dict[str, float]
    lag_p95_ev: float
    motion_turns_per_s: float
    motion_writes_per_s: float
    flicker_writes_per_s: float
    cpu_ms: float

    def as_json(self) -> dict[str, object]:
        """As JSON has it: nan, which JSON lacks, becomes null."""
        return {each.name: _plain(getattr(self, each.name)) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class _Step:
    kind: str
    setup: Setup
    beyond_frames: float
    settled: bool
    overshoot_ev: float
    turns: int


@dataclass(frozen=True, slots=True)
class _Subject:
    background_ev: float
    off_ev: float


class Tally:
    """Takes what a law played, trial by trial, and counts."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self._rest_writes: list[float] = []
        self._clipped: list[float] = []
        self._codes: list[float] = []
        self._ends_ev: dict[tuple[str, str, str, str], list[float]] = {}
        self._subjects: list[_Subject] = []
        self._lags_ev: list[float] = []
        self._motion: list[tuple[float, float]] = []
        self._flicker: list[float] = []
        self._cpu_s, self._pictures = 0.0, 0

    def add(self, trial: Trial, setup: Setup, played: Played) -> None:
        """Count one play."""
        self._cpu_s += played.cpu_s
        self._pictures += len(played.shots)
        if trial.stages:
            self._add_stages(trial, setup, played)
        elif trial.light is not None:
            self._add_dimming(trial, played)
        else:
            self._add_motion(trial, played)

    def figures(self) -> Figures:
        """All that was counted."""
        setups = list(dict.fromkeys(step.setup for step in self._steps))
        kinds = list(dict.fromkeys(step.kind for step in self._steps))
        apart = [_places(ends) for ends in self._ends_ev.values() if len(ends) > 1]
        backlit = np.array([subject.off_ev for subject in self._subjects if subject.background_ev > 0])
        plain = [subject.off_ev for subject in self._subjects if subject.background_ev == 0]
        tuned_by_ev = -median(plain) if plain else math.nan
        backgrounds = sorted({subject.background_ev for subject in self._subjects})
        return Figures(
            steps=_of_steps(self._steps),
            by_setup={str(one): _of_steps([step for step in self._steps if step.setup == one]) for one in setups},
            by_kind={kind: _of_steps([step for step in self._steps if step.kind == kind]) for kind in kinds},
            rest_writes_per_s=_mean(self._rest_writes),
            clipped_share=_mean(self._clipped),
            code=_mean(self._codes),
            rests=_mean([count for count, _ in apart]),
            rests_apart_ev=_quantile([width_ev for _, width_ev in apart], 0.9),
            subject_p50_ev=_quantile(np.abs(backlit), 0.5),
            subject_p90_ev=_quantile(np.abs(backlit), 0.9),
            tuned_p50_ev=_quantile(np.abs(backlit + tuned_by_ev), 0.5),
            tuned_p90_ev=_quantile(np.abs(backlit + tuned_by_ev), 0.9),
            tuned_by_ev=tuned_by_ev,
            by_background={
                f"{light:+g}": median(one.off_ev for one in self._subjects if one.background_ev == light) + tuned_by_ev
                for light in backgrounds
            },
            lag_p95_ev=_quantile(self._lags_ev, 0.95),
            motion_turns_per_s=_mean([turns for turns, _ in self._motion]),
            motion_writes_per_s=_mean([writes for _, writes in self._motion]),
            flicker_writes_per_s=_mean(self._flicker),
            cpu_ms=1e3 * self._cpu_s / max(self._pictures, 1),
        )

    def _add_stages(self, trial: Trial, setup: Setup, played: Played) -> None:
        last: tuple[Stage, float] | None = None  # the stage before, and where it ended
        stage_of = [min(int(shot.middle_s / STAGE_S), len(trial.stages) - 1) for shot in played.shots]
        for number, stage in enumerate(trial.stages):
            own = [index for index, of in enumerate(stage_of) if of == number]
            begin, end = own[0], own[-1] + 1
            scores = score(played.trace(begin, end), RULES)
            if stage.scored:
                frames = scores.settling_frames if _answered(last, stage, scores.end_ev) else None
                beyond = (STAGE_FRAMES if frames is None else frames) - setup.delay_frames
                turns = scores.reversals
                self._steps.append(
                    _Step(trial.kind, setup, max(beyond, 0), frames is not None, scores.overshoot_ev, turns)
                )
            last = stage, scores.end_ev
            self._add_rest(played, end)
            place = (trial.kind, trial.scene, str(setup), stage.place)
            self._ends_ev.setdefault(place, []).append(scores.end_ev + stage.light_ev)
            if trial.right_ev is not None:
                self._subjects.append(_Subject(trial.background_ev, scores.end_ev - trial.right_ev))

    def _add_rest(self, played: Played, end: int) -> None:
        rest = played.shots[max(end - REST_FRAMES, 0) : end]
        self._rest_writes.append(sum(shot.sequence in played.wrote for shot in rest) * FRAMES_PER_S / len(rest))
        self._clipped.append(_mean([shot.highlights for shot in rest]))
        self._codes.append(_mean([shot.code for shot in rest]))

    def _add_dimming(self, trial: Trial, played: Played) -> None:
        assert trial.light is not None
        before = [shot.ev for shot in played.shots if shot.middle_s < trial.steady_s][-RULES.hold :]
        at_ev = median(before)
        self._lags_ev += [
            abs(shot.ev + math.log2(trial.light.factor(shot.middle_s)) - at_ev)
            for shot in played.shots
            if shot.middle_s >= trial.steady_s
        ]

    def _add_motion(self, trial: Trial, played: Played) -> None:
        moving = [shot for shot in played.shots if shot.middle_s >= trial.steady_s]
        seconds = len(moving) / FRAMES_PER_S
        writes = sum(shot.sequence in played.wrote for shot in moving) / seconds
        if trial.kind == "flicker":
            self._flicker.append(writes)
            return
        self._motion.append((reversals([shot.ev for shot in moving], RULES.reversal_ev) / seconds, writes))


def _of_steps(steps: Sequence[_Step]) -> StepFigures:
    beyond = [step.beyond_frames for step in steps]
    overshoots = [step.overshoot_ev for step in steps]
    return StepFigures(
        len(steps),
        _quantile(beyond, 0.5),
        _quantile(beyond, 0.95),
        _mean([step.settled and step.beyond_frames <= SOON_FRAMES for step in steps]),
        _mean([not step.settled for step in steps]),
        _quantile(overshoots, 0.95),
        max(overshoots, default=math.nan),
        _mean([step.turns for step in steps]),
    )


def _answered(last: tuple[Stage, float] | None, stage: Stage, end_ev: float) -> bool:
    """Whether the exposure followed the light; true where nobody knows by how much it should have."""
    if last is None or last[0].place != stage.place:
        return True
    step_ev = stage.light_ev - last[0].light_ev
    return abs(end_ev - last[1] + step_ev) <= (1 - ANSWERED_SHARE) * abs(step_ev)


def _places(ends_ev: Sequence[float]) -> tuple[int, float]:
    """How many places further apart than the band there are among ``ends_ev``, and how far all of them reach."""
    gaps = np.diff(np.sort(ends_ev))
    return 1 + int((gaps > RULES.band_ev).sum()), float(np.ptp(ends_ev))


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return float(np.mean(values)) if values else math.nan


def _quantile(values: Sequence[float] | np.ndarray, share: float) -> float:
    return float(np.quantile(values, share)) if len(values) else math.nan


def _plain(value: object) -> object:
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, StepFigures):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return value
