"""The model in 8-bit integers, tried and measured; kept only if it is faster and no figure is noticeably worse."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.files.atomic_file import atomic_open, sweep
from autoexposure.process.long_work import Tell, tell_nobody
from autoexposure.response import gamma
from models.data.dataset import PhotoCache
from models.data.exposure_ladder import LADDER_EV, Balance, ladder, shrink
from models.evaluation.asking import RELIT_EV, RelitSubject
from models.evaluation.closed_loop import OpenView, run_closed_loop
from models.evaluation.evaluate import EvaluateConfig, measure, open_model
from models.evaluation.report import MODEL, Report, as_table
from models.evaluation.verdict import questions
from models.files.model_file import sidecar_path
from models.files.quantised import quantise
from models.inference.onnx_policy import OnnxPolicy
from models.meters import Meter, PolicyMeter

WORSE_AT_MOST = 0.01
"""By how much a figure may be worse in integers, in EV, or as a share: a thirtieth of the smallest step of most dials,
which nobody sees. Speed is no reason for more, since float32 is fast enough for every frame."""

CALIBRATED_ON = 96
"""Training photographs, each at one step of its ladder, that show the ranges which the integers have to cover; and as
many relit subjects, which are darker and brighter at once."""

TIMED = 100
"""Decisions of each form for the median times, which take a second."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of both forms, in EV or a share; smaller is better."""

    words: str
    float32: float
    int8: float

    @property
    def is_worse(self) -> bool:
        """Whether integers cost more here than they may, or one of the figures is no number."""
        return not self.int8 - self.float32 <= WORSE_AT_MOST


@dataclass(frozen=True, slots=True)
class Int8Trial:
    """Both forms side by side.

    Attributes
    ----------
    rows : every figure that is compared.
    float32_ms, int8_ms : median time of a decision, both measured in turns.
    float32_kib : size of the file.
    model : the contents of the file in 8-bit integers.
    """

    rows: tuple[Row, ...]
    float32_ms: float
    int8_ms: float
    float32_kib: float
    model: bytes

    @property
    def worse(self) -> tuple[Row, ...]:
        """The rows in which integers cost too much."""
        return tuple(row for row in self.rows if row.is_worse)

    @property
    def worth_keeping(self) -> bool:
        """Whether integers are faster and no row is worse."""
        return self.int8_ms < self.float32_ms and not self.worse

    def as_table(self) -> str:
        """For the model card."""
        rows = [
            [row.words, f"{row.float32:.3f}", f"{row.int8:.3f}", f"{row.int8 - row.float32:+.3f}"] for row in self.rows
        ]
        ratio = f"{self.int8_ms / self.float32_ms:.2f} x"
        rows.append(["decision, ms", f"{self.float32_ms:.2f}", f"{self.int8_ms:.2f}", ratio])
        rows.append(["file, KiB", f"{self.float32_kib:.0f}", f"{len(self.model) / 1024:.0f}", ""])
        return as_table(["EV off, or a share", "float32", "int8", "int8 worse by"], rows)


def try_int8(
    model: Path,
    cache: PhotoCache,
    config: EvaluateConfig,
    views: Sequence[OpenView] = (),
    tell: Tell = tell_nobody,
) -> Int8Trial:
    """Quantise ``model`` and measure both forms on the same pictures of ``cache``; writes nothing, see `keep_int8`.

    ``views`` are for the closed loop, which is left out without any. Raises as `models.evaluation.evaluate.evaluate`.
    """
    tell("calibrating 8-bit integers", 0.0)
    data = quantise(model, list(_previews(cache)))
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "int8.onnx"
        made.write_bytes(data)
        reports = [
            _measured(name, file, cache, config, views, tell) for name, file in (("float32", model), ("int8", made))
        ]
        pictures = [shrink(cache.pictures[place]) for place in cache.indices(config.part)[:TIMED]]
        float32_ms, int8_ms = _decisions_ms([PolicyMeter(OnnxPolicy(file)) for file in (model, made)], pictures)
    return Int8Trial(_rows(*reports), float32_ms, int8_ms, model.stat().st_size / 1024, data)


def keep_int8(trial: Int8Trial, out: Path) -> None:
    """Write the file in 8-bit integers with its sidecar. Raises ConfigError where the disk refuses."""
    told = {entry.key: entry.value for entry in onnx.load_from_string(trial.model).metadata_props}
    digest = hashlib.sha256(trial.model).hexdigest()
    sweep(out.parent)
    try:
        with atomic_open(sidecar_path(out)) as notes, atomic_open(out) as model:
            model.write(trial.model)
            notes.write(json.dumps({"sha256": digest, **told}, indent=1).encode() + b"\n")
            sidecar_path(out).unlink(missing_ok=True)  # the one before would call the new model changed
    except OSError as error:
        raise ConfigError(f"{out} can't be written ({error.strerror}): name a file elsewhere with --out") from error


def _previews(cache: PhotoCache) -> Iterator[NDArray[np.float32]]:
    response = gamma()
    for number, index in enumerate(cache.indices("train")[:CALIBRATED_ON]):
        offset = LADDER_EV[number * 5 % len(LADDER_EV)]  # 5 has no factor in common with 21: every step has its turn
        preview = ladder(cache.pictures[index], response, np.array([offset]))
        yield preview.transpose(0, 3, 1, 2).astype(np.float32)
    balance = Balance()
    for number, place in enumerate(cache.indices("train", masked=True)[:CALIBRATED_ON]):
        background_ev = RELIT_EV[number % len(RELIT_EV)]
        right_ev = balance.offset_ev(background_ev, float(cache.shares[place]))
        relit = RelitSubject(cache.pictures[place], cache.masks[place], background_ev)
        shown = relit.preview(right_ev + float(LADDER_EV[number * 5 % len(LADDER_EV)]))
        yield shown.transpose(2, 0, 1)[np.newaxis].astype(np.float32)


def _measured(
    name: str, model: Path, cache: PhotoCache, config: EvaluateConfig, views: Sequence[OpenView], tell: Tell
) -> Report:
    def told(stage: str, share: float) -> None:
        tell(f"{name}: {stage}", share)

    network, ratio_95 = open_model(model)
    report = measure(network, {}, cache, config, ratio_95, told)
    if not views:
        return report
    return replace(report, closed_loop={"views": run_closed_loop(OnnxPolicy(model), views, told)})


def _rows(float32: Report, int8: Report) -> tuple[Row, ...]:
    both = zip(_figures(float32), _figures(int8), strict=True)
    return tuple(Row(words, before, after) for (words, before), (_, after) in both)


def _figures(report: Report) -> Iterator[tuple[str, float]]:
    """Everything that a form is judged by: its words and its figure, smaller is better."""
    for question in questions(report):
        yield question.words, question.error_ev[MODEL]
    if report.attention is not None:
        yield "attention beside the subject", 1 - report.attention.mass_on_subject
    for where, words in (("ladder", "photographs"), ("relit_ladder", "relit subjects")):
        if where in report.doubt:
            yield f"doubt on {words}, off 68 %", abs(report.doubt[where].within.share_68 - 0.68)
    for loop in report.closed_loop.values():
        for found in loop.by_delay:
            yield f"steps not settled in time, {found.delay_frames} frames late", 1 - found.settled_share
            yield f"overshoot, {found.delay_frames} frames late", found.median_overshoot_ev


def _decisions_ms(meters: Sequence[Meter], pictures: Sequence[NDArray[np.uint8]]) -> list[float]:
    """Median time of one answer of each meter, in turns: what else the machine does then slows all alike."""
    taken_s: list[list[float]] = [[] for _ in meters]
    for picture in pictures:
        for meter, taken in zip(meters, taken_s, strict=True):
            begin_s = time.perf_counter()
            meter.delta_ev(picture[np.newaxis])
            taken.append(time.perf_counter() - begin_s)
    return [1e3 * float(np.median(taken)) for taken in taken_s]
