"""The page of keys, from the window's actions."""

from __future__ import annotations

from gui.actions.actions import GROUPS, SHORTCUTS
from gui.text import texts

HEAD = """# Keys

Written from the program itself. In the window, `F1` shows the same list, and every button's tooltip names its key.
"""


def page() -> str:
    """The whole page as Markdown."""
    lines = [HEAD]
    for group, names in GROUPS.items():
        lines += [f"## {texts.ACTION_GROUPS[group]}", "", "| keys | action | what it does |", "| --- | --- | --- |"]
        for name in names:
            text, tip = texts.ACTIONS[name]
            keys = ", ".join(f"`{key}`" for key in SHORTCUTS[name])
            lines.append(f"| {keys} | {_cell(text)} | {_cell(tip)} |")
        lines.append("")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("&", "").replace("|", "\\|").replace("\n", " ")
