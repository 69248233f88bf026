"""One side of a comparison: a picture on the dark stage, and a line under it that says whose it is."""

from __future__ import annotations

from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QTransform
from PyQt6.QtWidgets import QSizePolicy, QWidget

from gui.orientation import AS_IT_IS, Orientation
from gui.preview.view import fit
from gui.style.theme import Theme

CAPTION_PX = 44
RADIUS_PX = 10


class ComparisonPane(QWidget):
    """Paints one picture, never stretched, with ``title`` and ``detail`` below; a hint where there is no picture."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._image: QImage | None = None
        self._words = ("", "", "")
        self._colour = ""
        self._turned = AS_IT_IS
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 160)
        theme.changed.connect(self.update)

    @property
    def title(self) -> str:
        """Whose picture it is."""
        return self._words[0]

    @property
    def detail(self) -> str:
        """The exposure that made it."""
        return self._words[1]

    @property
    def hint(self) -> str:
        """What stands where the picture will be."""
        return self._words[2]

    @property
    def has_picture(self) -> bool:
        """Whether a picture is shown."""
        return self._image is not None

    def turn(self, turned: Orientation) -> None:
        """Show pictures turned like this from now on."""
        self._turned = turned
        self.update()

    def show_picture(
        self, image: QImage | None, title: str, detail: str = "", *, hint: str = "", dot: str = ""
    ) -> None:
        """Show these; ``hint`` stands on the stage without a picture, ``dot`` is a palette colour before the title."""
        self._image = image
        self._words = (title, detail, hint)
        self._colour = dot
        self.setAccessibleName(", ".join(word for word in self._words if word))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        palette = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        stage = QRect(0, 0, self.width(), self.height() - CAPTION_PX)
        ground = QPainterPath()
        ground.addRoundedRect(QRectF(stage), RADIUS_PX, RADIUS_PX)
        painter.fillPath(ground, QColor(palette.stage))
        title, detail, hint = self._words
        if self._image is not None:
            painter.setClipPath(ground)
            mirror = QTransform.fromScale(-1 if self._turned.mirrored else 1, 1)
            image = self._image.transformed(QTransform().rotate(90 * self._turned.quarters) * mirror)
            painter.drawImage(fit((image.width(), image.height()), stage), image)
            painter.setClipping(False)
        elif hint:
            painter.setPen(QColor(palette.on_stage))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(stage.adjusted(24, 0, -24, 0), flags, hint)
        self._paint_caption(painter, QRect(4, stage.bottom() + 1, self.width() - 8, CAPTION_PX), title, detail)

    def _paint_caption(self, painter: QPainter, room: QRect, title: str, detail: str) -> None:
        palette = self._theme.palette
        left = room.left()
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        height = painter.fontMetrics().height()
        top = room.top() + (room.height() - 2 * height) // 2  # where it stays when the second line comes
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(palette, self._colour or "faint")))
        painter.drawEllipse(QRectF(left, top + height / 2 - 4, 8, 8))
        left += 16
        painter.setPen(QColor(palette.text))
        width = room.right() - left
        elided = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRect(left, top, width, height), Qt.AlignmentFlag.AlignLeft, elided)
        painter.setFont(self.font())
        painter.setPen(QColor(palette.muted))
        elided = painter.fontMetrics().elidedText(detail, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRect(left, top + height, width, height + 2), Qt.AlignmentFlag.AlignLeft, elided)
