"""The command line, called in this process."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autoexposure.cli import main as cli


@pytest.fixture
def in_new_home(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """``in_new_home(*words)`` calls ``autoexposure`` with them: the exit code, what was printed, and what was said."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind in ("CONFIG", "DATA", "STATE", "CACHE", "DOCUMENTS"):
        monkeypatch.delenv(f"XDG_{kind}_DIR", raising=False)
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["autoexposure", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call
