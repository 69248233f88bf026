"""What training costs on this machine, and what it would cost with a thousand times the photographs."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from autoexposure.process.long_work import Tell, tell_nobody
from autoexposure.process.malloc import keep_freed_memory
from models.data.batches import MixConfig, TrainingMix
from models.data.dataset import CACHE_SIDE_PX, open_cache
from models.data.look_alikes import LookIndex
from models.data.photo_files import find_photos
from models.evaluation.report import as_table
from models.network import AttentionFcn, as_input
from models.training.losses import training_loss
from models.training.optimiser import RATE, make_optimiser, take_step
from models.training.precision import resolve, working_type

FEW_HASHES, MANY_HASHES = 1 << 10, 1 << 19
"""What a look-up among them costs, whatever their number, and what more of them add to that."""

BATCH = 32
"""Pictures a step, as in `models.training.pretrain`."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class TrainingCost:
    """Rates measured here, all per second.

    Attributes
    ----------
    photographs : files that the folders hold.
    scanned, shrunk : photographs decoded and judged; photographs shrunk into the cache.
    looked_up : perceptual hashes looked up among few. compared : pairs that more of them add to the comparing;
        infinite where that is lost among the rest.
    drawn : samples synthesised. trained : pictures forward and backward.
    """

    photographs: int
    scanned: float
    shrunk: float
    looked_up: float
    compared: float
    drawn: float
    trained: float

    def as_table(self, pictures: int = 256_000) -> str:
        """Hours and gigabytes for the photographs given and for a thousand times as many, each seen equally often.

        ``pictures`` is how many training shows of the photographs given; the shipped model was shown 256,000.
        """
        rows = []
        for times in (1, 1000):
            count = self.photographs * times
            hours = [
                count / self.scanned,
                count / self.looked_up + count**2 / 2 / self.compared,
                count / self.shrunk,
                pictures * times / self.trained,
            ]
            disk = count * CACHE_SIDE_PX**2 * 3 / 1e9
            rows.append([f"{count:,}", *(f"{seconds / 3600:,.2f}" for seconds in hours), f"{disk:,.1f}"])
        columns = ["photographs", "scan h", "look-alikes h", "shrink h", "train h", "disk GB"]
        return as_table(columns, rows)


def measure_training(
    photos: Sequence[Path], threads: int = 2, steps: int = 8, tell: Tell = tell_nobody
) -> TrainingCost:
    """Measure on the photographs of ``photos``. Raises ConfigError if there are none."""
    torch.set_num_threads(threads)
    keep_freed_memory(training=True)
    with tempfile.TemporaryDirectory() as folder:
        scan_s, selection = _timed(lambda: find_photos(photos, tell=tell))
        files = len(selection.photos) + len(selection.refused)
        shrink_s, cache = _timed(lambda: open_cache(selection, Path(folder), tell=tell))
        mix = TrainingMix(cache, MixConfig(), seed=1)
        tell("drawing samples", 0.0)
        draw_s, batches = _timed(lambda: [mix.batch(step, range(BATCH)) for step in range(steps)])
        network = AttentionFcn().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's types lack memory_format
        network.working_type = working_type(resolve("auto"))
        optimiser = make_optimiser(network, "default")
        network.train()

        def learn() -> None:
            for number, batch in enumerate(batches):
                tell("training", number / len(batches))
                answer = network(as_input(batch.previews))
                loss = training_loss(answer, torch.from_numpy(batch.labels_ev), "default")
                take_step(network, optimiser, loss, RATE)

        learn()  # the first steps pay for allocations
        train_s, _ = _timed(learn)
    seen = steps * BATCH
    few_s, many_s = _look_up_s(FEW_HASHES), _look_up_s(MANY_HASHES)
    return TrainingCost(
        photographs=files,
        scanned=files / scan_s,
        shrunk=len(selection.photos) / shrink_s,
        looked_up=1 / few_s,
        compared=(MANY_HASHES - FEW_HASHES) / (many_s - few_s) if many_s > few_s else math.inf,
        drawn=seen / draw_s,
        trained=seen / train_s,
    )


def _look_up_s(hashes: int, rounds: int = 200) -> float:
    """What it takes to look up one hash among all of them."""
    index = LookIndex(np.random.default_rng(0).integers(0, 2**64, hashes, dtype=np.uint64))
    taken_s, _ = _timed(lambda: [index.later(place) for place in range(rounds)])
    return taken_s / rounds


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    begin_s = time.perf_counter()
    result = work()
    return time.perf_counter() - begin_s, result
