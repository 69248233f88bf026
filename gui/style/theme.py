"""Dark or light, as the system says or as the user chose: one object that every widget asks for its colours."""

from __future__ import annotations

import logging
from enum import StrEnum

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QGuiApplication, QPalette
from PyQt6.QtWidgets import QApplication

from gui.style.palette import DARK, LIGHT, Palette
from gui.style.stylesheet import stylesheet

log = logging.getLogger(__name__)

FALLBACK_FAMILIES = ("Inter", "Cantarell", "Ubuntu", "Noto Sans", "Open Sans", "Roboto", "Liberation Sans")
"""Used only where the desktop names no font of its own and Qt falls back to the generic sans serif."""

BODY_PT = 9.5


class ThemeChoice(StrEnum):
    """What the user asked for."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


class Theme(QObject):
    """The palette in use, and a signal when it changes.

    Widgets that paint themselves keep a reference and connect ``changed``; all others are covered by the
    application's style sheet, which this object sets.
    """

    changed = pyqtSignal()

    def __init__(self, application: QApplication, choice: ThemeChoice = ThemeChoice.SYSTEM) -> None:
        super().__init__()
        self._application = application
        self._choice = choice
        self.palette = DARK
        self._applied: Palette | None = None
        application.setStyle("Fusion")
        application.setFont(body_font())
        hints = QGuiApplication.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self._follow_system)
        self._apply()

    @property
    def choice(self) -> ThemeChoice:
        """What the user chose: dark, light or as the system."""
        return self._choice

    def choose(self, choice: ThemeChoice) -> None:
        """Follow the system, or stay dark or light whatever it says."""
        self._choice = choice
        self._apply()

    def _follow_system(self) -> None:
        if self._choice is ThemeChoice.SYSTEM:
            self._apply()

    def _apply(self) -> None:
        palette = _palette_of(self._choice)
        if palette is self._applied:
            return  # to style every widget anew takes a moment
        self.palette = self._applied = palette
        self._application.setPalette(qt_palette(self.palette))
        self._application.setStyleSheet(stylesheet(self.palette))
        log.debug("theme %s shows %s", self._choice, self.palette.name)
        self.changed.emit()


def body_font() -> QFont:
    """The desktop's own font; a good one that is installed where the desktop has no opinion."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if QFontInfo(font).family() in ("DejaVu Sans", "Bitstream Vera Sans", "Sans Serif"):
        installed = set(QFontDatabase.families())
        font.setFamilies([family for family in FALLBACK_FAMILIES if family in installed] + [font.family()])
    font.setPointSizeF(BODY_PT)
    return font


def qt_palette(palette: Palette) -> QPalette:
    """The same colours for what style sheets do not reach: links, selections, placeholder text."""
    made = QPalette()
    roles = {
        QPalette.ColorRole.Window: palette.window,
        QPalette.ColorRole.WindowText: palette.text,
        QPalette.ColorRole.Base: palette.card,
        QPalette.ColorRole.AlternateBase: palette.control,
        QPalette.ColorRole.Text: palette.text,
        QPalette.ColorRole.Button: palette.control,
        QPalette.ColorRole.ButtonText: palette.text,
        QPalette.ColorRole.Highlight: palette.accent,
        QPalette.ColorRole.HighlightedText: palette.on_accent,
        QPalette.ColorRole.ToolTipBase: palette.card,
        QPalette.ColorRole.ToolTipText: palette.text,
        QPalette.ColorRole.PlaceholderText: palette.muted,
        QPalette.ColorRole.Link: palette.accent,
    }
    for role, colour in roles.items():
        made.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(palette.faint))
    return made


def _palette_of(choice: ThemeChoice) -> Palette:
    if choice is not ThemeChoice.SYSTEM:
        return LIGHT if choice is ThemeChoice.LIGHT else DARK
    hints = QGuiApplication.styleHints()
    light = hints is not None and hints.colorScheme() == Qt.ColorScheme.Light
    return LIGHT if light else DARK
