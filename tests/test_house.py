"""Rules of the house that no linter knows: how large a folder may be, and how much goes without a type."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TYPED = ("autoexposure", "drivers", "models", "gui", "docs")
SOURCES = [path for folder in TYPED for path in sorted((ROOT / folder).rglob("*.py"))]
TESTS = [path for path in sorted((ROOT / "tests").rglob("*.py")) if "__pycache__" not in path.parts]

MOST_FILES = 16
"""Python files of one folder: as many as are taken in at one look."""

MOST_ANY = 40
"""Lines that use ``Any``: what comes in by JSON and from libraries without types. Everything else has a type."""

IGNORED = re.compile(r"#\s*type: ignore")


def test_no_folder_is_larger_than_one_look() -> None:
    folders = Counter(path.parent.relative_to(ROOT).as_posix() for path in (*SOURCES, *TESTS))
    assert {folder: count for folder, count in folders.items() if count > MOST_FILES} == {}


def test_any_stays_rare() -> None:
    uses = Counter[str]()
    for path in SOURCES:
        names = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name))
        uses[path.relative_to(ROOT).as_posix()] = len({name.lineno for name in names if name.id == "Any"})
    assert uses.total() < MOST_ANY, f"give it a type: a Protocol of what is used, object, or a TypeVar; {+uses}"


@pytest.mark.parametrize("folder", [*TYPED, "tests"])
def test_an_ignored_type_error_has_its_reason_beside_it(folder: str) -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (*SOURCES, *TESTS)
        if path.is_relative_to(ROOT / folder)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (ignored := IGNORED.search(line)) and "#" not in line[ignored.end() :]
    ]
    assert bare == []
