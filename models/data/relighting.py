"""Relit photographs: subject and background lit separately, so that the two ask for different exposures.

Ladders of whole pictures teach a network how bright pictures are, but not what matters in them. Where a mask of the
subject is known, the background is made brighter (backlight) or darker (spotlight) in linear light, and the label
is the exposure that suits the subject, balanced against losing the background (paper 6.3: what the judges were told).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.frame import Pixels
from autoexposure.response import Floats, ResponseCurve
from models.data.exposure_ladder import PLAIN, Light, encode_table, expose_linear, scene_light


@dataclass(frozen=True, slots=True)
class Balance:
    """What a relit picture's right exposure is.

    Attributes
    ----------
    subject_weight : share of the right exposure that the subject decides; the rest is the background's. 0.85 leaves a
        person before a window 3 EV brighter 0.45 EV darker than without the window.
    small_subject : subjects that fill less of the frame than this count for less, in proportion.
    """

    subject_weight: float = 0.85
    small_subject: float = 0.04

    def __post_init__(self) -> None:
        if not (0 <= self.subject_weight <= 1 and 0 < self.small_subject <= 1):
            raise ConfigError(f"subject weight and small subject must lie in 0..1, given {self}")

    def offset_ev(self, background_ev: float, subject_share: float) -> float:
        """EV that a picture whose background was relit by ``background_ev`` should have more than the original."""
        weight = self.subject_weight * min(1.0, subject_share / self.small_subject)
        return -(1 - weight) * background_ev


def relight(
    pixels: Pixels,
    mask: NDArray[np.uint8],
    response: ResponseCurve,
    background_ev: float,
    offset_ev: float,
    light: Light = PLAIN,
) -> Pixels:
    """Expose a photograph whose background got ``background_ev`` more light, with ``offset_ev`` more exposure.

    ``pixels`` (H, W, 3) uint8 RGB; ``mask`` (H, W) uint8, 255 = subject, values between blend the light at soft edges.
    """
    linear: Floats = np.empty(pixels.shape, np.float32)
    table = scene_light(response, light)
    for channel in range(3):
        linear[..., channel] = table[pixels[..., channel], channel]
    subject = mask.astype(np.float32) / 255
    gain = subject + (1 - subject) * np.float32(2.0**background_ev)
    linear *= (gain * np.float32(2.0**offset_ev))[..., np.newaxis]
    return expose_linear(linear, encode_table(response))
