"""What a training changed, drawn: how many answers, not seen by either side, the meter agreed with before and after."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PyQt6.QtWidgets import QSizePolicy, QWidget

from autoexposure.personal.model_store import JudgedKind, Verdict
from gui.text import texts

BAR_PX = 7
GAP_PX = 3
SPARE_PX = 10
FAINT = 0.35
"""Opacity of the bar of before, beside which that of after stands out."""


class BeforeAfter(QWidget):
    """Two bars for each kind of answer: before, faint, and after. Hidden while there is nothing to show."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: tuple[JudgedKind, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setVisible(False)

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Draw this one; None, or one of an older version without counts of each kind, draws nothing."""
        self._kinds = verdict.kinds if verdict is not None else ()
        self.setAccessibleName(texts.PERSONALISE_UNSEEN if self._kinds else "")
        self.setAccessibleDescription(
            "; ".join(
                texts.PERSONALISE_BEFORE_AFTER.format(
                    kind=texts.PERSONALISE_KINDS[kind.label],
                    old=kind.old_agrees,
                    new=kind.new_agrees,
                    answers=kind.answers,
                )
                for kind in self._kinds
            )
        )
        self.setVisible(bool(self._kinds))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A line above, and a row for each kind of answer."""
        return QSize(0, round((len(self._kinds) + 1) * self._row_px()))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Words on the left, bars in the middle, counts on the right."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            row_px, middle = self._row_px(), Qt.AlignmentFlag.AlignVCenter
            text = self._colour(QPalette.ColorRole.Text)
            painter.setPen(text)
            painter.drawText(QRectF(0, 0, self.width(), row_px), middle, texts.PERSONALISE_UNSEEN)
            metrics = self.fontMetrics()
            counts = [
                texts.PERSONALISE_SHARES.format(old=kind.old_agrees, new=kind.new_agrees, answers=kind.answers)
                for kind in self._kinds
            ]
            words_px = max((metrics.horizontalAdvance(word) for word in texts.PERSONALISE_KINDS.values()), default=0)
            counts_px = max(map(metrics.horizontalAdvance, counts), default=0)
            bars_px = self.width() - words_px - counts_px - 2 * SPARE_PX
            for number, (kind, count) in enumerate(zip(self._kinds, counts, strict=True), 1):
                top = number * row_px
                painter.setPen(text)
                painter.drawText(QRectF(0, top, words_px, row_px), middle, texts.PERSONALISE_KINDS[kind.label])
                right = QRectF(self.width() - counts_px, top, counts_px, row_px)
                painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, count)
                painter.setPen(Qt.PenStyle.NoPen)
                upper = top + (row_px - 2 * BAR_PX - GAP_PX) / 2
                for place, agreed in enumerate((kind.old_agrees, kind.new_agrees)):
                    colour = self._colour(QPalette.ColorRole.Highlight)
                    colour.setAlphaF(1.0 if place else FAINT)
                    painter.setBrush(colour)
                    length = max(bars_px * agreed / kind.answers, 1.0)
                    bar = QRectF(words_px + SPARE_PX, upper + place * (BAR_PX + GAP_PX), length, BAR_PX)
                    painter.drawRoundedRect(bar, 2, 2)

    def _row_px(self) -> float:
        return max(self.fontMetrics().height(), 2 * BAR_PX + GAP_PX) + SPARE_PX

    def _colour(self, role: QPalette.ColorRole) -> QColor:
        return QColor(self.palette().color(role))
