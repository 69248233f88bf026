"""Which part of the picture is seen, where on the widget, how turned: numbers without Qt. Never stretched."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from gui.orientation import AS_IT_IS, Orientation

MOST_ZOOM = 16.0
ZOOM_STEP = 1.25


@dataclass(frozen=True, slots=True)
class Point:
    """A place: on the widget in logical pixels, or on the picture as fractions of its width and height.

    The picture is the one that the camera sent, however it is turned on screen.
    """

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
    x, y : the place of the turned picture, in fractions, that is in the middle of the widget where it is larger.
    turned : how the picture is turned.
    """

    widget_px: tuple[int, int]
    picture_px: tuple[int, int]
    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5
    turned: Orientation = AS_IT_IS

    @property
    def place(self) -> Area:
        """Where all of the picture lies, in widget pixels; beyond the widget's edges while zoomed in."""
        width, height = self._size
        left = _edge(self.widget_px[0], width, self.x)
        top = _edge(self.widget_px[1], height, self.y)
        return Area(left, top, left + width, top + height)

    @property
    def seen(self) -> Area:
        """The part of the turned picture that is on the widget, in fractions."""
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
        return Point(*self.turned.to_picture(x, y)) if 0 <= x <= 1 and 0 <= y <= 1 else None

    def on_widget(self, at: Point) -> Point:
        """The other way round."""
        place = self.place
        x, y = self.turned.to_screen(at.x, at.y)
        return Point(place.left + x * place.width, place.top + y * place.height)

    def extent(self, width: float, height: float) -> tuple[float, float]:
        """How far shares of the picture's width and height reach across and down the widget, in its pixels."""
        place = self.place
        picture_width, picture_height = self.turned.size(place.width, place.height)
        return self.turned.size(width * picture_width, height * picture_height)

    def turn(self, turned: Orientation) -> Viewport:
        """The same picture turned otherwise, with the same place of it in the middle."""
        x, y = turned.to_screen(*self.turned.to_picture(self.x, self.y))
        return replace(self, turned=turned, x=x, y=y)._within()

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
        width, height = self.turned.size(*self.picture_px)
        fit = min(self.widget_px[0] / width, self.widget_px[1] / height)
        return width * fit * self.zoom, height * fit * self.zoom


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a frame is painted: whole pixels, so that nothing is shifted or stretched.

    Attributes
    ----------
    rows, columns : of the frame.
    seen : the same as fractions of it.
    left, top : where the part lies on the widget, in logical pixels.
    size_px : its (width, height) on the screen, in the screen's own pixels.
    turned : how it is turned before it is painted there.
    """

    rows: slice
    columns: slice
    seen: Area
    left: float
    top: float
    size_px: tuple[int, int]
    turned: Orientation = AS_IT_IS

    @property
    def unturned_px(self) -> tuple[int, int]:
        """``size_px`` before it is turned."""
        return self.size_px if self.turned.upright else (self.size_px[1], self.size_px[0])


def cut(view: Viewport, ratio: float) -> Cut:
    """The part of the picture that ``view`` shows, on a screen of ``ratio`` pixels for a logical one."""
    width, height = map(round, view.turned.size(*view.picture_px))
    place, seen = view.place, view.seen
    first_x, last_x = math.floor(seen.left * width), math.ceil(seen.right * width)
    first_y, last_y = math.floor(seen.top * height), math.ceil(seen.bottom * height)
    part = Area(first_x / width, first_y / height, last_x / width, last_y / height)
    one, other = view.turned.to_picture(part.left, part.top), view.turned.to_picture(part.right, part.bottom)
    (left, right), (top, bottom) = (sorted(ends) for ends in zip(one, other, strict=True))
    width, height = view.picture_px
    return Cut(
        slice(round(top * height), round(bottom * height)),
        slice(round(left * width), round(right * width)),
        Area(left, top, right, bottom),
        round((place.left + part.left * place.width) * ratio) / ratio,
        round((place.top + part.top * place.height) * ratio) / ratio,
        (max(1, round(part.width * place.width * ratio)), max(1, round(part.height * place.height * ratio))),
        view.turned,
    )


def _edge(room: float, size: float, middle: float) -> float:
    """Where a side begins: in the middle where it fits, else so that nothing beyond its ends is shown."""
    if size <= room:
        return (room - size) / 2
    return min(0.0, max(room - size, room / 2 - middle * size))


def _held(middle: float, seen: float) -> float:
    """``middle`` so that the ``seen`` share around it lies within the picture."""
    return 0.5 if seen >= 1 else min(max(middle, seen / 2), 1 - seen / 2)
