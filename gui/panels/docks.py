"""The side panel and the plots around the picture: as large as suits the window, hidden and shown, remembered."""

from __future__ import annotations

from PyQt6.QtCore import QByteArray, QSettings, QSize, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QWidget

from gui.actions.actions import Actions
from gui.plots.plots import Plots

SIDE_WIDTH_PX = (320, 400)
"""Least and most that the side panel takes of a window by itself; in between it grows with the window."""
PLOTS_HEIGHT_PX = (150, 280)
SIDE_SHARE, PLOTS_SHARE = 0.16, 0.19
START_SIZE_PX = (1280, 800)
GEOMETRY_SETTING, STATE_SETTING = "window/geometry", "window/state"


class Docks:
    """The two docks of ``window``; dragging an edge gives one of them more than its share of the window."""

    def __init__(self, window: QMainWindow, actions: Actions, settings: QSettings, side: QWidget, plots: Plots) -> None:
        self._window = window
        self._actions = actions
        self._settings = settings
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        side.setMinimumWidth(SIDE_WIDTH_PX[0])
        self._side = self._dock("panel", side, Qt.DockWidgetArea.RightDockWidgetArea)
        self._plots = self._dock("plots", plots, Qt.DockWidgetArea.BottomDockWidgetArea)
        window.resizeDocks([self._side], [SIDE_WIDTH_PX[0]], Qt.Orientation.Horizontal)
        window.resizeDocks([self._plots], [PLOTS_HEIGHT_PX[0]], Qt.Orientation.Vertical)
        plots.height_wanted.connect(self._make_room_for_plots)

    def follow_window(self) -> None:
        """Give both their share of the window's size, and take back what it no longer has."""
        for dock, size, (least, most), share in (
            (self._side, self._window.width(), SIDE_WIDTH_PX, SIDE_SHARE),
            (self._plots, self._window.height(), PLOTS_HEIGHT_PX, PLOTS_SHARE),
        ):
            wanted = round(min(most, max(least, share * size)))
            beside = dock is self._side
            before, now = (dock.minimumWidth(), dock.width()) if beside else (dock.minimumHeight(), dock.height())
            dock.setMinimumWidth(wanted) if beside else dock.setMinimumHeight(wanted)
            if wanted < before == now:  # as large as it had to be, and not because of the user's hand
                way = Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical
                self._window.resizeDocks([dock], [wanted], way)

    def restore(self) -> None:
        """The window and both docks as they were left, or as suits the screen."""
        geometry = self._settings.value(GEOMETRY_SETTING)
        if not (isinstance(geometry, QByteArray) and self._window.restoreGeometry(geometry)):
            screen = QGuiApplication.primaryScreen()
            size = QSize(*START_SIZE_PX)
            self._window.resize(size.boundedTo(screen.availableSize()) if screen is not None else size)
        state = self._settings.value(STATE_SETTING)
        known = isinstance(state, QByteArray) and self._window.restoreState(state)
        for name, dock in (("panel", self._side), ("plots", self._plots)):
            self._actions.check(name, not (known and dock.isHidden()))

    def keep(self) -> None:
        """Remember how the window is."""
        self._settings.setValue(GEOMETRY_SETTING, self._window.saveGeometry())
        self._settings.setValue(STATE_SETTING, self._window.saveState())
        self._settings.sync()

    def _dock(self, name: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        action = self._actions[name]
        dock = QDockWidget(action.text())
        dock.setObjectName(name)
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        dock.setTitleBarWidget(QWidget())
        dock.setWidget(widget)
        self._window.addDockWidget(area, dock)
        action.toggled.connect(dock.setVisible)
        return dock

    def _make_room_for_plots(self, height_px: int) -> None:
        wanted = max(height_px, self._plots.minimumHeight())
        self._window.resizeDocks([self._plots], [wanted], Qt.Orientation.Vertical)
