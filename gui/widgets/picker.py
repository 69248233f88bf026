"""A drop-down list with icons and two-line entries: the base of the camera and the meter picker."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QPoint, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStyleOptionViewItem,
    QStylePainter,
    QWidget,
)

from gui.style.icons import SIDE_PX, pixmap
from gui.style.theme import Theme

DETAIL_ROLE = Qt.ItemDataRole.UserRole + 1
"""Second line of an entry."""
ICON_ROLE = Qt.ItemDataRole.UserRole + 2
"""Name of an entry's icon; tinted when it is painted, so that it follows the theme."""


LEAST_PX = 92
"""In a narrow window; ``Picker.usual_px`` where there is room."""
WIDEST_PX = 380
POPUP_GAP_PX = 4


class Picker(QComboBox):
    """A drop-down with an icon before the name; its list shows a second, quieter line under each entry."""

    opened = pyqtSignal()

    def __init__(self, theme: Theme, icon_name: str, name: str, tip: str) -> None:
        super().__init__()
        self._theme = theme
        self._icon_name = icon_name
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setItemDelegate(_TwoLines(theme, self))
        self.setMinimumHeight(34)
        self.usual_px = LEAST_PX
        view = self.view()
        assert view is not None
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setPlaceholderText(name)

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        return QSize(self.usual_px, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """The smallest size that it can be used in."""
        return QSize(LEAST_PX, super().minimumSizeHint().height())

    def showPopup(self) -> None:
        """Open the list with room for what its lines say; ``opened`` comes first."""
        self.opened.emit()
        view = self.view()
        assert view is not None
        view.setMinimumWidth(max(self.width(), WIDEST_PX))
        super().showPopup()
        popup = view.window()
        assert popup is not None
        popup.move(popup.x(), popup.y() + POPUP_GAP_PX * (1 if popup.y() > self.mapToGlobal(QPoint()).y() else -1))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        palette, ratio = self._theme.palette, self.devicePixelRatioF()
        middle = self.height() // 2
        tint = palette.text if self.isEnabled() else palette.faint
        name = self.itemData(self.currentIndex(), ICON_ROLE) or self._icon_name
        painter.drawPixmap(10, middle - 9, pixmap(name, palette.muted, 18, ratio))
        painter.drawPixmap(self.width() - 25, middle - 8, pixmap("chevron-down", palette.muted, 16, ratio))
        room = self.width() - 36 - 30
        text = self.currentText() if self.currentIndex() >= 0 else self.placeholderText()
        painter.setPen(QColor(tint))
        shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(36, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, shown)


class _TwoLines(QStyledItemDelegate):
    """Paints a picker's entry: icon, name, and the detail in a smaller, quieter line."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(240, 48 if index.data(DETAIL_ROLE) else 34)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        assert painter is not None
        palette = self._theme.palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(palette.hover))
            painter.drawRoundedRect(QRectF(area).adjusted(2, 1, -2, -1), 6, 6)
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        name = index.data(ICON_ROLE)
        if name:
            at = area.center().y() - SIDE_PX // 2 + 1
            painter.drawPixmap(area.left() + 12, at, pixmap(name, palette.muted, SIDE_PX, ratio))
        small = QFont(option.font)
        small.setPointSizeF(small.pointSizeF() * 0.87)
        detail = index.data(DETAIL_ROLE) or ""
        below = QFontMetrics(small)
        height = option.fontMetrics.height() + (below.height() + 1 if detail else 0)
        left, width = area.left() + 44, area.width() - 54
        top = area.top() + (area.height() - height) // 2
        elide, align = Qt.TextElideMode.ElideRight, Qt.AlignmentFlag.AlignLeft
        painter.setPen(QColor(palette.text))
        painter.setFont(option.font)
        title = option.fontMetrics.elidedText(index.data() or "", elide, width)
        painter.drawText(QRect(left, top, width, option.fontMetrics.height()), align, title)
        painter.setFont(small)
        painter.setPen(QColor(palette.muted))
        room = QRect(left, top + option.fontMetrics.height() + 1, width, below.height())
        painter.drawText(room, align, below.elidedText(detail, elide, width))
        painter.restore()
