"""Which part of the picture is seen and where on the widget: zoom and pan, as numbers without Qt. Never stretched."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

MOST_ZOOM = 16.0
ZOOM_STEP = 1.25


@dataclass(frozen=True, slots=True)
class Point:
    """A place: on the widget in logical pixels, or on the picture as fractions of its width and height."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle; edges, in the units of what it lies on."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From the left edge to the right one."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From the top edge to the bottom one."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Viewport:
    """How a picture lies on a widget.

    Attributes
    ----------
    widget_px, picture_px : (width, height) of both; only the picture's shape matters.
    zoom : 1 shows all of it, as large as fits; up to ``MOST_ZOOM``.
    x, y : the picture's place, in fractions, that is in the middle of the widget where the picture is larger than it.
    """

    widget_px: tuple[int, int]
    picture_px: tuple[int, int]
    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5

    @property
    def place(self) -> Area:
        """Where all of the picture lies, in widget pixels; beyond the widget's edges while zoomed in."""
        width, height = self._size
        left = _edge(self.widget_px[0], width, self.x)
        top = _edge(self.widget_px[1], height, self.y)
        return Area(left, top, left + width, top + height)

    @property
    def seen(self) -> Area:
        """The part of the picture that is on the widget, in fractions."""
        place = self.place
        return Area(
            max(0.0, -place.left / place.width),
            max(0.0, -place.top / place.height),
            min(1.0, (self.widget_px[0] - place.left) / place.width),
            min(1.0, (self.widget_px[1] - place.top) / place.height),
        )

    def on_picture(self, at: Point) -> Point | None:
        """The place on the picture under a place on the widget; None beside the picture."""
        place = self.place
        x, y = (at.x - place.left) / place.width, (at.y - place.top) / place.height
        return Point(x, y) if 0 <= x <= 1 and 0 <= y <= 1 else None

    def on_widget(self, at: Point) -> Point:
        """The other way round."""
        place = self.place
        return Point(place.left + at.x * place.width, place.top + at.y * place.height)

    def zoomed(self, factor: float, at: Point) -> Viewport:
        """Zoomed by ``factor``, with the place under ``at`` (on the widget) staying there as far as edges allow."""
        zoom = min(max(self.zoom * factor, 1.0), MOST_ZOOM)
        place = self.place
        x, y = (at.x - place.left) / place.width, (at.y - place.top) / place.height
        larger = replace(self, zoom=zoom)
        width, height = larger._size
        return replace(
            larger,
            x=x + (self.widget_px[0] / 2 - at.x) / width,
            y=y + (self.widget_px[1] / 2 - at.y) / height,
        )._within()

    def panned(self, right_px: float, down_px: float) -> Viewport:
        """The picture dragged by this distance in widget pixels."""
        width, height = self._size
        return replace(self, x=self.x - right_px / width, y=self.y - down_px / height)._within()

    def _within(self) -> Viewport:
        width, height = self._size
        return replace(self, x=_held(self.x, self.widget_px[0] / width), y=_held(self.y, self.widget_px[1] / height))

    @property
    def _size(self) -> tuple[float, float]:
        fit = min(self.widget_px[0] / self.picture_px[0], self.widget_px[1] / self.picture_px[1])
        return self.picture_px[0] * fit * self.zoom, self.picture_px[1] * fit * self.zoom


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a frame is painted: whole pixels, so that nothing is shifted or stretched.

    Attributes
    ----------
    rows, columns : of the frame.
    seen : the same as fractions of it.
    left, top : where the part lies on the widget, in logical pixels.
    size_px : its (width, height) on the screen, in the screen's own pixels.
    """

    rows: slice
    columns: slice
    seen: Area
    left: float
    top: float
    size_px: tuple[int, int]


def cut(view: Viewport, ratio: float) -> Cut:
    """The part of the picture that ``view`` shows, on a screen of ``ratio`` pixels for a logical one."""
    width, height = view.picture_px
    place, seen = view.place, view.seen
    first_x, last_x = math.floor(seen.left * width), math.ceil(seen.right * width)
    first_y, last_y = math.floor(seen.top * height), math.ceil(seen.bottom * height)
    part = Area(first_x / width, first_y / height, last_x / width, last_y / height)
    return Cut(
        slice(first_y, last_y),
        slice(first_x, last_x),
        part,
        round((place.left + part.left * place.width) * ratio) / ratio,
        round((place.top + part.top * place.height) * ratio) / ratio,
        (max(1, round(part.width * place.width * ratio)), max(1, round(part.height * place.height * ratio))),
    )


def _edge(room: float, size: float, middle: float) -> float:
    """Where a side begins: in the middle where it fits, else so that nothing beyond its ends is shown."""
    if size <= room:
        return (room - size) / 2
    return min(0.0, max(room - size, room / 2 - middle * size))


def _held(middle: float, seen: float) -> float:
    """``middle`` so that the ``seen`` share around it lies within the picture."""
    return 0.5 if seen >= 1 else min(max(middle, seen / 2), 1 - seen / 2)
