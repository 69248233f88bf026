"""The campaign's table, after all of its trials."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaign.table import ROWS, lines
from tests.campaign.warmed import Trials

WARM = ("cv2", "onnxruntime", "typer", "rich.table", "PyQt6.QtCore", "autoexposure.cli.main", "drivers.discovery")


@pytest.fixture(scope="session")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    """A warmed process that all trials are children of."""
    with Trials(tmp_path_factory.mktemp("warmed"), [*WARM, "tests.campaign.victims"]) as warmed:
        yield warmed


@pytest.fixture(scope="session")
def others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    """A second warmed process, for what two instances do to each other."""
    with Trials(tmp_path_factory.mktemp("others"), [*WARM, "tests.campaign.victims"]) as warmed:
        yield warmed


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A fresh home."""
    return tmp_path / "home"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried and what came of it."""
    if ROWS:
        terminalreporter.section("campaign")
        for line in lines():
            terminalreporter.write_line(line)
