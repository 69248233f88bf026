from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from models.data.dataset import open_cache
from models.data.exposure_ladder import LADDER_EV
from models.data.photo_files import find_photos
from models.data.relighting import relit_preview
from models.evaluation.asking import (
    RELIT_EV,
    RELIT_STEPS_EV,
    RelitSubject,
    ask_ladders,
    ask_relit_ladders,
    loop_moves_ev,
)
from models.evaluation.figures import LadderError, LeftAlone
from models.meters import Answers, PolicyMeter, ZeroMeter


class Sure:
    """Answers the mean code in tenths of an EV, and doubts it by a twentieth of that."""

    name, coarse = "sure", False

    def decide(self, preview: Preview) -> Decision:
        mean = float(preview.mean()) / 100
        return Decision(mean, doubt_ev=mean / 2)


@pytest.mark.parametrize("background_ev", [-2.0, 0.0, 3.0])
@pytest.mark.parametrize("offset_ev", [-3.0, 0.0, 1.7])
def test_a_relit_subject_looks_as_in_training(make_scene, background_ev: float, offset_ev: float) -> None:
    picture = make_scene(5, 192, 192)
    mask: NDArray[np.uint8] = np.random.default_rng(0).integers(0, 256, (192, 192), np.uint8)
    fast = RelitSubject(picture, mask, background_ev).preview(offset_ev)
    usual = relit_preview(picture, mask, background_ev, offset_ev)
    assert np.abs(fast.astype(int) - usual).max() <= 1


def test_every_answer_stands_at_its_photograph_light_and_step(tmp_path, photo_folder, subject_folder) -> None:
    cache = open_cache(find_photos([photo_folder], [subject_folder]), tmp_path / "cache", 128)
    meters = {"sure": PolicyMeter(Sure()), "none": ZeroMeter()}
    done: list[float] = []
    plain = ask_ladders(meters, cache, np.array([20, 21]), done.append)
    assert done == [0.5, 1.0]
    assert plain["sure"].delta_ev.shape == (2, 21)
    assert (np.diff(plain["sure"].delta_ev, axis=1) > 0).all()  # more exposure, more light, along each row
    assert plain["none"].doubt_ev is None
    relit = ask_relit_ladders(meters, cache, np.arange(3), done.append)["sure"]
    assert relit.delta_ev.shape == (3 * len(RELIT_EV), len(RELIT_STEPS_EV))
    assert relit.doubt_ev == pytest.approx(relit.delta_ev / 2)
    assert (np.diff(relit.delta_ev, axis=1) > 0).all()


def answers_of(wrong_ev: float, doubt_ev: float | None) -> Answers:
    """Of a meter that takes every exposure of one scene for ``wrong_ev`` darker than it is."""
    delta_ev = np.clip(wrong_ev - LADDER_EV, -2, 2)[np.newaxis]
    return Answers(delta_ev, None if doubt_ev is None else np.full_like(delta_ev, doubt_ev))


@pytest.mark.parametrize("wrong_ev", [0.0, 0.3, -0.7])
def test_a_loop_without_doubt_rests_where_its_meter_is_content(wrong_ev: float) -> None:
    moves_ev = loop_moves_ev(answers_of(wrong_ev, None))
    assert moves_ev.shape == (1, 21)
    # Within its dead band; beyond the ladder's end a meter at its limit of 2 EV gets there in two steps.
    np.testing.assert_allclose(moves_ev[0], wrong_ev - LADDER_EV, atol=0.1 + 1e-9)
    np.testing.assert_allclose(moves_ev[0, np.abs(wrong_ev - LADDER_EV) < 0.09], 0)


def test_an_unsure_loop_leaves_alone_goes_half_an_ev_or_goes_all_the_way() -> None:
    moves_ev = loop_moves_ev(answers_of(0.0, 0.4))[0]
    off_ev = np.abs(LADDER_EV)
    alone, half = off_ev <= 0.9 * 0.4, (off_ev > 0.9 * 0.4) & (off_ev <= 0.9 * 0.4 + 0.5)
    assert (alone.sum(), half.sum()) == (3, 6)
    np.testing.assert_allclose(moves_ev[alone], 0)
    np.testing.assert_allclose(moves_ev[half], -np.sign(LADDER_EV[half]) * np.minimum(off_ev[half], 0.5))
    np.testing.assert_allclose(moves_ev[~alone & ~half], -LADDER_EV[~alone & ~half], atol=1e-9)


def test_what_is_right_is_told_from_what_is_far_off() -> None:
    offsets = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    moves = np.array([[2.0, 0.6, 0.1, -1.0, -2.0], [2.0, 1.0, -0.7, -1.0, -1.6]])
    found = LeftAlone.of(moves, offsets, -offsets)
    assert found.moved_median_ev == pytest.approx(0.4)
    assert found.moved_far == 0.5
    assert found.missed_median_ev == 0.0
    assert found.missed_p90_ev == pytest.approx(0.4)
    ladder = LadderError.of(moves + offsets, offsets)
    assert ladder.mae_ev == pytest.approx((0.4 + 0.1 + 0.7 + 0.4) / 10)
    assert (ladder.median_ev, ladder.worst_step_ev) == (0.0, pytest.approx(0.4))
