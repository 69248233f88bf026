"""Light on a subject and on what is behind it, as untidy as real light is.

A relit photograph whose background has one gain, with an edge as sharp as its mask, is recognised by these signs, and a
network that looks for them finds no subject in a real room. Each effect here takes one sign away. None of them changes
what the right exposure is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.frame import Pixels
from autoexposure.response import REC709, Floats, ResponseCurve, gamma
from models.data.exposure_ladder import PLAIN, Light, encode_table, expose_linear, linear_light, shrink

WHITE = (1.0, 1.0, 1.0)

FAINTEST = 0.5
"""Least light of a place in an uneven background, of its brightest: a window's frame, a wall that fades."""

VEIL_SIDE_PX = 12
"""Veiling glare is as smooth as this few places across a picture; more detail would be costly and not be seen."""


@dataclass(frozen=True, slots=True)
class Relighting:
    """How untidy the light of relit pictures is. Raises ConfigError for shares outside 0..1.

    Attributes
    ----------
    coloured_share, colour_ev : share of pictures whose subject and background are lit in different colours, and how far
        red and blue then go apart from green, at most.
    soft_share, soft_px : share whose light has soft edges, and how wide these are in pixels of the cache, at most.
    haze_share, haze : share with veiling glare, and how much of the light around a place it adds there, at most.
    uneven_share : share whose background is no even surface: one that fades, or panes of a window.
    rim_share, rim_ev, rim_px : share whose subject has a bright rim, by how much at most, how wide at most.
    several_share, smaller : share with a second subject, from another photograph, and its size, from..to.
    elsewhere_share, elsewhere : share whose subject stands before another photograph, and its size there, from..to: so
        what a subject is isn't learned from where it is usually found.
    """

    coloured_share: float = 0.0
    colour_ev: float = 0.5
    soft_share: float = 0.0
    soft_px: float = 6.0
    haze_share: float = 0.0
    haze: float = 0.15
    uneven_share: float = 0.0
    rim_share: float = 0.0
    rim_ev: float = 2.0
    rim_px: float = 4.0
    several_share: float = 0.0
    smaller: tuple[float, float] = (0.4, 0.7)
    elsewhere_share: float = 0.3
    elsewhere: tuple[float, float] = (0.45, 1.0)

    def __post_init__(self) -> None:
        for name in (entry.name for entry in fields(self) if entry.name.endswith("_share")):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} must lie in 0..1, given {getattr(self, name)}")
        if not all(0 < size <= 1 for size in (*self.smaller, *self.elsewhere)):
            raise ConfigError(f"sizes of pasted subjects must lie above 0 and up to 1, given {self}")
        if min(self.soft_px, self.rim_px, self.haze) < 0:
            raise ConfigError(f"widths and haze of relighting can't be negative, given {self}")

    def draw(self, random: np.random.Generator, background_ev: float) -> Lighting:
        """The light of one picture, its background getting ``background_ev`` more."""

        def now(share: float) -> bool:
            return bool(random.random() < share)

        colours = (WHITE, WHITE)
        if now(self.coloured_share):
            colours = _tint(random.uniform(-1, 1) * self.colour_ev), _tint(random.uniform(-1, 1) * self.colour_ev)
        return Lighting(
            background_ev,
            subject_colour=colours[0],
            background_colour=colours[1],
            edge_px=random.uniform(0, self.soft_px) if now(self.soft_share) else 0.0,
            haze=random.uniform(0, self.haze) if now(self.haze_share) else 0.0,
            surface=_uneven(random) if now(self.uneven_share) else None,
            rim_ev=random.uniform(0, self.rim_ev) if now(self.rim_share) else 0.0,
            rim_px=self.rim_px,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Lighting:
    """The light of one relit picture.

    Attributes
    ----------
    background_ev : more light on the background.
    subject_colour, background_colour : gains of R, G and B in linear light.
    edge_px : how far the light of each spills into the other.
    haze : how much of the light around a place is added there.
    surface : (rows, columns) of how bright places of the background are, of its brightest; stretched over the picture,
        None for an even one.
    rim_ev, rim_px : light on the rim inside the subject's outline, and how wide it is.
    """

    background_ev: float
    subject_colour: tuple[float, float, float] = WHITE
    background_colour: tuple[float, float, float] = WHITE
    edge_px: float = 0.0
    haze: float = 0.0
    surface: Floats | None = field(default=None, repr=False)
    rim_ev: float = 0.0
    rim_px: float = 4.0

    def gain(self, mask: NDArray[np.uint8]) -> Floats:
        """(H, W, 3): by how much each place of a picture gets more light, ``mask`` (H, W) uint8, 255 = subject."""
        subject: Floats = np.asarray(mask.astype(np.float32) / 255, np.float32)
        rim = _rim(subject, self.rim_px) * np.float32(2.0**self.rim_ev - 1) if self.rim_ev else None
        if self.edge_px:
            subject = _blurred(subject, self.edge_px)
        behind = (1 - subject) * np.float32(2.0**self.background_ev)
        if self.surface is not None:
            behind *= _stretched(self.surface, mask.shape)
        if rim is not None:
            subject = subject + rim
        # Merged planes: numpy takes five times as long to spread one plane over three channels.
        if self.subject_colour == self.background_colour == WHITE:
            return np.asarray(cv2.merge([subject + behind] * 3), np.float32)
        colours = zip(self.subject_colour, self.background_colour, strict=True)
        planes = [subject * np.float32(on) + behind * np.float32(past) for on, past in colours]
        return np.asarray(cv2.merge(planes), np.float32)


def relight(
    pixels: Pixels,
    mask: NDArray[np.uint8],
    response: ResponseCurve,
    lighting: Lighting,
    offset_ev: float,
    light: Light = PLAIN,
) -> Pixels:
    """Expose a photograph in other light, with ``offset_ev`` more exposure.

    ``pixels`` (H, W, 3) uint8 RGB; ``mask`` (H, W) uint8, 255 = subject, values between blend the light at soft edges.
    """
    linear = linear_light(pixels, response, light)
    linear *= lighting.gain(mask) * np.float32(2.0**offset_ev)
    if lighting.haze:
        around = cv2.blur(cv2.resize(linear, (VEIL_SIDE_PX, VEIL_SIDE_PX), interpolation=cv2.INTER_AREA), (5, 5))
        linear += cv2.resize(around * np.float32(lighting.haze), pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return expose_linear(linear, encode_table(response))


def relit_preview(pixels: Pixels, mask: NDArray[np.uint8], background_ev: float, offset_ev: float) -> Pixels:
    """(128, 128, 3) uint8: a photograph (gamma 2.2) with ``background_ev`` more light behind its subject.

    It is what the network sees with ``offset_ev`` more exposure.
    """
    return shrink(relight(pixels, mask, gamma(), Lighting(background_ev), offset_ev))


def paste(
    random: np.random.Generator,
    onto: tuple[Pixels, NDArray[np.uint8]],
    other: tuple[Pixels, NDArray[np.uint8]],
    size: float,
) -> tuple[Pixels, NDArray[np.uint8]]:
    """A picture (H, W, 3) with its mask (H, W), and before it the subject of another one, ``size`` times as large.

    It may stand anywhere; both are subject.
    """
    pixels, mask = onto
    height, width = (max(1, round(side * size)) for side in mask.shape)
    top, left = (
        int(random.integers(0, whole - side + 1)) for whole, side in zip(mask.shape, (height, width), strict=True)
    )
    part = slice(top, top + height), slice(left, left + width)
    cut = cv2.resize(other[1], (width, height), interpolation=cv2.INTER_AREA)
    share = cv2.merge([cut.astype(np.float32) / 255] * 3)
    pasted = cv2.resize(other[0], (width, height), interpolation=cv2.INTER_AREA) * share + pixels[part] * (1 - share)
    both, either = pixels.copy(), mask.copy()
    both[part] = np.rint(pasted).astype(np.uint8)
    either[part] = np.maximum(mask[part], cut)
    return both, either


def _tint(warmth_ev: float) -> tuple[float, float, float]:
    """Gains of R, G and B: red up and blue down for warm light, no brighter and no darker than white."""
    gains = np.exp2([warmth_ev, 0.0, -warmth_ev])
    red, green, blue = (gains / (gains @ np.array(REC709))).tolist()
    return red, green, blue


def _uneven(random: np.random.Generator) -> Floats:
    """(rows, columns) from FAINTEST to 1."""
    rows, columns = random.integers(2, 6, 2)
    field_of_light = random.uniform(FAINTEST, 1, (rows, columns)).astype(np.float32)
    if random.random() < 0.5:  # panes: each place eight times, so that stretching hardly blurs their edges
        field_of_light = np.kron(field_of_light, np.ones((8, 8), np.float32))
    return field_of_light


def _stretched(surface: Floats, shape: tuple[int, ...]) -> Floats:
    return np.asarray(cv2.resize(surface, shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _rim(subject: Floats, width_px: float) -> Floats:
    """(H, W), 1 at the inner side of the outline, falling to 0 at ``width_px``."""
    return np.asarray(subject * np.clip(2 * (1 - _blurred(subject, width_px)), 0, 1), np.float32)


def _blurred(subject: Floats, radius_px: float) -> Floats:
    """(H, W) with edges about ``radius_px`` wide to either side; two box filters cost the same for any width."""
    size = max(1, round(radius_px)) | 1
    return np.asarray(cv2.blur(cv2.blur(subject, (size, size)), (size, size)), np.float32)
