from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.response import gamma
from models.data.dataset import PhotoCache, open_cache
from models.data.exposure_ladder import LADDER_EV
from models.data.photo_files import find_photos
from models.evaluation.asking import attention_on_subject, mean_attention, settle_on_subjects
from models.evaluation.evaluate import EvaluateConfig, evaluate, ladder_error
from models.evaluation.figures import SubjectError
from models.files.model_file import default_model_path
from models.meters import ZeroMeter, centre_weights, even_weights, fit_cubic, weighted_mean
from models.network import AttentionFcn


@pytest.fixture
def cache(tmp_path: Path, photo_folder: Path, subject_folder: Path) -> PhotoCache:
    return open_cache(find_photos([photo_folder], [subject_folder]), tmp_path / "cache", 128)


class SubjectMeter:
    """Looks at the ellipse in the middle only, and brings it back to its own brightness: a perfect subject meter."""

    def __init__(self, cache: PhotoCache, index: int) -> None:
        self._mask = cache.masks[index] > 250
        self._goal = self._level(cache.pictures[index])

    def _level(self, picture: NDArray[np.uint8]) -> float:
        return float(np.log2(gamma().linearise(picture[self._mask]).mean()))

    def delta_ev(self, previews: NDArray[np.uint8]) -> NDArray[np.float64]:
        return np.array([self._goal - self._level(picture) for picture in previews])


class MaskMeter(ZeroMeter):
    """Attention that is even, or lies on the left half."""

    def __init__(self, left_only: bool) -> None:
        self._left_only = left_only

    def attention(self, previews: NDArray[np.uint8]) -> NDArray[np.float32]:
        maps = np.ones((len(previews), 15, 15), np.float32)
        if self._left_only:
            maps[:, :, 8:] = 0
        return maps


def test_doing_nothing_is_off_by_the_mean_of_the_ladder(cache: PhotoCache) -> None:
    error = ladder_error(ZeroMeter(), cache, np.arange(3))
    assert error.mae_ev == pytest.approx(np.abs(LADDER_EV).mean())
    assert error.mae_per_step["-2.0"] == error.mae_per_step["+2.0"] == 2.0
    assert error.mae_per_step["+0.0"] == 0.0
    assert len(error.mae_per_step) == 21


def test_a_fitted_cubic_beats_doing_nothing(cache: PhotoCache) -> None:
    meter = fit_cubic(even_weights(), cache.pictures, np.arange(20), gamma())
    assert ladder_error(meter, cache, np.arange(20, 40)).mae_ev < 0.8


def test_a_meter_that_sees_the_subject_has_no_subject_error(cache: PhotoCache) -> None:
    lights = (-2.0, 1.0, 3.0)
    cubic = fit_cubic(even_weights(), cache.pictures, np.arange(20), gamma())
    meters = {"seeing": SubjectMeter(cache, 0), "blind": cubic}
    settled = settle_on_subjects(meters, cache, np.array([0]), lights, 8, lambda _: None)
    seeing, blind = (SubjectError.of(settled[name], lights) for name in meters)
    assert seeing.median < 0.1
    assert blind.offset_by_background["+3"] < -0.7
    assert blind.offset_by_background["+3"] < blind.offset_by_background["+1"] < blind.offset_by_background["-2"]


def test_even_attention_has_the_subjects_own_share(cache: PhotoCache) -> None:
    even = mean_attention(attention_on_subject(MaskMeter(left_only=False), cache, np.arange(4)))
    assert even.ratio == pytest.approx(1, abs=0.01)
    assert even.mass_on_subject == pytest.approx(even.area_of_subject, abs=1e-3)
    assert even.area_of_subject == pytest.approx(np.pi * 40 * 50 / (160 * 200), abs=0.01)


def test_weights_sum_to_one_and_the_centre_counts_more() -> None:
    for weights in (even_weights(), centre_weights()):
        assert weights.sum() == pytest.approx(1, abs=1e-4)
        white = np.full((1, 128, 128, 3), 255, np.uint8)
        assert weighted_mean(white, weights)[0] == pytest.approx(1, abs=1e-3)
    assert centre_weights()[64, 64] > 3 * centre_weights()[0, 64]


@pytest.mark.parametrize("kind", ["file", "torch"])
def test_a_whole_evaluation(tmp_path: Path, photo_folder: Path, subject_folder: Path, kind: str) -> None:
    for path in sorted(photo_folder.iterdir())[6:]:
        path.unlink()
    config = EvaluateConfig(
        (photo_folder,), (subject_folder,), part="train", cache=tmp_path, cache_side_px=128, rounds=2,
        backgrounds_ev=(2.0,), fitted_on=10, most_of_kind=3,
    )  # fmt: skip
    told: list[tuple[str, float]] = []
    report = evaluate(
        default_model_path() if kind == "file" else AttentionFcn(), config, lambda *what: told.append(what)
    )
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert stages[:2] == ["looking at the photographs", "comparing look-alikes"]
    assert stages[-1] == "asking about relit subjects"
    for one in stages:
        done = [share for stage, share in told if stage == one]
        assert done == sorted(done), one
    table = json.loads(json.dumps(report.as_json()))
    digest = hashlib.sha256(default_model_path().read_bytes()).hexdigest()
    assert table["model_sha256"] == (digest if kind == "file" else "")
    assert 0 < table["mae_ev"] < 2
    assert table["baselines"]["zero"]["mae_ev"] == pytest.approx(1.0476, abs=1e-3)
    classical = {"mean_luminance", "centre_weighted", "average", "centre", "matrix", "highlight_guarded"}
    classical |= {"centre_code", "entropy"}
    assert set(table["baselines"]) == classical | {"zero"}
    assert set(table["subject_error_ev"]) == classical | {"model"}
    assert 0 <= table["subject_error_ev"]["model"]["median"] <= table["subject_error_ev"]["model"]["p90"]
    assert 0 < table["attention"]["mass_on_subject"] < 1
    assert set(table["left_alone"]) == set(table["relit_ladder"]) == classical | {"model", "zero"}
    assert table["left_alone"]["zero"]["moved_p90_ev"] == 0.0
    doubting = {"model", "same_doubt", "no_doubt"}  # the untrained network has no doubt
    assert set(table["left_alone_in_loop"]) == (doubting if kind == "file" else {"model"})
    assert list(table["kinds"]) == ["other"]
    assert table["kinds"]["other"]["pictures"] == table["subjects"] == 3
    assert table["kinds"]["other"]["subject_error_ev"] == table["subject_error_ev"]


def test_an_empty_part_is_told(tmp_path: Path, photo_folder: Path) -> None:
    for path in sorted(photo_folder.iterdir())[3:]:
        path.unlink()
    left = {photo.part for photo in find_photos([photo_folder]).photos}
    missing = next(part for part in ("test", "validation", "train") if part not in left)
    with pytest.raises(ConfigError, match="part"):
        evaluate(default_model_path(), EvaluateConfig((photo_folder,), part=missing, cache=tmp_path))
