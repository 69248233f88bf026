"""Under, well, over: three large buttons that judge the picture on screen."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy

from autoexposure.feedback import Label
from autoexposure.snapshot import Snapshot
from gui import texts
from gui.actions import Actions
from gui.controls import ActionButton, BoundButton, Card, label
from gui.feedback_desk import FeedbackDesk, Stored, Undone
from gui.icons import pixmap
from gui.preview_view import LIVE
from gui.theme import Theme
from gui.wording import exposure_words

CONFIRM_MS = 3000
LABEL_COLOURS = {Label.UNDER: "blue", Label.WELL: "converged", Label.OVER: "searching"}


class AnswerButton(BoundButton):
    """One large button: icon over word, its key in the corner, in the colour of its answer."""

    def __init__(self, action: QAction, icon_name: str, colour: str, theme: Theme) -> None:
        super().__init__(action, theme)
        self._icon_name = icon_name
        self._colour = colour
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(84, 54)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        palette = self.theme.palette
        enabled = self.isEnabled()
        colour = QColor(getattr(palette, self._colour) if enabled else palette.faint)
        ground = QColor(colour)
        ground.setAlphaF(0.34 if self.isDown() else 0.22 if self.underMouse() and enabled else 0.13)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colour if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        area = self.rect().adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(area, 9, 9)
        drawn = pixmap(self._icon_name, colour.name(), 22, self.devicePixelRatioF())
        painter.drawPixmap(area.center().x() - 11, area.top() + 8, drawn)
        painter.setPen(QColor(palette.text if enabled else palette.faint))
        align = Qt.AlignmentFlag
        painter.drawText(area.adjusted(0, 0, 0, -6), align.AlignHCenter | align.AlignBottom, self.text())
        painter.setPen(QColor(palette.muted if enabled else palette.faint))
        key = self.action.shortcut().toString()
        painter.drawText(area.adjusted(0, 5, -9, 0), align.AlignRight | align.AlignTop, key)


class FeedbackBar(Card):
    """Stores the picture that is on screen at the moment of the press, and says so."""

    confirmed = pyqtSignal(object)
    taken_back = pyqtSignal(object)

    def __init__(
        self, theme: Theme, actions: Actions, desk: FeedbackDesk, on_screen: Callable[[], Snapshot | None]
    ) -> None:
        super().__init__(texts.FEEDBACK)
        self._actions = actions
        self._desk = desk
        self._on_screen = on_screen
        self._count = 0
        self.head.addWidget(ActionButton(actions["undo"], role="flat", icon_px=16))
        actions.allow("undo", texts.FEEDBACK_NOTHING_TO_UNDO)  # until the store has been counted
        row = QHBoxLayout()
        row.setSpacing(8)
        for kind in Label:
            row.addWidget(AnswerButton(actions[kind], kind, LABEL_COLOURS[kind], theme))
            actions[kind].triggered.connect(lambda _=False, kind=kind: self._press(kind))
        self.body.addLayout(row)
        self._said = label(texts.FEEDBACK_COUNT_NONE, "muted", scale=0.95)
        self.body.addWidget(self._said)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(CONFIRM_MS)
        self._quiet.timeout.connect(self.say_count)
        actions["undo"].triggered.connect(lambda: desk.undo())
        desk.stored.connect(self._stored)
        desk.undone.connect(self._undone)
        desk.counted.connect(self._counted)

    @property
    def said(self) -> str:
        """The line under the buttons."""
        return self._said.text()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Offer answers while there is a picture to judge."""
        live = snapshot.frame is not None and snapshot.loop_state in LIVE
        reason = "" if live else texts.FEEDBACK_NO_PICTURE
        for kind in Label:
            self._actions.allow(kind, reason)

    def _press(self, kind: Label) -> None:
        snapshot = self._on_screen()
        if snapshot is not None and snapshot.frame is not None:
            self._desk.store(snapshot, kind)

    def _stored(self, stored: Stored) -> None:
        words = exposure_words(stored.snapshot) or texts.FEEDBACK_EXPOSURE_UNKNOWN
        text = texts.FEEDBACK_STORED.format(label=texts.LABELS[stored.label], exposure=words)
        self._confirm(text, stored.count)
        self.confirmed.emit(stored)

    def _undone(self, undone: Undone) -> None:
        if undone.label is None:
            text = texts.FEEDBACK_NOTHING_TO_UNDO
        else:
            text = texts.FEEDBACK_UNDONE.format(label=texts.LABELS[undone.label])
        self._confirm(text, undone.count)
        self.taken_back.emit(undone)

    def _counted(self, count: int) -> None:
        self._count = count
        self.say_count()

    def _confirm(self, text: str, count: int) -> None:
        self._count = count
        self._actions.allow("undo", "" if count else texts.FEEDBACK_NOTHING_TO_UNDO)
        self._said.setText(text)
        self._quiet.start()

    def say_count(self) -> None:
        """Say how many answers there are, as the line does when nothing has just happened."""
        count = self._count
        one_or_none = texts.FEEDBACK_COUNT_ONE if count == 1 else texts.FEEDBACK_COUNT_NONE
        self._said.setText(texts.FEEDBACK_COUNT.format(count=count) if count > 1 else one_or_none)
        self._actions.allow("undo", "" if count else texts.FEEDBACK_NOTHING_TO_UNDO)
