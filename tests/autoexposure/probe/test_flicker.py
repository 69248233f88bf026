"""Which lamps flicker, from rows of pictures."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autoexposure.exposure import Exposure
from autoexposure.probe import flicker as probe_flicker
from autoexposure.probe.flicker import (
    COLUMNS,
    FlickerFound,
    RowSeries,
    _profiles,
    _swing,
    flicker_of,
    measure_flicker,
    watch,
)
from autoexposure.response import srgb
from autoexposure.simulation.sensor import Flicker


def test_a_clipped_picture_tells_nothing_about_lamps() -> None:
    white = RowSeries(np.full((24, 240, COLUMNS, 3), 255, np.uint8), np.arange(24) / 30)
    assert flicker_of(white, {50: white, 60: white}) is None


TIMES_S = np.arange(24) / 30
ROWS = np.arange(120)


def waves(bands: float, lamp_hz: float, amplitude: float = 0.5, direction: int = 1) -> np.ndarray:
    """(24, 120) EV of so many bands in the height of a picture, which move as a lamp does."""
    return amplitude * np.cos(2 * np.pi * (bands * ROWS / 120 + direction * lamp_hz * TIMES_S[:, np.newaxis]) + 0.3)


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("bands", [1.75, 3.0, 12.0, 19.5])
def test_the_swing_is_the_amplitude_of_bands_that_move_with_the_lamp(bands: float, direction: int) -> None:
    for lamp_hz in (100, 120):
        swing = _swing(waves(bands, lamp_hz, direction=direction), ROWS, 120, TIMES_S, lamp_hz)
        assert swing == pytest.approx(0.5, rel=0.04)


def test_what_stands_still_or_moves_otherwise_does_not_swing() -> None:
    still = np.repeat(waves(3.0, 100)[:1], 24, axis=0)
    assert _swing(still, ROWS, 120, TIMES_S, 100) < 0.02
    assert _swing(waves(3.0, 120), ROWS, 120, TIMES_S, 100) < 0.05
    assert _swing(waves(45.0, 100), ROWS, 120, TIMES_S, 100) < 0.05, "finer bands than a lamp makes"
    assert _swing(still + 1.0, ROWS, 120, TIMES_S + 7.0, 100) < 0.02


def test_rows_that_swing_all_alike_are_a_global_shutter() -> None:
    alike = np.repeat(0.4 * np.cos(2 * np.pi * 100 * TIMES_S[:, np.newaxis] + 1.0), 120, axis=1)
    assert _swing(alike, ROWS, 120, TIMES_S, 100) == pytest.approx(0.4, rel=0.03)
    for per_s in (30, 25):  # under 25 a second a lamp looks the same in every picture
        swing = _swing(np.full((24, 120), 0.4), ROWS, 120, np.arange(24) / per_s, 100)
        assert swing == pytest.approx(0.0, abs=1e-9)


def test_bands_are_counted_in_the_whole_height_where_only_some_rows_are_of_use() -> None:
    usable = np.flatnonzero((ROWS > 20) & (ROWS < 100))
    assert _swing(waves(4.0, 100)[:, usable], usable, 120, TIMES_S, 100) == pytest.approx(0.5, rel=0.05)


def test_profiles_are_the_mean_light_of_what_is_usable_in_a_row() -> None:
    codes = np.full((2, 3, COLUMNS, 3), 100, np.uint8)
    codes[1, 1] = 200
    codes[:, 0, :10] = 255
    codes[0, 2] = 0
    usable = np.ones((3, COLUMNS, 3), bool)
    usable[0, :10] = False
    light = np.log2(np.maximum(srgb().relative.astype(np.float64), 1e-9))
    profile = _profiles(RowSeries(codes, np.arange(2.0)), usable)
    assert profile[0] == pytest.approx([light[100], light[100], math.log2(1e-4)], abs=1e-5)
    assert profile[1] == pytest.approx([light[100], light[200], light[100]], abs=1e-5)
    usable[1] = False
    assert _profiles(RowSeries(codes, np.arange(2.0)), usable)[:, 1].tolist() == [0.0, 0.0]
    usable[1, 5, 1] = True
    assert _profiles(RowSeries(codes, np.arange(2.0)), usable)[0, 1] == pytest.approx(light[100], abs=1e-5)


def series(level: int = 100, rows: int = 20) -> RowSeries:
    return RowSeries(np.full((24, rows, COLUMNS, 3), level, np.uint8), TIMES_S)


def found_with(monkeypatch: pytest.MonkeyPatch, fifty_ev: float, sixty_ev: float) -> FlickerFound | None:
    swings = {100: fifty_ev, 120: sixty_ev}
    monkeypatch.setattr(probe_flicker, "_swing", lambda *given: swings[given[-1]])
    return flicker_of(series(), {50: series(), 60: series()})


@pytest.mark.parametrize(
    ("fifty_ev", "sixty_ev", "mains_hz", "swing_ev"),
    [
        (0.2, 0.1, 50, 0.4),
        (0.1, 0.2, 60, 0.4),
        (0.2, 0.112, 0, 0.0),  # not 1.8 times
        (0.2, 0.111, 50, 0.4),
        (0.9, 0.5, 50, 1.8),
        (0.0149, 0.0, 0, 0.0),  # 0.03 EV from dark to bright
        (0.015, 0.0, 50, 0.03),
        (0.0, 0.0, 0, 0.0),
    ],
)
def test_a_frequency_has_to_be_clearer_than_the_other_and_seen(
    monkeypatch: pytest.MonkeyPatch, fifty_ev: float, sixty_ev: float, mains_hz: int, swing_ev: float
) -> None:
    found = found_with(monkeypatch, fifty_ev, sixty_ev)
    assert found == FlickerFound(mains_hz, pytest.approx(swing_ev))


@pytest.mark.parametrize(("level", "usable"), [(12, False), (13, True), (239, True), (240, False)])
def test_pictures_near_black_or_white_are_of_no_use(level: int, usable: bool) -> None:
    assert (flicker_of(series(level), {50: series(), 60: series()}) is not None) is usable
    assert (flicker_of(series(), {50: series(level), 60: series()}) is not None) is usable
    once = series()
    once.blocks[5] = level
    assert (flicker_of(once, {50: series(), 60: series()}) is not None) is usable


def test_an_eighth_of_a_row_and_half_of_the_rows_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr(probe_flicker, "_swing", lambda *what: given.append(what) or 0.0)
    for columns, rows, usable in ((3, 10, True), (2, 10, False), (3, 9, False)):
        short = series()
        short.blocks[:, :rows, columns:] = 255
        short.blocks[:, :rows, columns - 1, 1:] = 255  # seven and four of sixty-four
        short.blocks[:, rows:] = 255
        if columns == 3:
            short.blocks[:, :rows, 2, 1] = 100  # eight
        assert (flicker_of(short, {50: series(), 60: series()}) is not None) is usable
    residual, seen, height, times_s, lamp_hz = given[0]
    assert residual.shape == (24, 10)
    assert residual == pytest.approx(np.zeros((24, 10)), abs=1e-6)
    assert (seen.tolist(), height, lamp_hz) == (list(range(10)), 20, 100)
    assert times_s is TIMES_S


class Watched:
    """Stands for a stand: pictures numbered in their level."""

    def __init__(self) -> None:
        self.set: list[Exposure] = []
        self.number = 0

    def read(self) -> Any:
        self.number += 1
        return SimpleNamespace(pixels=np.full((800, 128, 3), self.number, np.uint8), timestamp_s=self.number / 10)

    def settle(self, exposure: Exposure) -> Any:
        self.set.append(exposure)
        return self.read()


def test_two_dozen_pictures_are_watched_under_an_exposure() -> None:
    stand = Watched()
    seen = watch(stand, Exposure(0.01))
    assert stand.set == [Exposure(0.01)]
    assert seen.blocks.shape == (24, 720, 64, 3)
    assert seen.blocks[:, 0, 0, 0].tolist() == list(range(1, 25))
    assert seen.times_s == pytest.approx(np.arange(1, 25) / 10)


def test_a_short_exposure_is_compared_with_one_of_each_period(monkeypatch: pytest.MonkeyPatch) -> None:
    stand, wanted = Watched(), []

    def split(time_s: float, off: float) -> Exposure | None:
        wanted.append((time_s, off))
        return Exposure(time_s)

    given: list[Any] = []
    monkeypatch.setattr(probe_flicker, "flicker_of", lambda *what: given.append(what) or FlickerFound())
    assert measure_flicker(stand, split) == FlickerFound()
    assert sorted(wanted) == [(1 / 400, 1.5), (1 / 120, 1.03), (1 / 100, 1.03)]
    ((short, calm),) = given
    assert sorted(calm) == [50, 60]
    assert stand.set == [Exposure(1 / 100), Exposure(1 / 120), Exposure(1 / 400)]
    assert short.times_s[0] > calm[60].times_s[-1]


@pytest.mark.parametrize("missing_s", [1 / 400, 1 / 120, 1 / 100])
def test_where_one_of_the_times_is_missing_nothing_is_told(missing_s: float) -> None:
    stand = Watched()
    assert measure_flicker(stand, lambda time_s, _: None if time_s == missing_s else Exposure(time_s)) is None
    assert stand.set == []


def rows_under(lamp: Flicker | None, time_s: float, *, fps: float = 30.0, readout_s: float = 0.02) -> RowSeries:
    """Pictures of a scene with a brightness of its own in every row, taken by a rolling shutter under a lamp."""
    height, starts = 240, np.arange(24) / fps
    scene = 0.1 + 0.05 * np.sin(np.arange(height) / 9.0)
    light = np.ones((24, height))
    if lamp is not None:
        light = lamp.mean_light(starts[:, np.newaxis] + np.arange(height) * readout_s / height, time_s)
    codes = srgb().encode((scene * light).astype(np.float32))
    noisy = codes[:, :, np.newaxis, np.newaxis] + np.random.default_rng(3).normal(0, 2, (24, height, COLUMNS, 3))
    return RowSeries(np.clip(np.rint(noisy), 0, 255).astype(np.uint8), starts)


@pytest.mark.parametrize("fps", [30.0, 29.97, 25.0, 15.0])
@pytest.mark.parametrize(("mains_hz", "depth"), [(50, 0.5), (60, 0.5), (50, 0.1), (60, 0.1), (0, 0.0)])
def test_the_frequency_of_lamps_is_told_from_bands(mains_hz: int, depth: float, fps: float) -> None:
    lamp = Flicker(mains_hz, depth) if mains_hz else None
    calm = {hertz: rows_under(lamp, 1 / (2 * hertz), fps=fps) for hertz in (50, 60)}
    found = flicker_of(rows_under(lamp, 1 / 400, fps=fps), calm)
    assert found is not None
    assert found.mains_hz == mains_hz
    if mains_hz:
        swing_ev = math.log2((1 + 0.9 * depth) / (1 - 0.9 * depth))
        assert found.swing_ev == pytest.approx(swing_ev, rel=0.35)
