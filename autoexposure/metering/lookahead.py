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
    """Which pixels are clipped, and by how many EV at the most their light probably exceeded white.

    A picture re-exposed darker must not turn white into grey. How bright the clipped light is can't be seen, but the
    more of the picture is white, the further it is over-exposed, and the more light lies hidden. One surplus for all
    pixels and few for all pictures: guesses that follow each picture (a bell of which a part is visible, brighter
    middles of white areas) were tried, and miss by more, since what is visible hardly tells what is hidden.

    Parameters
    ----------
    linear : (1, 3, H, W) relative exposure, 1 = saturation.
    config : which values count as clipped, and how far to go.

    Returns
    -------
    clipped : (1, 1, H, W) bool.
    beyond_ev : the same for all of them.
    """
    clipped: NDArray[np.bool_] = linear.max(axis=1, keepdims=True) >= config.saturated_from
    shares, beyond_ev = (config.some_clipped, config.much_clipped), (config.some_beyond_ev, config.much_beyond_ev)
    return clipped, float(np.interp(float(clipped.mean()), shares, beyond_ev))


@dataclass(frozen=True, slots=True)
class LookaheadConfig:
    """How far ahead to look, and what to take for light that clipping hides.

    Attributes
    ----------
    rounds : how often the policy is asked again at the most.
    enough_ev : a correction smaller than this is not worth another round.
    reach_ev : the sum of the corrections is kept within this.
    saturated_from : relative exposure of its brightest channel from which a pixel counts as clipped.
    some_clipped, much_clipped : shares of clipped pixels. Up to the first a picture is taken for a little too bright,
        from the second on for much too bright, as at the first glance after a lamp was switched on; in between, for
        something in between.
    some_beyond_ev, much_beyond_ev : what the clipped light exceeds white by in either case, at the most.
    beyond_share : and no more than this share of the EV by which the picture is re-exposed: one that is hardly too
        bright hides little. Measured with the shipped network on 49 HDR scenes, as the surplus at which it is content
        where it comes to rest: 0.3 to 0.9 EV for 80 % of the pictures that are 1 EV too bright (4 to 27 % clipped), 1.7
        to 2.3 EV for those that are 3 EV too bright (24 to 71 % clipped).
    same_share, same_ev : a picture counts as the same as the one before if its code values differ by at most
        ``same_share`` of their mean, and the policy's first answer by at most ``same_ev``.
    """

    rounds: int = 3
    enough_ev: float = 0.1
    reach_ev: float = 6.0
    saturated_from: float = SATURATED_FROM
    some_clipped: float = 0.1
    much_clipped: float = 0.3
    some_beyond_ev: float = 0.8
    much_beyond_ev: float = 1.75
    beyond_share: float = 0.65
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
    codes, config = preview.astype(np.uint8), config or LookaheadConfig()
    clipped, beyond_ev = beyond_white(response.linearise(codes), config) if darker else (None, 0.0)

    def re_expose(delta_ev: float) -> Preview:
        re_exposed = _table(response, delta_ev)[codes]
        if clipped is not None:  # by one surplus: which of them were brighter is not known
            surplus_ev = min(beyond_ev, config.beyond_share * max(0.0, -delta_ev))
            np.copyto(re_exposed, _table(response, delta_ev + surplus_ev)[codes], where=clipped)
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
