"""How good a model is, on photographs that training never saw, with the baselines in the same table.

One record of what is asked:

- the ladder: held-out photographs at -2..+2 EV in 0.2 steps, absolute error in EV (as in Figure 7);
- left alone: how far photographs are moved that are right already, and what is missed of those that are far off;
- attention: how much of its mass lies on the subject, against the share of the frame the subject fills;
- relit subjects: how many EV the subject is off where the meter settles, the background being brighter or darker, and
  the error of single answers on the way there; apart for each kind of subject;
- doubt: whether the model knows when it is wrong.

The folders must be those that the model was trained with, all of them: the split is drawn from file contents, but
look-alikes across folders are only found when both folders are looked at.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from autoexposure.errors import ConfigError, ModelFileError
from autoexposure.evaluation.known_laws import CentreCodeMeter, EntropyMeter
from autoexposure.metering.classical import AverageMeter, CentreWeightedMeter, MatrixMeter, MeteringConfig
from autoexposure.process.long_work import Tell, part_of, tell_nobody
from autoexposure.response import gamma
from models.data.dataset import CACHE_SIDE_PX, PhotoCache, open_photos
from models.data.exposure_ladder import LADDER_EV, label_ev, shrink
from models.data.photo_files import Part
from models.evaluation.asking import (
    RELIT_EV,
    RELIT_STEPS_EV,
    ask_ladders,
    ask_relit_ladders,
    attention_on_subject,
    ladder_errors_ev,
    loop_moves_ev,
    mean_attention,
    relit_errors_ev,
    settle_on_subjects,
)
from models.evaluation.doubt import LAPLACE_95_RATIO, Calibration
from models.evaluation.figures import LadderError, LeftAlone, SubjectError, SubjectsOfKind
from models.evaluation.kinds import subjects_by_kind
from models.evaluation.report import MODEL, NO_DOUBT, NOTHING, SAME_DOUBT, Report
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
)

if TYPE_CHECKING:
    from models.network import AttentionFcn


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
    kinds : of subjects, names of `models.evaluation.kinds.JUDGED`; all if empty.
    most_of_kind : most subjects of a kind that are measured: 200 leave a median uncertain by a few hundredths of an EV.
    most_photos : most photographs without a mask that are measured; None is all.
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
    kinds: tuple[str, ...] = ()
    most_of_kind: int = 200
    most_photos: int | None = None

    def __post_init__(self) -> None:
        if not any(background_ev > 0 for background_ev in self.backgrounds_ev):
            raise ConfigError(f"at least one background must be brighter than 0 EV, given {self.backgrounds_ev}")


def evaluate(model: Path | AttentionFcn, config: EvaluateConfig, tell: Tell = tell_nobody) -> Report:
    """Evaluate a model file (by onnxruntime) or a torch network, with the baselines beside it.

    Raises
    ------
    ModelFileError : the model can't be used.
    ConfigError : the folders hold nothing of the part, or no subject of the kinds, asked for.
    """
    network, ratio_95 = open_model(model)
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
    report = measure(network, _classical_meters(cache, config), cache, config, ratio_95, tell)
    digest = hashlib.sha256(model.read_bytes()).hexdigest() if isinstance(model, Path) else ""
    return replace(
        report,
        decision_ms=decision_ms(network, cache, held_out),
        refused=selection.refused,
        model_sha256=digest,
    )


def measure(
    network: MapMeter,
    baselines: Mapping[str, Meter],
    cache: PhotoCache,
    config: EvaluateConfig,
    ratio_95: float = LAPLACE_95_RATIO,
    tell: Tell = tell_nobody,
) -> Report:
    """What can be counted of ``network`` and the ``baselines`` on one part of ``cache``; see `evaluate`.

    ``ratio_95`` is how much wider the interval is that is said to hold 95 % of the errors than the stated doubt.
    """
    photos = cache.indices(config.part, masked=False)[: config.most_photos]
    kinds = subjects_by_kind(cache, config.part, config.kinds, config.most_of_kind)
    if config.kinds and not kinds:
        raise ConfigError(f"the {config.part} part has no subject of the kind {' or '.join(config.kinds)}")
    meters = {MODEL: network, **baselines}
    asked = ask_ladders(meters, cache, photos, part_of(tell, "asking about photographs"))
    ladders = {name: LadderError.of(ladder_errors_ev(answers), LADDER_EV) for name, answers in asked.items()}
    labels_ev = label_ev(LADDER_EV)
    left_alone = {name: LeftAlone.of(answers.delta_ev, LADDER_EV, labels_ev) for name, answers in asked.items()}
    doubting = {MODEL: asked[MODEL]}
    if (doubt_ev := asked[MODEL].doubt_ev) is not None:
        doubting[SAME_DOUBT] = replace(asked[MODEL], doubt_ev=np.full_like(doubt_ev, np.median(doubt_ev)))
        doubting[NO_DOUBT] = replace(asked[MODEL], doubt_ev=None)
    in_loop = {name: LeftAlone.of(loop_moves_ev(answers), LADDER_EV, labels_ev) for name, answers in doubting.items()}
    report = Report(config.part, len(photos), 0, ladders.pop(MODEL), ladders, left_alone, in_loop)
    doubts = {"ladder": (ladder_errors_ev(asked[MODEL]), asked[MODEL].doubt_ev)}
    if kinds:
        report, doubts["relit_ladder"] = _with_subjects(report, network, meters, cache, kinds, config, tell)
    calibrations = {
        name: Calibration.of(errors_ev, doubt_ev, ratio_95)
        for name, (errors_ev, doubt_ev) in doubts.items()
        if doubt_ev is not None
    }
    return replace(report, doubt={name: found for name, found in calibrations.items() if found is not None})


def _with_subjects(
    report: Report,
    network: MapMeter,
    meters: Mapping[str, Meter],
    cache: PhotoCache,
    kinds: Mapping[str, NDArray[np.int64]],
    config: EvaluateConfig,
    tell: Tell,
) -> tuple[Report, tuple[NDArray[np.float64], NDArray[np.float64] | None]]:
    """The report with what was found on the subjects, by kind and together; the model's relit errors and doubts."""
    subjects = np.concatenate(list(kinds.values()))
    tell("looking for the attention", 0.0)
    attention = attention_on_subject(network, cache, subjects)
    # From a photograph's own exposure doing nothing is right by definition, so it is no rival where a meter settles.
    active = {name: meter for name, meter in meters.items() if name != NOTHING}
    told = part_of(tell, "settling on relit subjects")
    settled = settle_on_subjects(active, cache, subjects, config.backgrounds_ev, config.rounds, told)
    asked = ask_relit_ladders(meters, cache, subjects, part_of(tell, "asking about relit subjects"))
    errors_ev = {name: relit_errors_ev(answers) for name, answers in asked.items()}

    def on(chosen: slice) -> SubjectsOfKind:
        rows = slice(chosen.start * len(RELIT_EV), chosen.stop * len(RELIT_EV))
        return SubjectsOfKind(
            chosen.stop - chosen.start,
            mean_attention(attention[chosen]),
            {name: SubjectError.of(found[chosen], config.backgrounds_ev) for name, found in settled.items()},
            {name: LadderError.of(found[rows], RELIT_STEPS_EV) for name, found in errors_ev.items()},
        )

    edges = np.cumsum([0, *map(len, kinds.values())]).tolist()
    by_kind = {kind: on(slice(*ends)) for kind, ends in zip(kinds, pairwise(edges), strict=True)}
    together = on(slice(0, len(subjects)))
    report = replace(
        report,
        subjects=together.pictures,
        attention=together.attention,
        subject_error_ev=together.off_ev,
        relit_ladder=together.ladder,
        kinds=by_kind,
    )
    return report, (errors_ev[MODEL], asked[MODEL].doubt_ev)


def ladder_error(
    meter: Meter, cache: PhotoCache, chosen: NDArray[np.int64], progress: Callable[[float], None] = lambda _: None
) -> LadderError:
    """Errors of one meter over the ladders (gamma 2.2) of the photographs ``chosen`` (N,)."""
    asked = ask_ladders({MODEL: meter}, cache, chosen, progress)
    return LadderError.of(ladder_errors_ev(asked[MODEL]), LADDER_EV)


def decision_ms(meter: Meter, cache: PhotoCache, chosen: NDArray[np.int64], pictures: int = 50) -> float:
    """Median time of one answer in milliseconds, pictures one by one; ``chosen`` (N,) are places in ``cache``."""
    taken_s = []
    for index in chosen[:pictures]:
        preview = shrink(cache.pictures[index])[np.newaxis]
        begin_s = time.perf_counter()
        meter.delta_ev(preview)
        taken_s.append(time.perf_counter() - begin_s)
    return 1e3 * float(np.median(taken_s))


def open_model(model: Path | AttentionFcn) -> tuple[MapMeter, float]:
    """The network, and how wide it says its interval of 95 % is, by that of 68 %."""
    if not isinstance(model, Path):
        return TorchMeter(model), LAPLACE_95_RATIO if model.doubt is None else float(model.doubt.calibration[1])
    policy = OnnxPolicy(model)
    told = policy.metadata.get("doubt_95_ratio", str(LAPLACE_95_RATIO))
    try:
        ratio = float(told)
    except ValueError:
        ratio = math.nan
    if not 1 <= ratio < math.inf:
        raise ModelFileError(f"{model} gives {told!r:.40} as its doubt_95_ratio, which should be a number from 1")
    return PolicyMeter(policy), ratio


def _classical_meters(cache: PhotoCache, config: EvaluateConfig) -> dict[str, Meter]:
    """The baselines: two cubics fitted on training photographs only, the loop's own classical meters, others' laws."""
    training = cache.indices("train")
    if len(training) == 0:
        raise ConfigError("no photograph falls into the training part, on which the baselines are fitted")
    random = np.random.default_rng(0)
    chosen = np.sort(random.permutation(training)[: config.fitted_on])
    response = gamma()
    metering = MeteringConfig(response=response)
    return {
        NOTHING: ZeroMeter(),
        "mean_luminance": fit_cubic(even_weights(), cache.pictures, chosen, response),
        "centre_weighted": fit_cubic(centre_weights(), cache.pictures, chosen, response),
        "average": PolicyMeter(AverageMeter(metering)),
        "centre": PolicyMeter(CentreWeightedMeter(config=metering)),
        "matrix": PolicyMeter(MatrixMeter(config=metering)),
        "highlight_guarded": PolicyMeter(MatrixMeter(highlight_guard=0.02, config=metering)),
        "centre_code": PolicyMeter(CentreCodeMeter(response)),
        "entropy": PolicyMeter(EntropyMeter(response)),
    }
