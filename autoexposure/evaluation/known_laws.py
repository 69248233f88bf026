"""Laws of exposure that others use, as policies to be compared with; the program does not offer them as meters."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import PolicyError
from autoexposure.metering.clipping import HIGHLIGHT_CODE
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import SIDE_PX, Preview
from autoexposure.response import ResponseCurve, srgb

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Rec. 601: how code values, not light, are weighed."""

MOST_EV = 2.0
"""Largest correction of one answer, the network's as well, so that the laws are compared over the same range."""


class CentreCodeMeter:
    """The mean code value in the middle of the picture, brought to a target, as the auto-gain of libv4l has it.

    Code values are averaged as they are, so that shadows count for more than in a mean of light. libv4l looks at the
    window of half the width and height and steps towards code 100; here the way to it is calculated.

    Parameters
    ----------
    response : of the camera.
    """

    name, coarse = "centre_code", False
    TARGET_CODE = 100.0
    """libv4l's default for the control ``autogain_target``."""

    def __init__(self, response: ResponseCurve | None = None) -> None:
        self._response = response or srgb()

    def decide(self, preview: Preview) -> Decision:
        """See `Policy`."""
        luma = _luma(preview)
        quarter = SIDE_PX // 4
        mean = float(luma[quarter:-quarter, quarter:-quarter].mean())
        is_at, should_be_at = self._response.linearise(np.array([max(mean, 1.0), self.TARGET_CODE], np.float32))
        return Decision(_limited(math.log2(float(should_be_at) / max(float(is_at), 1e-6))))


class EntropyMeter:
    """The exposure at which the picture's histogram says most (Lu and others, ICRA 2010).

    The picture is re-exposed in the computer, and the exposure taken whose code values have the largest Shannon
    entropy. It has no target brightness of its own. A camera that searches sees what darkening brings to light in its
    white areas; here that is guessed, or white would never be worth leaving.

    Parameters
    ----------
    response : of the camera.
    """

    name, coarse = "entropy", True
    STEP_EV = 0.125
    BINS = 64
    """Of the histogram: four codes each, because re-exposing eight bits leaves gaps of a few codes."""
    HIDDEN_EV = np.arange(0, 2, 0.125)
    """How far beyond white clipped light is taken to be, as often for each."""

    def __init__(self, response: ResponseCurve | None = None) -> None:
        response = response or srgb()
        self._steps_ev: NDArray[np.float64] = np.arange(-MOST_EV, MOST_EV + 1e-9, self.STEP_EV)
        light = np.concatenate([response.relative[:HIGHLIGHT_CODE], 2.0**self.HIDDEN_EV]).astype(np.float32)
        exposed = np.stack([np.rint(response.encode(light * np.float32(2.0**step))) for step in self._steps_ev])
        self._bins: NDArray[np.intp] = (exposed * (self.BINS / 256)).astype(np.intp)

    def decide(self, preview: Preview) -> Decision:
        """See `Policy`."""
        codes = np.bincount(np.rint(_luma(preview)).astype(np.intp).ravel(), minlength=256)
        hidden = np.full(len(self.HIDDEN_EV), codes[HIGHLIGHT_CODE:].sum() / len(self.HIDDEN_EV))
        counts = np.concatenate([codes[:HIGHLIGHT_CODE], hidden])
        entropies = np.array([_entropy(np.bincount(bins, weights=counts, minlength=self.BINS)) for bins in self._bins])
        # Where several are as good (a black picture has no entropy at all), the least correction.
        best = np.flatnonzero(entropies >= entropies.max() - 1e-9)
        steps_ev = self._steps_ev[best]
        return Decision(float(steps_ev[np.abs(steps_ev).argmin()]))


def _entropy(counts: NDArray[np.floating | np.integer]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def _luma(preview: Preview) -> NDArray[np.float32]:
    """(1, 3, 128, 128) code values -> (128, 128)."""
    if preview.shape != (1, 3, SIDE_PX, SIDE_PX):
        raise PolicyError(f"a law needs a (1, 3, {SIDE_PX}, {SIDE_PX}) preview, given {preview.shape}")
    picture = np.ascontiguousarray(preview[0].transpose(1, 2, 0))
    return np.asarray(cv2.transform(picture, LUMA[np.newaxis]), np.float32)


def _limited(delta_ev: float) -> float:
    return min(max(delta_ev, -MOST_EV), MOST_EV)
