"""`RESULTS.md`: what was measured, a section for each command that measures; measuring again replaces its section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from autoexposure.errors import ConfigError
from autoexposure.files.atomic_file import write_whole

HEADLINE = "# Results\n\nEvery section was written by the command that stands in it.\n"


def as_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    lines = ["| " + " | ".join(columns) + " |", "| --- |" + " ---: |" * (len(columns) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def write_section(path: Path, name: str, command: str, text: str) -> None:
    """Put the section ``name`` into the file ``path``, made if missing: the command that wrote it, then ``text``.

    Raises ConfigError if it can't be read or written.
    """
    try:
        before = path.read_text(encoding="utf-8") if path.is_file() else HEADLINE
        write_whole(path, _with_section(before, name, command, text))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the results can't be put into {path} ({error}): name another file") from error


def _with_section(before: str, name: str, command: str, text: str) -> str:
    section = f"## {name}\n\n    {command}\n\n{text.strip()}\n"
    mine = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if mine.search(before):
        after = mine.sub(lambda _: section + "\n", before, count=1)
    else:
        after = f"{before.rstrip()}\n\n{section}"
    return after.rstrip() + "\n"
