"""What is written over the picture: why there is none, what its colours mean, what has just happened."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QLinearGradient, QPainter

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ModelFileError, PolicyError
from autoexposure.metering.drawing import FULL_EV, GREEN, RED
from autoexposure.metering.policy import Decision
from autoexposure.states import LoopState
from gui.preview.overlays import Overlays
from gui.style.icons import pixmap
from gui.style.palette import Palette
from gui.text import texts

INK = QColor(238, 238, 238)
VEIL = QColor(0, 0, 0, 155)
BAR_PX = 72


@dataclass(frozen=True, slots=True)
class Message:
    """What is said in the middle of the stage while there is no live picture."""

    icon: str
    title: str
    detail: str


def message_for(snapshot: Snapshot | None) -> Message:
    """Why there is no live picture."""
    state = LoopState.STARTING if snapshot is None else snapshot.loop_state
    if state is LoopState.FAILED and snapshot is not None and isinstance(snapshot.error, PolicyError | ModelFileError):
        return Message("meter", texts.NO_METER_TITLE, texts.NO_METER_DETAIL)
    if state is LoopState.FAILED:
        return Message("no-camera", texts.NO_CAMERA_TITLE, texts.NO_CAMERA_DETAIL)
    if state is LoopState.RECONNECTING:
        return Message("no-camera", texts.RECONNECTING_TITLE, texts.RECONNECTING_DETAIL)
    if state is LoopState.STOPPED:
        return Message("camera", texts.STOPPED_TITLE, texts.STOPPED_DETAIL)
    return Message("aperture", texts.WAITING_TITLE, texts.WAITING_DETAIL)


@dataclass(frozen=True, slots=True)
class Scale:
    """What the colours of one overlay mean: RGB stops from the low end to the high one, and words for both."""

    low: str
    high: str
    stops: tuple[tuple[int, int, int], ...]


def scales_for(decision: Decision | None, overlays: Overlays) -> list[Scale]:
    """One scale for every overlay on screen whose colours or level need saying."""
    scales = []
    if decision is not None and overlays.exposure and decision.exposure_map is not None:
        low, high = f"{texts.LEGEND_LOWER} −{FULL_EV:g}", f"+{FULL_EV:g} {texts.LEGEND_RAISE}"
        scales.append(Scale(low, high, (RED, (0, 0, 0), GREEN)))
    if decision is not None and overlays.attention and decision.attention is not None:
        lowest, highest = float(decision.attention.min()), float(decision.attention.max())
        low = f"{texts.LEGEND_ATTENTION} {lowest:.2f}"
        darkest = round(255 * lowest / highest) if highest > 0 else 0  # an even map is bright all over
        scales.append(Scale(low, f"{highest:.2f}", ((darkest,) * 3, (255, 255, 255))))
    if overlays.zebra:
        low = texts.LEGEND_ZEBRA.format(percent=100 * overlays.zebra_code / 255)
        scales.append(Scale(low, texts.LEGEND_WHITE, ((overlays.zebra_code,) * 3, (255, 255, 255))))
    return scales


def paint_message(painter: QPainter, area: QRect, message: Message, palette: Palette, font: QFont) -> None:
    """Icon, title and detail in the middle of ``area``."""
    middle = area.center()
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    painter.drawPixmap(middle.x() - 24, middle.y() - 64, pixmap(message.icon, palette.on_stage, 48, ratio))
    title = QFont(font)
    title.setPointSizeF(font.pointSizeF() * 1.5)
    title.setWeight(QFont.Weight.DemiBold)
    painter.setFont(title)
    painter.setPen(QColor(palette.on_stage))
    centred = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
    painter.drawText(QRect(area.left() + 16, middle.y(), area.width() - 32, 36), centred, message.title)
    painter.setFont(font)
    faded = QColor(palette.on_stage)
    faded.setAlphaF(0.72)
    painter.setPen(faded)
    below = QRect(area.left() + 16, middle.y() + 34, area.width() - 32, 60)
    painter.drawText(below, centred | Qt.TextFlag.TextWordWrap, message.detail)


def paint_scales(painter: QPainter, place: QRect, scales: list[Scale], font: QFont) -> None:
    """The scales one above the other in the lower left corner of ``place``."""
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    bottom = place.bottom() - 11
    for scale in scales:
        low_px, high_px = metrics.horizontalAdvance(scale.low), metrics.horizontalAdvance(scale.high)
        area = QRectF(place.left() + 12, bottom - 28, low_px + BAR_PX + high_px + 36, 28)
        bar = QRectF(area.left() + 10 + low_px + 8, area.center().y() - 4, BAR_PX, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(VEIL)
        painter.drawRoundedRect(area, 7, 7)
        shades = QLinearGradient(bar.topLeft(), bar.topRight())
        for index, stop in enumerate(scale.stops):
            shades.setColorAt(index / (len(scale.stops) - 1), QColor(*stop))
        painter.setBrush(shades)
        painter.drawRoundedRect(bar, 3, 3)
        painter.setPen(INK)
        align = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(area.left() + 10, area.top(), low_px + 2, area.height()), align, scale.low)
        painter.drawText(QRectF(bar.right() + 8, area.top(), high_px + 2, area.height()), align, scale.high)
        bottom -= 34


def paint_toast(painter: QPainter, area: QRect, text: str, colour: QColor, font: QFont) -> None:
    """A sentence at the top of ``area``, with a dot of ``colour`` before it."""
    painter.setFont(font)
    width = QFontMetricsF(font).horizontalAdvance(text) + 52
    pill = QRectF(area.left() + (area.width() - width) / 2, area.top() + 16, width, 36)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(18, 19, 21, 225))
    painter.drawRoundedRect(pill, 18, 18)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(pill.left() + 20, pill.center().y()), 4.5, 4.5)
    painter.setPen(INK)
    painter.drawText(pill.adjusted(34, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, text)
