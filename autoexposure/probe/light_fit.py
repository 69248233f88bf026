"""How much light each setting of a camera really gives, and its response curve, from pictures of one still scene.

Every place in the scene has a light of its own, every setting lets a share of it in, and the response curve makes a
code value of the product: log2 of the curve at a code value = light of the setting + light of the place. All three are
unknown and found together by weighted least squares (after Debevec and Malik, 'Recovering High Dynamic Range
Radiance Maps from Photographs', 1997), with these differences: the settings are not believed, a place counts by what
its noise is worth in EV, clipped places don't count, and what does not fit (motion, a passing cloud) loses its weight.
What pictures alone can't tell is a common factor on all logarithms; it is taken from exposure times that do behave.
It is a hard condition: left to a compromise, a flatter curve would always look as if it explained the pictures better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoexposure.response import ResponseCurve, srgb

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

KNOTS = 18
"""Points, evenly spaced in log2(code + OFFSET), between which the curve's deviation from sRGB is straight."""

OFFSET = 8.0
"""Code value that separates the part of a response curve that is about straight from the part that is about a power."""

CODE_ERROR = 0.6
"""Standard error of a place's mean code value: mostly rounding in the camera."""

PLACE_ERROR_EV = 0.03
"""Standard error of a place in EV at any brightness, from texture within it."""

MARGIN_DARK, MARGIN_BRIGHT = 5.0, 12.0
"""Places this near the darkest or the brightest code value count as clipped."""

NOISE_MARGIN = 3.0
"""The same in standard deviations of the noise: noise that is cut off shifts the mean."""

PLACES_NEEDED = 12
"""With fewer unclipped places than this nothing is said about a setting."""

ANCHOR_EV = 0.06
"""Standard error of an exposure time that behaves."""

HARD = 1e9
"""Weight of a condition that has to be met."""

ROUNDS = 6
"""Rounds of solving and then giving less weight to what does not fit."""

DOUBTED, REFUSED = 2.0, 8.0
"""In standard errors: a place that is off by more than the first loses weight, by more than the second, in the end,
all of it."""

MAD_TO_DEVIATION = 1.483
"""A normal distribution's standard deviation over its median absolute deviation."""

SMOOTH, NEAR_SRGB = 300.0, 1.0
"""Weights of the curve's second differences and of its distance from sRGB, in 1/EV^2. One place of one picture weighs
about 1000, so these rule only where there are hardly any."""

GAUGE = 1e-3
"""Holds the light of all settings near 0 where no anchor does. Small enough to change no difference between them."""


@dataclass(frozen=True, slots=True, eq=False)
class LightFit:
    """What came out of a fit.

    Attributes
    ----------
    light_ev : (I,) log2 of the light each setting lets in, up to a common addend; NaN where the picture was clipped
        or too dark all over.
    curve : the response curve.
    codes : (lowest, highest) code value that it rests on; beyond them it is extrapolated.
    error_ev : typical residual of a place: how well it all fits together.
    """

    light_ev: Numbers
    curve: ResponseCurve
    codes: tuple[float, float]
    error_ev: float


def fit_light(
    pictures: Numbers, noise: Numbers, anchors_ev: Numbers, *, free_curve: bool = True, flicker_ev: float = 0.0
) -> LightFit:
    """Find the light of each setting and the response curve.

    Parameters
    ----------
    pictures : (I, J) mean code value of J places under I settings.
    noise : (I,) standard deviation of a pixel in code values.
    anchors_ev : (I,) log2 of the light a setting should give; NaN where unknown.
    flicker_ev : how far lamps swing from dark to bright; places in bands then average out instead of being doubted.
    free_curve : False keeps the sRGB curve: without known exposures no curve can be told from no gain law.
    """
    black, white = ends_of(pictures)
    usable = valid_places(pictures, noise, black, white)
    known = usable.sum(axis=1) >= PLACES_NEEDED
    # A place that is seen under a single setting has a light of its own to fit, so it says nothing about the setting.
    usable &= known[:, np.newaxis]
    usable &= usable.sum(axis=0) >= 2
    base, slope, parts = _basis(pictures)
    spread_ev = np.hypot(slope * CODE_ERROR, max(PLACE_ERROR_EV, flicker_ev / 3))
    weights = np.where(usable, 1 / spread_ev**2, 0.0)
    anchored = np.isfinite(anchors_ev) & known
    anchor_weights = np.where(anchored, 1 / ANCHOR_EV**2, 0.0)
    anchors = np.where(anchored, anchors_ev, 0.0)

    full, full_anchors = weights, anchor_weights
    bend, light = np.zeros(KNOTS), np.zeros(len(pictures))
    residual = np.zeros_like(pictures)
    for turn in range(ROUNDS):
        # The first round keeps sRGB. A curve that is free from the start bends towards what does not fit, and that
        # would then never be found out.
        bend, light = _solve(base, parts, weights, anchors, anchor_weights, free_curve and turn > 0)
        residual = base + parts @ bend - light[:, np.newaxis]
        total = weights.sum(axis=0)
        # `_solve` eliminated the light of the places: given all else it is the weighted mean of what is left.
        places = np.divide((weights * residual).sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
        residual -= places
        # Huber's weights, so that what does not fit pulls with a limited force. In the last rounds, when the solution
        # is about right, what is far off no longer pulls at all.
        off = np.abs(residual) / spread_ev
        weights = full * np.minimum(1.0, DOUBTED / np.maximum(off, 1e-9))
        if turn >= ROUNDS - 2:
            weights[off > REFUSED] = 0.0
        # Cauchy's weights for the anchors: some were chosen by mistake. Their common addend is free, hence the median.
        off_anchor = (light - anchors) / ANCHOR_EV
        off_anchor -= np.median(off_anchor[anchored]) if anchored.any() else 0.0
        anchor_weights = full_anchors / (1 + off_anchor**2)
    light[(weights > 0).sum(axis=1) < PLACES_NEEDED] = np.nan
    counted = residual[weights > 0]
    seen = pictures[usable]
    codes = (float(np.quantile(seen, 0.002)), float(np.quantile(seen, 0.998))) if seen.size else (black, white)
    error_ev = float(np.median(np.abs(counted)) * MAD_TO_DEVIATION) if counted.size else float("nan")
    return LightFit(light, _curve(bend, black, white), codes, error_ev)


def ends_of(pictures: Numbers) -> tuple[float, float]:
    """(black, white): the code values at which places clip; 0 and 255 where none seem to.

    Not every camera clips at 0 and 255: limited range ends at 16 and 235.
    """
    black = float(np.quantile(pictures, 0.001))
    white = float(np.quantile(pictures, 0.999))
    return (black if black < 24 else 0.0), (white if white > 200 else 255.0)


def valid_places(pictures: Numbers, noise: Numbers, black: float = 0.0, white: float = 255.0) -> Flags:
    """(I, J): which places are neither clipped nor spoiled by noise that was cut off."""
    spread = NOISE_MARGIN * np.nan_to_num(noise, nan=0.0)[:, np.newaxis]
    flags: Flags = (pictures > black + np.maximum(MARGIN_DARK, spread)) & (
        pictures < white - np.maximum(MARGIN_BRIGHT, spread)
    )
    return flags


def choose_anchors(asked_ev: Numbers, light_ev: Numbers) -> Flags:
    """Which exposure times can be believed, from a first estimate of their light; settings in rising order.

    Those with a neighbour from which the light moves about as it should. Where hardly any do, all but the ends at which
    nothing moves any more.

    Parameters
    ----------
    asked_ev : (T,) log2 of the times.
    light_ev : (T,) log2 of their light, up to a common addend; NaN where unknown.

    Returns
    -------
    (T,) bool.
    """
    seen = np.isfinite(light_ev)
    index = np.flatnonzero(seen)
    chosen: Flags = np.zeros(len(asked_ev), bool)
    if len(index) < 3:
        return chosen | seen
    ratio = np.diff(light_ev[index]) / np.maximum(np.diff(asked_ev[index]), 1e-9)
    # Wide bounds: the first estimate rests on sRGB, and the camera's own curve may be steeper or flatter.
    good = (ratio > 0.55) & (ratio < 1.6)
    chosen[index[:-1][good]] = True
    chosen[index[1:][good]] = True
    if good.sum() >= max(3, len(ratio) // 4):
        return chosen
    moving = np.flatnonzero(np.abs(ratio) > 0.3)
    chosen[:] = False
    if len(moving):
        chosen[index[moving[0] : moving[-1] + 2]] = True
    return chosen


def srgb_ev(codes: Numbers) -> tuple[Numbers, Numbers]:
    """For every code value, whole or not: log2 of the light that makes it by sRGB, and its slope in EV per code."""
    relative = srgb().relative.astype(np.float64)
    grid = np.arange(256)
    logarithm = np.log2(np.maximum(relative, relative[1] / 4))  # black, which has no logarithm, two stops below code 1
    return np.interp(codes, grid, logarithm), np.interp(codes, grid, np.gradient(logarithm))


def _basis(codes: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """`srgb_ev` of every code value, and the share of each knot in the curve there, (..., KNOTS)."""
    base, slope = srgb_ev(codes)
    low, high = np.log2(OFFSET), np.log2(255 + OFFSET)
    position = np.clip((np.log2(np.maximum(codes, 0) + OFFSET) - low) / (high - low) * (KNOTS - 1), 0, KNOTS - 1)
    return base, slope, np.maximum(0, 1 - np.abs(position[..., np.newaxis] - np.arange(KNOTS)))


def _solve(
    base: Numbers, parts: Numbers, weights: Numbers, anchors: Numbers, anchor_weights: Numbers, free_curve: bool
) -> tuple[Numbers, Numbers]:
    """One weighted least-squares solution; the light of the places is eliminated. Returns (bend, light).

    What is minimised is the sum over settings i and places j of
    w_ij * (base_ij + parts_ij . bend - light_i - place_j)^2. For given bend and light the best place_j is a weighted
    mean over i. Put in, it leaves KNOTS + I unknowns instead of KNOTS + I + J, whose normal equations are built here
    in blocks: curve with curve (K, K), curve with light (K, I), light with light (I, I).
    """
    total = np.maximum(weights.sum(axis=0), 1e-12)
    share = weights / total
    weighted = weights[..., np.newaxis] * parts
    weighted_parts = weighted.sum(axis=0)
    # In each block the first term is the plain one, the second what eliminating the places takes away.
    curve = weighted.reshape(-1, KNOTS).T @ parts.reshape(-1, KNOTS)
    curve -= weighted_parts.T @ (weighted_parts / total[:, np.newaxis])
    cross = weighted_parts.T @ share.T - weighted.sum(axis=1).T
    light = np.diag(weights.sum(axis=1)) - weights @ share.T
    weighted_base = (weights * base).sum(axis=0)
    to_curve = weighted.reshape(-1, KNOTS).T @ base.reshape(-1) - weighted_parts.T @ (weighted_base / total)
    to_light = share @ weighted_base - (weights * base).sum(axis=1)

    # Between and beyond the codes that were seen the curve bends as little as it can, and stays near sRGB.
    second = np.diff(np.eye(KNOTS), 2, axis=0)
    curve += SMOOTH * second.T @ second + NEAR_SRGB * np.eye(KNOTS)
    light += np.diag(anchor_weights) + GAUGE * np.eye(len(light))
    to_light = to_light - anchor_weights * anchors
    if anchor_weights.any():
        # The common factor of all logarithms: the slope of light over anchors, a regression's, is 1. `lever` is the
        # regression's weights, so lever . light = lever . anchors says just that and leaves each anchor its own error.
        lever = anchor_weights * (anchors - np.average(anchors, weights=anchor_weights))
        lever /= max(float(np.abs(lever).sum()), 1e-12)
        light += HARD * np.outer(lever, lever)
        to_light = to_light - HARD * lever * float(lever @ anchors)
    if not free_curve:
        return np.zeros(KNOTS), np.linalg.solve(light, -to_light)
    normal = np.block([[curve, cross], [cross.T, light]])
    solution = np.linalg.solve(normal, -np.concatenate([to_curve, to_light]))
    return solution[:KNOTS], solution[KNOTS:]


def _curve(bend: Numbers, black: float, white: float) -> ResponseCurve:
    """The response curve as the rest of the program knows it: 256 rising values, 1 where the camera clips."""
    codes = np.arange(256, dtype=np.float64)
    base, _, parts = _basis(codes)
    relative = 2.0 ** (base + parts @ bend)
    relative[0] = 0.0
    relative = np.maximum.accumulate(relative / relative[round(white)])
    # Between 0 and the black that was seen nothing was measured: a straight line.
    below = codes <= black
    relative[below] = relative[min(255, int(black) + 1)] * codes[below] / (black + 1)
    at_white = codes >= round(white)
    relative[at_white] = 1.0
    relative = np.minimum(relative, 1.0)
    # A trace of slope where it is flat, since a curve has to rise everywhere to be invertible.
    relative = (relative + 1e-4 * codes / 255) / (1 + 1e-4)
    return ResponseCurve("measured", relative.astype(np.float32))
