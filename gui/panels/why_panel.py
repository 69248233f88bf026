"""Why the exposure moves: a sentence, and the places of the picture that moved it as bars."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from autoexposure.control.snapshot import Snapshot
from autoexposure.metering.explain import Place, Region, Why, explain
from autoexposure.metering.meters import METERS
from gui.orientation import AS_IT_IS, Orientation
from gui.panels.side_panel import Panel
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import (
    goal_sentence,
    motion_sentence,
    place_text,
    signed,
    unsure_sentence,
    why_sentence,
    why_tip,
)
from gui.widgets.controls import label

REFRESH_MS = 250
"""Four times a second: a sentence that changes faster can't be read."""
BARS = 4
ROW_PX = 19
LEAST_PULL_EV = 0.005
"""What would be written as 0.00 is no pull."""
FULL_EV = 0.5
"""A bar of full length is at least this much, so that a content picture has short bars."""


class WhyCard(Panel):
    """The sentence and the bars."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(texts.WHY)
        self._snapshot: Snapshot | None = None
        self._turned = AS_IT_IS
        self._stale = False
        self._sentence = label("")
        self._sentence.setWordWrap(True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._sentence.setMinimumHeight(2 * self._sentence.fontMetrics().lineSpacing())
        self._sentence.setAccessibleName(texts.WHY)
        self.body.addWidget(self._sentence)
        self.bars = WhyBars(theme)
        self.body.addWidget(self.bars)
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._sentence.text()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Explain this turn soon."""
        self._snapshot, self._stale = snapshot, True

    def turn(self, turned: Orientation) -> None:
        """Call places as they stand in the picture turned like this."""
        self._turned, self._stale = turned, True
        self.bars.turned = turned

    def refresh(self) -> None:
        """Explain the newest turn, unless it already was or the card is out of view."""
        if not self._stale or not self.isVisible() or self._snapshot is None:
            return
        self._stale = False
        decision = self._snapshot.decision
        if decision is None:
            self._say(texts.WHY_WAITING, None)
            return
        meter = METERS.get(self._snapshot.meter)
        why = explain(decision, averages_light=meter is not None and meter.averages_light)
        reason = texts.WHY_NOTHING if why is None else why_sentence(why, self._turned)
        said = unsure_sentence(self._snapshot) or goal_sentence(self._snapshot) or reason
        self._say(" ".join(filter(None, (said, motion_sentence(self._snapshot)))), why)

    def _say(self, text: str, why: Why | None) -> None:
        if text != self._sentence.text():
            self._sentence.setText(text)
            self._sentence.setAccessibleDescription(text)
        self.bars.show_why(why)


class WhyBars(QWidget):
    """The strongest places, each with a bar to the right for more light or to the left for less.

    ``pointed`` carries the Place under the mouse, so that the picture can show it.
    """

    pointed = pyqtSignal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._why: Why | None = None
        self.turned = AS_IT_IS
        self._row: int | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(texts.WHY)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        return QSize(200, BARS * ROW_PX)

    @property
    def regions(self) -> tuple[Region, ...]:
        """What is drawn, from the top."""
        regions = () if self._why is None else self._why.regions[:BARS]
        return tuple(region for region in regions if abs(region.pull_ev) >= LEAST_PULL_EV)

    def show_why(self, why: Why | None) -> None:
        """Draw this answer, or none."""
        self._why = why
        self._point(self._row)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        palette = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = QFont(self.font())
        small.setPointSizeF(small.pointSizeF() * 0.9)
        painter.setFont(small)
        names_px, values_px = 92, 44
        middle = names_px + (self.width() - names_px - values_px) / 2
        reach = (self.width() - names_px - values_px) / 2 - 4
        full_ev = max([FULL_EV, *(abs(region.pull_ev) for region in self.regions)])
        align = Qt.AlignmentFlag.AlignVCenter
        for row, region in enumerate(self.regions):
            area = QRect(0, row * ROW_PX, self.width(), ROW_PX)
            if row == self._row:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(palette.control))
                painter.drawRoundedRect(QRectF(area).adjusted(-4, 0, 4, 0), 5, 5)
            painter.setPen(QColor(palette.text))
            painter.drawText(area, align, place_text(region, self.turned))
            painter.setPen(QColor(palette.muted))
            painter.drawText(area, align | Qt.AlignmentFlag.AlignRight, signed(region.pull_ev))
            length = region.pull_ev / full_ev * reach
            bar = QRectF(QPointF(middle, area.top() + 5), QPointF(middle + length, area.bottom() - 4)).normalized()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(palette.green if region.pull_ev > 0 else palette.red))
            painter.drawRoundedRect(bar, 2.5, 2.5)
        if self.regions:
            painter.setPen(QColor(palette.faint))
            painter.drawLine(QPointF(middle, 0), QPointF(middle, len(self.regions) * ROW_PX))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Point out the place whose bar is under the mouse."""
        if event is not None:
            row = int(event.position().y() // ROW_PX)
            self._point(row if row < len(self.regions) else None)

    def leaveEvent(self, event: QEvent | None) -> None:
        """Point out nothing any more."""
        self._point(None)

    def event(self, event: QEvent | None) -> bool:
        """Show the tooltip of what is under the mouse."""
        if isinstance(event, QHelpEvent) and self._row is not None and self._why is not None:
            words = why_tip(self.regions[self._row], self.turned, averages_light=self._why.averages_light)
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _point(self, row: int | None) -> None:
        before = self._place(self._row)
        self._row = row if row is not None and row < len(self.regions) else None
        if self._place(self._row) is not before or row is not None:
            self.pointed.emit(self._place(self._row))
            self.update()

    def _place(self, row: int | None) -> Place | None:
        return self.regions[row].place if row is not None and row < len(self.regions) else None
