"""SECURITY.md names tests: each of them exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_that_the_page_names_exists() -> None:
    page = (ROOT / "SECURITY.md").read_text()
    there = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", page))
    assert len(named) > 10
    assert not {name for name in named if f"def {name}(" not in there}
    for path in re.findall(r"`(tests/[\w/.]+)`", page):
        assert (ROOT / path).exists(), path


def test_every_mark_in_the_table_is_explained() -> None:
    table, _, rest = (ROOT / "SECURITY.md").read_text().partition("In `tests/campaign`:")
    assert set(re.findall(r"\[(\w)\]", table)) == set(re.findall(r"\[(\w)\]", rest))
