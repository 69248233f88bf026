"""Cut a person out of the portrait that ships with the built-in scenes, with soft edges."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.simulation.photograph import linearised
from autoexposure.simulation.sensor import Radiance

Mask = NDArray[np.float32]
"""(H, W) float32, 0..1."""

# fmt: off
OUTLINE_PX = np.array([
    # hair and the right side of the face, ring of the suit, shoulder
    (232, 16), (255, 20), (272, 30), (285, 42), (296, 62), (301, 82), (300, 100), (294, 115), (284, 127), (274, 133),
    (267, 137), (264, 150), (259, 163), (256, 173), (275, 185), (290, 200), (301, 220), (306, 236), (322, 243),
    (338, 258), (350, 278), (358, 300), (363, 330), (363, 350),
    # helmet, down to the corner of the photograph
    (375, 347), (395, 344), (412, 345), (435, 352), (460, 368), (480, 395), (492, 425), (497, 455), (505, 455),
    (512, 462), (512, 512),
    # left arm upwards, ring, the left side of the face
    (41, 512), (26, 470), (19, 436), (22, 424), (28, 328), (32, 300), (40, 281), (66, 244), (94, 225), (111, 206),
    (115, 187), (124, 173), (141, 157), (162, 149), (185, 149), (182, 132), (176, 122), (166, 113), (157, 96),
    (154, 80), (155, 66), (162, 52), (178, 40), (192, 30), (206, 21),
], np.int32)
# fmt: on
"""(N, 2) column, row: where the astronaut ends, to some 4 pixels, in the 512x512 portrait; drawn by hand."""

UNSURE_PX = 8
"""The true edge is looked for this far to either side of the outline."""

EDGE_RADIUS_PX = 4
"""Half the width of the window in which the edge is fitted to the brightness of the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A figure without its background.

    Attributes
    ----------
    light : (H, W, 3) float32, linear 0..1, the photograph.
    alpha : (H, W) float32, 1 where the figure is, 0 where it isn't.
    """

    light: Radiance
    alpha: Mask


def cut_out_astronaut(portrait: NDArray[np.uint8]) -> Cutout:
    """Cut the figure out of the (512, 512, 3) RGB portrait.

    Grab-cut (Rother and others 2004) decides in a band around the outline, at half size because that takes a quarter
    of the time; a guided filter (He and others 2010) then lets the edge follow hair and cloth at full size.
    """
    half = cv2.resize(portrait, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    drawn = np.zeros(half.shape[:2], np.uint8)
    cv2.fillPoly(drawn, [OUTLINE_PX // 2], 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (UNSURE_PX + 1, UNSURE_PX + 1))
    surely_in = cv2.erode(drawn, disc, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    maybe_in = cv2.dilate(drawn, disc)
    labels = np.where(drawn > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[surely_in > 0] = cv2.GC_FGD
    labels[maybe_in == 0] = cv2.GC_BGD
    cv2.setRNGSeed(0)
    no_rectangle = (0, 0, 1, 1)
    cv2.grabCut(half, labels, no_rectangle, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    inside = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.float32)
    hard = np.asarray(cv2.resize(inside, (portrait.shape[1], portrait.shape[0])), np.float32)
    grey = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    soft = _guided(grey, hard)
    # Stretched, so that faint haze around the figure goes and what is nearly solid is solid.
    return Cutout(linearised(portrait), np.clip((soft - 0.1) / 0.85, 0, 1))


def _guided(guide: NDArray[np.floating], mask: Mask, flat_variance: float = 1e-3) -> Mask:
    """The mask as a locally linear function of the guide's brightness."""

    def mean(values: NDArray[np.floating]) -> Mask:
        side = 2 * EDGE_RADIUS_PX + 1
        return np.asarray(cv2.blur(values, (side, side)), np.float32)

    guide_mean, mask_mean = mean(guide), mean(mask)
    covariance = mean(guide * mask) - guide_mean * mask_mean
    variance = mean(guide * guide) - guide_mean * guide_mean
    slope = covariance / (variance + np.float32(flat_variance))
    offset = mask_mean - slope * guide_mean
    return np.asarray(mean(slope) * guide + mean(offset), np.float32)
