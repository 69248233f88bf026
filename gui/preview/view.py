"""The live picture, never stretched, with the overlays on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer
from PyQt6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHideEvent,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QResizeEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from autoexposure.control.snapshot import Snapshot
from autoexposure.frame import Pixels
from autoexposure.metering.drawing import Layer
from autoexposure.metering.explain import Place
from autoexposure.metering.spot import Spot
from autoexposure.states import LoopState
from gui.orientation import AS_IT_IS, Orientation
from gui.preview.marks import outside_corners, paint_bands, paint_brush, paint_cross, paint_place, paint_spot
from gui.preview.mask_brush import MaskBrush
from gui.preview.messages import message_for, paint_message, paint_scales, paint_toast, scales_for
from gui.preview.overlays import Overlays, compose
from gui.preview.pointer import PreviewPointer
from gui.preview.viewport import Cut, Viewport, cut
from gui.style.theme import Theme
from gui.text import texts

LIVE = (LoopState.STARTING, LoopState.RUNNING)
"""In other states the last picture is shown veiled, and is not one to judge."""
TOAST_MS = 1600
RADIUS_PX = 10
MINIFY = 2.0
"""From this shrinking on bilinear would pass over pixels, and averaging areas is worth its price."""
PIXELS_FROM = 4.0
"""From this enlargement on pixels are shown as the squares they are: at this zoom that is what the user is after."""


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

    def __init__(self, theme: Theme, brush: MaskBrush) -> None:
        super().__init__()
        self._theme = theme
        self._brush = brush
        self.pointer = PreviewPointer(brush)
        self._snapshot: Snapshot | None = None
        self.overlays = Overlays()
        self._turned = AS_IT_IS
        self._pointed: Place | None = None
        self._image: QImage | None = None
        self._image_key: tuple[object, ...] = ()
        self._image_veil: Layer | None = None
        self._corners = QPainterPath()
        self._toast = ("", "accent")
        self._toast_timer = QTimer(self)
        self._toast_timer.setSingleShot(True)
        self._toast_timer.timeout.connect(self.end_toast)
        self.painted: Snapshot | None = None
        self.setAccessibleName(texts.CAMERA)
        self.setAccessibleDescription(texts.PICTURE_TIP)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 200)
        theme.changed.connect(self.update)
        brush.changed.connect(self.update)
        self.pointer.moved.connect(self._follow_hand)
        self.installEventFilter(self.pointer)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint this one at once, before the rest of the window: what is shown should be what is."""
        self._snapshot = snapshot
        self._fit()
        self.repaint()

    def set_overlays(self, overlays: Overlays) -> None:
        """Draw these overlays from now on."""
        self.overlays = overlays
        self.update()

    def turn(self, turned: Orientation) -> None:
        """Show the picture turned like this from now on."""
        self._turned = turned
        self._fit()
        self.update()

    def set_painting(self, on: bool) -> None:
        """Let the mouse paint a mask instead of pointing."""
        self.pointer.painting = on
        self._follow_hand()

    def point_out(self, place: Place | None) -> None:
        """Outline one of the places that the Why card names, or none."""
        self._pointed = place
        self.update()

    def toast(self, text: str, colour: str) -> None:
        """Say ``text`` over the picture for a moment, marked in the palette's colour of that name."""
        self._toast = (text, colour)
        self._toast_timer.start(TOAST_MS)
        self.update()

    def picture_rect(self) -> QRect:
        """Where the seen part of the picture stands, in widget coordinates; empty while there is none."""
        view = self.pointer.view
        if view is None:
            return QRect()
        place = view.place
        whole = QRectF(place.left, place.top, place.width, place.height)
        return whole.intersected(QRectF(self.rect())).toRect()

    def end_toast(self) -> None:
        """Take the toast away."""
        self._toast = ("", "accent")
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        palette = self._theme.palette
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(palette.stage))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        snapshot, view = self._snapshot, self.pointer.view
        self.painted = None
        if snapshot is not None and view is not None and snapshot.loop_state is not LoopState.FAILED:
            part = cut(view, self.devicePixelRatioF())
            painter.drawImage(QPointF(part.left, part.top), self._image_of(snapshot, part))
            if snapshot.loop_state in LIVE:
                self.painted = snapshot
                self._paint_marks(painter, snapshot, view)
            else:
                painter.fillRect(self.picture_rect(), QColor(0, 0, 0, 170))
        if self.painted is None:
            paint_message(painter, self.rect(), message_for(snapshot), palette, self.font())
        text, colour = self._toast
        if text:
            paint_toast(painter, self.rect(), text, QColor(getattr(palette, colour)), self.font())
        if self.hasFocus():
            painter.setPen(QColor(palette.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS_PX, RADIUS_PX)
        self._round_corners(painter)

    def _paint_marks(self, painter: QPainter, snapshot: Snapshot, view: Viewport) -> None:
        hand = self.pointer
        if self._pointed is not None:
            paint_place(painter, view, self._pointed)
        if snapshot.spot is not None:
            paint_spot(painter, view, snapshot.spot)
        if hand.pending is not None:
            paint_spot(painter, view, Spot(hand.pending.x, hand.pending.y), pending=True)
        if hand.painting and hand.hover is not None:
            paint_brush(painter, view, hand.hover, self._brush.radius)
        if hand.cross is not None and self.hasFocus():
            paint_cross(painter, view, hand.cross)
        place = self.picture_rect()
        if self.overlays.false_colour:
            place.setBottom(place.bottom() - paint_bands(painter, place, self.font()))
        paint_scales(painter, place, scales_for(snapshot.decision, self.overlays), self.font())

    def _image_of(self, snapshot: Snapshot, part: Cut) -> QImage:
        """The composed part at the screen's own pixels; kept, so that a mere expose event costs nothing."""
        assert snapshot.frame is not None
        veil = self._brush.layer
        key = (snapshot.frame, snapshot.decision, self.overlays, part)  # held, so that identity is enough
        if self._image is not None and key == self._image_key and veil is self._image_veil:
            return self._image
        picture = snapshot.frame.pixels[part.rows, part.columns]
        enlarged = part.unturned_px[0] / picture.shape[1]
        if enlarged < 1:  # fewer pixels first, then the overlays
            kind = cv2.INTER_AREA if 1 / enlarged > MINIFY else cv2.INTER_LINEAR
            picture = np.asarray(cv2.resize(picture, part.unturned_px, interpolation=kind), np.uint8)
        composed = compose(picture, snapshot.decision, self.overlays, seen=part.seen, veil=veil)
        drawn = part.turned.apply(np.asarray(cv2.cvtColor(composed, cv2.COLOR_RGB2BGRA), np.uint8))
        image = QImage(*part.size_px, QImage.Format.Format_RGB32)
        memory: Any = image.bits()  # a buffer, which its stubs don't say
        memory.setsize(image.sizeInBytes())
        screen = np.frombuffer(memory, np.uint8).reshape(part.size_px[1], part.size_px[0], 4)
        kind = cv2.INTER_NEAREST if enlarged >= PIXELS_FROM else cv2.INTER_LINEAR
        cv2.resize(drawn, part.size_px, dst=screen, interpolation=kind)  # straight into the image's own memory
        image.setDevicePixelRatio(self.devicePixelRatioF())
        self._image, self._image_key, self._image_veil = image, key, veil
        return image

    def _fit(self) -> None:
        frame = self._snapshot.frame if self._snapshot is not None else None
        if frame is None:
            self.pointer.view = None
            return
        size = (max(1, self.width()), max(1, self.height()))
        view = self.pointer.view
        if view is None or view.picture_px != frame.size_px:
            self.pointer.view = Viewport(size, frame.size_px, turned=self._turned)
        elif (view.widget_px, view.turned) != (size, self._turned):
            self.pointer.view = replace(view, widget_px=size).turn(self._turned)

    def _follow_hand(self) -> None:
        pointable = self.pointer.view is not None and self.pointer.hover is not None
        shape = Qt.CursorShape.BlankCursor if self.pointer.painting else Qt.CursorShape.CrossCursor
        wanted = shape if pointable else Qt.CursorShape.ArrowCursor
        if self.cursor().shape() is not wanted:
            self.setCursor(wanted)
        self.update()

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Forget what was painted: a picture out of view can't be answered for."""
        self.painted = None

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Open no menu: the right button paints."""
        if event is not None:
            event.accept()  # the right button paints; no menu of the window's

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Fit the picture into its new place."""
        self._fit()
        self._corners = outside_corners(QRectF(self.rect()), RADIUS_PX)

    def _round_corners(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(self._corners, QColor(self._theme.palette.window))


def image_of(pixels: Pixels) -> QImage:
    """(H, W, 3) uint8 RGB as an image with memory of its own."""
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels).tobytes()
    return QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
