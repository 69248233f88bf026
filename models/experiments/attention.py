"""What the attention brings (paper, Figure 7) and where it lies (Figure 8)."""

from __future__ import annotations

import csv
import io
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.figures.maps import ROWS, SHOWN_PICTURES, drawn
from autoexposure.figures.maps import unevenness as unevenness_of
from autoexposure.files.bounded import read_text
from autoexposure.frame import Pixels
from autoexposure.metering.policy import Map
from autoexposure.metering.preview import make_preview
from autoexposure.process.long_work import Tell, part_of
from autoexposure.response import gamma
from models.evaluation.ablations import run_ablation, sides
from models.experiments.plots import Curve, plot_curves, plot_pictures
from models.experiments.study import Outcome, StudyConfig, World
from models.inference.onnx_policy import OnnxPolicy
from models.training.answered import expose_at
from models.training.log import LARGEST_LIST_BYTES, LOG
from models.training.pretrain import PretrainConfig, TrainingReport

LOOKS = 10
"""Points of the held-out curve of a training."""


def figure7(config: StudyConfig, _world: World, tell: Tell) -> Outcome:
    """Pre-training with the attention and without it, everything else the same.

    ``figure7.{with attention,without}`` with ``training_ev`` and ``held_out_ev`` (the curves: ``[step, error]``, of
    augmented training pictures and of the validation part) and ``test_mae_ev``, ``test_p90_ev``, ``relit_mae_ev`` of
    the finished networks.
    """
    steps = config.sizes.pretrain_steps
    usual = PretrainConfig(
        config.photos,
        config.out / "runs" / "figure7",
        config.cache,
        config.subjects,
        config.masks,
        config.free_only,
        init=config.init,
        steps=steps,
        validate_every=max(1, steps // LOOKS),
        threads=config.threads,
    )

    def told(report: TrainingReport) -> None:
        tell(f"{report.which}: {report.stage}", report.fraction)

    judged = run_ablation("attention", usual, (1,), told, "test", tell)
    figures: dict[str, dict[str, object]] = {}
    curves: list[Curve] = []
    table = [["", "training error, EV", "held-out error, EV", "test ladder, EV", "p90", "relit subjects, EV"]]
    for name, (training,) in sides("attention", usual, (1,)).items():
        course = _course(read_text(training.out / LOG, LARGEST_LIST_BYTES))
        final = judged[name][0]
        figures[name] = {
            "training_ev": course["train_error_ev"],
            "held_out_ev": course["validation_error_ev"],
            "test_mae_ev": final.mae_ev,
            "test_p90_ev": final.p90_ev,
            "relit_mae_ev": None if math.isnan(final.relit_mae_ev) else final.relit_mae_ev,
        }
        for words, points in zip(("training", "held out"), course.values(), strict=True):
            xs, ys = [step for step, _ in points], [error for _, error in points]
            curves.append(Curve(f"{name}, {words}", xs, ys, dashed=words == "training"))
        ends = [f"{points[-1][1]:.3f}" if points else "" for points in course.values()]
        table.append([name, *ends, *(f"{ev:.3f}" for ev in (final.mae_ev, final.p90_ev, final.relit_mae_ev))])
    note = f"{steps} steps of {usual.batch}; held out: the validation part"
    plot_curves(curves, "batches", "mean absolute error, EV", note, config.out / "figure7.png")
    ours, without = (judged[name][0].mae_ev for name in judged)
    summary = (
        f"test error {ours:.3f} EV with attention, {without:.3f} EV without, after {steps} steps, one training each"
    )
    return Outcome("figure7", {"figure7": figures}, table, summary)


def _course(log: str) -> dict[str, list[tuple[float, float]]]:
    """(step, error) of every line of a training's log that has the error: in training and held out."""
    rows = list(csv.DictReader(io.StringIO(log)))
    return {
        column: [(float(row["step"]), float(row[column])) for row in rows if row[column]]
        for column in ("train_error_ev", "validation_error_ev")
    }


def figure8(config: StudyConfig, world: World, tell: Tell) -> Outcome:
    """Both maps over pictures that the model never saw, from the one with the most even attention to the least even.

    ``figure8`` is a list, a picture each: ``place`` in the photographs, ``delta_ev``, ``unevenness`` (standard
    deviation of the attention by its mean), and ``attention_by_area``: the share of the attention on the subject over
    the share of the frame that it fills, null without a mask. Nobody chose the pictures: they are the quantiles of the
    unevenness.
    """
    policy = OnnxPolicy(config.model)
    told = part_of(tell, "looking for the attention")
    unevenness = np.zeros(len(world.test))
    for row, place in enumerate(world.test):
        attention = _decided(policy, world, int(place))[1]
        unevenness[row] = unevenness_of(attention)
        told((row + 1) / len(world.test))
    order = np.argsort(unevenness, kind="stable")
    rows = order[np.unique(np.linspace(0, len(order) - 1, SHOWN_PICTURES).round().astype(int))]
    columns, figures = [], []
    table = [["picture", "asks for, EV", "unevenness", "attention on subject / area"]]
    for letter, row in zip("abcdef", rows, strict=False):
        place = int(world.test[row])
        picture, attention, exposure_map, delta_ev = _decided(policy, world, place)
        ratio = _on_subject(attention, world.masks[place]) if place < len(world.masks) else None
        columns.append([picture, _exposed(world, place, delta_ev), *drawn(picture, attention, exposure_map)])
        even = float(unevenness[row])
        figures.append({"place": place, "delta_ev": delta_ev, "unevenness": even, "attention_by_area": ratio})
        table.append([f"({letter})", f"{delta_ev:+.2f}", f"{even:.2f}", "" if ratio is None else f"{ratio:.2f}"])
    names = [f"({letter}) {figure['delta_ev']:+.2f} EV" for letter, figure in zip("abcdef", figures, strict=False)]
    plot_pictures(columns, names, ROWS, config.out / "figure8.png")
    known = [figure["attention_by_area"] for figure in figures if figure["attention_by_area"] is not None]
    subjects = f"; subjects draw {np.mean(known):.1f} times their share ({len(known)} of them)" if known else ""
    summary = f"attention from {unevenness.min():.2f} to {unevenness.max():.2f} times its mean uneven{subjects}"
    return Outcome("figure8", {"figure8": figures}, table, summary)


def _decided(policy: OnnxPolicy, world: World, place: int) -> tuple[Pixels, Map, Map, float]:
    """A picture as it is, its maps, and what the model asks for in EV."""
    picture = _exposed(world, place, 0.0)
    decision = policy.decide(make_preview(picture))
    assert decision.attention is not None
    assert decision.exposure_map is not None
    return picture, decision.attention, decision.exposure_map, decision.delta_ev


def _exposed(world: World, place: int, offset_ev: float) -> Pixels:
    return expose_at(world.pictures[place], gamma(), offset_ev)


def _on_subject(attention: Map, mask: NDArray[np.uint8]) -> float:
    """Share of the attention on the subject over the share of the frame that it fills."""
    small = cv2.resize(mask, attention.shape[::-1], interpolation=cv2.INTER_AREA) / 255
    return float((attention * small).sum() / attention.sum() / max(float(small.mean()), 1e-9))
