"""The last half minute as small plots that share one time axis: zoom, hold still, and choose which to see."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QSettings, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QImage, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from gui.actions.actions import Actions
from gui.plots.axes import AXES
from gui.plots.history import WINDOW_S, History, Window
from gui.plots.tile import PlotTile
from gui.style.icons import icon
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.controls import ActionButton

REFRESH_MS = 200
ROOMY_TILE_PX = 230
"""While the user has not chosen, as many plots are shown as fit side by side at this width."""
LEAST_TILE_PX = 196
"""Chosen ones are put in a further row rather than be narrower than this."""
LEAST_TILES = 4
TILE_HEIGHT_PX = 118
ZOOM = 2.0
CHOSEN_SETTING = "plots/chosen"


class Plots(QWidget):
    """The tiles, refreshed five times a second while there is something new and someone can see it.

    They take turns: all at once would hold up a picture. Emits ``height_wanted`` in pixels when another number of rows
    is needed.
    """

    height_wanted = pyqtSignal(int)

    def __init__(self, theme: Theme, history: History, actions: Actions, settings: QSettings) -> None:
        super().__init__()
        self._theme = theme
        self._history = history
        self._actions = actions
        self._settings = settings
        self._stale = False
        self._held: Window | None = None
        self._waiting: list[Callable[[], None]] = []
        self._columns = 0
        self.tiles = {axis.name: PlotTile(axis, theme) for axis in AXES}
        self._sharing = False
        for tile in self.tiles.values():
            tile.setParent(self)  # those that are not shown, too: they go when this goes
            tile.reset_asked.connect(self.show_all)
            tile.range_changed.connect(partial(self._share, tile))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(4)
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        row.addLayout(self._grid, 1)
        row.addLayout(self._tools())
        self._chosen = self._kept()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.draw_next)
        self._timer.start(REFRESH_MS)
        self._lay_out()
        actions["plots_pause"].toggled.connect(self.hold)
        actions["plots_in"].triggered.connect(lambda: self.zoom(1 / ZOOM))
        actions["plots_out"].triggered.connect(lambda: self.zoom(ZOOM))
        actions["plots_reset"].triggered.connect(self.show_all)

    # What is shown

    @property
    def samples(self) -> Window:
        """The samples on show: the newest ones, or those held still."""
        return self._held if self._held is not None else self._history.window()

    @property
    def shown(self) -> list[PlotTile]:
        """The tiles on show, in order."""
        names = self._chosen if self._chosen is not None else self._fitting()
        return [tile for name, tile in self.tiles.items() if name in names]

    def show_history(self, history: History) -> None:
        """Show this one from now on, of another camera."""
        self._history = history
        self._stale = True
        self.refresh()

    def note(self) -> None:
        """Something was added to the history."""
        self._stale = True

    def refresh(self) -> None:
        """Draw what is new, in all of them at once."""
        self._stale = self._stale or bool(self._waiting)
        self._waiting = []
        self.draw_next()
        while self._waiting:
            self.draw_next()

    def draw_next(self) -> None:
        """Draw what is new in the plot whose turn it is; all show the samples that there were at the first one's."""
        if not self._waiting:
            if not self._stale or self._held is not None or not self.isVisible():
                return
            self._stale = False
            window = self._history.window()
            self._waiting = [partial(tile.show_window, window) for tile in self.shown]
        self._waiting.pop(0)()

    def hold(self, on: bool) -> None:
        """Keep the present half minute on show, or go on."""
        self._held = self._history.window() if on else None
        self._stale = True
        self._draw()

    def zoom(self, factor: float) -> None:
        """Show ``factor`` times as much time, ending where it ends now."""
        first = next(iter(self.tiles.values()))
        start_s, end_s = first.shown_s
        first.show_span(max(-WINDOW_S, end_s - (end_s - start_s) * factor), end_s)

    def show_all(self) -> None:
        """The whole half minute again."""
        next(iter(self.tiles.values())).show_span(-WINDOW_S, 0.0)

    def picture(self) -> QImage:
        """The plots as they look."""
        area = self._grid.geometry()
        return self.grab(area).toImage()

    def _draw(self) -> None:
        self._waiting = []
        window = self.samples
        for tile in self.shown:
            tile.show_window(window)

    def _share(self, moved: PlotTile) -> None:
        """Show the same time in all plots; pyqtgraph's own links line up pixels, which hidden plots don't have."""
        if self._sharing:
            return
        self._sharing = True
        for tile in self.tiles.values():
            if tile is not moved:
                tile.show_span(*moved.shown_s)
        self._sharing = False
        self._zoomed()

    def _zoomed(self) -> None:
        self._draw()
        start_s, end_s = next(iter(self.tiles.values())).shown_s
        whole = start_s <= -WINDOW_S and end_s >= 0
        self._actions.allow("plots_reset", texts.PLOTS_WHOLE if whole else "")
        self._actions.allow("plots_out", texts.PLOTS_WHOLE if whole else "")

    # Which are shown, and where

    def choose(self, name: str, on: bool) -> None:
        """Show a plot, or leave it out; at least one stays."""
        chosen = {tile.axis.name for tile in self.shown}
        chosen = chosen | {name} if on else chosen - {name}
        if chosen:
            self._chosen = chosen
            self._settings.setValue(CHOSEN_SETTING, ",".join(sorted(chosen)))
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show as many plots as fit."""
        super().resizeEvent(event)
        self._lay_out()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Show as many plots as fit."""
        super().showEvent(event)
        self._lay_out()

    def _fitting(self) -> set[str]:
        count = min(len(AXES), max(LEAST_TILES, self.width() // ROOMY_TILE_PX))
        return {axis.name for axis in AXES[:count]}

    def _lay_out(self) -> None:
        shown = self.shown
        room = self.width() // LEAST_TILE_PX if self.isVisible() else len(shown)  # its width is not known before
        columns = max(1, min(len(shown), room))
        rows = -(-len(shown) // columns)
        columns = -(-len(shown) // rows)  # even rows: 4 + 3 instead of 6 + 1
        wanted = [(tile, index // columns, index % columns) for index, tile in enumerate(shown)]
        for tile in self.tiles.values():
            if tile not in shown:
                tile.hide()
                self._grid.removeWidget(tile)
        for tile, row, column in wanted:
            if self._grid.itemAtPosition(row, column) is None or tile.isHidden() or columns != self._columns:
                self._grid.addWidget(tile, row, column)
                tile.show()
        for column in range(max(columns, self._grid.columnCount())):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._columns = columns
        self._timer.setInterval(REFRESH_MS // len(shown))
        least_px = rows * TILE_HEIGHT_PX + (rows - 1) * self._grid.spacing()
        if least_px != self.minimumHeight():
            self.setMinimumHeight(least_px)
            self.height_wanted.emit(least_px)
        for name, action in self._choices.items():
            action.setChecked(self.tiles[name] in shown)
        self._waiting = []  # a round that began with other plots
        self._stale = True
        if self._held is not None:
            self._draw()

    def _kept(self) -> set[str] | None:
        names = {name for name in str(self._settings.value(CHOSEN_SETTING, "")).split(",") if name in self.tiles}
        return names or None

    def _tools(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(2)
        for name in ("plots_pause", "plots_reset"):
            column.addWidget(ActionButton(self._actions[name], role="flat", icon_px=16))
        self._actions.allow("plots_reset", texts.PLOTS_WHOLE)
        self._actions.allow("plots_out", texts.PLOTS_WHOLE)
        self._save = _MenuTool(texts.PLOTS_EXPORT, "export", self._theme)
        self._save.offered.addActions([self._actions[name] for name in ("plots_csv", "plots_png", "exports")])
        self._which = _MenuTool(texts.PLOTS_CHOOSE, "list", self._theme)
        self._choices = {}
        for axis in AXES:
            action = self._which.add_choice(axis.title)
            action.triggered.connect(lambda on, name=axis.name: self.choose(name, on))
            self._choices[axis.name] = action
        column.addWidget(self._save)
        column.addWidget(self._which)
        column.addStretch(1)
        return column


class _MenuTool(QToolButton):
    """A small button that opens a menu."""

    def __init__(self, name: str, icon_name: str, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._icon_name = icon_name
        self.setObjectName("flat")
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(16, 16))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.offered = QMenu(self)
        self.setMenu(self.offered)
        theme.changed.connect(self._tint)
        self._tint()

    def add_choice(self, text: str) -> QAction:
        """Offer something that is on or off."""
        action = QAction(text, self.offered)
        action.setCheckable(True)
        self.offered.addAction(action)
        return action

    def _tint(self) -> None:
        self.setIcon(icon(self._icon_name, self._theme.palette))
