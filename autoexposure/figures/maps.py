"""Figure 8: what the network asks for and where it looks, over pictures from the most to the least even attention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from autoexposure.errors import ConfigError
from autoexposure.frame import Pixels
from autoexposure.metering.drawing import attention_layer, exposure_layer, lay_over
from autoexposure.metering.policy import Decision, Map, Policy, ask
from autoexposure.metering.preview import make_preview
from autoexposure.response import gamma

SHOWN_PICTURES = 6
"""As many as the paper shows in Figure 8."""

LARGEST_PX = 480
"""Longer side of a picture on a sheet: more is not seen there."""


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """One picture, what was decided of it, and how uneven its attention is (standard deviation by mean)."""

    name: str
    picture: Pixels
    decision: Decision
    unevenness: float

    def column(self) -> list[Pixels]:
        """As it is, as asked for, exposure map, attention."""
        attention, exposure_map = maps_of(self.decision)
        return [
            self.picture,
            exposed(self.picture, self.decision.delta_ev),
            *drawn(self.picture, attention, exposure_map),
        ]


ROWS = ("as it is", "as asked for", "exposure map", "attention")


def mapped(policy: Policy, pictures: Mapping[str, Pixels]) -> list[Mapped]:
    """At most SHOWN_PICTURES of them, by the quantiles of the unevenness: nobody chose them.

    Raises
    ------
    ConfigError
        If there are none, or the meter has no maps.
    """
    if not pictures:
        raise ConfigError("there is no picture to draw maps of: name a folder with some")
    found = []
    for name, picture in pictures.items():
        small = shrunk(picture)
        decision = ask(policy, make_preview(small))
        attention, _ = maps_of(decision)
        found.append(Mapped(name, small, decision, unevenness(attention)))
    found.sort(key=lambda each: each.unevenness)
    places = np.unique(np.linspace(0, len(found) - 1, SHOWN_PICTURES).round().astype(int))
    return [found[int(place)] for place in places]


def unevenness(attention: Map) -> float:
    """Standard deviation of the attention by its mean; 0 is even."""
    return float(attention.std() / max(float(attention.mean()), 1e-9))


def maps_of(decision: Decision) -> tuple[Map, Map]:
    """Attention and exposure map. Raises ConfigError if the meter has none."""
    if decision.attention is None or decision.exposure_map is None:
        raise ConfigError("this meter has no maps: use the network (attention)")
    return decision.attention, decision.exposure_map


def drawn(picture: Pixels, attention: Map, exposure_map: Map) -> tuple[Pixels, Pixels]:
    """The exposure map, and the attention as the paper draws it: white where it is highest, black where it is none."""
    colours = lay_over(picture, exposure_layer(exposure_map, 1.0))
    grey = lay_over(np.full_like(picture, 255), attention_layer(attention, 1.0))
    return colours, grey


def exposed(picture: Pixels, delta_ev: float) -> Pixels:
    """The picture as if taken with ``delta_ev`` more exposure (paper 5.3)."""
    return gamma().re_expose(picture, delta_ev).astype(np.uint8)


def shrunk(picture: Pixels) -> Pixels:
    """No larger than it is shown."""
    scale = LARGEST_PX / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
