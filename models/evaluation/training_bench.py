"""What training costs on this machine, and what it would cost with a thousand times the photographs."""

from __future__ import annotations

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
from models.data.photo_files import LOOK_ALIKE_BITS, find_photos
from models.evaluation.report import as_table
from models.network import AttentionFcn, as_input
from models.training.losses import training_loss
from models.training.optimiser import RATE, make_optimiser, take_step

HASHES = 20_000
"""Made-up perceptual hashes whose comparison is timed: enough to leave the processor's nearest cache."""

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
    compared : pairs of perceptual hashes.
    drawn : samples synthesised. trained : pictures forward and backward.
    """

    photographs: int
    scanned: float
    shrunk: float
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
                count**2 / 2 / self.compared,
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
    return TrainingCost(
        files, files / scan_s, len(selection.photos) / shrink_s, _hashes_compared(), seen / draw_s, seen / train_s
    )


def _hashes_compared() -> float:
    looks = np.random.default_rng(0).integers(0, 2**63, HASHES, dtype=np.uint64)
    rounds = 200
    taken_s, _ = _timed(lambda: [(np.bitwise_count(looks ^ looks[n]) <= LOOK_ALIKE_BITS).any() for n in range(rounds)])
    return rounds * HASHES / taken_s


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    begin_s = time.perf_counter()
    result = work()
    return time.perf_counter() - begin_s, result
