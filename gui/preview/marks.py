"""What is drawn on the picture besides the overlays: metered spot, brush, crosshair, the legend of false colour."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from autoexposure.metering.explain import PLACES_ALONG, Place
from autoexposure.metering.spot import Spot
from gui.preview.false_colour import BANDS
from gui.preview.messages import INK, VEIL
from gui.preview.viewport import Point, Viewport
from gui.text import texts

SHADE = QColor(0, 0, 0, 150)
SPOT_COLOUR = QColor(255, 214, 80)
BLOCK_PX = 27.0
LEGEND_PX = 44


def paint_spot(painter: QPainter, view: Viewport, spot: Spot, *, pending: bool = False) -> None:
    """The true outline of what a spot meter looks at, dashed while it is only about to."""
    middle = view.on_widget(Point(spot.x, spot.y))
    centre = QPointF(middle.x, middle.y)
    across, down = view.extent(spot.radius, spot.radius)
    style = Qt.PenStyle.DashLine if pending else Qt.PenStyle.SolidLine
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(SHADE, 4), QPen(SPOT_COLOUR, 2, style)):
        painter.setPen(pen)
        painter.drawEllipse(centre, across, down)
    _cross(painter, centre, 5, SPOT_COLOUR)


def paint_brush(painter: QPainter, view: Viewport, at: Point, radius: float) -> None:
    """The brush's outline under the mouse; ``radius`` in widths of the picture."""
    middle = view.on_widget(at)
    radius_px = max(view.extent(radius, 0.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(SHADE, 3), QPen(QColor(255, 255, 255), 1.5)):
        painter.setPen(pen)
        painter.drawEllipse(QPointF(middle.x, middle.y), radius_px, radius_px)


def paint_cross(painter: QPainter, view: Viewport, at: Point) -> None:
    """The crosshair that the arrow keys move."""
    middle = view.on_widget(at)
    _cross(painter, QPointF(middle.x, middle.y), 12, QColor(255, 255, 255))


def paint_place(painter: QPainter, view: Viewport, place: Place) -> None:
    """Outline one of the nine places that the Why card names."""
    first = view.on_widget(Point(place.column / PLACES_ALONG, place.row / PLACES_ALONG))
    last = view.on_widget(Point((place.column + 1) / PLACES_ALONG, (place.row + 1) / PLACES_ALONG))
    area = QRectF(QPointF(first.x, first.y), QPointF(last.x, last.y)).normalized()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(SHADE, 4), QPen(QColor(255, 255, 255), 2)):
        painter.setPen(pen)
        painter.drawRect(area.adjusted(2, 2, -2, -2))


def paint_bands(painter: QPainter, place: QRect, font: QFont) -> int:
    """The colours of false colour with their EV, in the lower left corner of ``place``. Returns the height it takes."""
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * 0.87)
    metrics = QFontMetricsF(small)
    names = [_name(band.ev, first=index == 0) for index, band in enumerate(BANDS)]
    block_px = max(BLOCK_PX, *(metrics.horizontalAdvance(name) + 8 for name in names))
    caption_px = metrics.horizontalAdvance(texts.LEGEND_FALSE_COLOUR)
    captioned = place.width() >= block_px * len(BANDS) + caption_px + 56
    width = block_px * len(BANDS) + 20 + (caption_px + 12 if captioned else 0)
    area = QRectF(place.left() + 12, place.bottom() - 11 - LEGEND_PX, width, LEGEND_PX)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(VEIL)
    painter.drawRoundedRect(area, 7, 7)
    painter.setFont(small)
    left = area.left() + 10
    for band, name in zip(BANDS, names, strict=True):
        painter.fillRect(QRectF(left, area.top() + 8, block_px, 10), QColor(*band.colour))
        painter.setPen(INK)
        painter.drawText(QRectF(left, area.top() + 20, block_px, 18), Qt.AlignmentFlag.AlignCenter, name)
        left += block_px
    if captioned:
        room = QRectF(left + 12, area.top(), caption_px + 2, LEGEND_PX)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, texts.LEGEND_FALSE_COLOUR)
    return LEGEND_PX + 6


def outside_corners(area: QRectF, radius: float) -> QPainterPath:
    """What rounding cuts off ``area``: four small shapes, much cheaper to fill than a frame around all of it."""
    cut_off = QPainterPath()
    for x, inner_x in ((area.left(), area.left() + radius), (area.right() - radius, area.right() - radius)):
        for y, inner_y in ((area.top(), area.top() + radius), (area.bottom() - radius, area.bottom() - radius)):
            corner, round_ = QPainterPath(), QPainterPath()
            corner.addRect(QRectF(x, y, radius, radius))
            round_.addEllipse(QPointF(inner_x, inner_y), radius, radius)
            cut_off.addPath(corner.subtracted(round_))
    return cut_off


def _name(ev: int | None, *, first: bool) -> str:
    if ev is None:
        return texts.LEGEND_BLACK if first else texts.LEGEND_WHITE
    return f"{ev:+d}".replace("-", "−") if ev else "0"


def _cross(painter: QPainter, at: QPointF, reach: float, colour: QColor) -> None:
    for pen in (QPen(SHADE, 3.5), QPen(colour, 1.5)):
        painter.setPen(pen)
        painter.drawLine(at - QPointF(reach, 0), at + QPointF(reach, 0))
        painter.drawLine(at - QPointF(0, reach), at + QPointF(0, reach))
