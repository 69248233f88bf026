"""Scenes for comparisons: light that changes in steps, something white that passes, a subject against the light."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.evaluation.side_by_side.trial import STAGE_S
from autoexposure.frame import Pixels
from autoexposure.simulation.builtin_scenes import shipped_photograph
from autoexposure.simulation.photograph import expanded, linearised
from autoexposure.simulation.portrait import OUTLINE_PX
from autoexposure.simulation.scene import REFERENCE, Scene, Size, fitted, freeze
from autoexposure.simulation.sensor import Radiance

VIEW = Size(320, 240)
"""Of all scenes: enough for a preview of 128 pixels, and four times as fast as VGA."""

EDGE_PX = 2.0
"""How soft the outline of a subject is: as lenses draw it at this size."""


class StagedScene:
    """One picture of the light after the other, each for STAGE_S; the last stays.

    Parameters
    ----------
    radiances : (H, W, 3) float32 each; stages with the same light share one array.
    """

    def __init__(self, radiances: Sequence[Radiance]) -> None:
        self._radiances = [freeze(radiance) for radiance in radiances]

    def radiance(self, time_s: float) -> Radiance:
        """See `Scene`."""
        return self._radiances[min(int(time_s / STAGE_S), len(self._radiances) - 1)]


def in_steps(radiance: Radiance, levels_ev: Sequence[float]) -> StagedScene:
    """``radiance`` (H, W, 3) with the light on all of it at one level after the other, in EV."""
    of_level = {level_ev: radiance * np.float32(2.0**level_ev) for level_ev in set(levels_ev)}
    return StagedScene([of_level[level_ev] for level_ev in levels_ev])


class PassingObject:
    """A white disc that passes close before a scene, from the left to the right, again and again.

    Parameters
    ----------
    radiance : (H, W, 3) float32 of what is behind it.
    steady_s : how long it stays away at first.
    crossing_s : how long it takes.
    """

    BRIGHTER = 16.0
    """Than the scene's mean light: a sunlit shirt in a room, 4 EV."""
    DIAMETER = 0.8
    """Of the picture's height."""

    def __init__(self, radiance: Radiance, steady_s: float, crossing_s: float = 3.0) -> None:
        self._behind = freeze(radiance)
        self._light = np.float32(radiance.mean() * self.BRIGHTER)
        self._steady_s, self._crossing_s = steady_s, crossing_s

    def radiance(self, time_s: float) -> Radiance:
        """See `Scene`."""
        if time_s < self._steady_s:
            return self._behind
        height, width = self._behind.shape[:2]
        radius = self.DIAMETER * height / 2
        share = (time_s - self._steady_s) / self._crossing_s % 1.0
        middle = (round(-radius + share * (width + 2 * radius)), height // 2)
        picture = self._behind.copy()
        cv2.circle(picture, middle, round(radius), (float(self._light),) * 3, thickness=-1)
        return freeze(picture)


class Hastened:
    """A scene that begins ``by_s`` later, for those that stand still for long at first."""

    def __init__(self, scene: Scene, by_s: float) -> None:
        self._scene, self._by_s = scene, by_s

    def radiance(self, time_s: float) -> Radiance:
        """See `Scene`."""
        return self._scene.radiance(time_s + self._by_s)


def against_the_light(photograph: Pixels, mask: NDArray[np.uint8], background_ev: float) -> Radiance:
    """The light of a photograph with ``background_ev`` more on all but its subject, (H, W, 3) float32.

    ``REFERENCE`` exposes the subject as in the photograph.

    Parameters
    ----------
    photograph : (H, W, 3) uint8 RGB, taken for sRGB.
    mask : (H, W) uint8, 255 = subject.
    """
    picture = fitted(photograph, VIEW)
    height, width = photograph.shape[:2]
    mask = np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    outline = fitted(np.asarray(cv2.merge([mask] * 3), np.uint8), VIEW)[..., 0].astype(np.float32) / np.float32(255)
    subject = np.asarray(cv2.GaussianBlur(outline, (0, 0), EDGE_PX), np.float32)[..., np.newaxis]
    brighter = np.float32(2.0**background_ev)
    light = expanded(linearised(picture)) / np.float32(REFERENCE.time_s)
    return np.asarray(light * (subject + (1 - subject) * brighter), np.float32)


def shipped_subjects() -> dict[str, tuple[Pixels, NDArray[np.uint8]]]:
    """The photographs that ship and show a subject, each with a mask of it: (H, W, 3) and (H, W) uint8."""
    found = {}
    for name, file, draw in (
        ("astronaut", "astronaut.png", _astronaut),
        ("cup", "coffee.png", _cup),
        ("cat", "chelsea.png", _cat),
    ):
        photograph = shipped_photograph(file)
        mask = np.zeros(photograph.shape[:2], np.uint8)
        draw(mask)
        found[name] = (photograph, mask)
    return found


def _astronaut(mask: NDArray[np.uint8]) -> None:
    cv2.fillPoly(mask, [OUTLINE_PX], 255)


def _cup(mask: NDArray[np.uint8]) -> None:
    """The cup on its saucer, drawn by hand in the 600x400 photograph."""
    cv2.ellipse(mask, (278, 228), (200, 158), 0, 0, 360, 255, thickness=-1)
    cv2.ellipse(mask, (290, 112), (120, 95), 0, 0, 360, 255, thickness=-1)


def _cat(mask: NDArray[np.uint8]) -> None:
    """Its head, drawn by hand in the 451x300 photograph."""
    cv2.ellipse(mask, (195, 140), (165, 150), 0, 0, 360, 255, thickness=-1)
