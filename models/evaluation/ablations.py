"""What each part of the network and its training is worth: the same small training with and without it.

Every training is a resumable run of its own (`models.training.pretrain`). Its figures are kept beside it as soon as
they are there, so an interrupted series goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.bounded import as_integer, as_number, parse_object, read_text
from autoexposure.process.long_work import Tell, part_of, tell_nobody
from autoexposure.response import gamma
from models.data.dataset import PhotoCache, open_photos
from models.data.exposure_ladder import ladder
from models.data.photo_files import Part
from models.evaluation.evaluate import (
    EvaluateConfig,
    attention_on_subject,
    ladder_error,
    relit_ladder_error_ev,
    subject_error,
)
from models.evaluation.report import as_table
from models.files.checkpoint import load_network
from models.meters import CONTENT_EV, Meter, TorchMeter
from models.network import AttentionFcn, NetworkConfig, Trunk
from models.training.pretrain import Callback, PretrainConfig, pretrain

Ablation = Literal["attention", "pooling", "init", "trunk", "sparse", "classification", "relighting"]
ABLATIONS: tuple[Ablation, ...] = get_args(Ablation)

LARGEST_PART = 500
"""Most photographs, and most subjects, that a small training is measured on: the part's first by content hash."""

SWUNG = 40
"""Photographs on which a variant's swinging is counted, each from 2 EV below and above."""

ROUNDS = 30
"""Corrections in a row after which a variant's swinging is counted."""


Change = Callable[[PretrainConfig], PretrainConfig]


@dataclass(frozen=True, slots=True)
class Variant:
    """One side of a comparison: how its training differs from the usual."""

    name: str
    change: Change


@dataclass(frozen=True, slots=True)
class Figures:
    """What one trained variant measures on photographs it never saw.

    Attributes
    ----------
    photos, subjects : how many these were.
    mae_ev : over the ladder. worst_step_ev : of the worst step of the ladder.
    relit_mae_ev : over ladders of relit subjects.
    attention_ratio : share of attention on subjects over the share of the frame they fill.
    subject_error_ev : median of backlit subjects where the variant settles.
    sign_changes : of the correction in ROUNDS corrections of pictures that start 2 EV off, mean.

    What is said of subjects is NaN where there were none.
    """

    photos: int
    subjects: int
    mae_ev: float
    worst_step_ev: float
    relit_mae_ev: float
    attention_ratio: float
    subject_error_ev: float
    sign_changes: float

    def as_json(self) -> str:
        """For a file; NaN, which JSON has no word for, as null."""
        return json.dumps({name: None if math.isnan(value) else value for name, value in asdict(self).items()})

    @classmethod
    def from_json(cls, text: str) -> Figures:
        """Read what `as_json` wrote. Raises BadInput, KeyError or TypeError for another text."""
        record = parse_object(text)
        photos, subjects = as_integer(record.pop("photos")), as_integer(record.pop("subjects"))
        means = {name: math.nan if value is None else as_number(value) for name, value in record.items()}
        return cls(photos, subjects, **means)


def variants(ablation: Ablation) -> tuple[Variant, Variant]:
    """The two sides of a comparison; the first is the usual training unless that would compare two things at once."""

    def usual(config: PretrainConfig) -> PretrainConfig:
        return config

    def network(change: Callable[[NetworkConfig], NetworkConfig]) -> Change:
        return lambda config: replace(config, network=change(config.network))

    def scratch(trunk: Trunk) -> Change:
        return lambda config: replace(config, init=None, network=replace(config.network, trunk=trunk))

    def paper(sparsity: float) -> Change:
        return lambda config: replace(mean(config), sparsity=sparsity, guidance=(0.0, 0.0))

    mean = network(lambda config: replace(config, pooling="mean"))
    blind = network(lambda config: replace(config, attention=False))
    classes = network(lambda config: replace(config, bins=21))

    both: dict[Ablation, tuple[Variant, Variant]] = {
        "attention": (Variant("with attention", usual), Variant("without", blind)),
        "pooling": (Variant("weighted by attention", usual), Variant("the paper's mean", mean)),
        "init": (Variant("ImageNet weights", usual), Variant("from scratch", scratch("v1.0"))),
        "trunk": (Variant("v1.0 from scratch", scratch("v1.0")), Variant("v1.1 from scratch", scratch("v1.1"))),
        "sparse": (Variant("attention as it comes", paper(0.0)), Variant("sparse attention", paper(0.3))),
        "classification": (Variant("regression", usual), Variant("21 bins of 0.2 EV", classes)),
        "relighting": (
            Variant("with relit subjects", usual),
            Variant("without", lambda config: replace(config, mix=replace(config.mix, relit_share=(0.0, 0.0)))),
        ),
    }
    return both[ablation]


def run_ablation(
    ablation: Ablation,
    usual: PretrainConfig,
    seeds: Sequence[int],
    progress: Callback | None = None,
    part: Part = "test",
    tell: Tell = tell_nobody,
) -> dict[str, list[Figures]]:
    """Train both sides with every seed and judge them on ``part``; ``usual.out`` is the folder for all the runs.

    A setting is chosen on the validation part; what was chosen is judged on the test part, which had no say in it.
    Returns the figures by variant, a list in the order of ``seeds``. ``progress`` follows the trainings, ``tell`` all
    else. Raises as `models.training.pretrain.pretrain` does.
    """
    kept_in = usual.cache or usual.out / "cache"
    _, cache = open_photos(
        usual.photos,
        usual.subjects,
        kept_in,
        usual.cache_side_px,
        tell,
        masks=usual.masks,
        free_only=usual.free_only,
    )
    found: dict[str, list[Figures]] = {}
    both = sides(ablation, usual, seeds)
    for number, name in enumerate(both):
        for place, config in enumerate(both[name]):
            kept = config.out / figures_file(part)
            if not kept.is_file():
                which = f"training {number * len(seeds) + place + 1} of {len(both) * len(seeds)} ({name})"
                pretrain(replace(config, cache=kept_in), _as_part(which, progress))
                figures = _judge(config.out, config.network, cache, part, part_of(tell, f"judging {which}"))
                atomic_write(kept, figures.as_json())
            found.setdefault(name, []).append(Figures.from_json(read_text(kept)))
    return found


def _as_part(which: str, progress: Callback | None) -> Callback | None:
    """Tells which of several trainings it is."""
    if progress is None:
        return None
    return lambda report: progress(replace(report, which=which))


def figures_file(part: Part) -> str:
    """Name of the file in a training's folder that keeps what it measured on ``part``."""
    return f"figures-{part}.json"


def sides(ablation: Ablation, usual: PretrainConfig, seeds: Sequence[int]) -> dict[str, list[PretrainConfig]]:
    """Both sides' trainings by variant, in the order of ``seeds``; comparisons share a training that is the same."""
    return {
        variant.name: [_in_its_folder(variant.change(replace(usual, seed=seed, resume=True))) for seed in seeds]
        for variant in variants(ablation)
    }


def _in_its_folder(config: PretrainConfig) -> PretrainConfig:
    told = json.dumps(config.settings() | {"init": str(config.init)}, sort_keys=True)
    return replace(config, out=config.out / hashlib.sha256(told.encode()).hexdigest()[:12])


def ablation_table(found: dict[str, list[Figures]]) -> str:
    """The figures as a Markdown table: mean over the seeds, with the spread of the ladder error."""
    rows = []
    for name, figures in found.items():
        values = {key: np.array([getattr(f, key) for f in figures]) for key in Figures.__slots__}
        plain, relit = values["mae_ev"], values["relit_mae_ev"]
        errors = (_with_spread(found_ev) for found_ev in (plain, relit, (plain + relit) / 2))
        others = ("worst_step_ev", "attention_ratio", "subject_error_ev")
        means = (f"{values[key].mean():.2f}" for key in others)
        rows.append([name, *errors, *means, f"{values['sign_changes'].mean():.1f}"])
    columns = [
        "",
        "ladder error EV",
        "of relit subjects",
        "of both",
        "worst step",
        "attention on subject / area",
        "backlit subject EV",
        "sign changes",
    ]
    return as_table(columns, rows)


def _with_spread(values: NDArray[np.float64]) -> str:
    spread = f" ± {values.std(ddof=1):.3f}" if len(values) > 1 else ""
    return f"{values.mean():.3f}{spread}"


def judged_on(found: dict[str, list[Figures]], part: Part) -> str:
    """A sentence: how many photographs and trainings the figures in `ablation_table` stand for."""
    trainings = next(iter(found.values()))
    many = f"mean of {len(trainings)} trainings each" if len(trainings) > 1 else "one training each"
    return f"{trainings[0].photos} photographs and {trainings[0].subjects} relit subjects of the {part} part; {many}."


def _judge(
    run: Path, config: NetworkConfig, cache: PhotoCache, part: Part, progress: Callable[[float], None]
) -> Figures:
    network = AttentionFcn(config)
    load_network(run, network)
    meter = TorchMeter(network.eval())
    photos = cache.indices(part, masked=False)[:LARGEST_PART]
    error = ladder_error(meter, cache, photos, lambda done: progress(0.4 * done))
    subjects = cache.indices(part, masked=True)[:LARGEST_PART]
    ratio = subject_ev = relit_ev = float("nan")
    if len(subjects):
        on_subject = attention_on_subject(meter, cache, subjects)
        ratio = on_subject.mass_on_subject / on_subject.area_of_subject
        relit_ev = relit_ladder_error_ev(meter, cache, subjects)
        backlit = EvaluateConfig(photos=(), backgrounds_ev=(2.0, 3.0))
        subject_ev = subject_error(meter, cache, subjects, backlit, lambda done: progress(0.5 + 0.4 * done)).median
    signs = _sign_changes(meter, cache, photos[:SWUNG])
    worst_ev = max(error.mae_per_step.values())
    return Figures(len(photos), len(subjects), error.mae_ev, worst_ev, relit_ev, ratio, subject_ev, signs)


def _sign_changes(meter: Meter, cache: PhotoCache, chosen: NDArray[np.int64]) -> float:
    """How often the correction turns round, photographs re-exposed by every answer, nothing damping it.

    Answers below CONTENT_EV count as none.
    """
    response, turns = gamma(), []
    for index in chosen:
        for start_ev in (-2.0, 2.0):
            offset_ev, last, count = start_ev, 0.0, 0
            for _ in range(ROUNDS):
                preview = ladder(cache.pictures[index], response, np.array([offset_ev]))
                step_ev = float(meter.delta_ev(preview)[0])
                if abs(step_ev) < CONTENT_EV:
                    break
                count += step_ev * last < 0
                offset_ev, last = float(np.clip(offset_ev + step_ev, -6, 6)), step_ev
            turns.append(count)
    return float(np.mean(turns))
