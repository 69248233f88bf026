from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from models.data.dataset import open_photos
from models.evaluation.ablations import (
    ABLATIONS,
    Ablation,
    Figures,
    ablation_table,
    figures_file,
    judged_on,
    run_ablation,
    sides,
    variants,
)
from models.training.pretrain import PretrainConfig, TrainingReport


@pytest.fixture
def usual(tmp_path: Path, photo_folder: Path, subject_folder: Path) -> PretrainConfig:
    return PretrainConfig(
        photos=(photo_folder,),
        subjects=(subject_folder,),
        out=tmp_path / "runs",
        steps=1,
        batch=2,
        threads=1,
        cache_side_px=128,
        validation_photos=1,
        patience=0,
    )


@pytest.mark.parametrize("ablation", ABLATIONS)
def test_the_two_sides_differ_in_one_setting_each(ablation: Ablation, usual: PretrainConfig, tmp_path: Path) -> None:
    one, other = variants(ablation)
    usual = PretrainConfig(photos=usual.photos, out=usual.out, init=tmp_path / "weights.npz")
    settings = [side.change(usual).settings() | {"init": side.change(usual).init} for side in (one, other)]
    assert one.name != other.name
    assert sum(settings[0][key] != settings[1][key] for key in settings[0]) == 1


def test_both_sides_are_trained_judged_and_kept(usual: PretrainConfig) -> None:
    found = run_ablation("classification", usual, seeds=(1,))
    assert list(found) == ["regression", "21 bins of 0.2 EV"]
    assert all(0 < figures[0].mae_ev < 3 for figures in found.values())
    table = ablation_table(found)
    assert f"| regression | {found['regression'][0].mae_ev:.3f} |" in table


def test_a_trunk_with_coarser_maps_is_judged_too(usual: PretrainConfig) -> None:
    found = run_ablation("trunk", usual, seeds=(1,))
    assert all(0 < figures[0].attention_ratio < 10 for figures in found.values())


def test_what_was_judged_is_not_trained_again(usual: PretrainConfig) -> None:
    known = Figures(20, 10, 0.3, 0.5, 0.6, 1.9, 0.8, 0.1)
    for config in itertools.chain(*sides("attention", usual, (1, 2)).values()):
        config.out.mkdir(parents=True)
        (config.out / figures_file("test")).write_text(json.dumps({k: getattr(known, k) for k in Figures.__slots__}))
    reports: list[TrainingReport] = []
    found = run_ablation("attention", usual, (1, 2), reports.append)
    assert reports == []
    assert found == {"with attention": [known, known], "without": [known, known]}
    assert "0.300 ± 0.000" in ablation_table(found)
    told = judged_on(found, "test")
    assert told == "20 photographs and 10 relit subjects of the test part; mean of 2 trainings each."


def test_the_parts_are_judged_apart(usual: PretrainConfig) -> None:
    """A setting chosen on one part must not be what the other part is asked about."""
    _, cache = open_photos(usual.photos, usual.subjects, usual.out / "cache", usual.cache_side_px)
    test = run_ablation("trunk", usual, (1,))
    validation = run_ablation("trunk", usual, (1,), part="validation")
    for found, part in ((test, "test"), (validation, "validation")):
        plain, masked = (len(cache.indices(part, masked=masked)) for masked in (False, True))
        assert all((side[0].photos, side[0].subjects) == (plain, masked) for side in found.values())


def test_comparisons_share_the_usual_training(usual: PretrainConfig) -> None:
    attention, relighting = sides("attention", usual, (1, 2)), sides("relighting", usual, (1,))
    assert attention["with attention"][0].out == relighting["with relit subjects"][0].out
    apart = {config.out for config in itertools.chain(*attention.values(), relighting["without"])}
    assert len(apart) == 5
