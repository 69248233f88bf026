"""The page of keys, from the table of the window's actions."""

from __future__ import annotations

from gui.actions.table import GROUPS

HEAD = """# Keys

Written from the program itself. In the window, `F1` shows the same list, and every button's tooltip names its key.
"""


def page() -> str:
    """The whole page as Markdown."""
    lines = [HEAD]
    for group in GROUPS:
        lines += [f"## {group.heading}", "", "| keys | action | what it does |", "| --- | --- | --- |"]
        for act in group.acts:
            keys = ", ".join(f"`{key}`" for key in act.keys.split())
            lines.append(f"| {keys} | {_cell(act.text)} | {_cell(act.tip)} |")
        lines.append("")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("&", "").replace("|", "\\|").replace("\n", " ")
