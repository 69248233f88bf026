"""What each part of the network and its training is worth: the same small training with and without it.

Every training is a resumable run of its own (`models.training.pretrain`). Its figures are kept beside it as soon as
they are there, so an interrupted series goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.bounded import read_text
from autoexposure.process.long_work import Tell, tell_nobody
from autoexposure.response import gamma
from models.data.dataset import PhotoCache, open_photos
from models.data.exposure_ladder import ladder
from models.data.photo_files import Part
from models.evaluation.evaluate import EvaluateConfig, measure
from models.evaluation.trained_figures import Figures
from models.files.checkpoint import load_network
from models.meters import CONTENT_EV, Meter, TorchMeter
from models.network import AttentionFcn, NetworkConfig, Trunk
from models.training.pretrain import Callback, PretrainConfig, pretrain
from models.training.settings import with_settings

ABLATIONS = ("attention", "pooling", "init", "trunk", "sparse", "classification", "relighting", "masks")
"""Comparisons that are more, or less, than one setting; any setting makes one by its name."""

LARGEST_PART = 500
"""Most photographs without a mask that a small training is measured on: the part's first by content hash."""

BACKLIT_EV = (1.0, 2.0, 3.0, 4.0)
"""Light on the background of the subjects on which a training is judged."""

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


def variants(ablation: str) -> tuple[Variant, Variant]:
    """The two sides of a comparison; the first is the usual training unless that would compare two things at once.

    Parameters
    ----------
    ablation : one of ABLATIONS, or a setting as ``name=value``: the usual training against that one setting changed.

    Raises ConfigError for another text, and for a setting that does not exist.
    """

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

    both: dict[str, tuple[Variant, Variant]] = {
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
        "masks": (Variant("with them", usual), Variant("without", lambda config: replace(config, masks=()))),
    }
    if "=" in ablation:
        with_settings(PretrainConfig((), Path()), [ablation])  # a wrong name is told before anything is trained
        return Variant("as usual", usual), Variant(ablation, lambda config: with_settings(config, [ablation]))
    if ablation not in both:
        raise ConfigError(
            f"there is no ablation {ablation!r}; choose one of {', '.join(ABLATIONS)}, or give a setting as NAME=VALUE"
        )
    return both[ablation]


def run_ablation(
    ablation: str,
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
                figures = _judge(config.out, config.network, cache, part, _judging(tell, which))
                atomic_write(kept, figures.as_json())
            found.setdefault(name, []).append(Figures.from_json(read_text(kept)))
    return found


def _judging(tell: Tell, which: str) -> Tell:
    """Tells which of several trainings is judged."""
    return lambda stage, done: tell(f"judging {which}: {stage}", done)


def _as_part(which: str, progress: Callback | None) -> Callback | None:
    """Tells which of several trainings it is."""
    if progress is None:
        return None
    return lambda report: progress(replace(report, which=which))


def figures_file(part: Part) -> str:
    """Name of the file in a training's folder that keeps what it measured on ``part``."""
    return f"judged-{part}.json"


def sides(ablation: str, usual: PretrainConfig, seeds: Sequence[int]) -> dict[str, list[PretrainConfig]]:
    """Both sides' trainings by variant, in the order of ``seeds``; comparisons share a training that is the same."""
    return {
        variant.name: [_in_its_folder(variant.change(replace(usual, seed=seed, resume=True))) for seed in seeds]
        for variant in variants(ablation)
    }


def _in_its_folder(config: PretrainConfig) -> PretrainConfig:
    folders = {"init": str(config.init), "masks": [str(folder) for folder in config.masks]}
    told = json.dumps(config.settings() | folders, sort_keys=True)
    return replace(config, out=config.out / hashlib.sha256(told.encode()).hexdigest()[:12])


def _judge(run: Path, config: NetworkConfig, cache: PhotoCache, part: Part, tell: Tell) -> Figures:
    network = AttentionFcn(config)
    load_network(run, network)
    meter = TorchMeter(network.eval())
    settings = EvaluateConfig(photos=(), part=part, backgrounds_ev=BACKLIT_EV, most_photos=LARGEST_PART)
    report = measure(meter, {}, cache, settings, tell=tell)
    photos = cache.indices(part, masked=False)[:SWUNG]
    return Figures.of(report, _sign_changes(meter, cache, photos))


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
