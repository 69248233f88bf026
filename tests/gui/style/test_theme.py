import re
from pathlib import Path

import pytest
from PyQt6.QtGui import QColor

from gui.actions.menu import kept_theme
from gui.actions.table import ACTS
from gui.style.icons import app_icon, icon, pixmap
from gui.style.palette import DARK, LIGHT
from gui.style.theme import Theme, ThemeChoice, body_font
from gui.text import texts


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_words_can_be_read(palette):
    for ground in (palette.window, palette.card, palette.control):
        assert contrast(palette.text, ground) >= 7
        assert contrast(palette.muted, ground) >= 4.5
    assert contrast(palette.on_accent, palette.accent) >= 4.5
    for state in (palette.inactive, palette.searching, palette.converged, palette.locked, palette.failed):
        assert contrast(state, palette.window) >= 4


def test_dark_and_light_at_will(qapp, theme):
    changes = []
    theme.changed.connect(lambda: changes.append(theme.palette.name))
    theme.choose(ThemeChoice.LIGHT)
    assert theme.palette is LIGHT
    assert LIGHT.card in qapp.styleSheet()
    theme.choose(ThemeChoice.DARK)
    assert DARK.card in qapp.styleSheet()
    assert changes == ["light", "dark"]


def test_the_system_is_followed_only_when_asked(qapp, theme, monkeypatch):
    from PyQt6.QtCore import Qt
    from PyQt6.QtGui import QGuiApplication

    hints = QGuiApplication.styleHints()
    hints.setColorScheme(Qt.ColorScheme.Light)
    try:
        assert theme.palette is DARK
        theme.choose(ThemeChoice.SYSTEM)
        assert theme.palette is (LIGHT if hints.colorScheme() == Qt.ColorScheme.Light else DARK)
    finally:
        hints.unsetColorScheme()


@pytest.mark.parametrize(
    ("kept", "choice"), [("light", ThemeChoice.LIGHT), ("pink", ThemeChoice.SYSTEM), (None, ThemeChoice.SYSTEM)]
)
def test_the_choice_is_remembered(settings, kept, choice):
    if kept is not None:
        settings.setValue("theme", kept)
    assert kept_theme(settings) is choice


def test_every_icon_draws_something(qapp):
    for name in {
        *(act.icon for act in ACTS),
        "aperture",
        "no-camera",
        "simulated",
        "chevron-down",
        "menu",
        "theme",
        "close",
    }:
        image = pixmap(name, "#ff0000", 20, 2).toImage()
        inked = sum(image.pixelColor(x, y).alpha() > 128 for x in range(40) for y in range(40))
        assert 8 < inked < 900, name
    assert not icon("lock", DARK).isNull()
    assert not app_icon().isNull()


def test_icons_take_the_colour_asked_for(qapp):
    image = pixmap("pause", "#12ab34", 20).toImage()
    inked = [image.pixelColor(x, y) for x in range(20) for y in range(20) if image.pixelColor(x, y).alpha() == 255]
    assert inked
    assert {colour.name() for colour in inked} == {"#12ab34"}


def test_the_font_is_one_that_exists(qapp):
    assert body_font().pointSizeF() > 8
    assert body_font().families() != [""]


def test_texts_for_everything():
    from autoexposure.feedback.answer import Label
    from autoexposure.states import AeState

    assert set(texts.AE_STATES) == set(AeState)
    assert set(texts.LABELS) == set(Label)
    assert set(texts.THEMES) == set(ThemeChoice)


def test_no_text_is_left_over():
    file = Path(texts.__file__)
    sources = "".join(path.read_text("utf-8") for path in file.parents[1].rglob("*.py"))
    own = file.read_text("utf-8")
    unused = [
        name
        for name in vars(texts)
        if name.isupper() and not re.search(rf"texts\.{name}\b", sources) and len(re.findall(rf"\b{name}\b", own)) == 1
    ]
    assert unused == []


def test_a_theme_needs_no_window(qapp):
    Theme(qapp, ThemeChoice.SYSTEM).deleteLater()
