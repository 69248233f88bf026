"""The live picture, never stretched, with the overlays on it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from PyQt6.QtCore import QRect, QRectF, QSize, Qt, QTimer
from PyQt6.QtGui import QColor, QHideEvent, QImage, QPainter, QPainterPath, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from autoexposure.snapshot import LoopState, Snapshot
from gui import texts
from gui.overlays import Overlays, compose
from gui.picture_notes import message_for, paint_message, paint_scales, paint_toast, scales_for
from gui.theme import Theme

LIVE = (LoopState.STARTING, LoopState.RUNNING)
"""In other states the last picture is shown veiled, and is not one to judge."""
TOAST_MS = 1600
RADIUS_PX = 10
MINIFY = 1.5
"""From this shrinking on, averaging areas is worth its price; below it bilinear shows no difference."""


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

    def hideEvent(self, event: QHideEvent | None) -> None:
        self.painted = None  # nobody judges a picture that is not on screen

    def paintEvent(self, event: QPaintEvent | None) -> None:
        palette = self._theme.palette
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(palette.stage))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        snapshot = self._snapshot
        self.painted = None
        if snapshot is not None and snapshot.frame is not None and snapshot.loop_state is not LoopState.FAILED:
            place = self.picture_rect()
            painter.drawImage(place.topLeft(), self._image_of(snapshot, place))
            if snapshot.loop_state in LIVE:
                self.painted = snapshot
                paint_scales(painter, place, scales_for(snapshot.decision, self._overlays), self.font())
            else:
                painter.fillRect(place, QColor(0, 0, 0, 170))
        if self.painted is None:
            paint_message(painter, self.rect(), message_for(snapshot), palette, self.font())
        text, colour = self._toast
        if text:
            paint_toast(painter, self.rect(), text, QColor(getattr(palette, colour)), self.font())
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

    def _round_corners(self, painter: QPainter) -> None:
        corners = QPainterPath()
        corners.addRect(QRectF(self.rect()))
        corners.addRoundedRect(QRectF(self.rect()), RADIUS_PX, RADIUS_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(corners, QColor(self._theme.palette.window))
