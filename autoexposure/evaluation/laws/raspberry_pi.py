"""The auto exposure of Raspberry Pi cameras, which libcamera runs: the most complete that is published."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from autoexposure.evaluation.laws.law import Facts, light
from autoexposure.exposure import Exposure


class RaspberryPiAgc:
    """Weighted mean and brightest pixels of linear light, brought to their targets; the exposure is low-pass filtered.

    Constants are the defaults in "Raspberry Pi Camera Algorithm and Tuning Guide", chapter 5.8, and of libcamera's
    ``src/ipa/rpi/controller/rpi/agc_channel.cpp`` with the tuning of its IMX219 camera. What is left out is its fast
    reduction (``desaturate``): it darkens bright pictures at once and hides that by digital gain, which cameras here do
    not have. Without digital gain it would overshoot by 0.4 EV and more where the law itself does not at all.

    Parameters
    ----------
    highlights : the constraint mode "highlight", which also bounds the brightest pixels from above.
    """

    SPEED = 0.2
    """Share of the way to the target that the filter goes with every picture."""
    NEAR = (0.8, 1.2)
    """Between these ratios to the target the square root of the speed is used."""
    STARTUP_FRAMES = 10
    """So many pictures at first it goes all the way at once."""
    STABLE_REGION = 0.02
    """A change of the total exposure by less than this share is not made."""
    Y_TARGET = 0.165
    """Mean luminance; the tuning has 0.16 in the dark to 0.17 in bright light."""
    BRIGHTEST_SHARE = 0.02
    BRIGHTEST_AT_LEAST = 0.5
    BRIGHTEST_AT_MOST = 0.8
    """The mean of the brightest 2 % is raised to the first; with ``highlights`` it is lowered to the second."""
    ROUNDS, CLOSE_ENOUGH, MOST_GAIN = 8, 1.01, 10.0
    """The gain is found in so many rounds, as brighter pixels saturate, by at most a tenfold in each."""

    def __init__(self, *, highlights: bool = False) -> None:
        self._highlights = highlights
        self._frames = 0
        self._filtered = 0.0

    def next_exposure(self, facts: Facts) -> Exposure | None:
        """See `Law`."""
        self._frames += 1
        gain = self._gain(light(facts.pixels))
        lowest, highest = 2.0**facts.program.lowest_ev, 2.0**facts.program.highest_ev
        target = min(max(2.0**facts.made_with.ev * gain, lowest), highest)
        self._filter(target)
        return facts.program.split(math.log2(self._filtered))

    def _gain(self, luminance: NDArray[np.float32]) -> float:
        """By how much the picture should be brighter."""
        weights = centre_weights(luminance.shape)
        gain = 1.0
        for _ in range(self.ROUNDS):
            mean = float(np.sum(weights * np.minimum(luminance * np.float32(gain), np.float32(1))))
            more = min(self.MOST_GAIN, self.Y_TARGET / (mean + 0.001))
            gain *= more
            if more < self.CLOSE_ENOUGH:
                break
        brightest = max(_mean_of_brightest(luminance, self.BRIGHTEST_SHARE), 1e-4)
        gain = max(gain, self.BRIGHTEST_AT_LEAST / brightest)
        return min(gain, self.BRIGHTEST_AT_MOST / brightest) if self._highlights else gain

    def _filter(self, target: float) -> None:
        starting = self._frames <= self.STARTUP_FRAMES
        if not self._filtered or starting:
            self._filtered = target
            return
        ratio = self._filtered / target
        if 1 / (1 + self.STABLE_REGION) < ratio < 1 / (1 - self.STABLE_REGION):
            return
        low, high = self.NEAR
        speed = math.sqrt(self.SPEED) if low < ratio < high else self.SPEED
        self._filtered += speed * (target - self._filtered)


@lru_cache(maxsize=1)
def centre_weights(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(H, W) float32 that sum to 1: 3, 2, 1 and 0 from the middle to the corners.

    These are the tuning's weights. It gives them to 15 regions; here they are rings, of about the same areas.
    """
    rows, columns = (np.abs(np.linspace(-1, 1, side, dtype=np.float32)) for side in shape)
    radius = np.hypot(rows[:, np.newaxis], columns[np.newaxis, :])
    weights = np.select([radius < 0.45, radius < 0.8, radius < 1.1], [3.0, 2.0, 1.0], 0.0)
    return np.asarray(weights / weights.sum(), np.float32)


def _mean_of_brightest(luminance: NDArray[np.float32], share: float) -> float:
    count = max(1, int(luminance.size * share))
    return float(np.partition(luminance.ravel(), luminance.size - count)[-count:].mean())
