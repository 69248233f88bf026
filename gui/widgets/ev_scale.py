"""The needle every camera has: how far the exposure is from what the meter wants."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from gui.style.theme import Theme
from gui.text import texts

REACH_EV = 2.0
"""Ends of the scale: what the network can ask for (paper 5.3)."""
CLOSE_EV = 0.2
"""Within this the needle is drawn as content."""


class EvScale(QWidget):
    """A scale from -2 to +2 EV with a needle at delta EV; without a needle while it is not known.

    With a bias the controller is content not at zero but where the meter asks for exactly the bias back; a second,
    smaller mark from below stands there, and the needle is drawn as content when it stands over that; so it is where
    the meter is unsure and the picture is left alone for it. A band behind the needle shows how unsure it is.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._delta_ev: float | None = None
        self._bias_ev = 0.0
        self._doubt_ev: float | None = None
        self._left_alone = False
        theme.changed.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(texts.SCALE_TIP)
        self.setAccessibleName(texts.DELTA_EV)

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        return QSize(200, 34)

    def show_delta(
        self, delta_ev: float | None, bias_ev: float, doubt_ev: float | None = None, *, left_alone: bool = False
    ) -> None:
        """Move the needle and its band; None takes them away."""
        shown = (self._delta_ev, self._bias_ev, self._doubt_ev, self._left_alone)
        if (delta_ev, bias_ev, doubt_ev, left_alone) != shown:
            self._delta_ev, self._bias_ev, self._doubt_ev, self._left_alone = delta_ev, bias_ev, doubt_ev, left_alone
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        palette = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(self.rect()).adjusted(10, 0, -10, 0)
        base = 16.0

        def x(ev: float) -> float:
            return track.left() + (ev + REACH_EV) / (2 * REACH_EV) * track.width()

        if self._delta_ev is not None and self._doubt_ev is not None:
            low, high = (max(-REACH_EV, min(REACH_EV, self._delta_ev + side * self._doubt_ev)) for side in (-1, 1))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(palette.pressed))
            painter.drawRoundedRect(QRectF(x(low), base - 14, x(high) - x(low), 14), 3, 3)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.82)
        painter.setFont(font)
        for third in range(-6, 7):
            ev, whole = third / 3, third % 3 == 0
            painter.setPen(QColor(palette.muted if whole else palette.faint))
            painter.drawLine(QPointF(x(ev), base), QPointF(x(ev), base - (7 if whole else 4)))
            if whole:
                text = f"{ev:+.0f}".replace("-", "−") if third else "0"
                painter.drawText(QRectF(x(ev) - 16, base + 4, 32, 15), Qt.AlignmentFlag.AlignCenter, text)
        rest = max(-REACH_EV, min(REACH_EV, -self._bias_ev))
        painter.setPen(Qt.PenStyle.NoPen)
        if self._bias_ev:
            painter.setBrush(QColor(palette.accent))
            under = ((x(rest), base + 1), (x(rest) - 3.5, base + 6), (x(rest) + 3.5, base + 6))
            painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in under]))
        if self._delta_ev is None:
            return
        delta_ev = max(-REACH_EV, min(REACH_EV, self._delta_ev))
        content = self._left_alone or abs(delta_ev - rest) <= CLOSE_EV
        colour = QColor(palette.converged if content else palette.searching)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        start, end = sorted((x(rest), x(delta_ev)))
        if not content:
            painter.drawRoundedRect(QRectF(start - 1, base - 1, end - start + 2, 3), 1.5, 1.5)
        tip = x(delta_ev)
        painter.drawPolygon(
            QPolygonF([QPointF(tip, base - 3), QPointF(tip - 6, base - 14), QPointF(tip + 6, base - 14)])
        )
