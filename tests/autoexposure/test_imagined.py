from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from autoexposure.imagined import ImaginedConfig, LookAhead, beyond_white, look_ahead
from autoexposure.policy import Decision
from autoexposure.preview import Preview
from autoexposure.response import gamma, srgb


def picture(seed: int = 1, middle_ev: float = -3.0, width_ev: float = 1.5) -> NDArray[np.float32]:
    """(1, 3, 128, 128) relative exposure of grey light whose logarithm is normally distributed; beyond 1 is clipped."""
    light_ev = np.random.default_rng(seed).normal(middle_ev, width_ev, (1, 1, 128, 128))
    return np.repeat(np.exp2(light_ev).astype(np.float32), 3, axis=1)


def codes_of(light: NDArray[np.float32]) -> Preview:
    return np.rint(srgb().encode(light))


class MeanMeter:
    """Wants the mean light to be a tenth of white, carefully; keeps the pictures it was shown."""

    name = "mean"
    coarse = True

    def __init__(self, at_most_ev: float = 2.0) -> None:
        self.seen: list[Preview] = []
        self._at_most_ev = at_most_ev

    def decide(self, preview: Preview) -> Decision:
        self.seen.append(preview.copy())
        delta_ev = float(np.log2(0.1 / max(srgb().linearise(preview).mean(), 1e-4)))
        return Decision(max(-self._at_most_ev, min(self._at_most_ev, delta_ev)))


@pytest.mark.parametrize("response", [srgb(), gamma()], ids=lambda curve: curve.name)
def test_a_darker_picture_is_imagined_as_the_camera_would_take_it(response) -> None:
    meter, codes = MeanMeter(), np.rint(response.encode(picture(middle_ev=-6)))
    first = meter.decide(codes)
    look_ahead(meter, codes, first, response)
    assert np.array_equal(meter.seen[1], response.re_expose(codes.astype(np.uint8), first.delta_ev))


def test_the_sum_of_the_corrections_is_what_is_right_at_once() -> None:
    meter, codes = MeanMeter(), codes_of(picture(middle_ev=-7))
    first = meter.decide(codes)
    assert first.delta_ev == 2
    total_ev = look_ahead(meter, codes, first, srgb()).delta_ev
    assert total_ev > 2.5
    assert abs(meter.decide(srgb().re_expose(codes, total_ev)).delta_ev) < 0.1


def test_a_small_correction_is_taken_as_it_is() -> None:
    meter = MeanMeter()
    first = Decision(0.05)
    assert look_ahead(meter, codes_of(picture()), first, srgb()) is first
    assert not meter.seen


def test_the_policy_is_asked_no_more_often_than_allowed_and_the_sum_is_bounded() -> None:
    meter, dark = MeanMeter(), np.zeros((1, 3, 128, 128), np.float32)
    config = ImaginedConfig(rounds=5, reach_ev=4.5)
    assert look_ahead(meter, dark, Decision(2.0), srgb(), config).delta_ev == 4.5
    assert len(meter.seen) == 2
    meter = MeanMeter()
    look_ahead(meter, dark, Decision(2.0), srgb(), ImaginedConfig(rounds=1))
    assert len(meter.seen) == 1


def test_white_is_not_imagined_as_grey() -> None:
    light = picture(middle_ev=-0.5)
    meter, codes = MeanMeter(), codes_of(light)
    look_ahead(meter, codes, Decision(-1.0), srgb())
    clipped, beyond_ev = beyond_white(srgb().linearise(codes.astype(np.uint8)), ImaginedConfig())
    assert 0 < beyond_ev <= 1.5
    white = np.broadcast_to(clipped, codes.shape)
    plainly = srgb().re_expose(codes.astype(np.uint8), -1.0)
    assert np.all(meter.seen[0][white] > plainly[white])
    assert np.array_equal(meter.seen[0][~white], plainly[~white])


@settings(deadline=None, max_examples=30)
@given(st.floats(-3.0, -0.8), st.floats(1.0, 2.0), st.integers(0, 100))
def test_the_light_beyond_white_is_found_from_what_is_not_clipped(middle_ev: float, width_ev: float, seed: int) -> None:
    light = picture(seed, middle_ev, width_ev)
    config = ImaginedConfig(clipped_from=1.0, most_beyond_ev=10)
    clipped, beyond_ev = beyond_white(np.minimum(light, 1), config)
    share = float(clipped.mean())
    if share < config.least_clipped:
        assert beyond_ev == 0
    else:
        assert share == float((light[:, :1] >= 1).mean())
        true_ev = float(np.median(np.log2(light[:, :1][clipped])))
        assert beyond_ev == pytest.approx(true_ev, abs=0.15)


@pytest.mark.parametrize(("share", "expected_ev"), [(0.0, 0.0), (0.01, 0.0), (0.95, 1.5), (1.0, 1.5)])
def test_where_nothing_can_be_estimated(share: float, expected_ev: float) -> None:
    light = np.full((1, 3, 100, 100), 0.2, np.float32)
    light[:, :, : round(100 * share)] = 1.0
    clipped, beyond_ev = beyond_white(light, ImaginedConfig())
    assert clipped.mean() == share
    assert beyond_ev == expected_ev


def test_while_the_picture_stays_the_same_it_is_not_imagined_again() -> None:
    meter, ahead, codes = MeanMeter(), LookAhead(), codes_of(picture(middle_ev=-7))
    first = meter.decide(codes)
    found = ahead.refine(meter, codes, first, srgb())
    assert found.delta_ev == look_ahead(MeanMeter(), codes, first, srgb()).delta_ev
    asked = len(meter.seen)
    slightly = codes + np.random.default_rng(1).integers(-1, 2, codes.shape).astype(np.float32) * 0.2
    assert ahead.refine(meter, slightly, meter.decide(slightly), srgb()).delta_ev == found.delta_ev
    assert len(meter.seen) == asked + 1


@pytest.mark.parametrize("change", ["light", "answer", "forgotten"])
def test_what_was_found_holds_for_the_same_picture_and_policy_only(change: str) -> None:
    meter, ahead, codes = MeanMeter(), LookAhead(), codes_of(picture(middle_ev=-7))
    first = meter.decide(codes)
    ahead.refine(meter, codes, first, srgb())
    asked = len(meter.seen)
    if change == "light":
        codes = codes_of(picture(middle_ev=-6.9))
    elif change == "answer":
        first = Decision(first.delta_ev - 0.1)
    else:
        ahead.forget()
    ahead.refine(meter, codes, first, srgb())
    assert len(meter.seen) > asked
