"""Look-ahead: how the loop beats the camera's delay instead of waiting for it again and again.

A prediction far from the goal is coarse: the network was trained on pictures up to 2 EV off (paper 5.3) and limits its
answer to that. Instead of acting on it, waiting the camera's delay, and correcting, the present frame is re-exposed in
the computer by the predicted correction (as the paper does to make training pictures, 5.3) and the policy is asked
again; only the sum is acted on, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from autoexposure.metering.clipping import SATURATED_FROM
from autoexposure.metering.policy import Decision, Policy
from autoexposure.metering.preview import Preview
from autoexposure.response import REC709, Floats, ResponseCurve

_DARKEST = 1e-4
"""Relative exposure that stands in for black, so that its logarithm exists: about an eighth of one 8-bit sRGB code."""


def level_ev(preview: Preview, response: ResponseCurve, delta_ev: float = 0.0) -> float:
    """log2 of the mean linear luminance, had ``preview`` been taken with ``delta_ev`` more exposure.

    Parameters
    ----------
    preview : (1, 3, H, W) float32, code values 0..255.
    """
    return level_of(response.linearise(preview.astype(np.uint8)) * np.float32(2.0**delta_ev))


def level_of(linear: Floats) -> float:
    """log2 of the mean luminance of (1, 3, H, W) relative exposure, 1 = saturation."""
    # Cut at saturation before averaging, as the sensor does: the level to expect, not the light there is.
    channels = np.minimum(linear, 1.0).mean(axis=(0, 2, 3))
    return math.log2(float(np.dot(REC709, channels)) + _DARKEST)


def beyond_white(linear: Floats, config: LookaheadConfig) -> tuple[NDArray[np.bool_], float]:
    """Which pixels are clipped, and by how many EV their light probably exceeded white: 0 where that can't be said.

    A picture re-exposed darker must not turn white into grey. The logarithm of the light in a picture is about normally
    distributed. What is not clipped shows a part of that bell; its width follows from two quantiles, and from the
    width how far the clipped rest reaches on average.

    Parameters
    ----------
    linear : (1, 3, H, W) relative exposure, 1 = saturation.
    config : which values count as clipped, and how far to go.

    Returns
    -------
    clipped : (1, 1, H, W) bool.
    beyond_ev : the same for all of them.
    """
    brightest = linear.max(axis=1, keepdims=True)
    clipped: NDArray[np.bool_] = brightest >= config.saturated_from
    share = float(clipped.mean())
    if share < config.least_clipped or share > config.most_clipped:
        # Nothing to estimate from: a picture that is mostly white is far too bright, and a few glints do not matter.
        return clipped, config.most_beyond_ev if share > 0.5 else 0.0
    normal = NormalDist()
    visible_ev = np.log2(brightest[~clipped] + np.float32(_DARKEST))
    # Two quantiles of the whole bell are known, in EV from saturation. Saturation itself (0 EV): a ``share`` lies above
    # it. And the visible median: half of the visible part, (1 - share) / 2 of the whole, lies below it. Their distance,
    # divided by that of the same quantiles in the normal distribution, is the bell's standard deviation.
    middle_ev = float(np.median(visible_ev))
    width_ev = -middle_ev / (normal.inv_cdf(1 - share) - normal.inv_cdf((1 - share) / 2))
    # The median of the clipped part is the quantile with share / 2 above it; counted from saturation again.
    beyond_ev = width_ev * (normal.inv_cdf(1 - share / 2) - normal.inv_cdf(1 - share))
    return clipped, min(beyond_ev, config.most_beyond_ev)


@dataclass(frozen=True, slots=True)
class LookaheadConfig:
    """How far ahead to look, and what to take for light that clipping hides.

    Attributes
    ----------
    rounds : how often the policy is asked again at the most.
    enough_ev : a correction smaller than this is not worth another round.
    reach_ev : the sum of the corrections is kept within this.
    saturated_from : relative exposure of its brightest channel from which a pixel counts as clipped.
    least_clipped, most_clipped : shares of clipped pixels between which the light beyond white is estimated; with
        fewer it does not matter, with more there is nothing to estimate it from and most_beyond_ev is taken.
    most_beyond_ev : no clipped pixel is taken for brighter than this. Measured with the shipped network on 30 HDR
        scenes and 23 photographs that start 3 EV over, delay 2: 89 % settle within 9 frames at 1.5, 79 % at 1, 32 % at
        0 (68 % without looking ahead at all); at 2.5 overshoots of more than 0.3 EV double from 13 % to 28 %.
    same_share, same_ev : a picture counts as the same as the one before if its code values differ by at most
        ``same_share`` of their mean, and the policy's first answer by at most ``same_ev``.
    """

    rounds: int = 3
    enough_ev: float = 0.1
    reach_ev: float = 6.0
    saturated_from: float = SATURATED_FROM
    least_clipped: float = 0.02
    most_clipped: float = 0.9
    most_beyond_ev: float = 1.5
    same_share: float = 0.02
    same_ev: float = 0.05


def _table(response: ResponseCurve, delta_ev: float) -> Floats:
    """(256,) float32: what each code value becomes with ``delta_ev`` more exposure, rounded."""
    return response.re_expose(np.arange(256, dtype=np.uint8), delta_ev)


def re_exposer(
    preview: Preview, response: ResponseCurve, config: LookaheadConfig | None = None, *, darker: bool
) -> Callable[[float], Preview]:
    """Make the function that says how ``preview`` looks when taken with a given number of EV more.

    Parameters
    ----------
    preview : (1, 3, H, W) float32, code values 0..255.
    response : the camera's.
    config : which light counts as clipped; the usual one without.
    darker : guess what lies beyond white, which only shows in a darker picture.
    """
    codes = preview.astype(np.uint8)
    clipped, beyond_ev = beyond_white(response.linearise(codes), config or LookaheadConfig()) if darker else (None, 0.0)

    def re_expose(delta_ev: float) -> Preview:
        re_exposed = _table(response, delta_ev)[codes]
        if clipped is not None:  # by one surplus: which of them were brighter is not known
            np.copyto(re_exposed, _table(response, delta_ev + beyond_ev)[codes], where=clipped)
        return re_exposed

    return re_expose


def look_ahead(
    policy: Policy,
    preview: Preview,
    first: Decision,
    response: ResponseCurve,
    config: LookaheadConfig | None = None,
) -> Decision:
    """Refine ``first``, the policy's answer to ``preview``, by re-exposing the picture and asking again.

    The maps stay those of the real picture.

    Raises
    ------
    PolicyError
        If the policy fails.
    """
    config = config or LookaheadConfig()
    total_ev = latest_ev = first.delta_ev
    if abs(latest_ev) < config.enough_ev:
        return first
    re_expose = re_exposer(preview, response, config, darker=latest_ev < 0)
    # Always from the real picture by the whole sum: re-exposing a re-exposed one would lose what was clipped between.
    for _ in range(config.rounds):
        if abs(latest_ev) < config.enough_ev or abs(total_ev) >= config.reach_ev:
            break
        latest_ev = policy.decide(re_expose(total_ev)).delta_ev
        total_ev += latest_ev
    return replace(first, delta_ev=max(-config.reach_ev, min(config.reach_ev, total_ev)))


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What looking ahead from one picture has found."""

    preview: Preview
    first_ev: float
    total_ev: float


class Lookahead:
    """`look_ahead` that does not search again while the picture stays the same, as it does until a setting shows.

    That saves the policy's time, and it keeps the sum from moving with the noise of every frame.
    """

    def __init__(self, config: LookaheadConfig | None = None) -> None:
        self._config = config or LookaheadConfig()
        self._found: _Found | None = None

    def forget(self) -> None:
        """The policy is another one or has learned: look anew."""
        self._found = None

    def refine(self, policy: Policy, preview: Preview, first: Decision, response: ResponseCurve) -> Decision:
        """Return what `look_ahead` does, from memory where the picture has not changed. Raises as `look_ahead`."""
        found = self._found
        if found is None or not self._same(found, preview, first.delta_ev):
            total_ev = look_ahead(policy, preview, first, response, self._config).delta_ev
            self._found = found = _Found(preview, first.delta_ev, total_ev)
        return replace(first, delta_ev=found.total_ev)

    def _same(self, found: _Found, preview: Preview, first_ev: float) -> bool:
        if abs(first_ev - found.first_ev) > self._config.same_ev:
            return False
        return float(np.abs(preview - found.preview).mean()) <= self._config.same_share * float(preview.mean())
