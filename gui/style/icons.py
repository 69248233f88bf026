"""The program's own line icons, tinted with the colours of the theme and sharp at every scale."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from PyQt6.QtCore import QByteArray, QRectF, Qt
from PyQt6.QtGui import QIcon, QImage, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer

from gui.style.palette import Palette

SIDE_PX = 20
SCALES = (1, 2)
"""Each icon is drawn once for every device pixel ratio up to 2, so none is stretched there."""


def icon(name: str, palette: Palette, *, colour: str = "", checked: str = "") -> QIcon:
    """The icon ``name`` (a file in ``gui/icons``), with its own colour when disabled and when switched on.

    ``colour`` and ``checked`` are ``#rrggbb``; left empty they are the palette's text and on-accent colours.
    """
    made = QIcon()
    states = (
        (colour or palette.text, QIcon.Mode.Normal, QIcon.State.Off),
        (checked or palette.on_accent, QIcon.Mode.Normal, QIcon.State.On),
        (palette.faint, QIcon.Mode.Disabled, QIcon.State.Off),
        (palette.faint, QIcon.Mode.Disabled, QIcon.State.On),
    )
    for tint, mode, state in states:
        for scale in SCALES:
            made.addPixmap(pixmap(name, tint, SIDE_PX, scale), mode, state)
    return made


def app_icon() -> QIcon:
    """The program's icon in its own colours."""
    made = QIcon()
    for side_px in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(pixmap("app", "#000000", side_px))
    return made


def pixmap(name: str, colour: str, side_px: int, scale: float = 1.0) -> QPixmap:
    """Draw one icon ``side_px`` logical pixels wide in ``colour`` for a screen of ``scale`` device pixels each."""
    made = QPixmap.fromImage(_drawn(name, colour, round(side_px * scale)))
    made.setDevicePixelRatio(scale)
    return made


@cache
def _drawn(name: str, colour: str, side_px: int) -> QImage:
    """Kept, since a window shows the same few hundred again and again, and drawing them is half of its making."""
    drawn = QImage(side_px, side_px, QImage.Format.Format_ARGB32_Premultiplied)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(_svg(name).replace("currentColor", colour).encode())).render(painter, QRectF(drawn.rect()))
    painter.end()
    return drawn


@cache
def _svg(name: str) -> str:
    return (files("gui") / "icons" / f"{name}.svg").read_text("utf-8")
