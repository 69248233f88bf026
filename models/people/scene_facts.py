"""What simulated people may mind in a scene: its light, subject, colours and composition, and what kind of thing it is.

All of it is read off the photograph as it is, in linear light and at full range. A meter sees the same scene exposed
otherwise, so it has to guess these facts; some (which kind of thing it is, where the subject ends) it can only guess.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.simulated_experts import Scene

Facts = NDArray[np.float64]
"""(F,) in the order of `FACTS`, each about 0 +- 1 over ordinary photographs."""

_DARKEST = 2.0**-9
"""Added to light before its logarithm: half a step of an 8-bit sensor, so that black stays finite."""
_FARTHEST = 2.5
"""Facts are clipped here: nobody minds an odd picture ten times as much as a usual one."""
_THIRD = 3
"""The sky is looked for in the upper third."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What an ordinary photograph has of a fact: mean and standard deviation over 300 photographs of all kinds."""

    mean: float
    deviation: float


FACTS: dict[str, Scale] = {
    "light": Scale(-2.87, 0.75),
    "highlights": Scale(0.75, 0.18),
    "shadows": Scale(-4.35, 1.30),
    "contrast": Scale(1.77, 0.52),
    "clipped": Scale(0.08, 0.09),
    "subject": Scale(-0.41, 1.21),
    "subject size": Scale(0.25, 0.13),
    "centre": Scale(-0.04, 0.78),
    "sky": Scale(0.14, 1.14),
    "saturation": Scale(0.46, 0.19),
    "warmth": Scale(0.51, 0.81),
    "green": Scale(-0.01, 0.37),
    "detail": Scale(0.30, 0.13),
    "balance": Scale(0.53, 0.47),
}
"""Fact -> its scale; `_raw` says what each is."""


def scene_facts(scene: Scene) -> Facts:
    """(F,) what there is to mind in a scene."""
    raw = _raw(scene)
    scaled = [(raw[name] - scale.mean) / scale.deviation for name, scale in FACTS.items()]
    clipped: Facts = np.clip(np.array(scaled), -_FARTHEST, _FARTHEST)
    return clipped


def _raw(scene: Scene) -> dict[str, float]:
    light, colour = scene.luminance, scene.colour
    height, width = light.shape
    stops = np.log2(light + _DARKEST)
    red, green, blue = (float(colour[..., place].mean()) + _DARKEST for place in range(3))
    weakest = colour.min(axis=2)
    third, half = height // _THIRD, width // 2
    subject = float((stops * scene.subject).sum() / scene.subject.sum())
    middle = stops[height // 4 : -(height // 4), width // 4 : -(width // 4)]
    return {
        "light": float(stops.mean()),
        "highlights": float(np.quantile(scene.strongest, 0.95)),
        "shadows": float(np.quantile(stops, 0.2)),
        "contrast": float(stops.std()),
        "clipped": float((scene.strongest > 0.98).mean()) ** 0.5,
        "subject": subject - float(stops.mean()),
        "subject size": float(scene.subject.mean()),
        "centre": float(middle.mean() - stops.mean()),
        "sky": float(stops[:third].mean() - stops[third:].mean()),
        "saturation": float(((scene.strongest - weakest) / (scene.strongest + _DARKEST)).mean()),
        "warmth": float(np.log2(red / blue)),
        "green": float(np.log2(2 * green / (red + blue))),
        "detail": float(np.abs(np.diff(stops, axis=1)).mean()),
        "balance": abs(float(stops[:, :half].mean() - stops[:, half:].mean())),
    }
