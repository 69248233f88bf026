"""Saves what the plots show, as a table or as a picture."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QBuffer
from PyQt6.QtGui import QImage

from autoexposure.files.atomic_file import write_new
from gui.actions.actions import Actions
from gui.actions.saving import Saver
from gui.plots.history import Window
from gui.plots.plots import Plots
from gui.plots.table import csv_text

STEM = "plots"


def connect_export(actions: Actions, plots: Plots, saver: Saver) -> None:
    """Answer the actions that save the plots: what is on show when they are triggered."""
    actions["plots_csv"].triggered.connect(lambda: saver.save(partial(_write_table, plots.samples)))
    actions["plots_png"].triggered.connect(lambda: saver.save(partial(_write_image, plots.picture())))


def _write_table(window: Window, folder: Path) -> Path:
    return write_new(folder, STEM, ".csv", csv_text(window), datetime.now())


def _write_image(image: QImage, folder: Path) -> Path:
    buffer = QBuffer()
    if not image.save(buffer, "PNG"):
        raise OSError(f"no picture could be made for {folder}")
    return write_new(folder, STEM, ".png", buffer.data().data(), datetime.now())
