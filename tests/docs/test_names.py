"""What the documentation names is there: files, folders, tests, keys of files."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

import autoexposure as ae
from autoexposure.control.snapshot import Snapshot
from autoexposure.frame import Frame
from autoexposure.recording.trace import trace_record
from drivers.discovery import FAMILIES
from tests.docs.pages import PAGES, ROOT, blocks, name_of, named_tests, paths

UNREPORTED = {
    "test_a_healthy_webcam_is_set_and_put_back",
    "test_a_time_that_holds_is_told_from_the_gain_that_moves_along_with_it",
}
"""Played for comparison, or thought of here."""

TESTS = {path.relative_to(ROOT).as_posix(): path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_exists(page: Path) -> None:
    missing = {path for path in paths(page) if not (ROOT / path).exists()}
    assert not missing


@pytest.mark.parametrize("page", [page for page in PAGES if list(named_tests(page))], ids=name_of)
def test_every_test_exists(page: Path) -> None:
    for file, function in named_tests(page):
        texts = [text for path, text in TESTS.items() if f"/{path}".endswith(f"/{file}")]
        assert texts, file
        assert not function or any(f"def {function}(" in text for text in texts), f"{file}: {function}"


def test_every_equation_figure_and_table_of_the_paper_is_placed() -> None:
    page = (ROOT / "docs/how/paper.md").read_text()
    for heading, last in (("Equations", 14), ("Figures", 13), ("Tables", 6)):
        section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
        placed: set[int] = set()
        for cell in re.findall(r"^\| ([\d, to]+) \|", section, re.MULTILINE):
            for part in cell.split(", "):
                first, _, end = part.partition(" to ")
                placed |= set(range(int(first), int(end or first) + 1))
        assert placed == set(range(1, last + 1)), heading


def test_every_report_about_webcams_has_its_source_and_its_test_and_every_played_test_its_row() -> None:
    rows = re.findall(
        r"^\| [^|]+ \| [^|]+ \| [^|]+ \| (.+?) \| (.+?) \|$", (ROOT / "docs/cameras/firmware.md").read_text(), re.M
    )
    reports = [cells for cells in rows if cells != ("reported", "test") and "---" not in cells[0]]
    assert len(reports) >= 25
    for reported, test in reports:
        assert re.search(r"\]\(https://\S+\)", reported), test
        assert re.search(r"`test_\w+`", test), reported
    named = {name for _, test in reports for name in re.findall(r"`(test_\w+)`", test)}
    played = {
        name
        for path in sorted((ROOT / "tests/rig").glob("test_*.py"))
        for name in re.findall(r"^def (test_\w+)\(seen", path.read_text(), re.MULTILINE)
    }
    assert played - UNREPORTED <= named


def test_the_keys_of_a_json_line_are_described() -> None:
    page = (ROOT / "docs/reference/formats.md").read_text()
    section = page.partition("## JSON lines\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    described = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    black = Frame(np.zeros((2, 2, 3), np.uint8), timestamp_s=0.0, sequence=0)
    assert described == set(trace_record(Snapshot(frame=black)))


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert ae.__version__ == project["version"]
    for package in ("autoexposure", "drivers", "gui", "models"):
        for path in (ROOT / package).rglob("*.py"):
            assert f'"{project["version"]}"' not in path.read_text(), path


def test_every_extra_is_described() -> None:
    page = (ROOT / "docs/install.md").read_text()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)) == set(extras)


def test_every_family_of_cameras_is_in_the_guide() -> None:
    guide = "".join(path.read_text() for path in (ROOT / "docs/cameras").glob("*.md"))
    assert not [name for name in FAMILIES if f"{name}:" not in guide]


def test_the_guide_shows_the_driver_that_is_tested() -> None:
    package = ROOT / "tests/third_party/slide_camera"
    guide = ROOT / "docs/contribute/driver.md"
    assert blocks(guide, "py") == [
        (package / "slide_camera.py").read_text(),
        (package / "tests/test_contract.py").read_text(),
    ]
    assert blocks(guide, "toml") == [(package / "pyproject.toml").read_text()]


def test_every_public_name_is_on_the_page_of_the_api() -> None:
    page = (ROOT / "docs/reference/api.md").read_text()
    assert sorted(re.findall(r"^::: autoexposure\.library\.(\w+)$", page, re.MULTILINE)) == sorted(ae.__all__)
