from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.metering.classical import AverageMeter
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from models.evaluation.rests import SceneView, count_rests, sweep_ev, zero_crossings


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.hdr"
    light = np.random.default_rng(0).uniform(0.2, 2, (48, 64, 3)).astype(np.float32)
    cv2.imwrite(str(path), cv2.GaussianBlur(light, (0, 0), 3))
    return path


class Torn:
    """Content where the picture is dark and where it is bright: asks for what leads to the nearer of the two."""

    name, coarse = "torn", False

    def decide(self, preview: Preview) -> Decision:
        level = float(preview.mean())
        return Decision((60 - level) / 50 if level < 128 else (200 - level) / 50)


class Never(Torn):
    def decide(self, preview: Preview) -> Decision:
        return Decision(1.0)


@pytest.mark.parametrize(
    ("answers_ev", "count"),
    [([2, 1, 0.01, -0.02, 0.03, -1], 1), ([2, 1, -1, -2], 1), ([1, -1, 1, -1], 3), ([1, 1], 0), ([0, 0], 0)],
)
def test_a_change_of_sign_counts_and_a_waver_around_nothing_does_not(answers_ev: list[float], count: int) -> None:
    assert zero_crossings(np.array(answers_ev, float)) == count


def test_a_meter_that_calculates_is_content_once(scene: Path) -> None:
    answers_ev = sweep_ev(AverageMeter(), SceneView(scene))
    assert (np.diff(answers_ev) <= 1e-6).all()  # the more light, the less is asked for
    assert answers_ev[len(answers_ev) // 2] == pytest.approx(0, abs=0.5)
    found = count_rests(AverageMeter(), [SceneView(scene)], 1)
    assert (found.views, found.several, found.none) == (1, {}, ())


def test_a_meter_that_is_content_twice_or_never_is_named(scene: Path) -> None:
    assert count_rests(Torn(), [SceneView(scene)], 1).several == {"scene.hdr": 3}
    assert count_rests(Never(), [SceneView(scene)], 1).none == ("scene.hdr",)
