import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.control.program import MAINS_AUTO, ExposureProgram, ProgramConfig
from autoexposure.errors import ConfigError
from autoexposure.exposure import Exposure, Limits
from autoexposure.motion.trade import Motion

INTERVAL_S = 1 / 30
UVC_TIMES = ControlRange(0.0003, 0.2047, step=0.0001)
UVC_GAINS = ControlRange(1.0, 1 + 255 / 16, step=1 / 16)
UVC = Capabilities(time_s=UVC_TIMES, gain=UVC_GAINS)
EVS = st.floats(-12, 3)


def program(capabilities: Capabilities = UVC, **rules: object) -> ExposureProgram:
    return ExposureProgram(capabilities, INTERVAL_S, ProgramConfig(**rules))  # type: ignore[arg-type]  # whole numbers where they belong


@given(EVS)
def test_comes_as_close_as_the_device_can(ev: float) -> None:
    split = program()
    made = split.split(ev)
    reachable = min(max(ev, split.lowest_ev), split.highest_ev)
    assert abs(made.ev - reachable) <= 0.05


@given(EVS)
def test_uses_only_values_the_device_has(ev: float) -> None:
    made = program().split(ev)
    assert UVC_TIMES.nearest(made.time_s) == pytest.approx(made.time_s)
    assert UVC_GAINS.nearest(made.gain) == pytest.approx(made.gain)


@given(EVS)
def test_spends_no_gain_while_a_time_fits(ev: float) -> None:
    made = program().split(ev)
    if 2**ev <= INTERVAL_S - 0.0001 and 2**ev >= 0.002:  # fine steps there: no gain needed to fill a fraction
        assert made.gain == 1.0


@given(EVS, st.booleans())
def test_frame_rate_guard(ev: float, slow: bool) -> None:
    made = program(allow_slow_frames=slow).split(ev)
    assert made.time_s <= (UVC_TIMES.maximum if slow else INTERVAL_S) + 1e-9


@given(EVS, st.sampled_from([50, 60]))
def test_times_hold_whole_flicker_periods_when_long_enough(ev: float, mains_hz: int) -> None:
    made = program(mains_hz=mains_hz).split(ev)
    periods = made.time_s * 2 * mains_hz
    if periods >= 1:
        assert abs(periods - round(periods)) < 0.02  # the device's 100 us steps miss 1/120 s by so much
        assert round(periods) >= 1


@given(st.integers(1, 60), st.sampled_from([50, 60]))
def test_whole_flicker_periods_are_not_lost_to_rounding(periods: int, mains_hz: int) -> None:
    smooth = Capabilities(time_s=ControlRange(1e-5, 1.0), gain=UVC_GAINS)
    time_s = periods / (2 * mains_hz)
    made = ExposureProgram(smooth, 1.0, ProgramConfig(mains_hz=mains_hz)).split(math.log2(time_s))
    assert (made.time_s, made.gain) == (pytest.approx(time_s), 1.0)


EXPOSURES = st.builds(Exposure, st.floats(1e-4, 0.2), st.floats(1, 16))


@given(EVS, st.sampled_from([0, 50, 60]))
def test_what_it_splits_keeps_to_the_rules(ev: float, mains_hz: int) -> None:
    split = program(min_time_s=0.001, max_gain=4.0, mains_hz=mains_hz)
    assert split.allows(split.split(ev))


@given(EXPOSURES)
def test_what_the_rules_allow_is_within_the_limits(exposure: Exposure) -> None:
    split = program(min_time_s=0.002, max_time_s=0.02, min_gain=2.0, max_gain=8.0)
    within = 0.002 <= exposure.time_s <= 0.02 and 2.0 <= exposure.gain <= 8.0
    on_the_grid = Exposure(UVC_TIMES.nearest(exposure.time_s), exposure.gain)
    assert within or not split.allows(exposure)
    assert not within or split.allows(on_the_grid) or not 0.002 <= on_the_grid.time_s <= 0.02


def test_a_time_that_is_no_whole_period_is_against_the_rules() -> None:
    assert program(mains_hz=50).allows(Exposure(0.02, 1.0))
    assert not program(mains_hz=50).allows(Exposure(0.015, 1.0))
    assert program(mains_hz=50).allows(Exposure(0.004, 1.0)), "shorter than one there is nothing to hold"


@given(EVS, EVS)
def test_more_ev_never_makes_a_darker_picture(low: float, high: float) -> None:
    low, high = sorted((low, high))
    split = program(mains_hz=50)
    assert split.split(high).ev >= split.split(low).ev - 0.1


def test_limits_of_the_user_win() -> None:
    made = program(max_time_s=0.01, max_gain=4.0).split(5.0)
    assert made.time_s <= 0.01 + 1e-9
    assert made.gain <= 4.0


def test_one_stop_times_are_filled_by_gain() -> None:
    # DirectShow offers times of 2^n seconds only.
    stops = Capabilities(ControlRange(2**-13, 2**-3, values=tuple(2.0**n for n in range(-13, -2))), UVC_GAINS)
    made = ExposureProgram(stops, INTERVAL_S, ProgramConfig()).split(math.log2(0.012))
    assert made.time_s == 2**-7
    assert made.ev == pytest.approx(math.log2(0.012), abs=0.05)


def test_gain_only_and_time_only_cameras() -> None:
    gain_only = ExposureProgram(Capabilities(gain=UVC_GAINS), INTERVAL_S)
    assert gain_only.split(math.log2(INTERVAL_S) + 2).gain == pytest.approx(4.0)
    time_only = ExposureProgram(Capabilities(time_s=UVC_TIMES), INTERVAL_S)
    assert time_only.split(0.0).gain == 1.0
    assert time_only.highest_ev <= math.log2(INTERVAL_S)


def test_paper_rule_gain_rises_to_the_next_step_and_time_makes_up() -> None:
    # 7.2: two ISO steps; the light needs 1.5 x the longest time, so gain 2 and 3/4 of it.
    coarse = Capabilities(ControlRange(0.0001, 0.1, step=0.0001), ControlRange(1, 8, values=(1.0, 2.0, 4.0, 8.0)))
    made = ExposureProgram(coarse, 0.02).split(math.log2(0.03))
    assert made.gain == 2.0
    assert made.time_s == pytest.approx(0.015)


@pytest.mark.parametrize(
    "rules",
    [
        {"max_time_s": 0},
        {"max_gain": 0},
        {"max_gain": -1},
        {"max_gain": math.nan},
        {"mains_hz": 55},
        {"min_time_s": -1},
        {"min_time_s": math.inf},
        {"min_gain": math.inf},
        {"min_gain": 3.0, "max_gain": 2.0},
        {"motion": "auto"},
    ],
)
def test_impossible_rules_are_refused(rules: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        ProgramConfig(**rules)  # type: ignore[arg-type]  # nonsense on purpose


@given(EVS, st.floats(5e-4, 0.2), st.sampled_from([0, 50, 60]), st.booleans())
def test_a_preferred_time_is_kept_to_and_costs_no_brightness(
    ev: float, longest_s: float, mains_hz: int, slow: bool
) -> None:
    moving = program(motion=Motion.AUTO, mains_hz=mains_hz, allow_slow_frames=slow)
    plain, made = moving.split(ev), moving.preferring(longest_s).split(ev)
    reachable = min(max(ev, moving.lowest_ev), moving.highest_ev)
    assert abs(made.ev - reachable) <= abs(plain.ev - reachable) + ExposureProgram.TOLERANCE_EV + 1e-9
    assert made.time_s <= plain.time_s + 1e-9
    assert moving.allows(made)
    if made.time_s > longest_s + 1e-4:  # gain can't make up for less, or the lamps need a whole period
        assert made.gain >= UVC_GAINS.maximum * 0.9 or made.time_s == plain.time_s or mains_hz


@given(EVS, st.sampled_from([50, 60]))
def test_motion_leaves_lamps_a_whole_period_and_sports_does_not(ev: float, mains_hz: int) -> None:
    period_s = UVC_TIMES.floor(1 / (2 * mains_hz))
    for motion in Motion:
        moving = program(motion=motion, mains_hz=mains_hz)
        plain, made = moving.split(ev), moving.preferring(0.0005).split(ev)
        if motion is Motion.OFF:
            assert made == plain
        elif motion is Motion.AUTO:
            assert made.time_s >= min(plain.time_s, period_s) - 1e-9
            assert moving.bands(made.time_s) == (plain.time_s < period_s - 1e-9)
        elif -9 < ev < -8:  # plenty of gain left
            assert moving.bands(made.time_s)


def test_what_lamps_do_is_known_also_where_no_period_is_asked_for() -> None:
    seen = ExposureProgram(replace(UVC, mains_hz=50), INTERVAL_S)
    assert seen.bands(0.009)
    assert not seen.bands(0.01)
    assert not program().bands(0.001)


def test_coarse_gains_take_the_next_whole_period() -> None:
    coarse = Capabilities(UVC_TIMES, ControlRange(1, 8, values=(1.0, 2.0, 4.0, 8.0)))
    moving = ExposureProgram(coarse, INTERVAL_S, ProgramConfig(motion=Motion.AUTO, mains_hz=50)).preferring(0.004)
    made = moving.split(math.log2(0.03 * 4 / 3))  # 1/100 s at x4, just so
    assert (made.time_s, made.gain) == (pytest.approx(0.01), 4.0)
    assert moving.split(math.log2(0.03)).gain in (1.0, 2.0)  # 1/100 s would need x3, which is not there


def test_the_borders_of_its_rules_are_allowed() -> None:
    assert ProgramConfig(max_time_s=0.5, max_gain=0.5).min_gain == 0.0
    assert ProgramConfig(min_time_s=0.01, max_time_s=0.01, min_gain=2.0, max_gain=2.0).max_gain == 2.0


@pytest.mark.parametrize(
    ("time_s", "gain", "allowed"),
    [
        (0.004, 2.0, True),
        (0.02, 8.0, True),
        (0.01, 4.0, True),
        (0.004 * (1 - 5e-7), 2 * (1 - 5e-7), True),  # went through a device and back
        (0.02 * (1 + 5e-7), 8 * (1 + 5e-7), True),
        (0.0039, 4.0, False),
        (0.0201, 4.0, False),
        (0.01, 1.9375, False),
        (0.01, 8.0625, False),
        (0.01, 2 * (1 - 2e-6), False),
        (0.01, 8 * (1 + 2e-6), False),
        (0.0001, 1.0, False),
        (0.1, 16.0, False),
    ],
)
def test_an_exposure_keeps_to_the_rules_or_not(time_s: float, gain: float, allowed: bool) -> None:
    bounded = program(min_time_s=0.004, max_time_s=0.02, min_gain=2.0, max_gain=8.0)
    assert bounded.allows(Exposure(time_s, gain)) is allowed


@pytest.mark.parametrize(
    ("time_s", "allowed"), [(0.005, True), (0.008, True), (0.01, True), (0.015, False), (0.03, True)]
)
def test_only_whole_periods_of_flicker_keep_to_the_rules(time_s: float, allowed: bool) -> None:
    assert program(mains_hz=50).allows(Exposure(time_s, 1.0)) is allowed


@pytest.mark.parametrize(("time_s", "allowed"), [(0.016, True), (0.021, True), (0.018, False), (0.03, True)])
def test_the_device_s_times_next_to_whole_periods_keep_to_the_rules(time_s: float, allowed: bool) -> None:
    coarse = Capabilities(ControlRange(0.004, 0.03, values=(0.004, 0.016, 0.021, 0.03)), UVC_GAINS)
    assert program(coarse, mains_hz=50).allows(Exposure(time_s, 1.0)) is allowed


def test_times_are_as_many_whole_periods_as_fit() -> None:
    assert program(mains_hz=50).split(math.log2(0.0332)).time_s == pytest.approx(0.03)
    slow = program(Capabilities(UVC_TIMES, ControlRange(1.0, 1.0)), mains_hz=50, allow_slow_frames=True)
    assert slow.split(math.log2(0.29)).time_s == pytest.approx(0.2)
    assert 0.29 / 0.01 < 29  # which is rounding, and costs no period
    longer = Capabilities(ControlRange(0.001, 0.5, 0.001), ControlRange(1.0, 1.0))
    assert program(longer, mains_hz=50, allow_slow_frames=True).split(math.log2(0.29)).time_s == pytest.approx(0.29)


@pytest.mark.parametrize(
    ("gains", "light", "wanted"),
    [
        ((1.0, 1.25), 0.0145, Exposure(0.01, 1.25)),  # below by less than the longer time is above
        ((1.0, 4.0), 0.0145, Exposure(0.02, 1.0)),  # above by less than the shorter one is below
        ((1.0, 1.0625), 0.0106, Exposure(0.01, 1.0625)),  # a twelfth of an EV off is worth some gain
        ((1.0, 1.0625), 0.0112, Exposure(0.01, 1.0625)),  # also where it fills a half only
        ((1.0, 1.03), 0.0102, Exposure(0.01, 1.0)),  # a thirtieth is not
    ],
)
def test_of_two_splits_the_nearer_one_is_taken(gains: tuple[float, ...], light: float, wanted: Exposure) -> None:
    coarse = Capabilities(ControlRange(0.01, 0.02, values=(0.01, 0.02)), ControlRange(*gains, values=gains))
    assert program(coarse).split(math.log2(light)) == wanted


def test_limits_between_two_steps_are_kept_on_the_safe_side() -> None:
    stops = Capabilities(ControlRange(0.0001, 0.1, 0.0001), ControlRange(1.0, 8.0, values=(1.0, 2.0, 4.0, 8.0)))
    bounded = program(stops, min_time_s=0.00035, min_gain=1.5, max_gain=5.0)
    assert bounded.split(-30.0) == Exposure(0.0004, 2.0)
    assert bounded.split(30.0).gain == 4.0


def test_reach() -> None:
    split = program()
    assert split.lowest_ev == Exposure(0.0003, 1.0).ev
    assert split.highest_ev == pytest.approx(math.log2(0.0333 * (1 + 255 / 16)), abs=0.01)
    assert split.lowest_ev < split.plain_ev < split.highest_ev


@given(EVS)
def test_lowest_limits_hold_too(ev: float) -> None:
    made = program(min_time_s=0.004, max_time_s=0.02, min_gain=2.0, max_gain=8.0).split(ev)
    assert 0.004 - 1e-9 <= made.time_s <= 0.02 + 1e-9
    assert 2.0 <= made.gain <= 8.0


def test_lowest_limits_move_the_dark_end_of_the_reach() -> None:
    bounded = program(min_time_s=0.004, min_gain=2.0)
    assert bounded.lowest_ev == pytest.approx(Exposure(0.004, 2.0).ev, abs=0.05)
    assert bounded.split(-20).ev == pytest.approx(bounded.lowest_ev)


def test_the_frame_rate_guard_is_stronger_than_the_shortest_time() -> None:
    assert program(min_time_s=0.1).split(0.0).time_s <= INTERVAL_S + 1e-9
    bounded = program(min_time_s=0.1)
    assert bounded.lowest_ev == bounded.plain_ev == pytest.approx(math.log2(0.0333), abs=0.01)
    assert bounded.lowest_ev <= bounded.highest_ev
    assert program(min_time_s=0.1, allow_slow_frames=True).split(-8.0).time_s == pytest.approx(0.1)


def test_automatic_anti_flicker_takes_the_mains_of_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone, period_s in (("Europe/Berlin", 1 / 100), ("America/New_York", 1 / 120)):
        monkeypatch.setenv("TZ", zone)
        made = program(mains_hz=MAINS_AUTO).split(math.log2(0.03))
        periods = made.time_s / period_s
        assert abs(periods - round(periods)) < 0.02


def test_automatic_anti_flicker_believes_the_camera_more_than_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    seen = Capabilities(time_s=ControlRange(0.0001, 0.5, 0.0001), mains_hz=60)
    periods = ExposureProgram(seen, INTERVAL_S, ProgramConfig(mains_hz=MAINS_AUTO)).split(math.log2(0.03)).time_s * 120
    assert abs(periods - round(periods)) < 0.02


@given(
    ev=st.floats(-16, 6),
    times=st.tuples(st.floats(1e-5, 0.03), st.floats(1e-5, 0.03)),
    gains=st.tuples(st.floats(1, 16), st.floats(1, 16)),
)
def test_cameras_that_share_limits_split_alike_within_them(
    ev: float, times: tuple[float, float], gains: tuple[float, float]
) -> None:
    capabilities = Capabilities(time_s=ControlRange(1e-5, 0.03), gain=ControlRange(1.0, 16.0))
    free = ExposureProgram(capabilities, 1 / 30)
    tight = ExposureProgram(
        capabilities,
        1 / 30,
        ProgramConfig(
            min_time_s=min(times),
            max_time_s=max(times),
            min_gain=min(gains),
            max_gain=max(gains),
            allow_slow_frames=True,
        ),
    )
    shared = Limits.of_all([free.limits, tight.limits])
    assert shared == tight.limits
    within_ev = min(max(ev, tight.lowest_ev), tight.highest_ev)
    assert free.split_like(within_ev, shared) == tight.split_like(within_ev, shared)
    assert tight.allows(free.split_like(within_ev, shared))
    assert abs(free.split_like(ev, shared).ev - ev) <= abs(free.split(ev).ev - ev) + free.TOLERANCE_EV


def test_limits_that_nothing_meets_are_met_as_nearly_as_can_be() -> None:
    capabilities = Capabilities(time_s=ControlRange(0.01, 0.03), gain=ControlRange(2.0, 8.0))
    program = ExposureProgram(capabilities, 1 / 30)
    assert program.split_like(-9, Limits(0.0001, 0.005, 1.0, 1.5)) == Exposure(0.01, 2.0)
