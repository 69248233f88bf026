"""The pages a person reads, and what stands in them: blocks of code, commands, names of files and tests."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FRONT = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
PAGES = [*FRONT, *sorted((ROOT / "docs").rglob("*.md"))]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROGRAM = re.compile(r"(?:.*/)?autoexposure")
_FOLDERS = ("autoexposure", "drivers", "models", "gui", "tests", "docs", ".ci", ".github")
_PATH = re.compile(rf"(?<![\w./~-])((?:{'|'.join(map(re.escape, _FOLDERS))})/[\w./-]*)(?![\w*])")


def name_of(page: Path) -> str:
    """How a failed test calls a page."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    """The code in fences of this language."""
    return [text for kind, text in _BLOCK.findall(page.read_text()) if kind == language]


def commands(page: Path) -> list[list[str]]:
    """The words behind every ``autoexposure`` of a page's shell blocks, comments left out."""
    found: list[list[str]] = []
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            for part in shlex.join(shlex.split(line, comments=True)).replace("'&&'", "&&").split("&&"):
                words = shlex.split(part)
                calls = [at for at, word in enumerate(words) if _PROGRAM.fullmatch(word)]
                if calls:
                    found.append(words[calls[0] + 1 :])
    return found


def paths(page: Path) -> set[str]:
    """Files and folders of this repository that a page names in code spans or links, as they are written there."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", text)
    found = {match.rstrip(".") for span in spans for match in _PATH.findall(span)}
    if page in FRONT:  # mkdocs checks the links between pages of the site
        found |= {target for target in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in target}
    return found


def named_tests(page: Path) -> Iterator[tuple[str, str]]:
    """(file, function) of every test a page names; the function is empty where only the file is named.

    A file is named from the root or alone.
    """
    file = ""
    for name, function in re.findall(r"`((?:[\w/]+/)?test_\w+\.py)`|`(test_\w+)`", page.read_text()):
        if name:
            file = name
            yield file, ""
        elif file:
            yield file, function
