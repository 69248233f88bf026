import numpy as np
import pytest

from autoexposure.feedback.answer import Label
from models.data.simulated_experts import EXPERTS, JUDGES, MEAN, NAMES, NOISE_EV, Judge, majority, make_scene, wishes_ev


def picture(level: int, size: int = 64) -> np.ndarray:
    return np.full((size, size, 3), level, np.uint8)


def rule(name: str, pixels: np.ndarray, mask: np.ndarray | None = None) -> float:
    (expert,) = (e for e in EXPERTS if e.name == name)
    return expert.rule(make_scene(pixels, mask))


def test_tastes_are_the_same_every_time_and_differ_from_photograph_to_photograph() -> None:
    scene = make_scene(picture(110), None)
    first, second = wishes_ev([scene, scene], ["a", "b"]), wishes_ev([scene, scene], ["a", "b"])
    assert set(first) == set(NAMES)
    for name in NAMES:
        assert np.array_equal(first[name], second[name])
        assert 0 < abs(first[name][0] - first[name][1]) < 6 * NOISE_EV
    assert first[MEAN] == pytest.approx(np.mean([first[e.name] for e in EXPERTS], axis=0))


def test_the_known_values_of_a_seed_stay() -> None:
    """Figures are only comparable while the people stay the same."""
    scene = make_scene(picture(110), None)
    known = {name: round(float(wish[0]), 3) for name, wish in wishes_ev([scene], ["photograph"]).items()}
    assert known == {"A": -1.26, "B": 0.764, "C": 0.768, "D": 0.021, "E": 0.227, "mean": 0.104}


def test_one_expert_is_far_from_the_rest() -> None:
    pixels = np.random.default_rng(0).integers(20, 235, (64, 64, 3)).astype(np.uint8)
    others = [rule(name, pixels) for name in "BCDE"]
    assert rule("A", pixels) < min(others)


def test_the_subject_counts_for_the_one_who_minds_it() -> None:
    pixels, mask = picture(200), np.zeros((64, 64), np.uint8)
    pixels[20:40, 20:40] = 40
    mask[20:40, 20:40] = 255
    assert rule("B", pixels, mask) > rule("B", picture(200)) + 1
    assert rule("C", pixels, mask) == rule("C", pixels)


def test_highlights_shadows_and_key() -> None:
    lamp = picture(60)
    lamp[:10] = 255
    assert rule("C", lamp) < rule("C", picture(60)) - 0.3
    cellar = picture(120)
    cellar[:20] = 5
    assert rule("D", cellar) > rule("D", picture(120)) + 0.5
    assert rule("E", picture(40)) < -0.5 < 0.2 < rule("E", picture(200))


def test_no_wish_is_out_of_reach() -> None:
    for level in (0, 255):
        wishes = [rule(name, picture(level)) for name in "ABCDE"]
        assert np.all(np.isfinite(wishes))
        assert np.abs(wishes).max() <= 1.6


def test_judges_mind_the_subject_and_their_majority_counts() -> None:
    labels = [judge.label(-2.0, 0.0, "x") for judge in JUDGES]
    assert majority(labels) is Label.UNDER
    assert majority([judge.label(1.5, 1.5, "x") for judge in JUDGES]) is Label.OVER
    assert majority([Label.UNDER, Label.OVER, Label.UNDER, Label.OVER, Label.WELL]) is Label.WELL
    assert majority([Label.UNDER, Label.UNDER, Label.OVER]) is Label.UNDER
    assert Judge("calm", 1.0, 0.0, noise_ev=0.0).label(0.1, 3.0, "x") is Label.WELL
