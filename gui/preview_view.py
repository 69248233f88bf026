"""The live picture, never stretched, with the overlays on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer
from PyQt6.QtGui import QColor, QFont, QImage, QLinearGradient, QPainter, QPainterPath, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from autoexposure.snapshot import LoopState, Snapshot
from gui import texts
from gui.icons import pixmap
from gui.overlays import FULL_EV, GREEN, RED, Overlays, compose
from gui.theme import Theme

TOAST_MS = 1600
RADIUS_PX = 10
MINIFY = 1.5
"""From this shrinking on, averaging areas is worth its price; below it bilinear shows no difference."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is said in the middle of the stage while there is no picture."""

    icon: str
    title: str
    detail: str


def fit(picture_px: tuple[int, int], area: QRect) -> QRect:
    """The largest rectangle of the picture's (width, height) shape in the middle of ``area``."""
    width, height = picture_px
    scale = min(area.width() / width, area.height() / height)
    size = QSize(max(1, round(width * scale)), max(1, round(height * scale)))
    return QRect(
        area.left() + (area.width() - size.width()) // 2,
        area.top() + (area.height() - size.height()) // 2,
        size.width(),
        size.height(),
    )


def message_for(snapshot: Snapshot | None) -> Message:
    """What to say while there is no picture."""
    state = LoopState.STARTING if snapshot is None else snapshot.loop_state
    if state is LoopState.FAILED:
        return Message("no-camera", texts.NO_CAMERA_TITLE, texts.NO_CAMERA_DETAIL)
    if state is LoopState.RECONNECTING:
        return Message("no-camera", texts.RECONNECTING_TITLE, texts.RECONNECTING_DETAIL)
    if state is LoopState.STOPPED:
        return Message("camera", texts.STOPPED_TITLE, texts.STOPPED_DETAIL)
    return Message("aperture", texts.WAITING_TITLE, texts.WAITING_DETAIL)


class PreviewView(QWidget):
    """Paints the newest Snapshot. What it has really painted is in ``painted``: that is what a user judges."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._snapshot: Snapshot | None = None
        self._overlays = Overlays()
        self._image: QImage | None = None
        self._image_key: tuple[object, ...] = ()
        self._toast = ("", "accent")
        self._toast_timer = QTimer(self)
        self._toast_timer.setSingleShot(True)
        self._toast_timer.timeout.connect(self.end_toast)
        self.painted: Snapshot | None = None
        self.setAccessibleName(texts.CAMERA)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 200)
        theme.changed.connect(self.update)

    @property
    def overlays(self) -> Overlays:
        return self._overlays

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint this one next; turns that come faster than the screen are skipped."""
        self._snapshot = snapshot
        self.update()

    def set_overlays(self, overlays: Overlays) -> None:
        """Draw these overlays from now on."""
        self._overlays = overlays
        self.update()

    def toast(self, text: str, colour: str) -> None:
        """Say ``text`` over the picture for a moment, marked in the palette's colour of that name."""
        self._toast = (text, colour)
        self._toast_timer.start(TOAST_MS)
        self.update()

    def picture_rect(self) -> QRect:
        """Where the picture stands, in widget coordinates; empty while there is none."""
        if self._snapshot is None or self._snapshot.frame is None:
            return QRect()
        return fit(self._snapshot.frame.size_px, self.rect())

    def end_toast(self) -> None:
        """Take the toast away."""
        self._toast = ("", "accent")
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        palette = self._theme.palette
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(palette.stage))
        snapshot = self._snapshot
        if snapshot is None or snapshot.frame is None or snapshot.loop_state is LoopState.FAILED:
            self.painted = None
            self._paint_message(painter, message_for(snapshot))
        else:
            place = self.picture_rect()
            painter.drawImage(place.topLeft(), self._image_of(snapshot, place))
            self.painted = snapshot
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if snapshot.loop_state in (LoopState.RECONNECTING, LoopState.STOPPED):
                painter.fillRect(place, QColor(0, 0, 0, 170))
                self._paint_message(painter, message_for(snapshot))
            elif self._overlays.exposure and snapshot.decision and snapshot.decision.exposure_map is not None:
                self._paint_legend(painter, place)
        if self._toast[0]:
            self._paint_toast(painter)
        self._round_corners(painter)

    def _image_of(self, snapshot: Snapshot, place: QRect) -> QImage:
        """The composed picture at the screen's own pixels; kept, so that a mere expose event costs nothing."""
        ratio = self.devicePixelRatioF()
        size = (max(1, round(place.width() * ratio)), max(1, round(place.height() * ratio)))
        assert snapshot.frame is not None
        key = (snapshot.frame, snapshot.decision, self._overlays, size)  # held, so that identity is enough
        if self._image is not None and key == self._image_key:
            return self._image
        picture = snapshot.frame.pixels
        if picture.shape[1] > size[0]:  # fewer pixels first, then the overlays
            shrink = picture.shape[1] / size[0]
            kind = cv2.INTER_AREA if shrink > MINIFY else cv2.INTER_LINEAR
            picture = np.asarray(cv2.resize(picture, size, interpolation=kind), np.uint8)
        drawn = cv2.cvtColor(compose(picture, snapshot.decision, self._overlays), cv2.COLOR_RGB2BGRA)
        image = QImage(*size, QImage.Format.Format_RGB32)
        memory: Any = image.bits()
        memory.setsize(image.sizeInBytes())
        screen = np.frombuffer(memory, np.uint8).reshape(size[1], size[0], 4)
        cv2.resize(drawn, size, dst=screen, interpolation=cv2.INTER_LINEAR)  # straight into the image's own memory
        image.setDevicePixelRatio(ratio)
        self._image, self._image_key = image, key
        return image

    def _paint_message(self, painter: QPainter, message: Message) -> None:
        palette = self._theme.palette
        middle = self.rect().center()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tinted = pixmap(message.icon, palette.on_stage, 48, self.devicePixelRatioF())
        painter.drawPixmap(middle.x() - 24, middle.y() - 64, tinted)
        title = QFont(self.font())
        title.setPointSizeF(title.pointSizeF() * 1.5)
        title.setWeight(QFont.Weight.DemiBold)
        painter.setFont(title)
        painter.setPen(QColor(palette.on_stage))
        centred = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(QRect(16, middle.y(), self.width() - 32, 36), centred, message.title)
        painter.setFont(self.font())
        faded = QColor(palette.on_stage)
        faded.setAlphaF(0.72)
        painter.setPen(faded)
        below = QRect(16, middle.y() + 34, self.width() - 32, 60)
        painter.drawText(below, centred | Qt.TextFlag.TextWordWrap, message.detail)

    def _paint_legend(self, painter: QPainter, place: QRect) -> None:
        """What the exposure map's colours mean, in its lower left corner."""
        area = QRectF(place.left() + 12, place.bottom() - 40, 236, 28)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 150))
        painter.drawRoundedRect(area, 7, 7)
        bar = QRectF(area.left() + 78, area.top() + 10, 80, 8)
        scale = QLinearGradient(bar.topLeft(), bar.topRight())
        scale.setColorAt(0, QColor(*RED))
        scale.setColorAt(0.5, QColor(0, 0, 0))
        scale.setColorAt(1, QColor(*GREEN))
        painter.setBrush(scale)
        painter.drawRoundedRect(bar, 3, 3)
        painter.setPen(QColor(235, 235, 235))
        align = Qt.AlignmentFlag
        lower, higher = f"{texts.LEGEND_LOWER} −{FULL_EV:g}", f"+{FULL_EV:g} {texts.LEGEND_RAISE}"
        painter.drawText(area.adjusted(8, 0, -(area.width() - 70), 0), align.AlignVCenter | align.AlignRight, lower)
        painter.drawText(area.adjusted(166, 0, -8, 0), align.AlignVCenter | align.AlignLeft, higher)

    def _paint_toast(self, painter: QPainter) -> None:
        text, colour = self._toast
        width = self.fontMetrics().horizontalAdvance(text) + 52
        area = QRectF((self.width() - width) / 2, self.height() - 60, width, 36)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(18, 19, 21, 225))
        painter.drawRoundedRect(area, 18, 18)
        painter.setBrush(QColor(getattr(self._theme.palette, colour)))
        painter.drawEllipse(QPointF(area.left() + 20, area.center().y()), 4.5, 4.5)
        painter.setPen(QColor(240, 240, 240))
        painter.drawText(area.adjusted(34, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, text)

    def _round_corners(self, painter: QPainter) -> None:
        corners = QPainterPath()
        corners.addRect(QRectF(self.rect()))
        corners.addRoundedRect(QRectF(self.rect()), RADIUS_PX, RADIUS_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(corners, QColor(self._theme.palette.window))
