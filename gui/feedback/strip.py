"""What was answered lately: the last five pictures with their labels, and how often program and person agree."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import Agreement
from gui.feedback.store_client import RECENT, Recent
from gui.preview.view import image_of
from gui.style.icons import pixmap
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import exposure_text
from gui.widgets.controls import plain_tip

LABEL_COLOURS = {Label.UNDER: "blue", Label.WELL: "converged", Label.OVER: "searching"}
GAP_PX = 6
HEIGHT_PX = 31
BAR_PX = 36


class RecentStrip(QWidget):
    """Small pictures, the newest first, each framed in the colour of its answer with the answer's sign on it.

    The frame is dashed where nobody said it, and dotted where it is not learned from.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._recent: tuple[Recent, ...] = ()
        self._images: dict[int, QImage] = {}
        self.setFixedHeight(HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(texts.FEEDBACK_RECENT_NONE)
        theme.changed.connect(self.update)

    @property
    def recent(self) -> tuple[Recent, ...]:
        """What is shown, newest first."""
        return self._recent

    def show_recent(self, recent: Sequence[Recent]) -> None:
        """Show these, newest first."""
        self._recent = tuple(recent)
        self._images = {
            kept.id: self._images.get(kept.id) or image_of(kept.thumbnail)
            for kept in self._recent
            if kept.thumbnail is not None
        }
        words = ", ".join(texts.LABELS[kept.label] for kept in self._recent)
        self.setAccessibleName(texts.FEEDBACK_RECENT.format(labels=words) if words else texts.FEEDBACK_RECENT_NONE)
        self.update()

    def place(self, index: int) -> QRect:
        """Where picture ``index`` stands."""
        width = (self.width() - (RECENT - 1) * GAP_PX) // RECENT
        return QRect(index * (width + GAP_PX), 0, width, self.height())

    def words(self, kept: Recent) -> str:
        """One answer in a sentence."""
        said = texts.FEEDBACK_RECENT_TIP.format(
            label=texts.LABELS[kept.label],
            exposure=exposure_text(kept.exposure) or texts.FEEDBACK_EXPOSURE_UNKNOWN,
            at=kept.answered_at.astimezone().strftime("%Y-%m-%d %H:%M"),
        )
        if kept.source.by_hand:
            source = texts.SOURCES[kept.source]
            said = f"{said} {texts.FEEDBACK_RECENT_BY_HAND.format(source=source, weight=kept.weight)}"
        return said if kept.settled else f"{said} {texts.FEEDBACK_RECENT_UNSETTLED}"

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        return QSize(5 * 48 + 4 * GAP_PX, HEIGHT_PX)

    def event(self, event: QEvent | None) -> bool:
        """Show the tooltip of what is under the mouse."""
        if isinstance(event, QHelpEvent):
            for index, kept in enumerate(self._recent):
                if self.place(index).contains(event.pos()):
                    QToolTip.showText(event.globalPos(), plain_tip(self.words(kept)), self)
                    return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for index in range(RECENT):
            area = QRectF(self.place(index)).adjusted(1, 1, -1, -1)
            if index < len(self._recent):
                self._paint_answer(painter, area, self._recent[index])
            else:
                pen = QPen(QColor(self._theme.palette.border), 1, Qt.PenStyle.DashLine)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(area, 5, 5)

    def _paint_answer(self, painter: QPainter, area: QRectF, kept: Recent) -> None:
        palette = self._theme.palette
        colour = QColor(getattr(palette, LABEL_COLOURS[kept.label]))
        shape = QPainterPath()
        shape.addRoundedRect(area, 5, 5)
        painter.fillPath(shape, QColor(palette.stage))
        image = self._images.get(kept.id)
        if image is not None:  # the middle of the picture: a small one is recognised by what is in it, not by its frame
            painter.setClipPath(shape)
            scale = max(area.width() / image.width(), area.height() / image.height())
            shown = QRectF(0, 0, image.width() * scale, image.height() * scale)
            shown.moveCenter(area.center())
            painter.drawImage(shown, image)
            painter.setClipping(False)
        line = Qt.PenStyle.DashLine if kept.source.by_hand else Qt.PenStyle.SolidLine
        painter.setPen(QPen(colour, 1.6, line if kept.settled else Qt.PenStyle.DotLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area, 5, 5)
        badge = QRectF(area.right() - 15, area.bottom() - 15, 14, 14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawEllipse(badge)
        drawn = pixmap(kept.label, "#ffffff", 10, self.devicePixelRatioF())
        painter.drawPixmap(badge.center().toPoint().x() - 5, badge.center().toPoint().y() - 5, drawn)


class ElidedLabel(QWidget):
    """A quiet line that is cut with an ellipsis where it finds no room; its tooltip has all of it, or more."""

    def __init__(self, text: str, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.text = text
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(40)
        theme.changed.connect(self.update)
        self.say(text)

    def say(self, text: str, more: str = "") -> None:
        """Show this; ``more`` is what the tooltip says instead."""
        self.text = text
        self.setToolTip(plain_tip(more or text))
        self.setAccessibleName(more or text)
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text), self.fontMetrics().height() + 1)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        painter = QPainter(self)
        painter.setPen(QColor(self._theme.palette.muted))
        elided = painter.fontMetrics().elidedText(self.text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)


class AgreementMeter(QWidget):
    """A bar and its number: how many of the last answers the meter agreed with."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._agreement = Agreement()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)
        self.show_agreement(Agreement())

    @property
    def text(self) -> str:
        """The number beside the bar."""
        if not self._agreement.answers:
            return ""
        return texts.AGREEMENT.format(agreed=self._agreement.agreed, answers=self._agreement.answers)

    def show_agreement(self, agreement: Agreement) -> None:
        """Show this."""
        self._agreement = agreement
        tip = texts.AGREEMENT_TIP if agreement.answers else texts.AGREEMENT_NONE
        self.setToolTip(tip.format(agreed=agreement.agreed, answers=agreement.answers))
        self.setAccessibleName(self.toolTip())
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        return QSize(self.fontMetrics().horizontalAdvance("20 / 20") + BAR_PX + 8, 18)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        palette = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = self.width() - self.fontMetrics().horizontalAdvance(self.text) - 8 - BAR_PX
        bar = QRectF(left, self.height() / 2 - 3, BAR_PX, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.control))
        painter.drawRoundedRect(bar, 3, 3)
        if self._agreement.answers:
            painter.setBrush(QColor(palette.converged))
            filled = QRectF(bar)
            filled.setWidth(max(6.0, bar.width() * self._agreement.agreed / self._agreement.answers))
            if self._agreement.agreed:
                painter.drawRoundedRect(filled, 3, 3)
        painter.setPen(QColor(palette.muted))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.text)
