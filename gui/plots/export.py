"""Saves what the plots show, in the background, and says where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QBuffer, QObject, QUrl, pyqtSignal
from PyQt6.QtGui import QAction, QDesktopServices, QImage

from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.private_files import own_folder
from gui.actions.notices import Level, Notice
from gui.bridge.bridge import Background
from gui.plots.file_names import csv_text, new_file
from gui.plots.plots import Plots
from gui.text import texts


class Export(QObject):
    """Emits ``said`` with a Notice when a file is written, or why it is not."""

    said = pyqtSignal(object)

    def __init__(self, background: Background, show: QAction, plots: Plots, folder: Path) -> None:
        super().__init__(plots)
        self._background = background
        self._show = show
        self._plots = plots
        self._folder = folder
        show.triggered.connect(self._show_folder)

    def save_table(self) -> None:
        """Write the samples on show as CSV."""
        window = self._plots.samples
        self._save("csv", lambda path: atomic_write(path, csv_text(window)))

    def save_picture(self) -> None:
        """Write the plots as they look as PNG."""
        self._save("png", partial(_write_image, self._plots.picture()))

    def _save(self, ending: str, write: Callable[[Path], object]) -> None:
        def work() -> Path:
            own_folder(self._folder)
            path = new_file(self._folder, "plots", ending, datetime.now())
            write(path)
            return path

        self._background.run(work, self._saved, self._failed)

    def _saved(self, path: Path) -> None:
        self.said.emit(Notice(Level.INFO, texts.SAVED.format(path=path), self._show))

    def _failed(self, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        self.said.emit(Notice(Level.ERROR, texts.SAVE_FAILED.format(path=self._folder, error=reason)))

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))


def _write_image(image: QImage, path: Path) -> None:
    buffer = QBuffer()
    if not image.save(buffer, "PNG"):
        raise OSError(f"no picture could be made for {path}")
    atomic_write(path, buffer.data().data())
