"""The site: what is written from the code is whole, and nothing in it is loaded from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.common.pictures.formats import FORMATS
from gui.actions.table import ACTS
from tests.docs.pages import ROOT

sys.path.insert(0, str(ROOT / "docs" / "tools"))  # as mkdocs does for its hooks

import command_reference
import format_reference
import key_reference
import one_line_docs
import settings_reference
from described_fields import described


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `.ci/run` builds it: a broken link or a name that mkdocstrings can't find ends the build."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    return folder


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loads = re.compile(
        r"""<(?:script|img|iframe|source)[^>]+src=["']?(?:https?:)?//|<link[^>]+href=["']?(?:https?:)?//"""
    )
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        links = re.sub(r"<link[^>]+rel=[\"']?canonical[^>]*>", "", page.read_text())
        assert not loads.search(links), page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(?:https?:)?//|@import", sheet.read_text()), sheet


def test_every_command_and_option_has_a_sentence() -> None:
    page = command_reference.page()
    for command in ("run", "list", "restore", "probe", "bench", "pretrain", "feedback forget"):
        assert f"\n## autoexposure {command}\n" in page
    assert "`--camera TEXT`, `-c`" in page
    assert "`--relit NUMBER NUMBER` | `0.55 0.3`" in page
    assert "`--meter NAME`, `-m` | `attention`" in page
    assert "One of attention, average," in page
    rows = [row for row in page.splitlines() if row.startswith("| `")]
    assert len(rows) > 100
    for row in rows:
        assert row.rstrip(" |").endswith("."), row


@pytest.mark.parametrize(
    "kind", [kind for _, _, kind, _ in settings_reference.SECTIONS], ids=lambda kind: kind.__name__
)
def test_every_setting_is_described(kind: type) -> None:
    assert not [field.name for field in described(kind) if not field.meaning]
    assert f"`{described(kind)[0].name}`" in settings_reference.page()


def test_every_key_is_listed() -> None:
    page = key_reference.page()
    for act in ACTS:
        assert all(f"`{key}`" in page for key in act.keys.split()), act.name
        assert f"| {act.text} |" in page, act.name


def test_every_pixel_format_is_listed() -> None:
    page = format_reference.page()
    assert all(page.count(f"`{name}`") == 1 for name in FORMATS)


def test_a_docstring_s_one_line_entries_become_numpy_s_own_form() -> None:
    ours = "What it is.\n\nAttributes\n----------\na, b : two\n    numbers.\n\nIt says: more : here."
    each = "a\n    two\n    numbers.\nb\n    two\n    numbers."
    theirs = f"What it is.\n\nAttributes\n----------\n{each}\n\nIt says: more : here."
    assert one_line_docs.numpy_form(ours) == theirs
    assert one_line_docs.numpy_form("a : b") == "a : b"


def test_a_docstring_s_example_becomes_a_block_of_code() -> None:
    ours = "What it is.\n\n>>> for x in y:  # doctest: +SKIP\n...     x\n1\n\nMore."
    theirs = "What it is.\n\n```pycon\n>>> for x in y:\n...     x\n1\n```\n\nMore."
    assert one_line_docs.fenced(ours) == theirs
    assert one_line_docs.fenced("plain") == "plain"
