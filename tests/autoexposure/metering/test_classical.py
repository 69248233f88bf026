import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.errors import ConfigError, PolicyError
from autoexposure.metering.classical import (
    AverageMeter,
    CentreWeightedMeter,
    MatrixMeter,
    MeteringConfig,
    SpotMeter,
    WeightedMeter,
)
from autoexposure.metering.meters import METERS
from autoexposure.metering.policy import Policy
from autoexposure.metering.preview import Preview
from autoexposure.response import gamma, srgb

SRGB = srgb()
SIDE = 128


def shot(light: np.ndarray, ev: float = 0.0) -> Preview:
    """The preview of a (128, 128) scene in relative light, exposed by ``ev``."""
    codes = np.rint(SRGB.encode((light * 2.0**ev).astype(np.float32)))
    return np.repeat(codes[np.newaxis, np.newaxis], 3, axis=1)


def flat(code: float) -> Preview:
    return np.full((1, 3, SIDE, SIDE), code, np.float32)


def room_with_window(window: float) -> np.ndarray:
    """A room at 0.05 with a window over the upper third."""
    light = np.full((SIDE, SIDE), 0.05)
    light[: SIDE // 3] = window
    return light


def settle(meter: Policy, light: np.ndarray, ev: float) -> float:
    for _ in range(20):
        ev += meter.decide(shot(light, ev)).delta_ev
    return ev


CLASSICAL = {name: row.make for name, row in METERS.items() if row.make is not None}


@pytest.fixture(params=CLASSICAL)
def meter(request: pytest.FixtureRequest) -> Policy:
    return CLASSICAL[request.param]()


@pytest.mark.parametrize("ev", [-3.0, -1.0, 0.0, 1.0, 2.0])
def test_an_evenly_grey_picture_gets_exactly_what_it_lacks(meter: Policy, ev: float) -> None:
    grey = np.full((SIDE, SIDE), 0.18)
    assert meter.decide(shot(grey, ev)).delta_ev == pytest.approx(-ev, abs=0.05)


def test_known_value() -> None:
    # Code 188 of sRGB is linear 0.503: 0.18 / 0.503 = -1.48 EV.
    assert AverageMeter().decide(flat(188)).delta_ev == pytest.approx(-1.48, abs=0.005)


@pytest.mark.parametrize(("channel", "share"), [(0, 0.2126), (1, 0.7152), (2, 0.0722)])
def test_luminance_is_that_of_rec_709(channel: int, share: float) -> None:
    preview = np.zeros((1, 3, SIDE, SIDE), np.float32)
    preview[0, channel] = 188
    assert AverageMeter().decide(preview).delta_ev == pytest.approx(np.log2(0.18 / (0.503 * share)), abs=0.01)


def test_black_asks_for_the_largest_step_and_stays_finite(meter: Policy) -> None:
    decision = meter.decide(flat(0))
    assert decision.delta_ev == 4.0
    assert decision.exposure_map is not None
    assert np.all(decision.exposure_map == 4.0)


def test_white_asks_for_more_than_is_recorded(meter: Policy) -> None:
    recorded = np.log2(0.18)
    assert meter.decide(flat(255)).delta_ev < recorded - 1.3


def test_without_surplus_white_is_taken_at_its_word() -> None:
    meter = AverageMeter(MeteringConfig(clipped_surplus_ev=0))
    assert meter.decide(flat(255)).delta_ev == pytest.approx(np.log2(0.18))


def test_a_small_lamp_hardly_adds_surplus() -> None:
    light = np.full((SIDE, SIDE), 0.18)
    light[:8, :8] = 1.0
    recorded = AverageMeter(MeteringConfig(clipped_surplus_ev=0)).decide(shot(light)).delta_ev
    assert AverageMeter().decide(shot(light)).delta_ev == pytest.approx(recorded, abs=0.01)


def test_the_surplus_settles_a_bright_start_sooner() -> None:
    light = np.random.default_rng(1).lognormal(np.log(0.12), 1.0, (SIDE, SIDE))
    left = {}
    for surplus_ev in (0.0, 1.5):
        meter = AverageMeter(MeteringConfig(clipped_surplus_ev=surplus_ev))
        right = settle(meter, light, -3.0)
        ev = right + 3.5
        for _ in range(2):
            ev += meter.decide(shot(light, ev)).delta_ev
        left[surplus_ev] = abs(ev - right)
    assert left[1.5] < 0.2 < left[0.0]


def test_steps_are_limited(meter: Policy) -> None:
    config = MeteringConfig(max_step_ev=0.5)
    limited = type(meter)(config=config)  # type: ignore[call-arg]  # as those of the table take it
    assert limited.decide(flat(0)).delta_ev == 0.5
    assert limited.decide(flat(255)).delta_ev == -0.5


def test_maps(meter: Policy) -> None:
    decision = meter.decide(shot(room_with_window(0.5)))
    for cells in (decision.attention, decision.exposure_map):
        assert cells is not None
        assert cells.shape == (15, 15)
        assert cells.dtype == np.float32
    assert decision.attention is not None
    assert decision.attention.max() == 1
    assert decision.attention.min() >= 0
    assert decision.exposure_map is not None
    assert decision.exposure_map[0, 0] < 0 < decision.exposure_map[14, 14]  # window: lower; room: raise


def test_the_map_is_row_then_column_from_the_top_left() -> None:
    light = np.full((SIDE, SIDE), 0.18)
    light[: SIDE // 4, SIDE // 2 :] = 0.9
    wanted = AverageMeter().decide(shot(light)).exposure_map
    assert wanted is not None
    assert wanted[0, 14] < -2
    assert wanted[14, 0] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("brighter_place", [(64, 64), (10, 10)])
def test_centre_weighting_minds_the_middle_more_than_average_does(brighter_place: tuple[int, int]) -> None:
    light = np.full((SIDE, SIDE), 0.18)
    row, column = brighter_place
    light[row - 10 : row + 10, column - 10 : column + 10] = 0.9
    centre, average = (make().decide(shot(light)).delta_ev for make in (CentreWeightedMeter, AverageMeter))
    assert (centre < average) == (brighter_place == (64, 64))


def test_centre_weights_hold_what_the_docstring_says() -> None:
    weights = CentreWeightedMeter().decide(flat(100)).attention
    assert weights is not None
    place = (np.arange(15) + 0.5) / 15 - 0.5
    radius = np.hypot(place[:, np.newaxis], place)
    assert weights[radius <= 0.5].sum() / weights.sum() == pytest.approx(0.92, abs=0.01)
    assert weights[radius <= 0.25].sum() / weights.sum() == pytest.approx(0.36, abs=0.01)


def test_a_spot_sees_only_its_place() -> None:
    light = room_with_window(0.6)
    on_window = SpotMeter(0.5, 0.15, 0.05).decide(shot(light)).delta_ev
    on_room = SpotMeter(0.5, 0.8, 0.05).decide(shot(light)).delta_ev
    assert on_window == pytest.approx(np.log2(0.18 / 0.6), abs=0.05)
    assert on_room == pytest.approx(np.log2(0.18 / 0.05), abs=0.05)


def test_a_window_does_not_rule_the_matrix_meter() -> None:
    room_alone = {name: settle(CLASSICAL[name](), np.full((SIDE, SIDE), 0.05), 0.0) for name in CLASSICAL}
    darker = {name: room_alone[name] - settle(CLASSICAL[name](), room_with_window(0.8), 0.0) for name in CLASSICAL}
    assert darker["matrix"] < darker["centre"] - 0.3
    assert darker["matrix"] < darker["average"] - 0.7


def test_without_light_a_zone_hardly_pulls() -> None:
    light = np.full((SIDE, SIDE), 0.18)
    light[:, :17] = 0.0  # two of fifteen columns are black
    light[:, -17:] = 0.0
    assert MatrixMeter().decide(shot(light)).delta_ev < 0.45


def test_the_highlight_guard_keeps_highlights() -> None:
    light = np.full((SIDE, SIDE), 0.02)
    light[:24, :24] = 0.5  # 3.5 % of the picture
    free, guarded = MatrixMeter(), MatrixMeter(highlight_guard=0.02)
    assert 0.5 * 2 ** settle(free, light, 0.0) > 1.5
    assert 0.5 * 2 ** settle(guarded, light, 0.0) == pytest.approx(MatrixMeter.GUARD_LEVEL, rel=0.03)
    assert 0.5 * 2 ** settle(guarded, light, 3.0) == pytest.approx(MatrixMeter.GUARD_LEVEL, rel=0.03)


def test_the_highlight_guard_does_not_creep_down_through_clipping() -> None:
    light = np.full((SIDE, SIDE), 0.02)
    light[:24, :24] = 0.5
    preview = shot(light, 3.0)
    assert MatrixMeter().decide(preview).delta_ev > -0.3
    assert MatrixMeter(highlight_guard=0.02).decide(preview).delta_ev < np.log2(MatrixMeter.GUARD_LEVEL) - 0.3


def test_the_highlight_guard_never_raises() -> None:
    for code in (10, 60, 118, 200, 255):
        assert (
            MatrixMeter(highlight_guard=0.02).decide(flat(code)).delta_ev <= MatrixMeter().decide(flat(code)).delta_ev
        )


def test_the_shadow_floor_lifts_the_darker_half_and_no_further() -> None:
    light = np.full((SIDE, SIDE), 0.6)
    light[:, :72] = 0.01  # more than half of the cells, and of none only a part
    free, lifted = MatrixMeter(), MatrixMeter(shadow_floor=0.12)
    assert 0.01 * 2 ** settle(free, light, 0.0) < 0.06
    for start_ev in (-3.0, 3.0):
        assert 0.01 * 2 ** settle(lifted, light, start_ev) == pytest.approx(0.12, rel=0.1)


def test_the_shadow_floor_never_lowers() -> None:
    for code in (10, 60, 118, 200, 255):
        assert MatrixMeter(shadow_floor=0.12).decide(flat(code)).delta_ev >= MatrixMeter().decide(flat(code)).delta_ev


def test_where_constraints_disagree_highlights_win() -> None:
    light = np.full((SIDE, SIDE), 0.6)
    light[:, : SIDE // 2] = 0.01
    both, guarded = MatrixMeter(highlight_guard=0.02, shadow_floor=0.12), MatrixMeter(highlight_guard=0.02)
    assert settle(both, light, 0.0) == pytest.approx(np.log2(MatrixMeter.GUARD_LEVEL / 0.6), abs=0.05)
    assert settle(guarded, light, 0.0) <= settle(both, light, 0.0) + 0.01


@pytest.mark.parametrize(
    ("meter", "beside"), [(MatrixMeter(highlight_guard=0.02), 8.0), (MatrixMeter(shadow_floor=0.12), 0.001)]
)
def test_a_constraint_looks_at_what_the_mask_leaves(meter: MatrixMeter, beside: float) -> None:
    mask = np.ones((15, 15), np.float32)
    mask[:, :8] = 0
    light = np.full((SIDE, SIDE), 0.18)
    light[:, :64] = beside
    assert abs(meter.decide(shot(light)).delta_ev) > 1
    assert meter.masked(mask).decide(shot(light)).delta_ev == pytest.approx(0, abs=0.1)


scenes = st.builds(
    lambda seed, spread, middle: np.random.default_rng(seed).lognormal(np.log(middle), spread, (16, 16)),
    st.integers(0, 1000),
    st.floats(0.1, 1.7),  # up to 2.5 EV: a very contrasty scene
    st.floats(0.02, 0.5),
)


@settings(deadline=None, max_examples=40)
@given(scenes, st.sampled_from(list(CLASSICAL)))
def test_more_light_never_asks_for_more_exposure(blocks: np.ndarray, name: str) -> None:
    meter = CLASSICAL[name]()
    light = np.kron(blocks, np.ones((8, 8)))
    answers = [meter.decide(shot(light, ev)).delta_ev for ev in np.arange(-6, 6.1, 0.5)]
    assert np.all(np.diff(answers) <= 1e-6)


@settings(deadline=None, max_examples=40)
@given(scenes, st.sampled_from(list(CLASSICAL)))
def test_from_either_side_a_meter_settles_at_one_exposure(blocks: np.ndarray, name: str) -> None:
    light = np.kron(blocks, np.ones((8, 8)))
    meter = CLASSICAL[name]()
    assert settle(meter, light, -5.0) == pytest.approx(settle(meter, light, 5.0), abs=0.1)


def test_another_response_curve_is_minded() -> None:
    preview = np.rint(gamma(1.0).encode(np.full((1, 3, SIDE, SIDE), 0.36, np.float32)))
    meter = AverageMeter(MeteringConfig(response=gamma(1.0)))
    assert meter.decide(preview).delta_ev == pytest.approx(-1, abs=0.01)


@pytest.mark.parametrize(
    "preview",
    [
        np.zeros((3, SIDE, SIDE), np.float32),
        np.zeros((1, 3, 64, 64), np.float32),
        np.full((1, 3, SIDE, SIDE), np.nan, np.float32),
        np.full((1, 3, SIDE, SIDE), 300, np.float32),
        np.full((1, 3, SIDE, SIDE), -1, np.float32),
    ],
)
def test_what_is_no_preview_is_a_policy_error(meter: Policy, preview: Preview) -> None:
    with pytest.raises(PolicyError, match="preview"):
        meter.decide(preview)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SpotMeter(1.2, 0.5),
        lambda: SpotMeter(0.5, -0.1),
        lambda: SpotMeter(0.5, 0.5, 0),
        lambda: CentreWeightedMeter(0),
        lambda: MatrixMeter(exponent=0),
        lambda: MatrixMeter(exponent=1.5),
        lambda: MatrixMeter(highlight_guard=0),
        lambda: MatrixMeter(highlight_guard=1),
        lambda: MatrixMeter(shadow_floor=0),
        lambda: MatrixMeter(shadow_floor=float("nan")),
        lambda: MeteringConfig(target=0),
        lambda: MeteringConfig(target=1),
        lambda: MeteringConfig(max_step_ev=0),
        lambda: MeteringConfig(max_step_ev=float("nan")),
        lambda: MeteringConfig(clipped_surplus_ev=-1),
        lambda: MeteringConfig(clipped_codes=(230, 256)),
        lambda: MeteringConfig(clipped_codes=(250, 250)),
        lambda: WeightedMeter("painted", np.zeros((15, 15), np.float32)),
        lambda: WeightedMeter("painted", -np.ones((15, 15), np.float32)),
        lambda: WeightedMeter("painted", np.ones((8, 8), np.float32)),
    ],
)
def test_impossible_settings_are_refused(make: object) -> None:
    with pytest.raises(ConfigError):
        make()  # type: ignore[operator]  # every case is a call
