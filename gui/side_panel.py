"""The column beside the picture: read-out on top, answers at the bottom, between them cards that fold and scroll."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from gui.controls import Card
from gui.theme import Theme

FOLDED_SETTING = "panel/folded"


class SidePanel(QWidget):
    """Lays cards out and remembers which are folded.

    Parameters
    ----------
    top, bottom : always in view.
    cards : by name, in their order on the screen; these fold and scroll.
    fold_first : names in the order in which they fold when the panel is shown for the very first time and does not
        fit; later the user's choice holds.
    stretched : name of the card that takes the room left over.
    """

    def __init__(
        self,
        theme: Theme,
        settings: QSettings,
        *,
        top: Card,
        cards: Mapping[str, Card],
        bottom: Card,
        fold_first: tuple[str, ...] = (),
        stretched: str = "",
    ) -> None:
        super().__init__()
        self._settings = settings
        self._cards = dict(cards)
        self._fold_first = fold_first
        self._fitted = settings.contains(FOLDED_SETTING)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        column.addWidget(top)
        column.addWidget(self._scrolled(stretched), 1)
        column.addWidget(bottom)
        folded = self._kept()
        for name, card in self._cards.items():
            card.make_foldable(theme)
            card.fold(name in folded)
            card.folded_changed.connect(self._keep)

    def _scrolled(self, stretched: str) -> QScrollArea:
        inside = QWidget()
        inside.setObjectName("scrolled")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for card in self._cards.values():
            column.addWidget(card)
        column.addStretch(0)
        if stretched:
            card = self._cards[stretched]
            column.setStretchFactor(card, 1)
            card.folded_changed.connect(lambda folded: column.setStretchFactor(card, 0 if folded else 1))
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(inside)
        sideways = self.area.horizontalScrollBar()
        assert sideways is not None
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
        layout = inside.layout()
        assert layout is not None
        layout.activate()  # else the card is still as small as it was folded
        inside.resize(viewport.width(), max(viewport.height(), layout.minimumSize().height()))
        self.area.ensureWidgetVisible(card, 0, 0)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        if not self._fitted:
            self._fitted = True
            self.fit()

    def fit(self) -> None:
        """Fold cards until the rest has room, the least needed ones first."""
        inside = self.area.widget()
        assert inside is not None
        for name in self._fold_first:
            layout = inside.layout()
            assert layout is not None
            layout.activate()
            viewport = self.area.viewport()
            assert viewport is not None
            if layout.minimumSize().height() <= viewport.height():
                break
            self._cards[name].fold(True)

    def _bring_into_view(self, _old: QWidget | None, new: QWidget | None) -> None:
        inside = self.area.widget()
        if new is not None and inside is not None and inside.isAncestorOf(new):
            self.area.ensureWidgetVisible(new, 0, 24)

    def _keep(self) -> None:
        if self._fitted:
            self._settings.setValue(FOLDED_SETTING, ",".join(name for name, card in self._cards.items() if card.folded))

    def _kept(self) -> set[str]:
        return set(str(self._settings.value(FOLDED_SETTING, "")).split(","))
