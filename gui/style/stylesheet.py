"""Qt's style sheet for a palette: one look for every control, on a grid of 8 px (4 px inside controls)."""

from __future__ import annotations

from gui.style.palette import Palette

GRID_PX = 8


def stylesheet(palette: Palette) -> str:
    """The whole program's style sheet in this palette."""
    p = palette
    return f"""
QMainWindow, QDialog, QWidget#window {{ background: {p.window}; }}
QWidget {{ color: {p.text}; }}
QMainWindow::separator {{ background: {p.window}; width: 8px; height: 8px; }}

QToolBar {{ background: {p.window}; border: none; padding: 6px 8px; spacing: 6px; }}
QToolBar::separator {{ background: {p.border}; width: 1px; margin: 6px 4px; }}
QStatusBar {{ background: {p.window}; border: none; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ color: {p.muted}; }}
QDockWidget {{ color: {p.text}; }}

QFrame#card {{ background: {p.card}; border: 1px solid {p.border}; border-radius: 10px; }}
QFrame#question {{ background: {p.card}; border: 1px solid {p.border}; border-radius: 10px; }}
QPushButton#quiet {{ background: transparent; color: {p.muted}; }}
QPushButton#quiet:hover {{ color: {p.text}; }}
QLabel#title {{ color: {p.muted}; font-weight: 600; }}
QLabel#muted {{ color: {p.muted}; }}
QLabel#warning {{ color: {p.searching}; }}
QLabel#key {{
    background: {p.control}; border: 1px solid {p.border}; border-radius: 5px; padding: 1px 7px;
}}
QLabel:disabled, QLabel#title:disabled, QLabel#muted:disabled {{ color: {p.faint}; }}

QPushButton, QToolButton, QComboBox {{
    background: {p.control}; border: 1px solid transparent; border-radius: 7px; padding: 5px 10px; color: {p.text};
}}
QToolBar QToolButton, QToolBar QComboBox {{ background: {p.card}; border: 1px solid {p.border}; padding: 6px 8px; }}
QPushButton:hover, QToolButton:hover, QComboBox:hover {{ background: {p.hover}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {p.pressed}; }}
QPushButton:focus, QToolButton:focus, QComboBox:focus {{ border: 1px solid {p.accent}; }}
QPushButton:checked, QToolButton:checked {{ background: {p.accent}; color: {p.on_accent}; border-color: {p.accent}; }}
QPushButton:disabled, QToolButton:disabled, QComboBox:disabled {{ color: {p.faint}; }}
QDialog QPushButton {{ background: {p.card}; border-color: {p.border}; padding: 6px 14px; }}
QDialog QPushButton:hover {{ background: {p.hover}; }}
QDialog QPushButton:focus {{ border-color: {p.accent}; }}
QProgressBar {{ background: {p.hover}; border: none; border-radius: 4px; max-height: 8px; min-height: 8px; }}
QProgressBar::chunk {{ background: {p.accent}; border-radius: 4px; }}
QPushButton#primary {{
    background: {p.accent}; color: {p.on_accent}; border-color: {p.accent}; font-weight: 600; padding: 6px 16px;
}}
QPushButton#primary:focus {{ border-color: {p.text}; }}
QPushButton#primary:disabled {{ background: {p.control}; color: {p.faint}; border-color: {p.border}; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
QToolButton#view:checked {{ background: {p.hover}; color: {p.text}; border-color: {p.border}; }}
QToolButton#flat {{ background: transparent; border: 1px solid transparent; padding: 3px; }}
QToolButton#flat:hover {{ background: {p.hover}; }}
QToolButton#flat:focus {{ border: 1px solid {p.accent}; }}
QToolButton#flat:checked {{ background: {p.control}; }}
QToolButton#fold, QToolButton#fold:checked {{
    background: transparent; border: 1px solid transparent; padding: 0; margin-left: -5px;
    color: {p.muted}; font-weight: 600;
}}
QToolButton#fold:hover {{ color: {p.text}; }}
QToolButton#fold:focus {{ border: 1px solid {p.accent}; }}
QToolButton#segment {{ padding: 1px 5px; border-radius: 6px; color: {p.muted}; background: transparent; }}
QToolButton#segment:checked {{ background: {p.hover}; color: {p.text}; border-color: transparent; }}
QFrame#segments {{ background: {p.control}; border-radius: 7px; }}

QComboBox {{ padding-right: 28px; }}
QComboBox::drop-down {{ border: none; width: 28px; }}
QComboBox::down-arrow {{ image: none; }}
QComboBox {{ combobox-popup: 0; }}
QComboBoxPrivateContainer {{ background: {p.card}; border: 1px solid {p.border}; }}
QComboBox QAbstractItemView {{
    background: {p.card}; border: 1px solid {p.border}; padding: 4px; outline: none;
    selection-background-color: {p.hover}; selection-color: {p.text};
}}
QMenu {{ background: {p.card}; border: 1px solid {p.border}; padding: 4px; }}
QMenu::item {{ padding: 6px 28px 6px 12px; border-radius: 5px; }}
QMenu::item:selected {{ background: {p.hover}; }}
QMenu::item:disabled {{ color: {p.faint}; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::icon:checked {{ background: {p.accent}; border-radius: 4px; padding: 1px; }}
QMenu::separator {{ background: {p.border}; height: 1px; margin: 4px 8px; }}

QSlider {{ min-height: 18px; }}
QSlider::groove:horizontal {{ background: {p.control}; height: 4px; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {p.accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{
    background: {p.text}; border: 3px solid {p.card}; width: 14px; height: 14px; margin: -8px 0; border-radius: 10px;
}}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ background: {p.accent}; }}
QSlider::handle:horizontal:disabled {{ background: {p.faint}; }}
QSlider::sub-page:horizontal:disabled {{ background: {p.control}; }}

QScrollArea, QScrollArea > QWidget > QWidget#scrolled {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {p.pressed}; border-radius: 3px; min-height: 32px; margin: 1px; }}
QScrollBar::handle:vertical:disabled {{ background: transparent; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}

QToolTip {{ background: {p.card}; color: {p.text}; border: 1px solid {p.border}; padding: 5px 7px; }}
"""
