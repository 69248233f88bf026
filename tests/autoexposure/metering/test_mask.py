import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.errors import ConfigError
from autoexposure.metering.classical import AverageMeter, MatrixMeter, SpotMeter
from autoexposure.metering.mask import MaskedPolicy, check_mask, masked, weigh
from autoexposure.metering.meters import METERS
from autoexposure.metering.policy import MAP_SIDE, Decision, Map
from autoexposure.metering.spot import Spot
from autoexposure.response import srgb

SHAPE = (MAP_SIDE, MAP_SIDE)
LEFT = np.zeros(SHAPE, np.float32)
LEFT[:, :7] = 1


def maps(seed: int) -> tuple[Map, Map]:
    random = np.random.default_rng(seed)
    return random.uniform(0.05, 1, SHAPE).astype(np.float32), random.uniform(-2, 2, SHAPE).astype(np.float32)


def product(decision: Decision) -> float:
    assert decision.attention is not None
    assert decision.exposure_map is not None
    return float(np.mean(decision.attention * decision.exposure_map))


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 1))
def test_an_even_mask_changes_nothing_however_faint(seed: int, level: float) -> None:
    attention, exposure = maps(seed)
    plain = Decision(float(np.mean(attention * exposure)), attention, exposure)
    assert weigh(plain, np.full(SHAPE, level, np.float32)).delta_ev == pytest.approx(plain.delta_ev, abs=1e-4)


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1), st.floats(-2, 2))
def test_a_small_mask_does_not_shrink_the_answer(seed: int, x: float, y: float, wants_ev: float) -> None:
    attention, _ = maps(seed)
    even = np.full(SHAPE, wants_ev, np.float32)
    plain = Decision(float(np.mean(attention * even)), attention, even)
    assert weigh(plain, Spot(x, y, 0.05).weights()).delta_ev == pytest.approx(plain.delta_ev, abs=1e-4)


def test_only_what_is_let_through_decides() -> None:
    attention = np.full(SHAPE, 0.5, np.float32)
    exposure = np.where(LEFT > 0, np.float32(1), np.float32(-2))
    answer = weigh(Decision(float(np.mean(attention * exposure)), attention, exposure), LEFT)
    assert answer.delta_ev == pytest.approx(0.5 * 1)
    assert answer.attention is not None
    assert (answer.attention[LEFT == 0] == 0).all()
    assert product(answer) == pytest.approx(answer.delta_ev)


def test_within_the_mask_the_learned_attention_still_says_how_much() -> None:
    attention = np.full(SHAPE, 0.1, np.float32)
    attention[:, 0] = 1.0
    exposure = np.full(SHAPE, -1, np.float32)
    exposure[:, 0] = 1.0
    answer = weigh(Decision(0.0, attention, exposure), LEFT)
    weighted_mean = (1.0 - 6 * 0.1) / (1.0 + 6 * 0.1)
    assert answer.delta_ev == pytest.approx(weighted_mean * attention.mean())


def test_painting_where_the_meter_does_not_look_works_too() -> None:
    attention = np.where(LEFT > 0, np.float32(0), np.float32(1))
    exposure = np.where(LEFT > 0, np.float32(1), np.float32(-2))
    assert weigh(Decision(-1.0, attention, exposure), LEFT).delta_ev == pytest.approx(attention.mean() * 1)


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_the_weighted_form_is_the_mean_of_what_is_let_through_within_the_network_s_limits(seed: int) -> None:
    attention, exposure = maps(seed)
    weighted_ev = float((attention * exposure).sum() / attention.sum())
    answer = weigh(Decision(weighted_ev, attention, exposure, weighted=True), LEFT)
    let_through = attention * LEFT
    assert answer.delta_ev == pytest.approx(float((let_through * exposure).sum() / let_through.sum()), abs=1e-3)
    assert answer.weighted
    far = weigh(Decision(2.0, attention, np.full(SHAPE, 4.0, np.float32), weighted=True), LEFT)
    assert far.delta_ev == 2.0


def test_attention_of_nothing_asks_for_nothing() -> None:
    nothing = np.zeros(SHAPE, np.float32)
    assert weigh(Decision(0.0, nothing, np.ones(SHAPE, np.float32)), LEFT).delta_ev == 0


def test_an_answer_without_maps_stays_as_it_is() -> None:
    plain = Decision(0.7)
    assert weigh(plain, LEFT) is plain


@pytest.mark.parametrize("bad", [np.zeros(SHAPE), np.full(SHAPE, 1.5), np.full(SHAPE, np.nan), np.ones((3, 3))])
def test_a_mask_that_cannot_work_is_refused(bad: Map) -> None:
    with pytest.raises(ConfigError, match="mask"):
        check_mask(bad.astype(np.float32))


class TestMasked:
    dark_left = np.full((1, 3, 128, 128), 188, np.float32)
    dark_left[..., :60] = 40

    def test_no_mask_is_the_very_same_policy(self) -> None:
        meter = AverageMeter()
        assert masked(meter, None) is meter

    @pytest.mark.parametrize("name", ["average", "centre", "matrix"])
    def test_a_classical_meter_sees_only_what_is_let_through(self, name: str) -> None:
        linear = float(srgb().linearise(np.array([40], np.uint8))[0])
        answer = masked(METERS[name].make(), LEFT).decide(self.dark_left)
        assert answer.delta_ev == pytest.approx(np.log2(0.18 / linear), abs=0.01)
        assert METERS[name].make().decide(self.dark_left).delta_ev < answer.delta_ev - 1

    def test_the_meter_itself_stays_as_it_was(self) -> None:
        meter = MatrixMeter()
        before = meter.decide(self.dark_left).delta_ev
        masked(meter, LEFT)
        assert meter.decide(self.dark_left).delta_ev == before

    def test_a_spot_stays_where_it_was_pointed(self) -> None:
        spot = SpotMeter(0.9, 0.5)
        assert masked(spot, LEFT).decide(self.dark_left).delta_ev == spot.decide(self.dark_left).delta_ev

    def test_any_other_policy_is_asked_and_weighed(self) -> None:
        class Halves:
            name, coarse = "halves", True

            def decide(self, preview: object) -> Decision:
                return Decision(-0.25, np.ones(SHAPE, np.float32), np.where(LEFT > 0, np.float32(1), np.float32(-2)))

        policy = masked(Halves(), LEFT)
        assert isinstance(policy, MaskedPolicy)
        assert (policy.name, policy.coarse) == ("halves", True)
        assert policy.decide(self.dark_left).delta_ev == pytest.approx(1)
