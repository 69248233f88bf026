"""The simulated scenes as pictures to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PyQt6.QtWidgets import QAbstractButton, QDialog, QGridLayout, QVBoxLayout, QWidget

from autoexposure.camera import CameraInfo
from autoexposure.frame import Pixels
from gui.bridge.bridge import Background
from gui.preview.view import image_of
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.controls import label, plain_tip

COLUMNS = 3
PICTURE_PX = QSize(208, 156)
CAPTION_PX = 80

Render = Callable[[str], Pixels]
"""Makes the (H, W, 3) uint8 picture of a camera's specification; may take a while."""


class Gallery(QDialog):
    """One button for each scene; choosing one emits ``chosen`` with its specification and closes.

    Pictures are made in the background and appear as they are ready. It never blocks the window.
    """

    chosen = pyqtSignal(str)

    def __init__(
        self, parent: QWidget, theme: Theme, background: Background, cameras: Sequence[CameraInfo], render: Render
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.GALLERY)
        self._open = True
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 24)
        column.setSpacing(14)
        explained = label(texts.GALLERY_DETAIL, "muted")
        column.addWidget(explained)
        grid = QGridLayout()
        grid.setSpacing(12)
        column.addLayout(grid)
        self.scenes = [SceneButton(camera, theme) for camera in cameras]
        for at, scene in enumerate(self.scenes):
            grid.addWidget(scene, at // COLUMNS, at % COLUMNS)
            scene.clicked.connect(lambda _=False, spec=scene.spec: self._choose(spec))
            background.run(
                partial(self._render, render, scene.spec),
                partial(self._show, scene),
                partial(self._fail, scene),
            )
        if not self.scenes:
            explained.setText(texts.GALLERY_NONE)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Drop pictures that come later."""
        self._open = False
        super().closeEvent(event)

    def _render(self, render: Render, spec: str) -> Pixels | None:
        return render(spec) if self._open else None  # in the worker: a closed gallery needs no more pictures

    def _show(self, scene: SceneButton, pixels: Pixels | None) -> None:
        if self._open and pixels is not None:
            scene.show_picture(pixels)

    def _fail(self, scene: SceneButton, error: Exception) -> None:
        if self._open:
            scene.fail(error)

    def _choose(self, spec: str) -> None:
        self.chosen.emit(spec)
        self.close()


class SceneButton(QAbstractButton):
    """A scene's picture over its name and story."""

    def __init__(self, camera: CameraInfo, theme: Theme) -> None:
        super().__init__()
        self.spec = camera.spec
        self._name = camera.name.partition(": ")[2] or camera.name
        self._story = camera.detail
        self._theme = theme
        self.image: QImage | None = None
        self.setAccessibleName(self._name)
        self.setAccessibleDescription(self._story)
        self.setToolTip(plain_tip(self._story))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(PICTURE_PX.width(), PICTURE_PX.height() + CAPTION_PX)

    def show_picture(self, pixels: Pixels) -> None:
        """Paint this (H, W, 3) uint8 picture."""
        self.image = image_of(pixels)
        self.update()

    def fail(self, error: Exception) -> None:
        """Say why there is no picture."""
        self.setToolTip(plain_tip(str(error)))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        palette = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(1, 1, self.width() - 2, PICTURE_PX.height() - 2)
        path = QPainterPath()
        path.addRoundedRect(area, 8, 8)
        painter.fillPath(path, QColor(palette.stage))
        if self.image is not None:
            painter.save()
            painter.setClipPath(path)
            painter.drawImage(area, self.image)
            painter.restore()
        marked = self.hasFocus() or self.underMouse()
        painter.setPen(QColor(palette.accent if marked else palette.border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area, 8, 8)
        metrics = self.fontMetrics()
        painter.setPen(QColor(palette.text))
        top = PICTURE_PX.height() + 5 + metrics.ascent()
        painter.drawText(2, top, self._name.capitalize())
        painter.setPen(QColor(palette.muted))
        room = self.rect().adjusted(2, PICTURE_PX.height() + 7 + metrics.height(), -2, 0)
        painter.drawText(room, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft, self._story)
