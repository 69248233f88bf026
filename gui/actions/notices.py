"""A slim bar for what the user should know; nothing in this program opens a box that must be clicked away."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QAction, QColor
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import (
    CameraBusy,
    CameraDisconnected,
    CameraError,
    CameraNotFound,
    ConfigError,
    FrameTimeout,
    ModelFileError,
    PolicyError,
    SceneError,
    UnsupportedControl,
)
from autoexposure.states import LoopState
from gui.actions.actions import Actions
from gui.style.icons import icon, pixmap
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import as_sentence
from gui.widgets.controls import label


class Level(IntEnum):
    """How much a notice matters; the highest is shown first."""

    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence, and optionally what can be done about it."""

    level: Level
    text: str
    action: QAction | None = None


LOOKS = {Level.INFO: ("info", "accent"), Level.WARNING: ("warning", "searching"), Level.ERROR: ("error", "failed")}


class NoticeBar(QFrame):
    """Shows the weightiest, and of those the newest, of the notices that hold; each source has a key and at most one.

    What the user dismissed stays away until its source says something else.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._notices: dict[str, Notice] = {}
        self._dismissed: dict[str, Notice] = {}
        self._shown_key = ""
        self.setObjectName("notice")
        self.setAccessibleName(texts.APP_NAME)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 6, 5)
        row.setSpacing(10)
        self._icon = QLabel()
        self._text = label()
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._do = QPushButton()
        self._do.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._do.clicked.connect(self._act)
        self._close = QToolButton()
        self._close.setObjectName("flat")
        self._close.setToolTip(texts.DISMISS)
        self._close.setAccessibleName(texts.DISMISS)
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.setIconSize(QSize(16, 16))
        self._close.clicked.connect(self.dismiss)
        for widget in (self._icon, self._text, self._do, self._close):
            row.addWidget(widget)
        row.setStretchFactor(self._text, 1)
        theme.changed.connect(self._show)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence on screen; empty while the bar is hidden."""
        return "" if self.isHidden() else self._text.text()

    @property
    def action(self) -> QAction | None:
        """What the bar offers to do about it."""
        notice = self._notices.get(self._shown_key)
        return None if self.isHidden() or notice is None else notice.action

    def say(self, key: str, notice: Notice | None) -> None:
        """Set, replace or (with None) take away the notice of one source."""
        if notice is None:
            changed = self._notices.pop(key, None) is not None
            self._dismissed.pop(key, None)
        else:
            changed = self._notices.get(key) != notice
            if changed:
                self._notices.pop(key, None)  # the newest stands last
                self._notices[key] = notice
        if changed:
            self._show()

    def dismiss(self) -> None:
        """Take the notice on screen away, until its source says something else."""
        self._dismissed[self._shown_key] = self._notices[self._shown_key]
        self._show()

    def _act(self) -> None:
        if self.action is not None:
            self.action.trigger()

    def _show(self) -> None:
        standing = {key: notice for key, notice in self._notices.items() if self._dismissed.get(key) != notice}
        self.setVisible(bool(standing))
        if not standing:
            return
        self._shown_key = max(reversed(standing), key=lambda key: standing[key].level)
        notice = standing[self._shown_key]
        name, role = LOOKS[notice.level]
        palette = self._theme.palette
        colour = QColor(getattr(palette, role))
        red, green, blue, _ = colour.getRgb()
        self.setStyleSheet(
            f"QFrame#notice {{ background: rgba({red}, {green}, {blue}, 0.14);"
            f" border: 1px solid rgba({red}, {green}, {blue}, 0.45); border-radius: 10px; }}"
        )
        self._icon.setPixmap(pixmap(name, colour.name(), 18, self.devicePixelRatioF()))
        self._close.setIcon(icon("close", palette))
        self._text.setText(notice.text)
        self._do.setVisible(notice.action is not None)
        if notice.action is not None:
            self._do.setText(notice.action.text())
            self._do.setIcon(notice.action.icon())
            self._do.setToolTip(notice.action.toolTip())


def loop_notice(snapshot: Snapshot, actions: Actions) -> Notice | None:
    """The notice of this turn, or None if all is well."""
    sentence = as_sentence(snapshot.notice or (str(snapshot.error) if snapshot.error is not None else ""))
    action = actions[remedy(snapshot.error)] if snapshot.error is not None else None
    if snapshot.loop_state is LoopState.FAILED:
        return Notice(Level.ERROR, sentence or texts.FAILED_STATE[1], action or actions["camera"])
    if snapshot.loop_state is LoopState.RECONNECTING:
        return Notice(Level.WARNING, sentence or texts.RECONNECTING_DETAIL, action or actions["camera"])
    if snapshot.playback is not None and snapshot.capabilities is not None and sentence == snapshot.capabilities.note:
        return None  # the bar under the picture says so all the time
    return Notice(Level.WARNING if action is not None else Level.INFO, sentence, action) if sentence else None


REMEDIES: tuple[tuple[type[Exception], str], ...] = (
    (CameraNotFound, "camera"),
    (CameraBusy, "retry"),
    (CameraDisconnected, "camera"),
    (FrameTimeout, "retry"),
    (UnsupportedControl, "camera_details"),
    (CameraError, "retry"),
    (ModelFileError, "meter"),
    (PolicyError, "meter"),
    (SceneError, "gallery"),
    (ConfigError, "camera"),
)
"""The first that fits counts, so what is special comes before what is general. Values are names of actions."""

OTHERWISE = "retry"
"""The cause is unknown: reopening the camera is the least that can be tried."""


def remedy(error: Exception) -> str:
    """Name of the action to offer against ``error``."""
    return next((action for kind, action in REMEDIES if isinstance(error, kind)), OTHERWISE)
