"""What a simulated camera sees: radiance over time.

Radiance is the share of the sensor's range that fills in a second at gain 1, so relative exposure is simply
radiance * time * gain. Every scene is scaled on loading so that ``REFERENCE`` exposes it sensibly: a photograph comes
out as it was taken, everything else with its log-average luminance at ``MID_GREY``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import SceneError
from autoexposure.exposure import Exposure
from autoexposure.response import REC709
from autoexposure.simulation.light import Light, Steady
from autoexposure.simulation.sensor import Radiance

REFERENCE = Exposure(1 / 100, 1.0)
"""The exposure every scene is scaled for: in the middle of what a webcam can set, with five stops to either side."""

MID_GREY = 0.18
"""Relative exposure that a meter aims at: an 18 % grey card, code value 118 in sRGB."""


Picture = TypeVar("Picture", NDArray[np.float32], NDArray[np.uint8])


class Size(NamedTuple):
    """A picture's width and height in pixels."""

    width_px: int
    height_px: int


VGA = Size(640, 480)


class Scene(Protocol):
    """Anything that gives off light."""

    def radiance(self, time_s: float) -> Radiance:
        """(H, W, 3) float32 at ``time_s`` after the scene's beginning, read-only.

        The same array object comes back as long as nothing has changed. Raises SceneError if a file turns out
        unreadable only now.
        """


@runtime_checkable
class Moving(Scene, Protocol):
    """A scene in which something moves while a picture is exposed, and so is smeared in it."""

    def mean_radiance(self, start_s: float, time_s: float) -> Radiance:
        """The mean over ``time_s`` from ``start_s`` on, as `Scene.radiance`."""


def exposed(scene: Scene, start_s: float, time_s: float) -> Radiance:
    """The light that a picture exposed for ``time_s`` from ``start_s`` on is made of, as `Scene.radiance`.

    In the middle of that time, where nothing moves: light that changes in between is taken for even.
    """
    if isinstance(scene, Moving):
        return scene.mean_radiance(start_s, time_s)
    return scene.radiance(max(start_s + time_s / 2, 0.0))


class StillScene:
    """Nothing moves and the light is steady.

    Parameters
    ----------
    radiance : (H, W, 3) float32 >= 0; frozen from now on.
    """

    def __init__(self, radiance: Radiance) -> None:
        self._radiance = freeze(radiance)

    def radiance(self, time_s: float) -> Radiance:
        """The picture, (H, W, 3) float32, at any time."""
        return self._radiance


@dataclass(frozen=True, slots=True)
class Layer:
    """A scene as one light alone shows it, and how strong that light is; layers add up, as light does."""

    scene: Scene
    light: Light


class LitScene:
    """Layers of light added up.

    Parameters
    ----------
    layers : of one size; at least one.
    """

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self.layers = layers
        self._sum_of: list[tuple[Radiance, float]] = []
        self._sum: Radiance = np.empty((0, 0, 3), np.float32)

    def radiance(self, time_s: float) -> Radiance:
        """The sum of the layers at ``time_s``, (H, W, 3) float32; the same array while no light changes."""
        return self.mean_radiance(time_s, 0.0)

    def mean_radiance(self, start_s: float, time_s: float) -> Radiance:
        """The same while a picture is exposed: what moves in a layer is smeared, each light is as in the middle."""
        middle_s = max(start_s + time_s / 2, 0.0)
        lit = [(exposed(layer.scene, start_s, time_s), layer.light.factor(middle_s)) for layer in self.layers]
        lit = [(radiance, factor) for radiance, factor in lit if factor > 0] or [(lit[0][0], 0.0)]
        if not self._is_sum_of(lit):
            self._sum = self._add(lit)
            self._sum_of = lit
        return self._sum

    def in_steady_light(self) -> LitScene:
        """The same layers, each held at the strength it begins with."""
        return LitScene(tuple(replace(layer, light=Steady(layer.light.factor(0.0))) for layer in self.layers))

    def _is_sum_of(self, lit: list[tuple[Radiance, float]]) -> bool:
        return len(lit) == len(self._sum_of) and all(
            radiance is old_radiance and factor == old_factor
            for (radiance, factor), (old_radiance, old_factor) in zip(lit, self._sum_of, strict=True)
        )

    def _add(self, lit: list[tuple[Radiance, float]]) -> Radiance:
        (radiance, factor), *others = lit
        if factor == 1 and not others:
            return radiance
        total = radiance * np.float32(factor)
        for other, other_factor in others:
            cv2.scaleAdd(other, other_factor, total, dst=total)
        return freeze(total)


def luminance(radiance: Radiance) -> NDArray[np.float32]:
    """(H, W, 3) -> (H, W) float32, linear."""
    return np.asarray(cv2.transform(radiance, np.array([REC709], np.float32)), np.float32)


def normalised(radiance: Radiance, weights: NDArray[np.float32] | None = None) -> Radiance:
    """Scale so that ``REFERENCE`` puts the log-average luminance at ``MID_GREY``; see ``reference_scale``."""
    return radiance * reference_scale(radiance, weights)


def reference_scale(radiance: Radiance, weights: NDArray[np.float32] | None = None) -> np.float32:
    """Give the factor with which ``REFERENCE`` puts the log-average luminance at ``MID_GREY``.

    Parameters
    ----------
    radiance : (H, W, 3) float32 >= 0
        In any unit.
    weights : (H, W) float32, optional
        How much every pixel counts; without, all alike.

    Raises
    ------
    SceneError
        If there is no light in the picture.
    """
    light = luminance(radiance)
    seen = light > 0
    if not seen.any():
        raise SceneError("the scene is all black; give a picture with some light in it")
    # Black borders and single suns must not dominate: they count as the darkest and brightest hundredth of the rest.
    log_light = np.log(np.clip(light[seen], *np.percentile(light[seen], [1, 99])))
    log_average = np.average(log_light, weights=None if weights is None else weights[seen])
    return np.float32(MID_GREY / REFERENCE.time_s / np.exp(log_average))


def fitted(picture: Picture, size: Size) -> Picture:
    """Cut the middle of (H, W, 3) to the shape of ``size`` and resize it to (height, width, 3), same type."""
    height, width = picture.shape[:2]
    scale = max(size.width_px / width, size.height_px / height)
    cut_width, cut_height = min(round(size.width_px / scale), width), min(round(size.height_px / scale), height)
    left, top = (width - cut_width) // 2, (height - cut_height) // 2
    cut = np.ascontiguousarray(picture[top : top + cut_height, left : left + cut_width])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(cut, size, interpolation=how), picture.dtype)


def freeze(radiance: Radiance) -> Radiance:
    """Make the array read-only and return it."""
    radiance.flags.writeable = False
    return radiance
