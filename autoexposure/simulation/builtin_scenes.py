"""The gallery of built-in scenes: photographs that ship with the program, put in changing light.

The photographs are free of rights (see ``photographs/LICENSES.txt``). What changes is the light: each
scene is a sum of layers, one for each light in it, with real contrast between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import SceneError
from autoexposure.simulation.light import Drifting, Light, Steady, Switched
from autoexposure.simulation.photograph import expanded, linearised, read_codes
from autoexposure.simulation.portrait import portrait_lights
from autoexposure.simulation.scene import VGA, Layer, LitScene, Size, StillScene, fitted, luminance, reference_scale
from autoexposure.simulation.sensor import Radiance

DEFAULT_SCENE = "portrait"

PHOTOGRAPHS = Path(__file__).with_name("photographs")
"""Their folder, part of the package."""


def builtin_scene(name: str, size: Size = VGA) -> LitScene:
    """Build a scene of the gallery with its own story of light, at ``size``.

    Raises
    ------
    SceneError
        If there is no such scene, or its photograph is missing from the installation.
    """
    if name not in GALLERY:
        raise SceneError(f"there is no built-in scene {name!r}; choose one of {', '.join(GALLERY)}")
    return GALLERY[name](size)


def shipped_photograph(file_name: str) -> NDArray[np.uint8]:
    """One of the photographs in ``PHOTOGRAPHS``, (H, W, 3) uint8 RGB.

    Raises
    ------
    SceneError
        If there is no such file.
    """
    path = PHOTOGRAPHS / file_name
    if not path.is_file():
        raise SceneError(f"the photograph {file_name} of the built-in scenes is missing; install autoexposure again")
    return read_codes(path)


def _portrait(size: Size) -> LitScene:
    """A person in a dim room before a bright window; the lamp beside her goes on and off."""
    lights = portrait_lights(shipped_photograph("astronaut.png"), shipped_photograph("rocket.jpg"))
    return _scene(size, (lights.daylight, Steady()), (lights.lamplight, Switched(first=0.0, second=1.0)))


def _coffee(size: Size) -> LitScene:
    """A cup in the pool of a lamp, which goes off and on; daylight from the left remains."""
    light = expanded(linearised(shipped_photograph("coffee.png")), boost=4.0)
    across, down = _unit_grid(light)
    pool = 0.25 + 0.9 * np.exp(-(((across - 0.5) / 0.35) ** 2) - ((down - 0.45) / 0.45) ** 2)
    from_the_left = np.array([0.09, 0.11, 0.14]) * (1.5 - across)[..., np.newaxis]
    return _scene(size, (light * pool[..., np.newaxis], Switched()), (light * from_the_left, Steady()))


def _cat(size: Size) -> LitScene:
    """A cat by the window: the sun from the right goes behind clouds and comes back."""
    light = expanded(linearised(shipped_photograph("chelsea.png")))
    across, _ = _unit_grid(light)
    sun = np.array([1.05, 1.0, 0.9]) * (0.15 + 1.6 * across**2)[..., np.newaxis]
    shade = np.array([0.16, 0.18, 0.21])
    return _scene(size, (light * sun, Drifting(delta_ev=-5.0)), (light * shade, Steady()))


def _rocket(size: Size) -> LitScene:
    """A launch pad in the evening: night falls and day comes, while the floodlights stay on."""
    light = linearised(shipped_photograph("rocket.jpg"))
    brightness = luminance(light)
    lamps = np.clip((brightness - 0.25) / 0.5, 0, 1)[..., np.newaxis]
    sky = (light * (1 - lamps), Drifting(delta_ev=-5.0, drift_s=20.0))
    return _scene(size, sky, (expanded(light, boost=8.0) * lamps, Steady()))


GALLERY: Mapping[str, Callable[[Size], LitScene]] = MappingProxyType(
    {DEFAULT_SCENE: _portrait, "coffee": _coffee, "cat": _cat, "rocket": _rocket}
)
"""Scene name -> what builds it."""


def _scene(size: Size, *lights: tuple[NDArray[np.floating], Light]) -> LitScene:
    """Layers at ``size``, scaled together so that ``REFERENCE`` suits the light the scene begins with."""
    fitted_lights = [(fitted(np.asarray(picture, np.float32), size), light) for picture, light in lights]
    first = sum((picture * np.float32(light.factor(0.0)) for picture, light in fitted_lights), np.float32(0))
    scale = reference_scale(np.asarray(first, np.float32))
    return LitScene(tuple(Layer(StillScene(picture * scale), light) for picture, light in fitted_lights))


def _unit_grid(picture: Radiance) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Distance from the left and from the top, 0..1, both (H, W)."""
    height, width = picture.shape[:2]
    rows, columns = np.indices((height, width), np.float32)
    return columns / width, rows / height
