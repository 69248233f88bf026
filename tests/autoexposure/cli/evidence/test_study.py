"""The commands ``study ...`` from two folders to a report."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from autoexposure.cli.main import app
from autoexposure.errors import ConfigError
from autoexposure.evaluation.comparison import Choice, Side
from autoexposure.study.pairs import keep_pair, open_study
from autoexposure.study.verdicts import VerdictStore


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(8):
            cv2.imwrite(str(tmp_path / name / f"{number}.png"), np.full((12, 16, 3), 90, np.uint8))
    return tmp_path / "a", tmp_path / "b"


def run(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_from_two_folders_to_a_report(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    pytest.importorskip("matplotlib")
    made = run("study", "make", tmp_path / "s", "--ours", folders[0], "--native", folders[1], "--seed", 7)
    assert "8 pairs, seed 7" in made
    study, store = open_study(tmp_path / "s"), VerdictStore(tmp_path / "s")
    for person in ("Ann", "Ben"):
        for showing in study.showings(person):
            store.add(person, showing, Choice.LEFT if showing.left is Side.OURS else Choice.RIGHT)
    html, png, numbers = (tmp_path / f"report.{ending}" for ending in ("html", "png", "json"))
    said = run("study", "report", tmp_path / "s", "--html", html, "--png", png, "--json", numbers)
    assert "autoexposure is preferred" in said
    assert json.loads(numbers.read_text())["by_pair"] == {"first": 8, "second": 0, "p": 2 / 2**8}
    assert cv2.imread(str(png)) is not None
    assert "data:image/png;base64," in html.read_text()
    assert json.loads(run("study", "report", tmp_path / "s", "--json", "-")) == json.loads(numbers.read_text())
    # All is answered: no window is opened.
    assert "Ann: 8 of 8 pairs answered" in run("study", "run", tmp_path / "s", "--person", "Ann")
    run("figures", 13, "--out", tmp_path / "out", "--study", tmp_path / "s")
    assert (tmp_path / "out" / "figure13.png").read_bytes() == png.read_bytes()


def test_the_pairs_of_the_window_make_a_study(tmp_path: Path) -> None:
    from datetime import datetime

    with pytest.raises(ConfigError, match="no pairs were kept"):
        run("study", "make", tmp_path / "s")
    keep_pair({side: np.full((12, 16, 3), 90, np.uint8) for side in Side}, datetime(2026, 1, 1))
    assert "1 pairs" in run("study", "make", tmp_path / "s")
    assert [pair.name for pair in open_study(tmp_path / "s").pairs] == ["pair-2026-01-01-000000"]


def test_wrong_calls_cost_a_sentence(
    tmp_path: Path, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="belong together"):
        run("study", "make", tmp_path / "s", "--ours", folders[0])
    run("study", "make", tmp_path / "s", "--ours", folders[0], "--native", folders[1])
    with pytest.raises(ConfigError, match="nobody has answered"):
        run("study", "report", tmp_path / "s")
    with pytest.raises(ConfigError, match="1 to 64"):
        run("study", "run", tmp_path / "s", "--person", " ")
    monkeypatch.setattr("gui.platform_check.qt_problem", lambda: "There is no display here.")
    with pytest.raises(ConfigError, match="where a window can be opened"):
        run("study", "run", tmp_path / "s", "--person", "Ann")
