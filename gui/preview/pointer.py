"""Mouse and keys over the picture: tap to expose, back to attention, zoom, pan, paint."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication

from gui.preview.mask_brush import MaskBrush
from gui.preview.viewport import ZOOM_STEP, Point, Viewport

TAP_WAIT_MS = 250
"""A tap is acted on when no second one has followed in this time: a double click must not swing the exposure first."""
NOTCH = 120
"""Angle of one notch of a mouse wheel, in Qt's eighths of a degree."""
KEY_STEP = 0.02
"""An arrow key moves the crosshair by this share of the picture's width and height."""
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class PreviewPointer(QObject):
    """Turns events into meanings; holds where the picture is zoomed to and what the hand is doing.

    ``view`` is None while there is no picture: then nothing can be pointed at.
    """

    tapped = pyqtSignal(object)
    untapped = pyqtSignal()
    moved = pyqtSignal()

    def __init__(self, brush: MaskBrush) -> None:
        super().__init__()
        self._brush = brush
        self.view: Viewport | None = None
        self.painting = False
        self.hover: Point | None = None
        self.pending: Point | None = None
        self.cross: Point | None = None
        self._pressed: QPointF | None = None
        self._dragged: QPointF | None = None
        self._mouse = {
            QEvent.Type.MouseButtonPress: self.press,
            QEvent.Type.MouseMove: self.move,
            QEvent.Type.MouseButtonRelease: self.release,
            QEvent.Type.MouseButtonDblClick: self.double_click,
        }
        self._tap = QTimer(self)
        self._tap.setSingleShot(True)
        self._tap.setInterval(TAP_WAIT_MS)
        self._tap.timeout.connect(self.tap_now)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take what the hand does on the widget this is installed on."""
        if isinstance(event, QWheelEvent):
            self.wheel(event)
        elif isinstance(event, QMouseEvent) and event.type() in self._mouse:
            self._mouse[event.type()](event)
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self.key(event)
        else:
            if event is not None and event.type() == QEvent.Type.Leave:
                self.leave()
            return False
        return True

    def press(self, event: QMouseEvent) -> None:
        """A button went down."""
        at = self._on_picture(event.position())
        self.cross = None
        if (
            self.painting
            and at is not None
            and event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
        ):
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._brush.press(at, self._aspect(), counts=event.button() is Qt.MouseButton.LeftButton and not shift)
        elif event.button() is Qt.MouseButton.MiddleButton:
            self._dragged = event.position()
        elif event.button() is Qt.MouseButton.LeftButton:
            self._pressed = event.position()

    def move(self, event: QMouseEvent) -> None:
        """The mouse moved, with or without a button."""
        at = event.position()
        self.hover = self._on_picture(at)
        if self._brush.stroking and self.hover is not None:
            self._brush.move(self.hover, self._aspect())
        if self._pressed is not None and self._dragged is None:
            far = (at - self._pressed).manhattanLength() >= QApplication.startDragDistance()
            if far and self.view is not None and self.view.zoom > 1:
                self._dragged = self._pressed
        if self._dragged is not None and self.view is not None:
            self.view = self.view.panned(at.x() - self._dragged.x(), at.y() - self._dragged.y())
            self._dragged = at
        self.moved.emit()

    def release(self, event: QMouseEvent) -> None:
        """A button went up: a tap, unless something was dragged or painted."""
        self._brush.release()
        pressed, dragged = self._pressed, self._dragged
        self._pressed = self._dragged = None
        if pressed is None or dragged is not None or self.painting:
            return
        at = self._on_picture(event.position())
        if at is not None and (event.position() - pressed).manhattanLength() < 2 * QApplication.startDragDistance():
            self.pending = at
            self._tap.start()
            self.moved.emit()

    def double_click(self, event: QMouseEvent) -> None:
        """The second press of two: the tap before it is not meant."""
        if self.painting:
            self.press(event)
            return
        self._tap.stop()
        self._pressed = self.pending = None
        if event.button() is Qt.MouseButton.LeftButton:
            self.untapped.emit()
        self.moved.emit()

    def leave(self) -> None:
        """The mouse left the widget."""
        self.hover = None
        self.moved.emit()

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom at the mouse."""
        if self.view is not None:
            at = event.position()
            self.zoom(ZOOM_STEP ** (event.angleDelta().y() / NOTCH), Point(at.x(), at.y()))

    def zoom(self, factor: float, at: Point | None = None) -> None:
        """Zoom at a place of the widget, else in its middle; a factor of 0 shows all of the picture."""
        if self.view is None:
            return
        middle = Point(self.view.widget_px[0] / 2, self.view.widget_px[1] / 2)
        self.view = self.view.zoomed(factor, at or middle)
        self.moved.emit()

    def key(self, event: QKeyEvent) -> bool:
        """With the focus on the picture arrows move a crosshair and Return taps there. Returns whether it was used."""
        if event.key() in ARROWS and self.view is not None:
            right, down = ARROWS[Qt.Key(event.key())]
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.view = self.view.panned(-24 * right, -24 * down)
            else:
                cross = self.cross or Point(0.5, 0.5)
                x, y = self.view.turned.to_screen(cross.x, cross.y)
                x, y = _inside(x + KEY_STEP * right), _inside(y + KEY_STEP * down)
                self.cross = Point(*self.view.turned.to_picture(x, y))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.cross is not None:
            if self.painting:
                self._brush.press(self.cross, self._aspect(), counts=not event.modifiers())
                self._brush.release()
            else:
                self.pending = self.cross
                self.tap_now()
        else:
            return False
        self.moved.emit()
        return True

    def tap_now(self) -> None:
        """Act on the tap that was waited with."""
        self._tap.stop()
        if self.pending is not None:
            self.tapped.emit(self.pending)
            self.pending = None
            self.moved.emit()

    def _on_picture(self, at: QPointF) -> Point | None:
        return None if self.view is None else self.view.on_picture(Point(at.x(), at.y()))

    def _aspect(self) -> float:
        assert self.view is not None
        return self.view.picture_px[0] / self.view.picture_px[1]


def _inside(share: float) -> float:
    return min(max(share, 0.0), 1.0)
