"""Everything the user can do, each once: text, icon, shortcut and tooltip; buttons, menus and keys share them."""

from __future__ import annotations

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QWidget

from gui.style.icons import icon
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.controls import plain_tip

SHORTCUTS: dict[str, tuple[str, ...]] = {
    "under": ("1",),
    "well": ("2",),
    "over": ("3",),
    "skip": ("S",),
    "undo": ("Z", "Ctrl+Z"),
    "profile": ("Alt+U",),
    "personalise": ("Alt+T",),
    "lock": ("L",),
    "pause": ("Space",),
    "native": ("N",),
    "bias_up": ("+", "="),
    "bias_down": ("-",),
    "bias_reset": ("0",),
    "attention": ("A",),
    "exposure_map": ("E",),
    "clipping": ("C",),
    "cells": ("G",),
    "false_colour": ("F",),
    "zebra": ("T",),
    "why": ("W",),
    "scope": ("H",),
    "scope_luma": ("Y",),
    "scope_log": ("Shift+H",),
    "mask": ("M",),
    "mask_clear": ("Shift+M",),
    "brush_smaller": ("[",),
    "brush_larger": ("]",),
    "untap": ("Backspace",),
    "zoom_in": ("Alt+=", "Alt++"),
    "zoom_out": ("Alt+-",),
    "zoom_fit": ("Alt+0",),
    "camera": ("Alt+C",),
    "meter": ("Alt+M",),
    "refresh": ("F5",),
    "limits": ("Ctrl+L",),
    "keep_rate": ("Shift+F",),
    "retry": ("Ctrl+R",),
    "camera_details": ("Ctrl+I",),
    "probe": ("Ctrl+B",),
    "gallery": ("Ctrl+G",),
    "open_recording": ("Ctrl+O",),
    "record": ("R",),
    "play_last": ("Shift+R",),
    "play": ("K",),
    "step_back": (",",),
    "step_on": (".",),
    "compare": ("X",),
    "compare_again": ("Alt+X",),
    "compare_blind": ("Shift+X",),
    "virtual_camera": ("Alt+V",),
    "plots": ("P",),
    "plots_pause": ("Shift+P",),
    "plots_in": ("Ctrl++", "Ctrl+="),
    "plots_out": ("Ctrl+-",),
    "plots_reset": ("Ctrl+0",),
    "plots_csv": ("Ctrl+E",),
    "plots_png": ("Ctrl+Shift+E",),
    "exports": ("Ctrl+Shift+O",),
    "panel": ("F9",),
    "fullscreen": ("F11",),
    "phone": ("Alt+P",),
    "phone_code": ("Alt+N",),
    "phone_dismiss": ("Alt+D",),
    "phone_stop": ("Alt+S",),
    "first_minute": ("Shift+F1",),
    "shortcuts": ("F1", "?"),
    "about": ("Ctrl+F1",),
    "quit": ("Ctrl+Q",),
}
GROUPS: dict[str, tuple[str, ...]] = {
    "answers": ("under", "well", "over", "skip", "undo", "profile", "personalise"),
    "exposure": (
        *("lock", "pause", "native", "bias_up", "bias_down", "bias_reset"),
        *("meter", "untap", "limits", "keep_rate"),
    ),
    "overlays": (
        *("attention", "exposure_map", "cells", "clipping", "false_colour", "zebra", "why"),
        *("scope", "scope_luma", "scope_log"),
    ),
    "mask": ("mask", "mask_clear", "brush_smaller", "brush_larger"),
    "picture": ("zoom_in", "zoom_out", "zoom_fit", "fullscreen", "panel"),
    "camera": ("camera", "refresh", "retry", "camera_details", "probe", "gallery", "virtual_camera"),
    "phone": ("phone", "phone_code", "phone_dismiss", "phone_stop"),
    "recording": ("record", "play_last", "open_recording", "play", "step_back", "step_on"),
    "comparison": ("compare", "compare_again", "compare_blind"),
    "plots": (
        *("plots", "plots_pause", "plots_in", "plots_out", "plots_reset"),
        *("plots_csv", "plots_png", "exports"),
    ),
    "program": ("first_minute", "shortcuts", "about", "quit"),
}
"""In which order and under which heading (``texts.ACTION_GROUPS``) the list of shortcuts shows them."""
ICONS = {
    "lock": "lock",
    "pause": "pause",
    "native": "native",
    "bias_up": "plus",
    "bias_down": "minus",
    "bias_reset": "reset",
    "attention": "attention",
    "exposure_map": "exposure-map",
    "clipping": "clipping",
    "cells": "cells",
    "false_colour": "false-colour",
    "zebra": "zebra",
    "why": "why",
    "scope": "waveform",
    "scope_luma": "waveform",
    "scope_log": "waveform",
    "mask": "mask",
    "mask_clear": "close",
    "brush_smaller": "minus",
    "brush_larger": "plus",
    "untap": "attention",
    "zoom_in": "plus",
    "zoom_out": "minus",
    "zoom_fit": "zoom-fit",
    "under": "under",
    "well": "well",
    "over": "over",
    "skip": "skip",
    "undo": "undo",
    "profile": "person",
    "personalise": "personalise",
    "record": "record",
    "play_last": "play",
    "play": "play",
    "step_back": "previous",
    "step_on": "next",
    "compare": "compare",
    "compare_again": "refresh",
    "compare_blind": "blind",
    "virtual_camera": "share",
    "refresh": "refresh",
    "limits": "limits",
    "keep_rate": "meter",
    "retry": "refresh",
    "camera_details": "info",
    "probe": "probe",
    "gallery": "gallery",
    "open_recording": "folder",
    "plots": "plots",
    "plots_pause": "pause",
    "plots_in": "plus",
    "plots_out": "minus",
    "plots_reset": "whole",
    "plots_csv": "table",
    "plots_png": "picture",
    "exports": "folder",
    "panel": "panel",
    "fullscreen": "fullscreen",
    "camera": "camera",
    "meter": "meter",
    "phone": "phone",
    "phone_code": "refresh",
    "phone_dismiss": "unlink",
    "phone_stop": "stop",
    "first_minute": "hint",
    "shortcuts": "keyboard",
    "about": "info",
    "quit": "quit",
}
CHECKABLE = {
    "lock",
    "pause",
    "native",
    "attention",
    "exposure_map",
    "clipping",
    "cells",
    "record",
    "play",
    "compare",
    "compare_blind",
    "virtual_camera",
    "false_colour",
    "zebra",
    "why",
    "scope",
    "scope_luma",
    "scope_log",
    "mask",
    "keep_rate",
    "plots",
    "plots_pause",
    "panel",
    "fullscreen",
    "phone",
}
VIEW = {"plots", "panel", "fullscreen", "plots_pause"}
"""What only arranges the window; shown quieter than what changes the picture."""
NO_REPEAT = {"under", "well", "over", "skip", "undo", "lock", "pause", "record", "compare", "play"}
"""A key held down counts once: nobody means twenty answers."""


class Actions(QObject):
    """The actions of one window by name: ``actions["lock"]``."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._theme = theme
        self._tips: dict[str, str] = {}
        self._actions: dict[str, QAction] = {}
        for name, keys in SHORTCUTS.items():
            text, tip = texts.ACTIONS[name]
            action = QAction(text, window)
            action.setObjectName(name)
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setCheckable(name in CHECKABLE)
            action.setAutoRepeat(name not in NO_REPEAT)
            self._actions[name] = action
            self._tips[name] = texts.with_shortcut(
                tip, action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            )
            action.setToolTip(self._tips[name])
            window.addAction(action)
        theme.changed.connect(self._tint)
        self._tint()

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def groups(self) -> list[tuple[str, list[QAction]]]:
        """(heading, actions) in the order of `GROUPS`."""
        return [(texts.ACTION_GROUPS[key], [self._actions[name] for name in names]) for key, names in GROUPS.items()]

    def items(self) -> list[tuple[str, QAction]]:
        """(name, action) of all, in the order they are shown in."""
        return list(self._actions.items())

    def allow(self, name: str, reason: str = "") -> None:
        """Enable an action, or disable it with the reason as its tooltip."""
        action = self._actions[name]
        if action.isEnabled() == (not reason) and action.toolTip() == (reason or self._tips[name]):
            return
        action.setEnabled(not reason)
        action.setToolTip(plain_tip(reason or self._tips[name]))

    def check(self, name: str, on: bool) -> None:
        """Show an action as on or off, without doing it."""
        action = self._actions[name]
        if action.isChecked() != on:
            action.setChecked(on)

    def _tint(self) -> None:
        palette = self._theme.palette
        colours = {"under": palette.blue, "well": palette.converged, "over": palette.searching}
        for name, action in self._actions.items():
            checked = palette.text if name in VIEW else ""
            action.setIcon(icon(ICONS[name], palette, colour=colours.get(name, ""), checked=checked))
