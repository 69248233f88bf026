"""Which lamps flicker, from rows of pictures."""

import math

import numpy as np
import pytest

from autoexposure.probe_flicker import COLUMNS, RowSeries, flicker_of
from autoexposure.response import srgb
from autoexposure.sensor import Flicker


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


def test_a_clipped_picture_tells_nothing_about_lamps() -> None:
    white = RowSeries(np.full((24, 240, COLUMNS, 3), 255, np.uint8), np.arange(24) / 30)
    assert flicker_of(white, {50: white, 60: white}) is None
