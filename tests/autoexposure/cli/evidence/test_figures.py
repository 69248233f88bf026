"""The command ``figures``: every figure is drawn from what the program has itself, or costs a sentence."""

import json
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from autoexposure.cli.evidence import figures
from autoexposure.cli.main import app
from autoexposure.errors import ConfigError
from autoexposure.evaluation.comparison import Side
from autoexposure.study.pairs import keep_pair

pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated pictures as small as the loop's own view of them: the same figures, sooner."""
    monkeypatch.setattr(figures, "SIZE", "width=128,height=96,report=on,fps=15")


def draw(number: int, out: Path, *words: object) -> list[dict[str, float]] | dict[str, dict[str, float]]:
    done = CliRunner().invoke(app, ["figures", str(number), "--out", str(out), *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    picture = cv2.imread(str(out / f"figure{number}.png"))
    assert picture is not None
    assert picture.std() > 20  # something is drawn
    found: list[dict[str, float]] | dict[str, dict[str, float]]
    found = json.loads((out / f"figure{number}.json").read_text())[f"figure{number}"]
    return found


def test_maps_of_the_built_in_scenes(tmp_path: Path) -> None:
    found = {each["picture"]: each for each in draw(8, tmp_path)}
    assert {"portrait", "cat", "coffee", "rocket", "astronaut"} == set(found)
    assert found["portrait"]["delta_ev"] > 1.0  # a face before a bright window


def test_maps_of_own_photographs(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for grey in (40, 200):
        cv2.imwrite(str(tmp_path / "photos" / f"{grey}.png"), np.full((120, 160, 3), grey, np.uint8))
    found = {each["picture"]: each["delta_ev"] for each in draw(8, tmp_path, "--photos", tmp_path / "photos")}
    assert found["40"] > found["200"]


def test_two_tastes(tmp_path: Path) -> None:
    found = draw(10, tmp_path)
    by_picture: dict[object, dict[object, float]] = {}
    for row in found:
        by_picture.setdefault(row["picture"], {})[row["person"]] = row["predicted_ev"]
    assert len(by_picture) == 4
    # A wants everything 1.1 EV darker, C less so: on pictures that neither was asked about.
    assert all(persons["A (SIMULATED)"] < persons["C (SIMULATED)"] for persons in by_picture.values())


def test_side_by_side(tmp_path: Path) -> None:
    found = {each["scene"]: each for each in draw(11, tmp_path)}
    assert found["portrait"]["ours_ev"] > found["portrait"]["native_ev"] + 1.0


def test_side_by_side_of_pairs(tmp_path: Path) -> None:
    for number in range(2):
        pictures = {side: np.full((12, 16, 3), grey, np.uint8) for side, grey in zip(Side, (90, 160), strict=True)}
        keep_pair(pictures, datetime(2026, 1, 1, number), tmp_path / "pairs")
    assert len(draw(11, tmp_path, "--pairs", tmp_path / "pairs")) == 2


def test_the_response_to_a_lamp(tmp_path: Path) -> None:
    found = draw(12, tmp_path)
    assert isinstance(found, dict)
    assert found["ours"]["step_ev"] < -2
    assert found["ours"]["settled_s"] < found["native"]["settled_s"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("13",), "--study"),
        (("7",), "figure 7 trains networks"),
        (("8", "--study", "x"), "--study is for figure 13, given 8"),
        (("11", "--photos", "x"), "7 and 8 and 9 and 10"),
        (("12", "--native-recording", "x"), "beside --recording"),
        (("10", "--person", "a"), "two persons"),
        (("10", "--person", "a", "--person", "b"), "has given no answers"),
        (("8", "--photos", "missing"), "can't be read"),
        (("11", "--pairs", "missing"), "can't be read"),
        (("12", "--recording", "missing"), "can't be opened"),
    ],
)
def test_wrong_calls_cost_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for kind in ("DATA", "CONFIG"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path))
    with pytest.raises(Exception, match=said):  # each is a sentence of the program: `draw` raises what it said
        draw(int(words[0]), tmp_path / "out", *words[1:])


def test_figures_7_and_9_are_the_experiments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("autoexposure.cli.experiment.experiment", lambda name, out, **rest: asked.append((name, rest)))
    for number in (7, 9):
        words = ("--out", str(tmp_path), "--photos", str(tmp_path), "--size", "small")
        done = CliRunner().invoke(app, ["figures", str(number), *words])
        assert done.exit_code == 0, done.output
    assert [(name, rest["size"]) for name, rest in asked] == [("figure7", "small"), ("figure9", "small")]
    with pytest.raises(ConfigError, match="--pairs"):
        draw(7, tmp_path, "--pairs", tmp_path)
