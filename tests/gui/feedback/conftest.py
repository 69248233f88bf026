"""The file of answers behind a window, and waiting until the window has done with it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication

from autoexposure.feedback.store import FeedbackStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FeedbackStore]:
    with FeedbackStore(tmp_path / "feedback.sqlite") as opened:
        yield opened


@pytest.fixture
def settle(window) -> Callable[[], None]:
    def wait() -> None:
        window.store.count()
        for _ in range(3):  # what is done with one answer may ask for the next
            window.store.background.wait()
            QApplication.processEvents()

    return wait
