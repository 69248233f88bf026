"""The strip of small live pictures, one for each camera: a click looks at that one. Hidden where there is only one."""

from __future__ import annotations

from functools import partial

import cv2
from PyQt6.QtCore import QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PyQt6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from autoexposure.control.snapshot import Snapshot
from autoexposure.spec_text import shown
from autoexposure.states import LoopState
from gui.actions.actions import Actions
from gui.bridge.loops import Loops
from gui.panels.exposure_panel import STATE_COLOURS
from gui.preview.view import image_of
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import signed
from gui.widgets.controls import plain_tip

REFRESH_MS = 200
"""Small pictures are there to be recognised, and each costs time that the large one needs."""

LARGEST_PX, SMALLEST_PX = QSize(128, 72), QSize(80, 72)
CAPTION_PX = 20
RADIUS_PX = 6
DOT_PX = 7


class CameraTile(QAbstractButton):
    """One camera: its picture, name, state and EV."""

    def __init__(self, theme: Theme, number: int) -> None:
        super().__init__()
        self._theme = theme
        self._number = number
        self._image: QImage | None = None
        self._name, self._ev, self._colour = "", "", "inactive"
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMinimumSize(SMALLEST_PX)
        self.setMaximumWidth(LARGEST_PX.width())

    def sizeHint(self) -> QSize:
        """As wide as it is at the most; less where there are many."""
        return LARGEST_PX

    def show_snapshot(self, snapshot: Snapshot, spec: str) -> None:
        """Show this turn of its loop, which was told to open ``spec``."""
        camera = snapshot.camera
        self._name = camera.name if camera is not None else spec or texts.STATUS_NO_CAMERA
        if snapshot.loop_state is LoopState.FAILED:
            self._colour, state = "failed", texts.FAILED_STATE[0]
        elif snapshot.loop_state is LoopState.RECONNECTING:
            self._colour, state = "searching", texts.RECONNECTING_STATE[0]
        else:
            self._colour, state = STATE_COLOURS[snapshot.ae_state], texts.AE_STATES[snapshot.ae_state][0]
        self._ev = signed(snapshot.ev) if snapshot.ev is not None else ""
        if snapshot.frame is None or snapshot.loop_state is LoopState.FAILED:
            self._image = None
        else:
            ratio = self.devicePixelRatioF()
            width, height = snapshot.frame.size_px
            scale = max(self.width() * ratio / width, self.height() * ratio / height)
            size_px = max(1, round(width * scale)), max(1, round(height * scale))
            self._image = image_of(cv2.resize(snapshot.frame.pixels, size_px, interpolation=cv2.INTER_AREA))  # type: ignore[arg-type]  # cv2 has no types of its own
        words = [texts.TILE.format(number=self._number + 1, name=self._name), state]
        words += [f"{self._ev} EV"] if self._ev else []
        words += [texts.TILE_FOLLOWS] if snapshot.follows else []
        self.setAccessibleName(", ".join(words))
        self.setToolTip(plain_tip(snapshot.notice or ", ".join(words)))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours; a frame marks the one that is looked at."""
        palette = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        path = QPainterPath()
        path.addRoundedRect(area, RADIUS_PX, RADIUS_PX)
        painter.fillPath(path, QColor(palette.stage))
        painter.save()
        painter.setClipPath(path)
        if self._image is not None:
            ratio = self.devicePixelRatioF()
            size = QRectF(0, 0, self._image.width() / ratio, self._image.height() / ratio)
            size.moveCenter(area.center())
            painter.drawImage(size, self._image)
        caption = QRectF(area.left(), area.bottom() - CAPTION_PX, area.width(), CAPTION_PX)
        painter.fillRect(caption, QColor(0, 0, 0, 170))
        painter.restore()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(palette, self._colour)))
        painter.drawEllipse(QRectF(caption.left() + 6, caption.center().y() - DOT_PX / 2, DOT_PX, DOT_PX))
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.85)
        painter.setFont(font)
        painter.setPen(QColor(255, 255, 255))
        text = caption.adjusted(18, 0, -6, 0)
        metrics = painter.fontMetrics()
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._ev)
        room = int(text.width()) - (metrics.horizontalAdvance(self._ev) + 6 if self._ev else 0)
        short = self._name.partition(": ")[2] or self._name  # as in the gallery: "Simulated camera" says nothing here
        name = metrics.elidedText(f"{self._number + 1}  {short}", Qt.TextElideMode.ElideRight, room)
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        marked = self.isChecked() or self.hasFocus() or (self.underMouse() and self.isEnabled())
        pen = painter.pen()
        pen.setColor(QColor(palette.accent if marked else palette.border))
        pen.setWidthF(2.0 if self.isChecked() else 1.0)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area, RADIUS_PX, RADIUS_PX)


class CameraStrip(QScrollArea):
    """A tile for each loop.

    Attributes
    ----------
    hindrance : why no other camera can be looked at now; empty if it can.
    """

    chosen = pyqtSignal(int)
    """With the number of the loop that is to be looked at."""
    seen = pyqtSignal(int, object)
    """With the number of a loop and its newest Snapshot, a few times a second."""

    def __init__(self, theme: Theme, actions: Actions, loops: Loops) -> None:
        super().__init__()
        self._actions = actions
        self._loops = loops
        self.hindrance = ""
        self.tiles = [CameraTile(theme, number) for number in range(len(loops.every))]
        self.setObjectName("strip")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedHeight(LARGEST_PX.height())
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for number, tile in enumerate(self.tiles):
            tile.clicked.connect(partial(self._ask, number))
            row.addWidget(tile)
        row.addStretch(1)
        self.setWidget(inside)
        actions["next_camera"].triggered.connect(partial(self._step, 1))
        actions["previous_camera"].triggered.connect(partial(self._step, -1))
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        if len(self.tiles) < 2:
            self.hide()
            self.hinder(texts.ONE_CAMERA)
        else:
            self._timer.start()
        self.refresh()

    def hinder(self, reason: str) -> None:
        """Keep to the current camera for this reason; empty lets another be chosen."""
        reason = reason if len(self.tiles) > 1 else texts.ONE_CAMERA
        if reason == self.hindrance:
            return
        self.hindrance = reason
        for name in ("next_camera", "previous_camera"):
            self._actions.allow(name, reason)
        for tile in self.tiles:
            tile.setEnabled(not reason)

    def refresh(self) -> None:
        """Show what all loops are at."""
        for number, (tile, loop) in enumerate(zip(self.tiles, self._loops.every, strict=True)):
            tile.setChecked(number == self._loops.current)
            if self.isHidden() or (snapshot := loop.latest()) is None:
                continue
            tile.show_snapshot(snapshot, shown(self._loops.specs[number]))
            if self.hindrance:
                tile.setToolTip(self.hindrance)
            self.seen.emit(number, snapshot)

    def number_of(self, spec: str) -> int | None:
        """Which loop has this camera open; None if none has."""
        for number, loop in enumerate(self._loops.every):
            snapshot = loop.latest()
            if snapshot is not None and snapshot.camera is not None and snapshot.camera.spec == spec:
                return number
        return None

    def _step(self, by: int) -> None:
        self._ask((self._loops.current + by) % len(self.tiles))

    def _ask(self, number: int) -> None:
        if not self.hindrance and number != self._loops.current:
            self.chosen.emit(number)
        self.refresh()
