"""How good a model is, on photographs that training never saw, with the baselines in the same table.

Three questions, one record:

- the ladder: held-out photographs at -2..+2 EV in 0.2 steps, mean absolute error in EV (as in Figure 7);
- attention: how much of its mass lies on the subject, against the share of the frame the subject fills;
- relit subjects: how many EV the subject is off where the meter settles, the background being brighter or darker.

The folders must be those that the model was trained with, all of them: the split is drawn from file contents, but
look-alikes across folders are only found when both folders are looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from autoexposure.errors import ConfigError
from autoexposure.metering.classical import AverageMeter, CentreWeightedMeter, MatrixMeter, MeteringConfig
from autoexposure.process.long_work import Tell, part_of, tell_nobody
from autoexposure.response import gamma
from models.data.dataset import CACHE_SIDE_PX, PhotoCache, open_photos
from models.data.exposure_ladder import LADDER_EV, Balance, label_ev, ladder, relit_preview, shrink
from models.data.photo_files import Part
from models.evaluation.report import AttentionOnSubject, LadderError, Report, SubjectError
from models.inference.onnx_policy import OnnxPolicy
from models.meters import (
    ROUNDS,
    MapMeter,
    Meter,
    PolicyMeter,
    TorchMeter,
    ZeroMeter,
    centre_weights,
    even_weights,
    fit_cubic,
    rest_ev,
)

if TYPE_CHECKING:
    from models.network import AttentionFcn

MODEL = "model"
"""Name of the evaluated model where it stands among the meters."""


RELIT_EV = (-2.0, 1.0, 2.0, 3.0)
"""Light on the background where a meter's single answers on relit subjects are measured."""


@dataclass(frozen=True, slots=True)
class EvaluateConfig:
    """What to evaluate on. Raises ConfigError unless some background is brighter than 0 EV.

    Attributes
    ----------
    photos, subjects, masks : folders, as given to pretrain.
    free_only : use only pictures that a MANIFEST.csv calls free.
    part : which part of the split.
    cache : where the shrunken photographs are kept between runs.
    backgrounds_ev : light on the background of relit subjects; the quantiles are over the positive ones (backlight).
    rounds : corrections after which a meter is taken to have settled.
    fitted_on : most training photographs that the cubic baselines are fitted on.
    most_subjects : most relit subjects that are measured.
    """

    photos: tuple[Path, ...]
    subjects: tuple[Path, ...] = ()
    masks: tuple[Path, ...] = ()
    free_only: bool = False
    part: Part = "test"
    cache: Path = field(default_factory=lambda: user_cache_path("autoexposure"))
    cache_side_px: int = CACHE_SIDE_PX
    backgrounds_ev: tuple[float, ...] = (-2.0, 0.0, 1.0, 2.0, 3.0, 4.0)
    rounds: int = ROUNDS
    fitted_on: int = 500
    most_subjects: int = 200

    def __post_init__(self) -> None:
        if not any(background_ev > 0 for background_ev in self.backgrounds_ev):
            raise ConfigError(f"at least one background must be brighter than 0 EV, given {self.backgrounds_ev}")


def evaluate(model: Path | AttentionFcn, config: EvaluateConfig, tell: Tell = tell_nobody) -> Report:
    """Evaluate a model file (by onnxruntime) or a torch network.

    Raises
    ------
    ModelFileError : the model can't be used.
    ConfigError : the folders hold nothing of the part asked for.
    """
    network: MapMeter = PolicyMeter(OnnxPolicy(model)) if isinstance(model, Path) else TorchMeter(model)
    selection, cache = open_photos(
        config.photos,
        config.subjects,
        config.cache,
        config.cache_side_px,
        tell,
        masks=config.masks,
        free_only=config.free_only,
    )
    held_out = cache.indices(config.part, masked=False)
    if len(held_out) == 0:
        raise ConfigError(f"no photograph of the given folders falls into the {config.part} part; more are needed")
    tell("fitting the baselines", 0.0)
    classical = _classical_meters(cache, config)
    network_ladder = ladder_error(network, cache, held_out, part_of(tell, "ladders by the model"))
    baselines = {
        name: ladder_error(meter, cache, held_out, part_of(tell, f"ladders by {name}"))
        for name, meter in classical.items()
    }
    subjects = cache.indices(config.part, masked=True)[: config.most_subjects]
    attention, subject_errors = None, {}
    if len(subjects):
        attention = attention_on_subject(network, cache, subjects)
        meters: dict[str, Meter] = {MODEL: network, **{n: m for n, m in classical.items() if n != "zero"}}
        for name, meter in meters.items():
            told = part_of(tell, f"relit subjects by {name}")
            subject_errors[name] = subject_error(meter, cache, subjects, config, told)
    return Report(
        config.part,
        len(held_out),
        len(subjects),
        network_ladder,
        baselines,
        attention,
        subject_errors,
        decision_ms(network, cache, held_out),
        selection.refused,
    )


def ladder_error(
    meter: Meter,
    cache: PhotoCache,
    chosen: NDArray[np.int64],
    progress: Callable[[float], None] | None = None,
) -> LadderError:
    """Mean absolute error of ``meter`` over the ladders (gamma 2.2) of the photographs ``chosen`` (N,)."""
    response, labels = gamma(), label_ev(LADDER_EV)
    errors = np.zeros((len(chosen), len(LADDER_EV)))
    for row, index in enumerate(chosen):
        errors[row] = np.abs(meter.delta_ev(ladder(cache.pictures[index], response)) - labels)
        if progress is not None:
            progress((row + 1) / len(chosen))
    steps = {f"{offset:+.1f}": float(mae) for offset, mae in zip(LADDER_EV, errors.mean(axis=0), strict=True)}
    return LadderError(float(errors.mean()), steps)


def decision_ms(meter: Meter, cache: PhotoCache, chosen: NDArray[np.int64], pictures: int = 50) -> float:
    """Median time of one answer in milliseconds, pictures one by one; ``chosen`` (N,) are places in ``cache``."""
    taken_s = []
    for index in chosen[:pictures]:
        preview = shrink(cache.pictures[index])[np.newaxis]
        begin_s = time.perf_counter()
        meter.delta_ev(preview)
        taken_s.append(time.perf_counter() - begin_s)
    return 1e3 * float(np.median(taken_s))


def attention_on_subject(network: MapMeter, cache: PhotoCache, chosen: NDArray[np.int64]) -> AttentionOnSubject:
    """Where the attention lies, on the photographs ``chosen`` (N,), with a mask, at their own exposure."""
    masses, areas = [], []
    for index in chosen:
        attention = network.attention(shrink(cache.pictures[index])[np.newaxis])[0]
        mask = cv2.resize(cache.masks[index], attention.shape[::-1], interpolation=cv2.INTER_AREA) / 255
        masses.append(float((attention * mask).sum() / max(float(attention.sum()), 1e-9)))
        areas.append(float(mask.mean()))
    return AttentionOnSubject(float(np.mean(masses)), float(np.mean(areas)))


def subject_error(
    meter: Meter,
    cache: PhotoCache,
    chosen: NDArray[np.int64],
    config: EvaluateConfig,
    progress: Callable[[float], None] | None = None,
) -> SubjectError:
    """Let ``meter`` settle on the subjects ``chosen`` (N,), relit, from their photographs' own exposure.

    The subject was right at 0 EV, so the exposure where the meter comes to rest is the subject's error.
    """
    settled_ev = np.zeros((len(chosen), len(config.backgrounds_ev)))
    for row, index in enumerate(chosen):
        picture, mask = cache.pictures[index], cache.masks[index]
        for column, background_ev in enumerate(config.backgrounds_ev):
            shown = partial(relit_preview, picture, mask, background_ev)
            settled_ev[row, column] = rest_ev(meter, shown, rounds=config.rounds)
        if progress is not None:
            progress((row + 1) / len(chosen))
    backlit = np.abs(settled_ev[:, np.array(config.backgrounds_ev) > 0])
    medians = {f"{b:+.0f}": float(m) for b, m in zip(config.backgrounds_ev, np.median(settled_ev, axis=0), strict=True)}
    return SubjectError(float(np.median(backlit)), float(np.quantile(backlit, 0.9)), medians)


def relit_ladder_error_ev(meter: Meter, cache: PhotoCache, chosen: NDArray[np.int64]) -> float:
    """Mean absolute error in EV over ladders (in steps of 0.8 EV) of relit subjects, label and light as in training."""
    balance, offsets_ev = Balance(), LADDER_EV[2::4]
    labels, errors = label_ev(offsets_ev), []
    for index in chosen:
        picture, mask, share = cache.pictures[index], cache.masks[index], float(cache.shares[index])
        for background_ev in RELIT_EV:
            right_ev = balance.offset_ev(background_ev, share)
            shown = [relit_preview(picture, mask, background_ev, right_ev + off) for off in offsets_ev]
            errors.append(float(np.abs(meter.delta_ev(np.stack(shown)) - labels).mean()))
    return float(np.mean(errors))


def _classical_meters(cache: PhotoCache, config: EvaluateConfig) -> dict[str, Meter]:
    """The baselines: two cubics fitted on training photographs only, and the live loop's own classical meters."""
    training = cache.indices("train")
    if len(training) == 0:
        raise ConfigError("no photograph falls into the training part, on which the baselines are fitted")
    random = np.random.default_rng(0)
    chosen = np.sort(random.permutation(training)[: config.fitted_on])
    response = gamma()
    metering = MeteringConfig(response=response)
    return {
        "zero": ZeroMeter(),
        "mean_luminance": fit_cubic(even_weights(), cache.pictures, chosen, response),
        "centre_weighted": fit_cubic(centre_weights(), cache.pictures, chosen, response),
        "average": PolicyMeter(AverageMeter(metering)),
        "centre": PolicyMeter(CentreWeightedMeter(config=metering)),
        "matrix": PolicyMeter(MatrixMeter(config=metering)),
        "highlight_guarded": PolicyMeter(MatrixMeter(highlight_guard=0.02, config=metering)),
    }
