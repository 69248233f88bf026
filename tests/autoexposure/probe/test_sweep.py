"""Which settings of a camera are looked at, and in which order."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.exposure import Exposure
from autoexposure.probe.control_points import Point
from autoexposure.probe.sweep import Sweep, SweepConfig, spread, times_to_look_at

STOPS = tuple(2.0**n for n in range(-10, 0))
TIMES = ControlRange(STOPS[0], STOPS[-1], values=STOPS)
GAINS = ControlRange(1.0, 16.0, values=(1.0, 2.0, 4.0, 8.0, 16.0))
COARSE = SweepConfig(time_step_ev=1.0, gain_values=3)


class Scene:
    """Stands for a survey: best exposed at 2^-5.4, of use from 2^-8 to 2^-3; keeps what was looked at."""

    def __init__(self, times: ControlRange | None = TIMES, gains: ControlRange | None = GAINS, **known: Any) -> None:
        self.capabilities = Capabilities(times, gains)
        self.stand = self
        self.told: list[float] = []
        self.reference, self.base_gain = Exposure(2.0**-5), 1.0
        self.samples: list[Any] = []
        self.fits, self.darkest, self.brightest, self.level = 0, 2.0**-8, 2.0**-3, 100.0
        self.light_of_time = lambda time_s: time_s
        vars(self).update(known)

    def tell(self, done: float, _doing: str) -> None:
        self.told.append(round(done, 6))

    def fit(self) -> None:
        self.fits += 1

    def has(self, exposure: Exposure) -> bool:
        return any(sample.asked == exposure for sample in self.samples)

    def look_at(self, exposure: Exposure) -> bool:
        light = self.light_of_time(exposure.time_s) * exposure.gain

        def usable_after(factor: float) -> float:
            return 1000 - 100 * abs(math.log2(light * factor) + 5.4)

        self.samples.append(
            SimpleNamespace(
                asked=exposure,
                usable=usable_after(1.0),
                usable_after=usable_after,
                places=np.full((1200, 3), self.level),
            )
        )
        return self.darkest <= light <= self.brightest

    @property
    def looked(self) -> list[tuple[float, float]]:
        """(log2 of the time, gain) of everything looked at."""
        return [(round(math.log2(s.asked.time_s), 6), s.asked.gain) for s in self.samples]

    def time_points(self) -> list[Point]:
        seen = {s.asked.time_s for s in self.samples if s.asked.gain in (self.base_gain, 16.0)}
        return [Point(t, math.log2(self.light_of_time(t))) for t in sorted(seen)]

    def gain_points(self) -> list[Point]:
        return [Point(g, math.log2(g)) for g in sorted({s.asked.gain for s in self.samples})]

    def sweep(self, config: SweepConfig = COARSE, lamp_period_s: float = 0.0, late: Any = lambda: False) -> Sweep:
        return Sweep(self, self.capabilities, config, lamp_period_s, late)


def test_values_to_look_at_exist_and_reach_both_ends() -> None:
    times = ControlRange(1e-4, 0.5, 1e-4)
    chosen = times_to_look_at(times, SweepConfig())
    assert chosen[0] == 1e-4
    assert chosen[-1] == 0.5
    assert all(times.nearest(value) == value for value in chosen)
    assert len(chosen) < 40
    assert times_to_look_at(ControlRange(1e-4, 30.0), SweepConfig())[-1] == 1.0
    assert spread(ControlRange(1.0, 16.0, 1.0), 9)[0] == 1.0
    assert spread(ControlRange(1.0, 1.0), 9) == [1.0]


def test_times_are_a_third_of_a_stop_apart_and_long_ones_a_stop() -> None:
    chosen = times_to_look_at(ControlRange(2.0**-6, 30.0), SweepConfig())
    expected = [*(n / 3 - 6 for n in range(12)), -2.0, -1.0]  # from 0.2 s on whole stops
    assert np.log2(chosen[: len(expected)]) == pytest.approx(expected, abs=1e-9)
    assert chosen[-1] == 1.0
    assert np.log2(times_to_look_at(ControlRange(2.0**-6, 0.1), SweepConfig())) == pytest.approx(
        [*(n / 3 - 6 for n in range(9)), math.log2(0.1)]
    )


def test_times_end_at_the_last_there_is_below_the_longest() -> None:
    times = ControlRange(0.1, 1.3, values=(0.1, 0.2, 0.4, 0.8, 1.3))
    assert times_to_look_at(times, SweepConfig())[-1] == 0.8


def test_a_time_counts_as_long_from_the_limit_on() -> None:
    config = SweepConfig(time_step_ev=2.0, long_s=2.0**-3)
    assert times_to_look_at(ControlRange(2.0**-5, 0.5), config) == [2.0**-5, 2.0**-3, 2.0**-2, 2.0**-1]


def test_gains_are_spread_evenly() -> None:
    assert spread(ControlRange(1.0, 16.0), 4) == pytest.approx([1.0, 6.0, 11.0, 16.0])
    assert len(spread(ControlRange(1.0, 16.0), SweepConfig().gain_values)) == 9


@pytest.mark.parametrize(
    ("times", "pictures_per_s", "step_ev", "gains"),
    [
        (ControlRange(2.0**-10, 0.45), 7.5, 1 / 3, 9),  # 26 times and 9 gains of 8 pictures, and a fifth: 44.8 s
        (ControlRange(2.0**-10, 0.45), 7.4, 1 / 2, 7),
        (ControlRange(2.0**-10, 0.45), 5.4, 1 / 2, 7),  # 18 and 7
        (ControlRange(2.0**-10, 0.45), 5.3, 1.0, 5),
        (ControlRange(2.0**-10, 0.45), 0.1, 1.0, 5),
        (None, 2.14, 1 / 3, 9),
        (None, 96 / 45, 1 / 3, 9),
        (None, 2.13, 1 / 2, 7),
        (None, 1.71, 1 / 2, 7),
        (None, 1.70, 1.0, 5),
    ],
)
def test_a_slow_camera_is_looked_at_more_coarsely(
    times: ControlRange | None, pictures_per_s: float, step_ev: float, gains: int
) -> None:
    config = SweepConfig().at_pace(pictures_per_s, times)
    assert (config.time_step_ev, config.gain_values) == (step_ev, gains)
    assert config.all_s == 45.0


def test_times_are_looked_at_from_the_best_outwards_then_gains_then_what_was_too_dark() -> None:
    scene = Scene()
    sweep = scene.sweep()
    sweep.once()
    assert scene.looked == [
        *((n, 1.0) for n in (-5, -6, -7, -8, -9)),  # until it is too dark
        *((n, 1.0) for n in (-4, -3, -2)),  # until it is too bright
        *((-7, 16.0), (-7, 8.0)),  # gain 1 is there already
        *((-9, 16.0), (-10, 16.0)),
    ]
    (note,) = sweep.notes
    assert "from 0.25 s on" in note
    times = [0.26 + 0.24 * n / 10 for n in (0, 1, 2, 3, 4, 4, 5, 6)]
    assert scene.told == pytest.approx([0.26, *times, 0.5, 0.5, 0.5 + 0.2 / 3, 0.5 + 0.4 / 3], abs=1e-6)


def test_where_every_time_is_of_use_nothing_is_too_dark() -> None:
    scene = Scene(darkest=0.0, brightest=1.0)
    sweep = scene.sweep()
    sweep.once()
    assert scene.looked[:10] == [(n, 1.0) for n in (-5, -6, -7, -8, -9, -10, -4, -3, -2, -1)]
    assert all(n == -7 for n, _ in scene.looked[10:])
    assert sweep.notes == []
    assert scene.told[7] == pytest.approx(0.26 + 0.24 * 6 / 10)


def test_what_is_too_dark_even_at_the_highest_gain_ends_it() -> None:
    scene = Scene(darkest=2.0**-4)
    scene.sweep().once()
    assert scene.looked[0] == (-5, 1.0)
    assert scene.looked[-1] == (-5, 16.0)  # 2^-1 is too bright here
    scene = Scene(brightest=1.0, darkest=2.0**-5)
    scene.sweep().once()
    assert scene.looked[-5:] == [(-6, 16.0), (-7, 16.0), (-8, 16.0), (-9, 16.0), (-10, 16.0)][-5:]
    scene = Scene(brightest=1.0, darkest=2.0**-4.5)
    scene.sweep().once()
    assert scene.looked[-2:] == [(-8, 16.0), (-9, 16.0)]


def test_the_best_time_is_the_one_that_gives_the_light_of_the_reference_at_the_base_gain() -> None:
    scene = Scene(reference=Exposure(2.0**-7, 4.0), base_gain=2.0)
    scene.sweep().once()
    assert scene.looked[0] == (-6, 2.0)


def test_a_camera_of_gain_alone_or_time_alone() -> None:
    scene = Scene(times=None)
    scene.sweep().once()
    assert scene.looked == [(-5, 1.0), (-5, 16.0), (-5, 8.0)]
    for gains in (None, ControlRange(2.0, 2.0)):
        scene = Scene(gains=gains)
        scene.sweep().once()
        assert {gain for _, gain in scene.looked} <= {1.0, 2.0}


def test_when_it_is_late_no_longer_times_are_looked_at_and_of_gains_only_the_ends() -> None:
    scene = Scene()
    sweep = scene.sweep(late=lambda: True)
    sweep.once()
    assert scene.looked[:6] == [*((n, 1.0) for n in (-5, -6, -7, -8, -9)), (-7, 16.0)]
    assert scene.looked[6:] == [(-9, 16.0), (-10, 16.0)]
    assert "from 0.0625 s on" in sweep.notes[0]


def test_whole_periods_of_lamps_are_looked_at_too() -> None:
    scene = Scene(times=ControlRange(2.0**-10, 2.0**-4), darkest=0.0, brightest=1.0)
    scene.sweep(lamp_period_s=0.01).once()
    seen = {2.0**n for n, gain in scene.looked if gain == 1.0}
    for calm in (0.01, 0.02, 0.03):
        assert min(abs(time_s - calm) for time_s in seen) < 1e-6
    assert len(seen) == 7 + 3
    scene = Scene(times=TIMES, darkest=0.0, brightest=1.0)  # has no such times
    scene.sweep(lamp_period_s=0.01).once()
    assert len({n for n, gain in scene.looked if gain == 1.0}) == 10


def test_a_time_is_calm_within_three_hundredths_of_whole_periods() -> None:
    sweep = Scene().sweep(lamp_period_s=0.01)
    calm = [0.0098, 0.0102, 0.01, 0.02, 0.0302, 0.0398]
    assert [sweep._is_calm(time_s) for time_s in calm] == [True] * 6
    assert not any(map(sweep._is_calm, (0.0001, 0.005, 0.0091, 0.0096, 0.0104, 0.025)))
    assert not Scene().sweep()._is_calm(0.01)


def sample(time_s: float, usable: float, after: float, gain: float = 1.0) -> Any:
    return SimpleNamespace(
        asked=Exposure(time_s, gain), usable=usable, usable_after=lambda _: after, places=np.zeros(3)
    )


@pytest.mark.parametrize(("after", "chosen_s"), [(360, 0.01), (359, 0.0123)])  # four times as many places as are enough
def test_gains_are_compared_at_whole_periods_where_those_show_enough(after: float, chosen_s: float) -> None:
    scene = Scene(samples=[sample(0.01, 900, after), sample(0.0123, 950, 940), sample(0.02, 999, 999, gain=4.0)])
    scene.sweep(lamp_period_s=0.01)._look_at_gain(8.0)
    assert scene.samples[-1].asked == Exposure(chosen_s, 8.0)


def test_a_gain_is_looked_at_where_both_it_and_the_base_gain_show_most() -> None:
    scene = Scene(samples=[sample(0.01, 900, 100), sample(0.02, 300, 310), sample(0.03, 200, 900)])
    scene.sweep()._look_at_gain(8.0)
    assert scene.samples[-1].asked == Exposure(0.02, 8.0)


@pytest.mark.parametrize(
    ("level", "gain", "tried"), [(129.0, 16.0, [-7.5, -8.25, -9.0]), (128.0, 6.0, [-6.75, -6.0, -5.0])]
)
def test_a_gain_that_turns_out_too_bright_is_tried_with_a_third_of_the_light_and_else_with_three_times(
    level: float, gain: float, tried: list[float]
) -> None:
    scene = Scene()
    for n in range(-40, -4):
        scene.look_at(Exposure(2.0 ** (n / 4)))
    scene.darkest, scene.level = 2.0, level  # whatever is looked at now is of no use
    scene.sweep()._look_at_gain(gain)
    assert scene.looked[36:] == [(n, gain) for n in tried]


def test_a_gain_counts_from_the_base_gain() -> None:
    scene = Scene(base_gain=4.0)
    for n in range(-10, -2):
        scene.look_at(Exposure(2.0**n, 4.0))
    scene.sweep()._look_at_gain(16.0)
    assert scene.looked[-1] == (-8, 16.0)  # two stops more than at the base: 2^-6 and 2^-4 around 2^-5.4


def test_the_edge_of_what_moves_is_closed_in_on() -> None:
    cap = 2.0**-5.3
    times = ControlRange(2.0**-10, 2.0**-1)
    scene = Scene(times=times, gains=None, light_of_time=lambda time_s: min(time_s, cap))
    for n in range(-8, -2):
        scene.look_at(Exposure(2.0**n))
    sweep = scene.sweep()
    sweep.closer()
    assert sweep.notes == []
    middles = [-5.5, -5.25, -5.375, -5.3125]
    assert [n for n, _ in scene.looked[6:10]] == pytest.approx(middles)
    found = [n for n, _ in scene.looked if abs(n + 5.3) < 0.06]
    assert min(found) < -5.3 < max(found)
    assert scene.fits == len(scene.looked) - 6 + 1
    assert scene.told[0] == 0.75
    assert scene.told[1] == pytest.approx(0.75 + 0.23 / 6)


def test_it_looks_closer_six_times_at_the_most() -> None:
    random = np.random.default_rng(2)
    scene = Scene(times=ControlRange(1e-7, 1.0), gains=None, light_of_time=lambda _: 2.0 ** random.uniform(-30, 30))
    for n in (-20, -1):
        scene.look_at(Exposure(2.0**n))
    scene.sweep().closer()
    assert scene.fits == 6
    assert max(scene.told) < 0.98


def test_when_time_runs_out_it_says_so() -> None:
    scene = Scene(gains=None, times=ControlRange(2.0**-10, 0.5), light_of_time=lambda time_s: min(time_s, 0.02))
    for n in range(-8, -2):
        scene.look_at(Exposure(2.0**n))
    sweep = scene.sweep(late=lambda: True)
    sweep.closer()
    assert len(scene.looked) == 6
    assert sweep.notes == ["Time ran out before everything was looked at closely."]


def test_gains_far_apart_get_one_between_under_the_time_of_the_higher() -> None:
    scene = Scene(times=None, gains=ControlRange(1.0, 16.0))
    for n, gain in ((-5, 1.0), (-5, 1.2), (-6, 2.0), (-7, 2.5)):
        scene.look_at(Exposure(2.0**n, gain))
    assert scene.sweep(SweepConfig())._between() == [Exposure(2.0**-6, 1.6)]
    scene = Scene(times=None)  # no gain between
    for gain in (1.0, 2.0):
        scene.look_at(Exposure(2.0**-5, gain))
    assert scene.sweep()._between() == []


def test_what_was_lost_in_darkness_is_looked_at_through_the_highest_gain() -> None:
    scene = Scene()
    for n in (-6, -5):
        scene.look_at(Exposure(2.0**n))
    scene.look_at(Exposure(2.0**-9, 8.0))
    scene.look_at(Exposure(2.0**-8, 8.0))
    seen = scene.sweep(SweepConfig(gain_step_ev=9.0))._between()
    assert seen == [Exposure(2.0**-9, 16.0), Exposure(2.0**-8, 16.0)]


def test_a_time_between_is_looked_at_under_the_gain_of_its_neighbours() -> None:
    scene = Scene(times=ControlRange(2.0**-12, 0.5), light_of_time=lambda time_s: max(time_s, 2.0**-9.4))
    for n in (-11, -10, -9, -8):
        scene.look_at(Exposure(2.0**n, 16.0))
    (between,) = scene.sweep(SweepConfig(gain_step_ev=99.0))._between()
    assert (math.log2(between.time_s), between.gain) == (pytest.approx(-9.5), 16.0)
    scene.look_at(between)
    assert between not in scene.sweep(SweepConfig(gain_step_ev=99.0))._between()


def test_between_neighbours_without_any_value_nothing_is_looked_at() -> None:
    scene = Scene(light_of_time=lambda time_s: max(time_s, 2.0**-9))
    for n, gain in ((-8, 1.0), (-9, 16.0), (-10, 16.0)):
        scene.look_at(Exposure(2.0**n, gain))
    assert scene.sweep(SweepConfig(gain_step_ev=99.0))._between() == []
