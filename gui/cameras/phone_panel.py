"""A phone as camera: the code to scan in place of the picture, and what the phone is doing, in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from PyQt6.QtCore import QRect, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QHideEvent,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QShowEvent,
)
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from autoexposure.camera import Camera
from autoexposure.control.commands import UseCamera
from autoexposure.control.snapshot import Snapshot
from autoexposure.family import Family
from autoexposure.phone_status import Modules, PhoneState, PhoneStatus
from autoexposure.states import LoopState
from gui.actions.actions import Actions
from gui.bridge.services import PhonePort
from gui.style.icons import pixmap
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.controls import Chip, WordButton, label

REFRESH_MS = 500
"""A countdown in seconds needs no more."""
QUIET_MODULES = 4
"""Blank modules around a code that scanners need."""
PAIRS_A_LINE = 16
"""Of the fingerprint's hexadecimal digits."""
GUTTER_PX = 12
"""Beside the words, for their scroll bar."""
SLOW_BPS = 600e3
"""Below it pictures are small and few."""
CHIPS = {
    PhoneState.WAITING: "searching",
    PhoneState.JOINING: "searching",
    PhoneState.LIVE: "converged",
    PhoneState.AWAY: "inactive",
}


class CodeView(QWidget):
    """A QR code, black on white in both themes and sharp at every scale; a telephone while there is nothing to scan."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._code: Modules | None = None
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 200)
        self.setMaximumSize(420, 420)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        return QSize(320, 320)

    def show_code(self, code: Modules | None) -> None:
        """Draw this one, or the telephone."""
        if code is self._code:
            return
        self._code = code
        if code is not None:
            light = np.where(np.pad(code, QUIET_MODULES), 0, 255).astype(np.uint8)
            side = len(light)
            self._image = QImage(light.tobytes(), side, side, side, QImage.Format.Format_Grayscale8).copy()
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ratio = self.devicePixelRatioF()
        room = min(self.width(), self.height())
        if self._code is None:
            palette = self._theme.palette
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(palette.control))
            painter.drawRoundedRect(self._square(room), 16, 16)
            drawn = pixmap("phone", palette.muted, 96, ratio)
            painter.drawPixmap(self.rect().center().x() - 48, self.rect().center().y() - 48, drawn)
            return
        side = self._image.width()
        pitch = max(1, math.floor(room * ratio / side)) / ratio  # whole device pixels, or scanners see ragged edges
        square = self._square(round(pitch * side))
        corners = QPainterPath()
        corners.addRoundedRect(square, 12, 12)
        painter.setClipPath(corners)
        painter.drawImage(square, self._image)

    def _square(self, side_px: int) -> QRectF:
        return QRectF(QRect((self.width() - side_px) // 2, (self.height() - side_px) // 2, side_px, side_px))


class PhonePanel(QFrame):
    """Stands where the picture stands while the camera is a phone that isn't there, or when it is asked for.

    ``find_phone`` gives the phone camera's switchboard; it is asked only once a phone is the camera, since it loads a
    web server. Emits ``command`` with a UseCamera for stopping and starting.

    Attributes
    ----------
    waiting : the camera is a phone that sends no pictures; what the loop shows as such is the code.
    wanted : whether to stand in the picture's place.
    """

    command = pyqtSignal(object)

    def __init__(
        self,
        theme: Theme,
        actions: Actions,
        family: Family,
        find_phone: Callable[[], PhonePort],
        open_camera: Callable[[str], Camera],
    ) -> None:
        super().__init__()
        self._actions = actions
        self._family = family
        self._find_phone = find_phone
        self._open_camera = open_camera
        self._port: PhonePort | None = None
        self._before = ""
        self._asked = False
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self.waiting = self.wanted = False
        self.setObjectName("card")
        self.setAccessibleName(texts.PHONE_TITLE)
        self.code = CodeView(theme)
        self.chip = Chip(theme)
        self._title = label(scale=1.5, bold=True)
        self._detail = label()
        self._remark = label(role="warning")
        self._address = label(role="muted")
        self._fingerprint = label(role="muted", scale=0.92)
        self._lay_out(theme)
        actions["phone"].triggered.connect(self._toggle)
        actions["phone_code"].triggered.connect(self._renew)
        actions["phone_dismiss"].triggered.connect(self._dismiss)
        actions["phone_stop"].triggered.connect(self._stop)
        self._allow(None)

    @property
    def words(self) -> str:
        """Everything it says."""
        said = (self.chip.text, *(shown.text() for shown in self.findChildren(QLabel) if not shown.isHidden()))
        return "\n".join(filter(None, said))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the camera."""
        is_phone = snapshot.camera is not None and self._family.owns(snapshot.camera.spec)
        if snapshot.camera is not None and not is_phone:
            self._before = snapshot.camera.spec
        if is_phone and self._port is None:
            self._port = self._find_phone()
        status = self._port.status() if is_phone and self._port is not None else None
        if status is None or snapshot.loop_state is LoopState.FAILED:
            self._actions.check("phone", on=False)
            self._allow(None)
            self.waiting = self.wanted = False
            return
        self._allow(status)
        self.waiting = status.state is not PhoneState.LIVE
        self._asked = self._asked and not self.waiting
        self.wanted = self._asked or self.waiting
        self._actions.check("phone", on=self.wanted)

    def refresh(self) -> None:
        """Say how things stand now."""
        status = self._port.status() if self._port is not None else None
        if status is None:
            return
        self._allow(status)
        self.code.show_code(status.code)
        self.code.setAccessibleName(texts.PHONE_CODE.format(address=status.address) if status.code is not None else "")
        words, tip = texts.PHONE_STATES[status.state]
        self.chip.say(words, CHIPS[status.state], tip)
        title, detail = _story(status)
        self._title.setText(title)
        self._detail.setText(detail)
        unreachable = status.code is not None and not status.reachable
        remark = texts.PHONE_UNREACHABLE if unreachable else status.remark
        self._remark.setText(remark)
        self._remark.setVisible(bool(remark))
        minutes, seconds = divmod(math.ceil(status.code_ends_in_s), 60)
        waiting = texts.PHONE_ADDRESS.format(address=status.address, left=f"{minutes}:{seconds:02d}")
        self._address.setText(waiting if status.code is not None else status.address)
        pairs = status.fingerprint.split(":")
        lines = (" ".join(pairs[start : start + PAIRS_A_LINE]) for start in range(0, len(pairs), PAIRS_A_LINE))
        self._fingerprint.setText("\n".join((texts.PHONE_FINGERPRINT, *lines)))

    def showEvent(self, event: QShowEvent | None) -> None:
        """Follow the phone while the panel is in view."""
        self.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Stop following the phone."""
        self._timer.stop()

    # Doing

    def _toggle(self, on: bool) -> None:
        self._asked = on
        if self._port is None or self._port.status() is None:
            self._actions.check("phone", on=False)
            self.command.emit(UseCamera(partial(self._open_camera, self._family.spec())))

    def _renew(self) -> None:
        if self._port is not None:
            self._port.renew()
            self.refresh()

    def _dismiss(self) -> None:
        if self._port is not None:
            self._port.dismiss()

    def _stop(self) -> None:
        if self._port is not None:
            self._port.stop()
        self.command.emit(UseCamera(partial(self._open_camera, self._before)))

    def _allow(self, status: PhoneStatus | None) -> None:
        state = None if status is None else status.state
        none = texts.PHONE_NONE
        self._actions.allow("phone_code", "" if state is PhoneState.WAITING else none if state is None else
                            texts.PHONE_CODE_NOT_SHOWN)  # fmt: skip
        there = state in (PhoneState.JOINING, PhoneState.LIVE, PhoneState.AWAY)
        self._actions.allow("phone_dismiss", "" if there else none if state is None else texts.PHONE_NOT_THERE)
        self._actions.allow("phone_stop", none if state is None else "")

    # Layout

    def _lay_out(self, theme: Theme) -> None:
        self._fingerprint.setFont(_monospaced(self._fingerprint))
        for shown in (self._detail, self._remark, self._address):
            shown.setWordWrap(True)
        for shown in (self._address, self._fingerprint):
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for name in ("phone_code", "phone_dismiss", "phone_stop"):
            buttons.addWidget(WordButton(self._actions[name], theme))
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, GUTTER_PX, 0)
        column.setSpacing(8)
        column.addStretch(1)
        head = QHBoxLayout()
        head.addWidget(self.chip)
        head.addStretch(1)
        column.addLayout(head)
        for shown in (self._title, self._detail, self._remark, self._address, self._fingerprint):
            column.addWidget(shown)
        column.addSpacing(4)
        column.addLayout(buttons)
        column.addStretch(1)
        inside = QWidget()
        inside.setObjectName("scrolled")
        inside.setLayout(column)
        words = QScrollArea()  # a small window has no room for all of it
        words.setWidget(inside)
        words.setWidgetResizable(True)
        words.setFrameShape(QScrollArea.Shape.NoFrame)
        words.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        pairs_px = self._fingerprint.fontMetrics().horizontalAdvance("00 " * PAIRS_A_LINE)
        words.setMinimumWidth(pairs_px + 2 * GUTTER_PX)
        words.setMaximumWidth(520)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 12, 12, 12)
        row.setSpacing(24)
        row.addStretch(1)
        row.addWidget(self.code, 50)
        row.addWidget(words, 50)
        row.addStretch(1)


def _story(status: PhoneStatus) -> tuple[str, str]:
    """Headline and what to do."""
    match status.state:
        case PhoneState.WAITING:
            return texts.PHONE_TITLE, texts.PHONE_STEPS
        case PhoneState.JOINING:
            return texts.PHONE_JOINING_TITLE, status.trouble or texts.PHONE_JOINING
        case PhoneState.AWAY:
            return texts.PHONE_AWAY_TITLE, status.trouble or texts.PHONE_AWAY
    if not status.throughput_bps:
        return status.lens, texts.PHONE_LIVE
    rate = texts.PHONE_RATE.format(megabits=status.throughput_bps / 1e6)
    return status.lens, f"{texts.PHONE_SLOW if status.throughput_bps < SLOW_BPS else texts.PHONE_LIVE} {rate}"


def _monospaced(shown: QLabel) -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(shown.font().pointSizeF())
    return font
