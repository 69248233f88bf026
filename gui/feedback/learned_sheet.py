"""What was learned from a person, and when: every answer with its picture; one can be forgotten, or all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QPoint, QRect, QSize, Qt, QTimer
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from autoexposure.personal.truth import Truth
from gui.feedback.profile_button import person_text
from gui.feedback.store_client import Recent, Shelf, StoreClient, Whose
from gui.feedback.strip import LABEL_COLOURS
from gui.preview.view import image_of
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import exposure_text, truth_sentence
from gui.widgets.controls import label, wrapped

SIZE_PX = QSize(640, 460)
PICTURE_PX = QSize(64, 40)
REALLY_MS = 4000
"""A second press within this erases for good; nothing else asks."""


class LearnedSheet(QDialog):
    """A sheet beside the window that never blocks it. One lives as long as its window."""

    def __init__(self, parent: QWidget, theme: Theme, store: StoreClient) -> None:
        super().__init__(parent)
        self._theme = theme
        self._store = store
        self._shelf: Shelf | None = None
        self.setWindowTitle(texts.LEARNED_TITLE)
        self.resize(SIZE_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(10)
        self._head = label("", scale=1.15, bold=True)
        self._truth = wrapped("")
        self._truth.hide()
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._cut = label("", "muted")
        self.by_hand = SureButton(texts.LEARNED_FORGET_BY_HAND, partial(store.forget, by_hand=True))
        self.all = SureButton(texts.LEARNED_FORGET_ALL, store.forget)
        row = QHBoxLayout()
        row.addWidget(self._cut, 1)
        row.addWidget(self.by_hand)
        row.addWidget(self.all)
        column.addWidget(self._head)
        column.addWidget(self._truth)
        column.addWidget(self._area, 1)
        column.addLayout(row)

    @property
    def truth(self) -> str:
        """The sentence about what the answers are worth."""
        return self._truth.text()

    def open_(self) -> None:
        """Show it, with the answers as they are."""
        self._list()
        self.show()
        self.raise_()
        self.activateWindow()

    def show_truth(self, truth: Truth | None) -> None:
        """Say what the answers are worth, as far as that is known."""
        self._truth.setText(truth_sentence(truth))
        self._truth.setVisible(bool(self._truth.text()))

    def show_shelf(self, shelf: Shelf) -> None:
        """Follow whose answers there are."""
        self._shelf = shelf
        person = person_text(shelf.whose.person)
        head = texts.LEARNED_HEAD if shelf.by_hand else texts.LEARNED_HEAD_SAID
        self._head.setText(head.format(person=person, answers=shelf.count, by_hand=shelf.by_hand))
        self.by_hand.offer(shelf.by_hand)
        self.all.offer(shelf.count)
        if self.isVisible():
            self._list()

    def _list(self) -> None:
        self._store.list_(self._show)

    def _show(self, whose: Whose, listed: tuple[Recent, ...]) -> None:
        if self._shelf is None or whose != self._shelf.whose:
            return
        bar = self._area.verticalScrollBar()
        assert bar is not None
        at = bar.value()
        inside = QWidget()
        inside.setObjectName("scrolled")
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, kept in enumerate(listed):
            self._add_row(grid, row, kept)
        if not listed:
            grid.addWidget(wrapped(texts.LEARNED_NONE, "muted"), 0, 0, 1, 4)
        grid.setRowStretch(max(1, len(listed)), 1)
        self._area.setWidget(inside)
        bar.setValue(at)
        cut = len(listed) < self._shelf.count
        self._cut.setText(texts.LEARNED_CUT.format(shown=len(listed)) if cut and listed else "")

    def _add_row(self, grid: QGridLayout, row: int, kept: Recent) -> None:
        when = f"{kept.answered_at.astimezone():%Y-%m-%d %H:%M}"
        name = texts.LABELS[kept.label]
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(texts.LEARNED_ROW.format(label=name, source=texts.SOURCES[kept.source])))
        words.addWidget(label(f"{when}   {exposure_text(kept.exposure)}", "muted", scale=0.9))
        forget = QPushButton(texts.LEARNED_FORGET)
        forget.setAccessibleName(texts.LEARNED_FORGET_NAME.format(label=name, at=when))
        forget.clicked.connect(lambda _=False: self._store.forget(kept))
        weight = texts.LEARNED_WEIGHT.format(weight=kept.weight) if kept.settled else texts.LEARNED_NOT
        grid.addWidget(_Picture(kept, self._theme), row, 0)
        grid.addLayout(words, row, 1)
        grid.addWidget(label(weight, "muted"), row, 2)
        grid.addWidget(forget, row, 3)


class _Picture(QWidget):
    """A small picture in a frame of its answer's colour, dashed where nobody said it."""

    def __init__(self, kept: Recent, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._kept = kept
        self._image = image_of(kept.thumbnail) if kept.thumbnail is not None else None
        self.setFixedSize(PICTURE_PX)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        area = self.rect().adjusted(1, 1, -2, -2)
        painter.fillRect(area, QColor(self._theme.palette.stage))
        if self._image is not None:
            shown = self._image.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(QPoint(0, 0), shown)
            place.moveCenter(area.center())
            painter.drawImage(place, self._image)
        line = Qt.PenStyle.DashLine if self._kept.source.by_hand else Qt.PenStyle.SolidLine
        painter.setPen(QPen(QColor(getattr(self._theme.palette, LABEL_COLOURS[self._kept.label])), 1.6, line))
        painter.drawRect(area)


class SureButton(QPushButton):
    """A button for what can't be undone: the first press asks, a second soon after does it."""

    def __init__(self, words: str, do: Callable[[], None]) -> None:
        super().__init__()
        self._words = words
        self._count = 0
        self._do = do
        self._sure = QTimer(self)
        self._sure.setSingleShot(True)
        self._sure.setInterval(REALLY_MS)
        self._sure.timeout.connect(self._rest)
        self.clicked.connect(self._press)

    def offer(self, count: int) -> None:
        """There are so many to erase; with none it is not offered."""
        self._count = count
        self.setVisible(bool(count))
        self._sure.stop()
        self._rest()

    def _press(self) -> None:
        if self._sure.isActive():
            self._sure.stop()
            self._rest()
            self._do()
        else:
            self._sure.start()
            self.setText(texts.LEARNED_REALLY.format(count=self._count))

    def _rest(self) -> None:
        self.setText(self._words.format(count=self._count))
