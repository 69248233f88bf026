from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.errors import ConfigError
from models.evaluation.doubt import Calibration
from models.evaluation.figures import LadderError, SubjectError
from models.evaluation.plots import blank, keep, plot_doubt, plot_ladder, plot_subjects, plot_training
from models.evaluation.report import Report

STEPS = {"-2.0": 0.4, "+0.0": 0.3, "+2.0": 0.5}
REPORT = Report(
    part="test",
    photographs=3,
    subjects=2,
    ladder=LadderError(0.3, 0.2, 0.6, STEPS),
    baselines={"zero": LadderError(1.0, 1.0, 1.8, STEPS), "matrix": LadderError(0.6, 0.5, 1.1, STEPS)},
    left_alone={},
    subject_error_ev={"model": SubjectError(0.5, 0.9, {"+1": -0.2, "+3": -0.7})},
)


def ink(path: Path) -> int:
    """Pixels that are not white."""
    picture = cv2.imread(str(path))
    assert picture is not None
    return int((picture.min(axis=2) < 200).sum())


def test_evaluations_are_drawn_with_a_line_for_each_meter(tmp_path: Path) -> None:
    plot_ladder(REPORT, tmp_path / "plots" / "ladder.png")
    plot_ladder(replace(REPORT, baselines={}), tmp_path / "alone.png")
    assert ink(tmp_path / "plots" / "ladder.png") > ink(tmp_path / "alone.png") > 1000
    plot_subjects(REPORT, tmp_path / "subjects.png")
    assert ink(tmp_path / "subjects.png") > 1000


def test_a_doubt_that_is_false_lies_off_the_line(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    doubt_ev = random.uniform(0.1, 1, 3000)
    errors_ev = random.normal(0, doubt_ev)
    for name, factor in (("true", 1.0), ("false", 4.0)):
        found = Calibration.of(errors_ev, doubt_ev * factor, 2.0)
        assert found is not None
        plot_doubt(replace(REPORT, doubt={"ladder": found}), tmp_path / f"{name}.png")
        stated_ev, kept_ev = np.array(found.curve_ev).T
        assert np.median(stated_ev / kept_ev) == pytest.approx(factor, rel=0.1)
        assert ink(tmp_path / f"{name}.png") > 1000


def test_trainings_are_drawn_from_their_logs(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(
        "step,elapsed_s,learning_rate,train_error_ev,validation_error_ev\n"
        "20,1,0.1,1.1,\n40,2,0.1,0.8,0.7\n60,3,0.1,0.6,\n80,4,0.1,0.5,0.5\n"
    )
    plot_training({"with attention": log}, tmp_path / "one.png")
    plot_training({"with attention": log, "without": log}, tmp_path / "two.png")
    assert ink(tmp_path / "two.png") > ink(tmp_path / "one.png") > 1000


def test_a_figure_that_can_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "figure.png").mkdir()
    figure, _ = blank("x", "y")
    with pytest.raises(ConfigError, match="can't be written"):
        keep(figure, tmp_path / "figure.png")
