"""Files that the window saves for the user: written in the background, and the place said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, QUrl, pyqtSignal
from PyQt6.QtGui import QAction, QDesktopServices

from autoexposure.errors import AutoexposureError
from autoexposure.files.private_files import own_folder
from gui.actions.notices import Level, Notice
from gui.bridge.bridge import Background
from gui.text import texts
from gui.text.wording import as_sentence


class Saver(QObject):
    """Emits ``said`` with a Notice when a file is written, or why it is not.

    Parameters
    ----------
    folder : where all of them go; made private when the first is written.
    show : the action that opens the folder.
    """

    said = pyqtSignal(object)

    def __init__(self, background: Background, show: QAction, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self._show = show
        self._folder = folder
        show.triggered.connect(self._show_folder)

    def save(self, write: Callable[[Path], Path]) -> None:
        """Call ``write`` with the folder in the background; it returns the path that the user is told."""

        def work() -> Path:
            own_folder(self._folder)
            return write(self._folder)

        self._background.run(work, self._saved, self._failed)

    def _saved(self, path: Path) -> None:
        self.said.emit(Notice(Level.INFO, texts.SAVED.format(path=path), self._show))

    def _failed(self, error: Exception) -> None:
        if isinstance(error, AutoexposureError):
            text = as_sentence(str(error))
        else:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            text = texts.SAVE_FAILED.format(path=self._folder, error=reason)
        self.said.emit(Notice(Level.ERROR, text))

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))
