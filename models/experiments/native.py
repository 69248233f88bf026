"""Native enhancement (paper 6.3): five simulated judges answer on pictures exposed by a camera's own meter.

The paper's own comparison is an A/B study with people on two phones (8.2.1); here the judges are formulas.

Subjects are relit so that subject and background disagree, a classical meter (the native one) exposes the picture, and
the judges say under, well or over; the majority counts. Two networks are made of the base model: one by REINFORCE on
these answers, as in the paper, and one by ordinal likelihood in rounds, where the judges answer again on pictures as
the network of the round before exposes them. That is the paper's loop (1.2), and what tells how far to go: a meter that
is too dark for nearly every scene only ever hears "under".

Every scene is judged where each of them comes to rest, by networks that were made without it, and none of the pictures
was in the base model's training.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import NEED, RewardConfig
from autoexposure.frame import Pixels, check_pixels
from autoexposure.metering.classical import MatrixMeter, MeteringConfig
from autoexposure.process.long_work import Tell, part_of
from autoexposure.response import REC709, gamma
from autoexposure.study.statistics import wilson_interval
from models.data.exposure_ladder import shrink
from models.data.relighting import Lighting, relight
from models.data.simulated_experts import JUDGES, majority
from models.experiments.plots import plot_bars
from models.experiments.study import Outcome, StudyConfig, World, against_the_paper, kept
from models.inference.onnx_policy import OnnxPolicy
from models.meters import Meter, PolicyMeter, TorchMeter, rest_ev
from models.training.answered import Answered
from models.training.finetune import FineTuneConfig, Method, fine_tune
from models.training.policy_gradient import PolicyConfig
from models.training.trainable import load_trainable

BACKGROUNDS_EV = (-2.0, 1.0, 2.0, 3.0, 4.0)
"""Light on the backgrounds, in turn: mostly backlight, which is where cameras err."""

FOLDS = 5
"""Parts that the scenes are dealt into; each is judged by networks made of the others. The paper keeps a tenth aside
(6.3), of 26,679 pictures: of some hundred, a tenth says nothing."""

ROUNDS = 3
"""Of answers and training."""

OFFSETS_EV: NDArray[np.float64] = np.round(np.linspace(-4.0, 4.0, 81), 1)
"""Exposures among which the nearest is looked for that most judges call well."""

OFFSET_STEP_EV = 0.1
"""Between them."""

JUDGED = RewardConfig(delta_ev=0.3)
"""What the judges call well (`models.data.simulated_experts.Judge`): the learners take it for the same."""


@dataclass(frozen=True, slots=True, eq=False)
class RelitScene:
    """A photograph whose background got ``background_ev`` more light; ``key`` fixes the judges' noise."""

    picture: Pixels
    mask: NDArray[np.uint8]
    background_ev: float
    key: str

    def shown(self, offset_ev: float) -> Pixels:
        """As it looks with ``offset_ev`` more exposure."""
        return relight(self.picture, self.mask, gamma(), Lighting(self.background_ev), offset_ev)

    def preview(self, offset_ev: float) -> Pixels:
        """The same as the network sees it, (128, 128, 3) uint8."""
        return shrink(self.shown(offset_ev))

    def need(self, offset_ev: float) -> int:
        """What most judges ask for of that: +1, 0 or -1.

        The subject is right at 0 EV, the background where it is as bright as the photograph's. Both as they look, and
        nothing looks brighter than white: a window that is lost cannot be lost twice.
        """
        light = gamma().linearise(self.picture) @ np.array(REC709, np.float32)
        seen = np.minimum(light * Lighting(self.background_ev).gain(self.mask)[..., 0] * 2.0**offset_ev, 1.0)
        around = 1 - self.mask / np.float32(255)
        darkest = 1e-6  # so that a background of nothing is no division by it
        background_off_ev = float(np.log2(((seen * around).sum() + darkest) / ((light * around).sum() + darkest)))
        return NEED[majority([judge.label(offset_ev, background_off_ev, self.key) for judge in JUDGES])]

    def well_ev(self) -> NDArray[np.float64]:
        """(K,) those of `OFFSETS_EV` that most judges call well; there may be none."""
        return OFFSETS_EV[[self.need(float(offset_ev)) == 0 for offset_ev in OFFSETS_EV]]


@dataclass(frozen=True, slots=True)
class Settled:
    """Where a meter comes to rest: how far off, and how often right.

    Attributes
    ----------
    off_ev : mean distance from the nearest exposure that most judges call well.
    subject_error_ev : median distance of the subject from its photograph's.
    well : share of the scenes that most judges call well. well_low, well_high : its 95 % interval.
    """

    off_ev: float
    subject_error_ev: float
    well: float
    well_low: float
    well_high: float


class Measured(TypedDict):
    """What was measured: `Settled` by meter; how many answers of each kind there were for the first part, by round."""

    native: dict[str, dict[str, float]]
    labels: list[dict[str, int]]
    scenes: int


def native(config: StudyConfig, world: World, tell: Tell) -> Outcome:
    """``native.{native,base,reinforce,ordinal}`` with the fields of `Settled`; ``labels``, a round each; ``scenes``."""
    scenes = relit_scenes(world)
    key = ["native", config.model_sha256, world.identity, config.sizes.steps, config.sizes.batch, len(scenes), ROUNDS]
    values = kept(config.out / "points", key, lambda: _measure(config, scenes, tell))
    found = {name: Settled(**value) for name, value in values["native"].items()}
    bars = {name: {"off, EV": s.off_ev, "most judges say well": s.well} for name, s in found.items()}
    note = f"five SIMULATED judges; {len(scenes)} relit scenes, each judged by networks made without it"
    plot_bars(bars, "EV; share of the scenes", note, config.out / "native.png")
    table = [["meter", "off, EV", "subject off, EV", "most judges say well", "95 %"]]
    table += [
        [name, f"{s.off_ev:.3f}", f"{s.subject_error_ev:.3f}", f"{s.well:.0%}", f"{s.well_low:.0%}-{s.well_high:.0%}"]
        for name, s in found.items()
    ]
    summary = f"{len(scenes)} scenes, each judged by networks made without it; "
    summary += ", ".join(f"{name} {s.off_ev:.2f} EV off, well {s.well:.0%}" for name, s in found.items())
    summary += against_the_paper(
        {
            f"{name} is not better than the camera's own meter": found[name].well_low <= found["native"].well
            for name in ("reinforce", "ordinal")
        }
        | {
            f"{name} is worse than the model it starts from": found[name].well < found["base"].well
            for name in ("reinforce", "ordinal")
        }
    )
    return Outcome("native", values, table, summary)


def relit_scenes(world: World) -> list[RelitScene]:
    """Every masked photograph of the world, each under one light. Raises ConfigError if there are none."""
    used = [int(index) for index in np.concatenate([world.train, world.test]) if index < len(world.masks)]
    if len(used) < 4:
        raise ConfigError("native needs photographs with masks of their subject: name a folder of them with --subjects")
    lights = itertools.cycle(BACKGROUNDS_EV)
    return [
        RelitScene(check_pixels(world.pictures[index]), world.masks[index], background_ev, str(index))
        for index, background_ev in zip(used, lights, strict=False)
    ]


def settled(scenes: Sequence[RelitScene], rests: Sequence[float], wells: Sequence[NDArray[np.float64]]) -> Settled:
    """What comes of these scenes, taken at ``rests``, EV, if ``wells`` are called well."""
    well = float(np.mean([scene.need(rest) == 0 for scene, rest in zip(scenes, rests, strict=True)]))
    off_ev = [
        max(0.0, float(np.abs(rest - good).min()) - OFFSET_STEP_EV / 2)
        for rest, good in zip(rests, wells, strict=True)
        if len(good)  # judges can disagree so much that no exposure has a majority
    ]
    return Settled(float(np.mean(off_ev)), float(np.median(np.abs(rests))), well, *wilson_interval(well, len(scenes)))


def _measure(config: StudyConfig, scenes: list[RelitScene], tell: Tell) -> Measured:
    own_meter = PolicyMeter(MatrixMeter(config=MeteringConfig(response=gamma())))
    base = PolicyMeter(OnnxPolicy(config.model))
    tell(f"exposing {len(scenes)} scenes", 0.0)
    own_rests = [rest_ev(own_meter, scene.preview) for scene in scenes]
    rests = {"native": own_rests, "base": [rest_ev(base, scene.preview) for scene in scenes]}
    labels = [dict.fromkeys(Label, 0) for _ in range(ROUNDS)]
    learned: dict[str, dict[int, float]] = {"reinforce": {}, "ordinal": {}}
    order = np.random.default_rng(0).permutation(len(scenes))
    folds = min(FOLDS, len(scenes))
    for fold in range(folds):
        held = order[fold::folds]
        rest = np.setdiff1d(order, held)
        train = [scenes[int(place)] for place in rest]
        shown = [(scene, own_rests[int(place)]) for scene, place in zip(train, rest, strict=True)]
        for number in range(ROUNDS):
            latest = shown[-len(train) :]
            if fold == 0:
                for label, need in NEED.items():
                    labels[number][label] = sum(scene.need(offset_ev) == need for scene, offset_ev in latest)
            methods: tuple[Method, ...] = ("reinforce", "ordinal") if number == 0 else ("ordinal",)
            for method in methods:
                told = part_of(tell, f"part {fold + 1} of {folds}, round {number + 1}: {method}")
                meter = _tuned(config, shown, method, config.out / "runs" / f"native-{fold}-{number}-{method}", told)
                if method == "reinforce" or number == ROUNDS - 1:
                    learned[method] |= {int(place): rest_ev(meter, scenes[int(place)].preview) for place in held}
            shown += [(scene, rest_ev(meter, scene.preview)) for scene in train] if number < ROUNDS - 1 else []
    rests |= {method: [by_place[place] for place in range(len(scenes))] for method, by_place in learned.items()}
    wells = [scene.well_ev() for scene in scenes]
    return {
        "native": {name: asdict(settled(scenes, found, wells)) for name, found in rests.items()},
        "labels": [{str(label): count for label, count in each.items()} for each in labels],
        "scenes": len(scenes),
    }


def _tuned(
    config: StudyConfig,
    shown: Sequence[tuple[RelitScene, float]],
    method: Method,
    folder: Path,
    tell: Callable[[float], None],
) -> Meter:
    """The base model after training on what the judges said of these scenes, at these exposures."""
    pictures = [scene.shown(offset_ev) for scene, offset_ev in shown]
    needs = np.array([[scene.need(offset_ev)] for scene, offset_ev in shown], dtype=np.int64)
    answered = Answered(pictures, np.arange(len(shown)), np.zeros(needs.shape), needs, np.zeros(0), gamma())
    training = FineTuneConfig(
        method=method,
        steps=config.sizes.steps,
        batch=config.sizes.batch,
        ladder_reach_ev=1.0,
        ladder_step_ev=0.25,
        policy=PolicyConfig(reward=JUDGED),
        threads=config.threads,
    )
    said = hashlib.sha256(repr([(scene.key, round(offset_ev, 3)) for scene, offset_ev in shown]).encode()).hexdigest()
    network = load_trainable(config.model)
    return TorchMeter(fine_tune(network, answered, training, folder, config.model_sha256 + said, tell))
