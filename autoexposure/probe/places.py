"""Places: the blocks of a picture that are followed through a measurement, and which of them are of use."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels
from autoexposure.probe.light_fit import Numbers, ends_of, srgb_ev, valid_places
from autoexposure.response import srgb

GRID_WIDTH, GRID_HEIGHT = 40, 30
"""Places in the picture that are followed: blocks large enough to average the noise away."""

Places = NDArray[np.float32]
"""(1200, 3) float32: mean code value of each block of the grid, row by row, by RGB channel."""

MID_TONES = (50.0, 190.0)
"""Code values between which noise is measured: clipping hides it above and below."""

FITTED_PLACES = 300
"""Places that are fitted, the smoothest, spread over all brightnesses: more only cost time."""


def places_of(pixels: Pixels) -> Places:
    """The mean code value of each block of the grid."""
    return _block_means(pixels.astype(np.float32))


def roughness_of(pixels: Pixels) -> Places:
    """Standard deviation within each block, (1200, 3): where it is large, a mean of code values is no mean of light."""
    values = pixels.astype(np.float32)
    rough: Places = np.sqrt(np.maximum(_block_means(values**2) - _block_means(values) ** 2, 0))
    return rough


def noise_of(one: Pixels, other: Pixels, *, banded: bool = False) -> float:
    """Standard deviation of a mid-tone pixel over time, in code values, from two pictures made alike.

    NaN without mid-tones.

    Parameters
    ----------
    banded : lamps flicker, so what neighbouring pixels of a row have in common is not noise.
    """
    first, second = one[..., 1].astype(np.float32), other[..., 1].astype(np.float32)
    change, middle = first - second, (first + second) / 2
    if banded:
        # The difference of two neighbours removes a band, and has sqrt(2) times the noise of one.
        change, middle = np.diff(change, axis=1) / np.float32(np.sqrt(2)), middle[:, 1:]
    chosen = np.abs(change[(middle > MID_TONES[0]) & (middle < MID_TONES[1])])
    if chosen.size < 200:
        return float("nan")
    # The mean size of the difference of two normal numbers is 2/sqrt(pi) = 1.128 standard deviations of one of them.
    # The largest hundredth is left out: something moved there.
    return float(np.mean(chosen[chosen <= np.quantile(chosen, 0.99)]) / 1.128)


def _block_means(values: NDArray[np.float32]) -> Places:
    small = np.asarray(cv2.resize(values, (GRID_WIDTH, GRID_HEIGHT), interpolation=cv2.INTER_AREA), np.float32)
    means: Places = small.reshape(-1, 3)
    return means


def usable_places(places: Places, noise: float) -> int:
    """How many places are neither clipped nor lost in darkness."""
    flags = valid_places(places.reshape(1, -1).astype(np.float64), np.array([noise]))
    return int(flags.sum())


def usable_after(places: Places, noise: float, factor: float) -> int:
    """How many places would be with ``factor`` times the light, by the sRGB curve."""
    curve = srgb()
    codes = curve.encode(np.minimum(curve.linearise(places) * np.float32(factor), np.float32(1)))
    return int(valid_places(codes.reshape(1, -1).astype(np.float64), np.array([noise])).sum())


def contrast_ev(pictures: Numbers, noise: Numbers, asked_ev: Numbers) -> float:
    """How many EV lie between the scene's darker and brighter places (5 % and 95 %), by the sRGB curve."""
    valid = valid_places(pictures, noise, *ends_of(pictures))
    light = np.where(valid, np.log2(srgb().linearise(pictures.astype(np.float32)) + 1e-6) - asked_ev[:, np.newaxis], 0)
    seen = valid.sum(axis=0)
    places = light.sum(axis=0)[seen > 0] / seen[seen > 0]
    return float(np.quantile(places, 0.95) - np.quantile(places, 0.05)) if len(places) else 0.0


def choose_places(pictures: Numbers, roughness: Numbers, noise: Numbers, asked_ev: Numbers) -> NDArray[np.intp]:
    """Columns of the places worth fitting: smooth ones, spread evenly over dark and bright parts of the scene."""
    valid = valid_places(pictures, noise, *ends_of(pictures))
    seen_ev, slope = srgb_ev(pictures)
    rough_ev = np.where(valid, roughness * slope, np.inf).min(axis=0)
    # A place's own light, taking for now every setting at its word: good enough for an order.
    light_ev = np.where(valid, seen_ev - asked_ev[:, np.newaxis], 0)
    seen = valid.sum(axis=0)
    columns = np.flatnonzero(seen >= 2)
    if len(columns) <= FITTED_PLACES:
        return columns
    brightness = light_ev[:, columns].sum(axis=0) / seen[columns]
    # Sort by brightness, cut into equal groups, take the smoothest six of each: dark places are rough in EV and would
    # otherwise never be chosen, and the lower end of the curve would rest on nothing.
    by_brightness = columns[np.argsort(brightness, kind="stable")]
    chosen: Iterable[NDArray[np.intp]] = np.array_split(by_brightness, FITTED_PLACES // 6)
    return np.concatenate([part[np.argsort(rough_ev[part], kind="stable")[:6]] for part in chosen])
