"""Re-exposed versions of a photograph, each with the correction that restores it (paper 5.3, 6.1).

Sign, once and for all: a picture taken with ``offset_ev`` more exposure than it should have had carries the label
``-offset_ev``. Positive labels mean *raise* (`autoexposure.exposure`). Labels are kept within the network's +-2 EV.

A re-exposure of an 8-bit picture is a table of 256 entries a channel; building the table is the only arithmetic, the
rest is a lookup, so that the network and not the synthesis is the bottleneck of training.

Ladders of whole pictures teach a network how bright pictures are, but not what matters in them. So photographs are
relit as well: where a mask of the subject is known, the background is made brighter (backlight) or darker (spotlight)
in linear light. The label is then the exposure that suits the subject, balanced against losing the background (paper
6.3: what the judges were told).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.frame import Pixels, check_pixels
from autoexposure.metering.preview import SIDE_PX
from autoexposure.response import Floats, ResponseCurve

LABEL_LIMIT_EV = 2.0
"""Largest correction a label asks for (paper 5.3)."""

LADDER_EV: NDArray[np.float64] = np.round(np.linspace(-2.0, 2.0, 21), 1)
"""Exposure offsets of the pre-training ladder: 21 steps of 0.2 EV (paper 5.3, 6.1)."""

FINE_BINS = 1 << 14
"""Entries of the table from linear light back to codes; the square root of light is what is divided evenly."""

_WHITE_FROM = 235
"""Code above which a photograph may hide brighter light than it shows (see `scene_light`)."""


def label_ev(offset_ev: NDArray[np.float64]) -> NDArray[np.float64]:
    """The correction that restores a picture taken with ``offset_ev`` too much exposure, any shape, EV."""
    return np.clip(-offset_ev, -LABEL_LIMIT_EV, LABEL_LIMIT_EV)


@dataclass(frozen=True, slots=True)
class Light:
    """How the light of a re-exposed picture differs from the original's, besides its amount.

    Attributes
    ----------
    balance : gains of R, G and B in linear light.
    headroom : how many times brighter than white the whitest code is taken to be, >= 1. A photograph clips; darkening
        it turns its whites into a flat grey that no camera would deliver. Guessing light beyond white avoids that.
    """

    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    headroom: float = 1.0


PLAIN = Light()


def scene_light(response: ResponseCurve, light: Light = PLAIN) -> Floats:
    """(256, 3) float32: relative exposure of each code of R, G, B; 1 = saturation, more with headroom."""
    # Headroom comes in smoothly over the last codes: a step would show as a rim around every highlight.
    rise = np.clip((np.arange(256) - _WHITE_FROM) / (255 - _WHITE_FROM), 0, 1)
    beyond = (1 + (light.headroom - 1) * rise**2)[:, np.newaxis]
    relative: Floats = (response.relative[:, np.newaxis] * beyond * np.asarray(light.balance)).astype(np.float32)
    return relative


def exposure_table(response: ResponseCurve, offset_ev: float, light: Light = PLAIN) -> NDArray[np.uint8]:
    """(256, 3) uint8: what each code of R, G, B becomes with ``offset_ev`` more exposure."""
    exposed = scene_light(response, light) * np.float32(2.0**offset_ev)
    return np.rint(response.encode(exposed)).astype(np.uint8)


def re_expose(pixels: Pixels, response: ResponseCurve, offset_ev: float, light: Light = PLAIN) -> Pixels:
    """(H, W, 3) uint8 RGB with ``offset_ev`` more exposure, clipped and rounded to 8 bit like a camera does."""
    table = exposure_table(response, offset_ev, light)[np.newaxis]
    return check_pixels(cv2.LUT(pixels, table))


def encode_table(response: ResponseCurve) -> NDArray[np.uint8]:
    """(FINE_BINS,) uint8: code of the relative exposure ``(index / (FINE_BINS - 1)) ** 2``."""
    root = np.linspace(0, 1, FINE_BINS, dtype=np.float32)
    return np.rint(response.encode(root**2)).astype(np.uint8)


def linear_light(pixels: Pixels, response: ResponseCurve, light: Light = PLAIN) -> Floats:
    """(H, W, 3) uint8 RGB -> linear light, 1 = saturation, more with headroom."""
    return np.asarray(cv2.LUT(pixels, scene_light(response, light)[np.newaxis]), np.float32)


def expose_linear(linear: Floats, codes_by_root: NDArray[np.uint8]) -> Pixels:
    """Linear light (any shape, 1 = saturation) -> 8-bit codes, by the table of `encode_table`."""
    root = np.sqrt(np.minimum(linear, np.float32(1)))
    root *= np.float32(FINE_BINS - 1)
    root += np.float32(0.5)
    return np.take(codes_by_root, root.astype(np.int32))


def shrink(pixels: Pixels) -> Pixels:
    """(H, W, 3) -> (128, 128, 3) uint8, as `autoexposure.metering.preview.make_preview` does it."""
    return check_pixels(cv2.resize(pixels, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA))


def ladder(pixels: Pixels, response: ResponseCurve, offsets_ev: NDArray[np.float64] = LADDER_EV) -> Pixels:
    """Every step of the ladder of one (H, W, 3) uint8 picture: (len(offsets_ev), 128, 128, 3) uint8."""
    return np.stack([shrink(re_expose(pixels, response, float(offset))) for offset in offsets_ev])


@dataclass(frozen=True, slots=True)
class Balance:
    """What a relit picture's right exposure is. Raises ConfigError for weights outside 0..1.

    Attributes
    ----------
    subject_weight : share of the right exposure that the subject decides; the rest is the background's. 0.95 leaves a
        person before a window 3 EV brighter 0.15 EV darker than without the window.
    small_subject : subjects that fill less of the frame than this count for less, in proportion.
    """

    subject_weight: float = 0.95
    small_subject: float = 0.04

    def __post_init__(self) -> None:
        if not (0 <= self.subject_weight <= 1 and 0 < self.small_subject <= 1):
            raise ConfigError(f"subject weight and small subject must lie in 0..1, given {self}")

    def offset_ev(self, background_ev: float, subject_share: float) -> float:
        """EV that a picture whose background was relit by ``background_ev`` should have more than the original."""
        weight = self.subject_weight * min(1.0, subject_share / self.small_subject)
        return -(1 - weight) * background_ev
