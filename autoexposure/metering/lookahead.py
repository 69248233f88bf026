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

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels, check_pixels
from autoexposure.metering.clipping import SATURATED_FROM
from autoexposure.metering.policy import Decision, Policy
from autoexposure.metering.preview import Preview, halved, make_preview
from autoexposure.response import REC709, Floats, ResponseCurve

_DARKEST = 1e-4
"""Relative exposure that stands in for black, so that its logarithm exists: about an eighth of one 8-bit sRGB code."""


Picture = NDArray[np.uint8] | Preview
"""(1, 3, H, W) code values 0..255, as a preview has them, in any size."""

DETAILED_TO_PX = 320
"""Pictures whose shorter side has at least this many pixels are halved before they are re-exposed. A preview is too
coarse for that: it has averaged leaves and the sky between them, which more exposure turns into leaves and white. Of
320x240 each re-exposure takes a tenth of an answer's time."""


def detailed(pixels: Pixels) -> Picture:
    """Return a picture in the detail that it is re-exposed in, (1, 3, H, W).

    Parameters
    ----------
    pixels : (H, W, 3) uint8 RGB.
    """
    while (side_px := min(pixels.shape[:2])) >= DETAILED_TO_PX:
        rows, columns = (length // 2 * 2 for length in pixels.shape[:2])  # an odd one at the rim tells little
        pixels = halved(pixels[:rows, :columns], side_px // 2 * 2)
    return pixels.transpose(2, 0, 1)[np.newaxis]


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


@dataclass(frozen=True, slots=True)
class LookaheadConfig:
    """How far ahead to look, and what to take for light that clipping hides.

    Attributes
    ----------
    rounds : how often the policy is asked again at the most. With the shipped network 3 EV below what is right take 2
        or 3 rounds, in very dark scenes 5.
    enough_ev : a correction smaller than this is not worth a round.
    reach_ev : the sum of the corrections is kept within this.
    saturated_from : relative exposure from which a channel of a pixel counts as clipped.
    tinted_beyond_ev : what the light of a clipped channel exceeds white by where another channel of the pixel is not
        clipped. Measured on 49 HDR scenes, taken 0.5 to 4 EV too bright, the mean of such pixels is 0.5 EV in the
        median, whatever the picture is off; 0.15 to 1 EV in 80 % of the pictures.
    white_beyond_ev : the same where all channels are clipped: 1.3 to 1.8 EV in the median, 0.5 to 3 EV in 80 %. With
        the shipped network, from 3 EV over on those scenes, 33 % are right after one step and 96 % after two at 1.6,
        and the worst goes 0.40 EV too far; 27 %, 96 % and 0.29 EV at 1.5, 43 %, 96 % and 0.51 EV at 1.7.
    beyond_share : and neither exceeds this share of the EV by which the picture is taken darker: white that stays white
        whatever is done asks for more and more.
    same_share, same_ev : a picture counts as the same as the one before if the mean of its code values differs by at
        most this share, and the policy's first answer by at most so many EV.
    noise_codes : and if its pixels differ by no more than that share, or than this, on average. Two pictures of the
        same scene that were taken 3 EV too dark differ by 1 to 1.6 codes, 3 to 5 % of their mean, which itself stays.
    """

    rounds: int = 5
    enough_ev: float = 0.1
    reach_ev: float = 6.0
    saturated_from: float = SATURATED_FROM
    tinted_beyond_ev: float = 0.5
    white_beyond_ev: float = 1.6
    beyond_share: float = 0.7
    same_share: float = 0.02
    same_ev: float = 0.05
    noise_codes: float = 2.0


def _table(response: ResponseCurve, delta_ev: float) -> Pixels:
    """(256,) uint8: what each code value becomes with ``delta_ev`` more exposure."""
    return response.re_expose(np.arange(256, dtype=np.uint8), delta_ev).astype(np.uint8)


def pixel_re_exposer(
    pixels: Pixels, response: ResponseCurve, config: LookaheadConfig | None = None, *, darker: bool
) -> Callable[[float], Pixels]:
    """Make the function that gives ``pixels`` as they would be with a given number of EV more.

    A picture re-exposed darker must not turn white into grey. A pixel of which one channel is not clipped is hardly
    brighter than that one; of a pixel that is white nobody knows, so all of them get the surplus that is usual.
    The rest of the picture (its histogram, the share of white, the edges around it) hardly tells more.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 RGB.
    response : the camera's.
    config : what is taken for the light that clipping hides; the usual one without.
    darker : guess what lies beyond white, which only shows in a darker picture.
    """
    config = config or LookaheadConfig()
    clipped_from = int(np.searchsorted(response.relative, np.float32(config.saturated_from)))
    red, green, blue = cv2.split(pixels)
    white = (cv2.min(cv2.min(red, green), blue) >= clipped_from).astype(np.uint8)

    def re_expose(delta_ev: float) -> Pixels:
        table = _table(response, delta_ev)
        if not darker:
            return check_pixels(cv2.LUT(pixels, table))
        most_ev = config.beyond_share * max(0.0, -delta_ev)
        table[clipped_from:] = _table(response, delta_ev + min(config.tinted_beyond_ev, most_ev))[clipped_from:]
        whiter = _table(response, delta_ev + min(config.white_beyond_ev, most_ev))
        return check_pixels(cv2.copyTo(cv2.LUT(pixels, whiter), white, cv2.LUT(pixels, table)))

    return re_expose


def re_exposer(
    picture: Picture, response: ResponseCurve, config: LookaheadConfig | None = None, *, darker: bool
) -> Callable[[float], Preview]:
    """As `pixel_re_exposer`, of a picture as meters see it: what is made of it is its preview.

    Parameters
    ----------
    picture : (1, 3, H, W), code values 0..255: `detailed`, or a preview where there is nothing better.
    """
    codes = np.ascontiguousarray(picture[0].transpose(1, 2, 0), dtype=np.uint8)
    re_expose = pixel_re_exposer(codes, response, config, darker=darker)
    return lambda delta_ev: make_preview(re_expose(delta_ev))


def look_ahead(
    policy: Policy,
    picture: Picture,
    first: Decision,
    response: ResponseCurve,
    config: LookaheadConfig | None = None,
) -> Decision:
    """Refine ``first``, the policy's answer to a picture, by re-exposing that and asking again.

    The maps stay those of the real picture.

    Parameters
    ----------
    picture : as of `re_exposer`.

    Raises
    ------
    PolicyError
        If the policy fails.
    """
    config = config or LookaheadConfig()
    total_ev = latest_ev = first.delta_ev
    if abs(latest_ev) < config.enough_ev:
        return first
    re_expose = re_exposer(picture, response, config, darker=latest_ev < 0)
    # Always from the real picture by the whole sum: re-exposing a re-exposed one would lose what was clipped between.
    for _ in range(config.rounds):
        if abs(latest_ev) < config.enough_ev or abs(total_ev) >= config.reach_ev:
            break
        answer_ev = policy.decide(re_expose(total_ev)).delta_ev
        # One that turns round says that the right exposure lies in between, as in a bisection.
        latest_ev = answer_ev / 2 if answer_ev * latest_ev < 0 else answer_ev
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

    def refine(
        self,
        policy: Policy,
        preview: Preview,
        first: Decision,
        response: ResponseCurve,
        pixels: Pixels | None = None,
    ) -> Decision:
        """Return what `look_ahead` does, from memory where the picture has not changed. Raises as `look_ahead`.

        ``pixels`` : what ``preview`` was made of, (H, W, 3) uint8; without, the preview is re-exposed itself.
        """
        found = self._found
        if found is None or not self._same(found, preview, first.delta_ev):
            picture: Picture = preview if pixels is None else detailed(pixels)
            total_ev = look_ahead(policy, picture, first, response, self._config).delta_ev
            self._found = found = _Found(preview, first.delta_ev, total_ev)
        return replace(first, delta_ev=found.total_ev)

    def _same(self, found: _Found, preview: Preview, first_ev: float) -> bool:
        if abs(first_ev - found.first_ev) > self._config.same_ev:
            return False
        most = self._config.same_share * float(preview.mean())
        if abs(float(preview.mean()) - float(found.preview.mean())) > most:
            return False
        return float(np.abs(preview - found.preview).mean()) <= max(most, self._config.noise_codes)
