"""The icon beside the clock: the state at a glance, lock and pause without the window."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPixmap
from PyQt6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from autoexposure.control.snapshot import Snapshot
from autoexposure.states import AeState, LoopState
from gui.actions.actions import Actions
from gui.style.icons import pixmap
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import exposure_words

SIDE_PX = 64
STATE_COLOURS = {
    AeState.INACTIVE: "inactive",
    AeState.SEARCHING: "searching",
    AeState.CONVERGED: "converged",
    AeState.LOCKED: "locked",
}


def state_colour(snapshot: Snapshot) -> str:
    """Name of the palette colour that says how the loop is."""
    if snapshot.loop_state is LoopState.FAILED:
        return "failed"
    if snapshot.loop_state is LoopState.RECONNECTING:
        return "searching"
    return STATE_COLOURS[snapshot.ae_state] if snapshot.loop_state is LoopState.RUNNING else "inactive"


class Tray(QObject):
    """A click shows or hides the window, a middle click locks; the menu has both, and pause and quit."""

    def __init__(self, window: QWidget, actions: Actions, theme: Theme) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self._theme = theme
        self._shown: tuple[str, bool] | None = None
        self.icon = QSystemTrayIcon(window)
        self.menu = QMenu()
        for name in ("lock", "pause", "native"):
            self.menu.addAction(actions[name])
        self.menu.addSeparator()
        show = self.menu.addAction(texts.TRAY_SHOW)
        assert show is not None
        show.triggered.connect(self.toggle_window)
        self.menu.addAction(actions["quit"])
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the loop; the icon is drawn again only when it changes."""
        looks = (state_colour(snapshot), snapshot.locked)
        if looks != self._shown:
            self._shown = looks
            self.icon.setIcon(self._draw(*looks))
        words = [texts.APP_NAME, texts.AE_STATES[snapshot.ae_state][0], exposure_words(snapshot)]
        self.icon.setToolTip(", ".join(word for word in words if word))

    def toggle_window(self) -> None:
        """Bring the window to the front, or put it away."""
        if self._window.isVisible() and not self._window.isMinimized():
            self._window.hide()
            return
        self._window.showNormal() if self._window.isMinimized() else self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.MiddleClick:
            self._actions["lock"].trigger()
        elif reason is QSystemTrayIcon.ActivationReason.Trigger:
            self.toggle_window()

    def _draw(self, colour: str, locked: bool) -> QIcon:
        drawn = QPixmap(SIDE_PX, SIDE_PX)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, pixmap("app", "#000000", SIDE_PX))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(self._theme.palette, colour)))
        painter.drawEllipse(SIDE_PX - 30, SIDE_PX - 30, 28, 28)
        if locked:
            painter.drawPixmap(SIDE_PX - 25, SIDE_PX - 26, pixmap("lock", self._theme.palette.window, 18))
        painter.end()
        return QIcon(drawn)
