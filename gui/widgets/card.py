"""A titled group of the side panel or the plots, which a click on its title folds."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui.style.icons import icon
from gui.style.stylesheet import GRID_PX
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.controls import label

CARD_MARGINS_PX = (12, 7, 12, 9)
FOLDED_MARGINS_PX = (12, 1, 12, 1)


class Card(QFrame):
    """A titled group on its own surface. ``head`` is the title's row, ``body`` takes the contents.

    Once ``make_foldable`` was called, a click on the title leaves only the title.
    """

    folded_changed = pyqtSignal(bool)

    def __init__(self, title: str = "") -> None:
        super().__init__()
        self.setObjectName("card")
        self.frame = QVBoxLayout(self)
        self.frame.setContentsMargins(*CARD_MARGINS_PX)
        self.frame.setSpacing(6)
        self.head = QHBoxLayout()
        self.head.setSpacing(GRID_PX)
        self._title = label(title, "title")
        self._fold: FoldButton | None = None
        self._height = QSizePolicy.Policy.Preferred
        if title:
            self.setAccessibleName(title)
            self.head.addWidget(self._title)
            self.head.addStretch(1)
            self.frame.addLayout(self.head)
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(6)
        self.frame.addWidget(self._content, 1)

    def make_foldable(self, theme: Theme, *, stretched: bool = False) -> None:
        """Let a click on the title fold the card; call once, after it has its contents.

        Only a ``stretched`` card is ever taller than its contents.
        """
        self._height = QSizePolicy.Policy.Preferred if stretched else QSizePolicy.Policy.Maximum
        self.setSizePolicy(QSizePolicy.Policy.Preferred, self._height)
        self._fold = FoldButton(self._title.text(), theme)
        self.head.replaceWidget(self._title, self._fold)
        self._title.hide()
        self._fold.toggled.connect(self._show_content)

    @property
    def folded(self) -> bool:
        """Whether only the title shows."""
        return self._fold is not None and not self._fold.isChecked()

    def fold(self, folded: bool) -> None:
        """Leave only the title, or show all."""
        if self._fold is not None:
            self._fold.setChecked(not folded)

    def _show_content(self, shown: bool) -> None:
        self._content.setVisible(shown)
        self.frame.setContentsMargins(*(CARD_MARGINS_PX if shown else FOLDED_MARGINS_PX))
        height = self._height if shown else QSizePolicy.Policy.Maximum
        self.setSizePolicy(QSizePolicy.Policy.Preferred, height)
        self.frame.invalidate()
        self.updateGeometry()  # at once: whoever makes room asks right away
        self.folded_changed.emit(not shown)


class FoldButton(QToolButton):
    """A card's title with a chevron before it; checked while the card is open."""

    def __init__(self, title: str, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("fold")
        self.setText(title)
        self.setAccessibleName(title)
        self.setToolTip(texts.FOLD_TIP)
        self.setCheckable(True)
        self.setChecked(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(12, 12))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggled.connect(self._tint)
        theme.changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        name = "chevron-down" if self.isChecked() else "chevron-right"
        muted = self._theme.palette.muted
        self.setIcon(icon(name, self._theme.palette, colour=muted, checked=muted))
