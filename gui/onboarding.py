"""The first minute: what matters most is pointed out once, over the real window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPixmap
from PyQt6.QtWidgets import QPushButton, QWidget

from gui.style.theme import Theme
from gui.text import texts

BUBBLE_PX = 236
MARGIN_PX = 12
PADDING_PX = 12
LEAST_PX = 20
"""How much of a target must be in view; otherwise its hint is skipped."""
MOVES = frozenset({QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide})
"""What may happen to a target, after which the hints are drawn anew."""
AWAY = {"below": (0, 1), "above": (0, -1), "left": (-1, 0)}


@dataclass(frozen=True, slots=True)
class Hint:
    """A sentence about a part of the window.

    Attributes
    ----------
    target : what it is about.
    side : where the sentence stands from there: ``below``, ``above`` or ``left``.
    title, text : a few words, and what can be done there.
    """

    target: QWidget
    side: str
    title: str
    text: str


class FirstMinute(QWidget):
    """Darkens the window but for the targets, and writes beside them; any key or click takes it away (``done``)."""

    done = pyqtSignal()

    def __init__(self, window: QWidget, theme: Theme, hints: Sequence[Hint]) -> None:
        super().__init__(window)
        self._theme = theme
        self._hints = tuple(hints)
        self._drawn: QPixmap | None = None  # kept: every live picture beneath has this painted over it again
        self.setAccessibleName(texts.FIRST_MINUTE)
        self.setAccessibleDescription(" ".join(f"{hint.title}: {hint.text}" for hint in hints))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._ok = QPushButton(texts.FIRST_MINUTE_OK, self)
        self._ok.setObjectName("primary")
        self._ok.setToolTip(texts.FIRST_MINUTE_OK_TIP)
        self._ok.clicked.connect(self.finish)
        for watched in (window, *(hint.target for hint in hints)):
            watched.installEventFilter(self)
        theme.changed.connect(self._redraw)
        self.hide()

    def begin(self) -> None:
        """Show the hints."""
        self._fit()
        self._redraw()
        self.show()
        self.raise_()
        self._ok.setFocus()

    def finish(self) -> None:
        """Take the hints away."""
        if self.isVisible():
            self.hide()
            parent = self.parentWidget()
            assert parent is not None
            parent.setFocus()
            self.done.emit()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Grow with the window, and follow what is pointed out."""
        if event is not None and event.type() in MOVES:
            if watched is self.parentWidget() and event.type() == QEvent.Type.Resize and self.isVisible():
                self._fit()
            self._redraw()
        return False

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Take the hints away."""
        self.finish()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Take the hints away, whichever key it is."""
        self.finish()

    def _fit(self) -> None:
        parent = self.parentWidget()
        assert parent is not None
        self.setGeometry(parent.rect())
        size = self._ok.sizeHint()
        stage = self._stage()
        self._ok.setGeometry(
            stage.center().x() - size.width() // 2 - 12, stage.center().y() + 8, size.width() + 24, size.height() + 6
        )

    def _stage(self) -> QRect:
        """The part of the window between the hints, where the button stands."""
        return QRect(QPoint(0, 0), self.size()).adjusted(0, 0, -BUBBLE_PX, 0)

    def places(self) -> list[tuple[Hint, QRect, QRect]]:
        """(hint, its target, its bubble) of those whose target is on screen, in this widget's coordinates."""
        found = []
        for hint in self._hints:
            seen = hint.target.visibleRegion().boundingRect()  # less than all of it where it is scrolled away
            if not hint.target.isVisible() or seen.height() < LEAST_PX:
                continue
            target = QRect(self.mapFromGlobal(hint.target.mapToGlobal(seen.topLeft())), seen.size())
            found.append((hint, target, self._bubble(hint, target)))
        return found

    def _bubble(self, hint: Hint, target: QRect) -> QRect:
        inner = BUBBLE_PX - 2 * PADDING_PX
        words = self.fontMetrics().boundingRect(
            QRect(0, 0, inner, 400), Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft, hint.text
        )
        height = words.height() + self.fontMetrics().height() + 2 * PADDING_PX + 6
        across, down = AWAY[hint.side]
        bubble = QRect(0, 0, BUBBLE_PX, height)
        bubble.moveCenter(target.center())
        if down > 0:
            bubble.moveTop(target.bottom() + MARGIN_PX)
        elif down < 0:
            bubble.moveBottom(target.top() - MARGIN_PX)
        if across < 0:
            bubble.moveRight(target.left() - MARGIN_PX)
        room = self.rect().adjusted(8, 8, -8, -8)
        bubble.moveLeft(max(room.left(), min(bubble.left(), room.right() - BUBBLE_PX)))
        bubble.moveTop(max(room.top(), min(bubble.top(), room.bottom() - height)))
        return bubble

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint what of it lies over what is painted anew."""
        if event is None:
            return
        if self._drawn is None:
            self._drawn = self._draw()
        area, ratio = event.rect(), self._drawn.devicePixelRatio()
        source = QRectF(area.x() * ratio, area.y() * ratio, area.width() * ratio, area.height() * ratio)
        painter = QPainter(self)
        painter.drawPixmap(QRectF(area), self._drawn, source)

    def _draw(self) -> QPixmap:
        """All of it, in the theme's colours."""
        palette, ratio = self._theme.palette, self.devicePixelRatioF()
        drawn = QPixmap(self.size() * ratio)
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = self.places()
        dark = QPainterPath()
        dark.addRect(QRectF(self.rect()))
        for _, target, _ in places:
            hole = QPainterPath()
            hole.addRoundedRect(QRectF(target).adjusted(-3, -3, 3, 3), 10, 10)
            dark = dark.subtracted(hole)
        painter.fillPath(dark, QColor(0, 0, 0, 165))
        for hint, target, bubble in places:
            painter.setPen(QColor(palette.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(target).adjusted(-3, -3, 3, 3), 10, 10)
            painter.setBrush(QColor(palette.card))
            painter.drawRoundedRect(QRectF(bubble), 10, 10)
            inside = bubble.adjusted(PADDING_PX, PADDING_PX, -PADDING_PX, -PADDING_PX)
            bold = QFont(self.font())
            bold.setWeight(QFont.Weight.DemiBold)
            painter.setFont(bold)
            painter.setPen(QColor(palette.text))
            painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, hint.title)
            painter.setFont(self.font())
            painter.setPen(QColor(palette.muted))
            below = inside.adjusted(0, self.fontMetrics().height() + 4, 0, 0)
            painter.drawText(below, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft, hint.text)
        painter.end()
        return drawn
