"""A calm strip over the picture that asks one thing, and never has to be answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QObject, QSize, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QWidget

from gui.style.icons import icon
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.controls import label, set_role

BELOW_PX = 14
"""Between the strip and the lower edge of the picture."""
ICON_PX = 16


@dataclass(frozen=True, slots=True)
class Reply:
    """One button of a question: its words, what it does, and an icon in a colour of the palette, or none."""

    text: str
    do: Callable[[], None]
    icon: str = ""
    colour: str = ""
    quiet: bool = False


class QuestionStrip(QFrame):
    """Stands at the lower edge of ``stage`` while something is asked; ``key`` says what, and is empty otherwise."""

    def __init__(self, stage: QWidget, theme: Theme) -> None:
        super().__init__(stage)
        self._stage = stage
        self._theme = theme
        self.key = ""
        self._dismissed: Callable[[], None] = _nothing
        self._replies: tuple[Reply, ...] = ()
        self.buttons: list[QPushButton] = []
        self.setObjectName("question")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 7, 7, 7)
        row.setSpacing(8)
        self._text = label("")
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self._close = QToolButton()
        self._close.setObjectName("flat")
        self._close.setToolTip(texts.QUESTION_CLOSE)
        self._close.setAccessibleName(texts.QUESTION_CLOSE)
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.setIconSize(QSize(ICON_PX, ICON_PX))
        self._close.clicked.connect(self.dismiss)
        row.addWidget(self._text)
        row.addLayout(self._row)
        row.addWidget(self._close)
        theme.changed.connect(self._tint)
        stage.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """What is asked; empty while nothing is."""
        return self._text.text() if self.key else ""

    def ask(self, key: str, text: str, replies: Sequence[Reply], dismissed: Callable[[], None], tip: str = "") -> None:
        """Ask this; ``dismissed`` is called if it is closed without a reply, and not if it is withdrawn."""
        self.withdraw()
        self.key, self._dismissed, self._replies = key, dismissed, tuple(replies)
        self._text.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(tip)
        for reply in replies:
            button = QPushButton(reply.text)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a question does not take the keys from the window
            set_role(button, "quiet" if reply.quiet else "")
            button.clicked.connect(lambda _=False, do=reply.do: self._choose(do))
            self._row.addWidget(button)
            self.buttons.append(button)
        self._tint()
        self.show()
        self._place()

    def withdraw(self, key: str = "") -> None:
        """Ask no more, whatever it was or only this."""
        if not self.key or key not in ("", self.key):
            return
        self.key = ""
        self.hide()
        for button in self.buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons.clear()
        self._replies = ()

    def dismiss(self) -> None:
        """Close it without a reply."""
        dismissed = self._dismissed
        self.withdraw()
        dismissed()

    def _choose(self, do: Callable[[], None]) -> None:
        key = self.key
        do()  # while it still stands: who answers can tell that it was asked
        self.withdraw(key)

    def _tint(self) -> None:
        palette = self._theme.palette
        self._close.setIcon(icon("close", palette))
        for button, reply in zip(self.buttons, self._replies, strict=True):
            if reply.icon:
                button.setIcon(icon(reply.icon, palette, colour=getattr(palette, reply.colour)))

    def _place(self) -> None:
        self.adjustSize()
        size = self.size().boundedTo(self._stage.size())
        self.setGeometry(
            (self._stage.width() - size.width()) // 2,
            max(0, self._stage.height() - size.height() - BELOW_PX),
            size.width(),
            size.height(),
        )
        self.raise_()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Stay where the stage's edge is."""
        if event is not None and event.type() == QEvent.Type.Resize and self.key:
            self._place()
        return False

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Keep what is pressed here from the picture below."""
        if event is not None:
            event.accept()


def _nothing() -> None:
    """Nobody cares."""
