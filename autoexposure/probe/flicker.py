"""Whether lamps on the mains flicker in the picture, and at which frequency.

A rolling shutter sees a lamp's swings as bands. They vanish at exposure times of whole periods: 1/100 s where the mains
have 50 Hz, 1/120 s where they have 60. Flicker is what a short exposure shows in bands and the one of a whole period
does not, and what moves from picture to picture as the lamp does. A pattern in the scene is in both and stands still.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.exposure import Exposure
from autoexposure.frame import Pixels
from autoexposure.probe.rig import Stand
from autoexposure.response import srgb

FRAMES = 24
"""Pictures looked at under each exposure: 0.8 s, eight turns of the slow beat between lamp and camera."""

SHORT_S = 1 / 400
"""A quarter of a lamp's period: nearly all of its swing shows."""

COLUMNS, MOST_ROWS = 64, 720

SEEN_EV = 0.03
"""Smaller swings are hardly visible and look much like noise."""

CLEARER = 1.8
"""One frequency has to fit better than the other by this factor."""

USABLE_CODES = (12, 240)

Rows = NDArray[np.float64]
"""(frames, rows): log2 of the mean light of each row."""


@dataclass(frozen=True, slots=True, eq=False)
class RowSeries:
    """Successive pictures under one exposure.

    Attributes
    ----------
    blocks : (frames, rows, COLUMNS, 3) uint8, shrunk in width.
    times_s : (frames,) timestamps.
    """

    blocks: NDArray[np.uint8]
    times_s: Rows


@dataclass(frozen=True, slots=True)
class FlickerFound:
    """What was seen.

    Attributes
    ----------
    mains_hz : frequency of the mains; 0 where no flicker was seen.
    swing_ev : from dark to bright; 0 where none was seen.
    """

    mains_hz: int = 0
    swing_ev: float = 0.0


def measure_flicker(stand: Stand, split: Callable[[float, float], Exposure | None]) -> FlickerFound | None:
    """Watch the rows of the picture; None where the camera or the light doesn't allow it.

    Parameters
    ----------
    split : (time_s, largest error as a ratio) -> the exposure of the usual brightness with that time, or None.
    """
    short = split(SHORT_S, 1.5)
    calm = {hertz: split(1 / (2 * hertz), 1.03) for hertz in (50, 60)}
    if short is None or any(exposure is None for exposure in calm.values()):
        return None
    series = {hertz: watch(stand, exposure) for hertz, exposure in calm.items() if exposure is not None}
    return flicker_of(watch(stand, short), series)


def watch(stand: Stand, exposure: Exposure, frames: int = FRAMES) -> RowSeries:
    """Take successive pictures under ``exposure``."""
    taken = [stand.settle(exposure), *(stand.read() for _ in range(frames - 1))]
    return RowSeries(np.stack([_narrow(frame.pixels) for frame in taken]), np.array([f.timestamp_s for f in taken]))


def flicker_of(short: RowSeries, calm: dict[int, RowSeries]) -> FlickerFound | None:
    """Judge one short series against one for each mains frequency; None where too little of the picture is usable."""
    low, high = USABLE_CODES
    usable: NDArray[np.bool_] = np.ones(short.blocks.shape[1:], np.bool_)
    for series in (short, *calm.values()):
        usable &= (series.blocks.min(axis=0) > low) & (series.blocks.max(axis=0) < high)
    rows: NDArray[np.bool_] = np.asarray(usable.sum(axis=(1, 2)) >= COLUMNS // 8)
    if rows.sum() < usable.shape[0] // 2:
        return None
    profile = _profiles(short, usable)
    amplitudes: dict[int, float] = {}
    for hertz, series in calm.items():
        # The scene itself is in both series and cancels. The mean of the calm one, so that its noise adds little.
        residual = profile - _profiles(series, usable).mean(axis=0)
        amplitudes[hertz] = _swing(residual[:, rows], np.flatnonzero(rows), usable.shape[0], short.times_s, 2 * hertz)
    best, other = sorted(amplitudes, key=lambda hertz: -amplitudes[hertz])
    swing_ev = 2 * amplitudes[best]
    if swing_ev < SEEN_EV or amplitudes[best] < CLEARER * amplitudes[other]:
        return FlickerFound()
    return FlickerFound(best, swing_ev)


def _swing(residual: Rows, rows: NDArray[np.intp], height: int, times_s: Rows, lamp_hz: float) -> float:
    """The largest amplitude of bands, of whatever width, that move from picture to picture as ``lamp_hz`` does."""
    # A Fourier transform over the rows, with a window, gives each picture's bands as a complex number: how strong they
    # are and where they lie. Bands of a lamp turn its phase from picture to picture by lamp_hz times the time between
    # them; turned back by that, they add up in the mean over all pictures, and anything else averages out.
    window = np.hanning(len(rows) + 2)[1:-1]
    window /= window.sum()
    centred = residual - (residual @ window)[:, np.newaxis]
    bands = np.arange(0.75, 20, 0.25)  # of them in the height of the picture
    waves = np.exp(-2j * np.pi * np.outer(bands, rows / height)) * window
    turning = 2 * (centred @ waves.T)  # (frames, bands)
    lamp = np.exp(-2j * np.pi * lamp_hz * (times_s - times_s[0]))[:, np.newaxis]
    # The sensor may be read from either end: both directions.
    rolling = max(float(np.abs((turning * turn).mean(axis=0)).max()) for turn in (lamp, lamp.conj()))
    # A global shutter, or a very fast rolling one, sees no bands but whole pictures that swing: the same with one
    # number a picture. Its mean over time is taken off, because what stands still is no flicker.
    together = (residual @ window)[:, np.newaxis]
    together = together - together.mean()
    return max(rolling, float(np.abs(2 * (together * lamp).mean())))


def _profiles(series: RowSeries, usable: NDArray[np.bool_]) -> Rows:
    """(frames, rows): log2 of the mean light of the usable part of each row. 1e-4 keeps black from having none."""
    light = np.log2(np.maximum(srgb().relative[series.blocks], 1e-4))
    count = np.maximum(usable.sum(axis=(1, 2)), 1)
    return np.asarray((light * usable).sum(axis=(2, 3)) / count, np.float64)


def _narrow(pixels: Pixels) -> Pixels:
    rows = min(pixels.shape[0], MOST_ROWS)
    return np.asarray(cv2.resize(pixels, (COLUMNS, rows), interpolation=cv2.INTER_AREA))
