from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import pytest

from autoexposure.errors import ConfigError
from models.data.dataset import open_photos
from models.evaluation.ablations import (
    ABLATIONS,
    figures_file,
    run_ablation,
    sides,
    variants,
)
from models.evaluation.trained_figures import Figures, OfKind, ablation_table, judged_on
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
    )


@pytest.mark.parametrize("ablation", [*ABLATIONS, "balance.subject_weight=0.85", "guidance=0.5,0.05"])
def test_the_two_sides_differ_in_one_setting_each(ablation: str, usual: PretrainConfig, tmp_path: Path) -> None:
    one, other = variants(ablation)
    usual = PretrainConfig(photos=usual.photos, masks=(tmp_path,), out=usual.out, init=tmp_path / "weights.npz")
    changed = [side.change(usual) for side in (one, other)]
    settings = [config.settings() | {"init": config.init, "masks": config.masks} for config in changed]
    assert one.name != other.name
    assert sum(settings[0][key] != settings[1][key] for key in settings[0]) == 1


def test_sides_with_other_masks_are_trained_apart(usual: PretrainConfig, tmp_path: Path) -> None:
    one, other = sides("masks", replace(usual, masks=(tmp_path,)), (1,)).values()
    assert one[0].out != other[0].out


@pytest.mark.parametrize("wrong", ["colour", "mix.colour=1", "balance.subject_weight=much"])
def test_what_can_not_be_compared_is_named(wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong.partition("=")[0]):
        variants(wrong)


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
    kinds = {"people": OfKind(6, 1.9, 0.8, 1.7), "objects": OfKind(4, 1.2, 1.5, 2.9)}
    known = Figures(
        photos=20, subjects=10, mae_ev=0.3, median_ev=0.25, p90_ev=0.7, worst_step_ev=0.5, moved_ev=0.2, moved_far=0.1,
        relit_mae_ev=0.6, relit_p90_ev=1.1, attention_ratio=1.9, subject_error_ev=0.8, subject_p90_ev=2.2,
        sign_changes=0.1, kinds=kinds,
    )  # fmt: skip
    for config in itertools.chain(*sides("attention", usual, (1, 2)).values()):
        config.out.mkdir(parents=True)
        (config.out / figures_file("test")).write_text(known.as_json())
    reports: list[TrainingReport] = []
    found = run_ablation("attention", usual, (1, 2), reports.append)
    assert reports == []
    assert found == {"with attention": [known, known], "without": [known, known]}
    table = ablation_table(found)
    assert "0.300 ± 0.000" in table
    assert "| people (6) | objects (4) |" in table
    assert "| with attention | 0.80 / 1.70, 1.90 | 1.50 / 2.90, 1.20 |" in table
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


def test_figures_that_there_were_none_for_survive_the_file() -> None:
    """JSON has no word for a figure that is missing."""
    none = Figures(3, 0, *[0.5] * 6, *[math.nan] * 5, 0.0, {})
    again = Figures.from_json(none.as_json())
    assert math.isnan(again.subject_error_ev)
    assert (again.photos, again.moved_far, again.kinds) == (3, 0.5, {})


def test_comparisons_share_the_usual_training(usual: PretrainConfig) -> None:
    attention, relighting = sides("attention", usual, (1, 2)), sides("relighting", usual, (1,))
    assert attention["with attention"][0].out == relighting["with relit subjects"][0].out
    apart = {config.out for config in itertools.chain(*attention.values(), relighting["without"])}
    assert len(apart) == 5
