"""Native enhancement (paper 6.3): five simulated judges answer on pictures exposed by a camera's own meter.

The paper's own comparison is an A/B study with people on two phones (8.2.1); here the judges are formulas.

Subjects are relit so that subject and background disagree, a classical meter (the native one) exposes the picture, and
the judges say under, well or over; the majority counts. The base model is fine-tuned on 90 % of these answers with
9-step ladders of +-1 EV, and all three are compared on the other 10 %, where each of them comes to rest.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.feedback.reward import NEED
from autoexposure.frame import Pixels, check_pixels
from autoexposure.metering.classical import MatrixMeter, MeteringConfig
from autoexposure.process.long_work import Tell, part_of
from autoexposure.response import REC709, gamma
from models.data.exposure_ladder import shrink
from models.data.relighting import Lighting, relight
from models.data.simulated_experts import JUDGES, majority
from models.experiments.plots import plot_bars
from models.experiments.study import Outcome, StudyConfig, World, kept
from models.inference.onnx_policy import OnnxPolicy
from models.meters import Meter, PolicyMeter, TorchMeter, rest_ev
from models.training.answered import Answered
from models.training.finetune import FineTuneConfig, fine_tune
from models.training.trainable import load_trainable

BACKGROUNDS_EV = (-2.0, 1.0, 2.0, 3.0, 4.0)
"""Light on the backgrounds, in turn: mostly backlight, which is where cameras err."""

TEST_SHARE = 0.1
"""Of the scenes, as in the paper (6.3)."""


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

        The subject is right at 0 EV; the picture as a whole where its light comes to the photograph's.
        """
        linear = gamma().linearise(self.picture) @ np.array(REC709, np.float32)
        gain = Lighting(self.background_ev).gain(self.mask)[..., 0]  # all channels alike
        picture_off_ev = offset_ev + float(np.log2((linear * gain).mean() / max(float(linear.mean()), 1e-6)))
        return NEED[majority([judge.label(offset_ev, picture_off_ev, self.key) for judge in JUDGES])]


@dataclass(frozen=True, slots=True)
class Settled:
    """Where a meter comes to rest: how far the subject is off, and the share of pictures that most judges call well."""

    subject_error_ev: float
    well: float


class Measured(TypedDict):
    """What was measured: `Settled` by meter, and how many answers of each kind were learned from."""

    native: dict[str, dict[str, float]]
    labels: dict[str, int]


def native(config: StudyConfig, world: World, tell: Tell) -> Outcome:
    """``native.{native,base,tuned}.{subject_error_ev,well}`` and the answers that were learned from, ``labels``."""
    scenes = relit_scenes(world)
    order = np.random.default_rng(0).permutation(len(scenes))
    held = max(2, round(TEST_SHARE * len(scenes)))
    test, train = [scenes[int(i)] for i in order[:held]], [scenes[int(i)] for i in order[held:]]
    meter = PolicyMeter(MatrixMeter(config=MeteringConfig(response=gamma())))
    key = ["native", config.model_sha256, world.identity, config.sizes.steps, config.sizes.batch, len(scenes)]
    values = kept(config.out / "points", key, lambda: _measure(config, meter, train, test, tell))
    found = {name: Settled(**value) for name, value in values["native"].items()}
    bars = {name: {"subject off, EV": s.subject_error_ev, "most judges say well": s.well} for name, s in found.items()}
    note = f"five SIMULATED judges; {held} relit scenes that were not learned from"
    plot_bars(bars, "EV; share of the scenes", note, config.out / "native.png")
    table = [["meter", "subject off, EV", "most judges say well"]]
    table += [[name, f"{s.subject_error_ev:.3f}", f"{s.well:.0%}"] for name, s in found.items()]
    summary = ", ".join(f"{name} {s.subject_error_ev:.2f} EV, well {s.well:.0%}" for name, s in found.items())
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


def _measure(
    config: StudyConfig, meter: Meter, train: list[RelitScene], test: list[RelitScene], tell: Tell
) -> Measured:
    tell(f"exposing {len(train)} scenes by the native meter", 0.0)
    offsets = [rest_ev(meter, scene.preview) for scene in train]
    pictures = [scene.shown(offset) for scene, offset in zip(train, offsets, strict=True)]
    needs = np.array([[scene.need(offset)] for scene, offset in zip(train, offsets, strict=True)], dtype=np.int64)
    answered = Answered(pictures, np.arange(len(train)), np.zeros(needs.shape), needs, np.zeros(0), gamma())
    training = FineTuneConfig(
        steps=config.sizes.steps,
        batch=config.sizes.batch,
        ladder_reach_ev=1.0,
        ladder_step_ev=0.25,
        threads=config.threads,
    )
    told = part_of(tell, "fine-tuning on the judges' answers")
    folder: Path = config.out / "runs" / "native"
    tuned = fine_tune(load_trainable(config.model), answered, training, folder, config.model_sha256, told)
    meters = {"native": meter, "base": PolicyMeter(OnnxPolicy(config.model)), "tuned": TorchMeter(tuned)}
    results = {}
    for name, candidate in meters.items():
        tell(f"judging {name}", 0.0)
        rests = [rest_ev(candidate, scene.preview) for scene in test]
        well = np.mean([scene.need(rest) == 0 for scene, rest in zip(test, rests, strict=True)])
        results[name] = {"subject_error_ev": float(np.median(np.abs(rests))), "well": float(well)}
    labels = {word: int((needs == need).sum()) for word, need in (("under", 1), ("well", 0), ("over", -1))}
    return {"native": results, "labels": labels}
