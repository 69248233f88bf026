"""A law for machines that look for edges: it maximises what there is of gradients."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.evaluation.laws.law import Facts, luma
from autoexposure.exposure import Exposure


class GradientLaw:
    """The picture is curved by seven gammas; the gamma with the most gradient says which way to go, and how far.

    Shim, Lee and Kweon, "Auto-adjusting camera exposure for outdoor robotics using gradient information", IROS 2014:
    equations 1 to 5 with the paper's constants. There is no dead band, so it hardly ever rests.
    """

    GAMMAS = np.array([1 / 1.9, 1 / 1.5, 1 / 1.2, 1.0, 1.2, 1.5, 1.9])
    DEGREE = 5
    """Of the polynomial through what the gammas give; its highest point is the best gamma."""
    LEAST_GRADIENT, LAMBDA = 0.06, 1000.0
    """Gradients below the first, of 0..1, are noise; the second bends the logarithm that values larger ones less."""
    SPEED = 0.2

    _CURVES = np.rint(255 * (np.arange(256) / 255) ** GAMMAS[:, np.newaxis]).astype(np.float32) / 255

    def next_exposure(self, facts: Facts) -> Exposure | None:
        """See `Law`."""
        codes = np.rint(luma(facts.pixels)).astype(np.uint8)
        found = np.array([self._information(curve[codes]) for curve in self._CURVES])
        if found.max() == 0:
            return None  # a black or a white picture has no edge to go by
        fit = np.polynomial.Polynomial.fit(self.GAMMAS, found, self.DEGREE)
        gammas = np.linspace(self.GAMMAS[0], self.GAMMAS[-1], 200)
        best = float(gammas[int(np.argmax(fit(gammas)))])
        alpha = 1.0 if best < 1 else 0.5
        return facts.program.split(facts.made_with.ev + math.log2(1 + alpha * self.SPEED * (1 - best)))

    def _information(self, picture: NDArray[np.float32]) -> float:
        """How much gradient an (H, W) picture of 0..1 has."""
        across, down = (cv2.Sobel(picture, cv2.CV_32F, *order, ksize=3, scale=0.25) for order in ((1, 0), (0, 1)))
        strong = np.maximum(cv2.magnitude(across, down) - self.LEAST_GRADIENT, 0)
        return float(np.log1p(self.LAMBDA * strong).mean()) / math.log1p(self.LAMBDA * (1 - self.LEAST_GRADIENT))
