"""The column beside the picture: read-out on top, answers at the bottom, between them cards that fold and scroll.

A card that is opened where the room is short folds others, so that a small window shows whole cards instead of slices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from PyQt6.QtCore import QSettings, Qt, pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QApplication, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from autoexposure.control.snapshot import Snapshot
from gui.style.stylesheet import GRID_PX
from gui.style.theme import Theme
from gui.widgets.card import Card

FOLDED_SETTING = "panel/folded"
TAKES_ALL = 100

CARD_SPACING_PX = 4
"""With it every card fits at 1280x720 and pixels are left: fonts differ by a pixel a line from system to system."""


class Panel(Card):
    """A card of this column. ``command`` carries what it asks of the loop."""

    command = pyqtSignal(object)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the loop; called with every Snapshot the window sees, so what takes long waits for a timer."""
        raise NotImplementedError


class SidePanel(QWidget):
    """Lays cards out and remembers which are folded.

    Parameters
    ----------
    top, bottom : always in view.
    cards : by name, in their order on the screen; these fold and scroll.
    fold_first : names in the order in which they fold when the panel is shown for the very first time and does not
        fit; later the user's choice holds.
    stretched : name of the card that takes the room left over.

    Attributes
    ----------
    panels : all of them, from top to bottom.
    """

    def __init__(
        self,
        theme: Theme,
        settings: QSettings,
        *,
        top: Panel,
        cards: Mapping[str, Panel],
        bottom: Panel,
        fold_first: tuple[str, ...] = (),
        stretched: str = "",
    ) -> None:
        super().__init__()
        self._settings = settings
        self.panels = (top, *cards.values(), bottom)
        self._cards = dict(cards)
        self._fold_first = fold_first
        self._fitted = settings.contains(FOLDED_SETTING)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        column.addLayout(_beside_gutter(top))
        column.addWidget(self._scrolled(stretched), 1)
        column.addLayout(_beside_gutter(bottom))
        folded = self._kept()
        for name, card in self._cards.items():
            card.make_foldable(theme, stretched=name == stretched)
            card.fold(name in folded)
            card.folded_changed.connect(partial(self._folded, name))

    def _scrolled(self, stretched: str) -> QScrollArea:
        inside = QWidget()
        inside.setObjectName("scrolled")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(CARD_SPACING_PX)
        for card in self._cards.values():
            column.addWidget(card)
        column.addStretch(1)
        if stretched:
            card = self._cards[stretched]
            column.setStretchFactor(card, TAKES_ALL)
            card.folded_changed.connect(lambda folded: column.setStretchFactor(card, 0 if folded else TAKES_ALL))
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(inside)
        sideways, upright = self.area.horizontalScrollBar(), self.area.verticalScrollBar()
        assert sideways is not None
        assert upright is not None
        upright.rangeChanged.connect(lambda least, most: upright.setEnabled(most > least))  # else it is not drawn
        sideways.valueChanged.connect(lambda _: sideways.setValue(0))  # what is a pixel too wide doesn't wander off
        focus = QApplication.instance()
        assert isinstance(focus, QApplication)
        focus.focusChanged.connect(self._bring_into_view)
        return self.area

    def unfold(self, name: str) -> None:
        """Open a card and bring it into view."""
        card = self._cards[name]
        card.fold(False)
        inside, viewport = self.area.widget(), self.area.viewport()
        assert inside is not None
        assert viewport is not None
        inside.resize(viewport.width(), max(viewport.height(), self._needed_px()))  # not only with the next event
        self.area.ensureWidgetVisible(card, 0, 0)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Fold what does not fit when shown for the first time."""
        super().showEvent(event)
        if not self._fitted:
            self._fitted = True
            self.fit()

    def fit(self) -> None:
        """Fold cards until the rest has room, the least needed ones first."""
        self._make_room(self._fold_first)

    def _folded(self, name: str, folded: bool) -> None:
        """Let a card that was opened have its room, and remember how things are."""
        if self._fitted and not folded and self.isVisible():
            order = (*self._fold_first, *self._cards)
            self._make_room(tuple(other for other in order if other != name))
        self._keep()

    def _make_room(self, foldable: Iterable[str]) -> None:
        viewport = self.area.viewport()
        assert viewport is not None
        for name in foldable:
            if self._needed_px() <= viewport.height():
                return
            self._cards[name].fold(True)

    def _needed_px(self) -> int:
        inside = self.area.widget()
        layout = inside.layout() if inside is not None else None
        assert layout is not None
        layout.activate()  # else a card is still as small, or as large, as it was
        return layout.minimumSize().height()

    def _bring_into_view(self, _old: QWidget | None, new: QWidget | None) -> None:
        inside = self.area.widget()
        if new is not None and inside is not None and inside.isAncestorOf(new):
            self.area.ensureWidgetVisible(new, 0, 24)

    def _keep(self) -> None:
        if self._fitted:
            self._settings.setValue(FOLDED_SETTING, ",".join(name for name, card in self._cards.items() if card.folded))

    def _kept(self) -> set[str]:
        return set(str(self._settings.value(FOLDED_SETTING, "")).split(","))


def _beside_gutter(card: Card) -> QHBoxLayout:
    """As wide as the cards that scroll: these have their scroll bar in the window's margin."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, GRID_PX, 0)
    row.addWidget(card)
    return row
