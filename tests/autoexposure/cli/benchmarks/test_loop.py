"""The command ``bench loop``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.__main__ import main
from autoexposure.evaluation.side_by_side import programme

FEW = ["bench", "loop", "--quick", "--scenes", "steps", "--laws", "libv4l,gst"]


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of a second: one step, one camera."""
    monkeypatch.setattr(programme, "FEW_LEVELS_EV", (0.0, 1.0))
    monkeypatch.setattr(programme, "QUICK_SETUPS", programme.ONE_SETUP)


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["autoexposure", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_it_writes_table_figures_page_and_plots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written, page, plots = tmp_path / "a.json", tmp_path / "a.html", tmp_path / "plots"
    outputs = ["--json", str(written), "--html", str(page), "--plots", str(plots)]
    assert call(monkeypatch, *FEW, *outputs) == 0
    shown = capsys.readouterr().out
    assert "libv4l" in shown
    assert "left out: pictures of real cameras: give --stacks" in shown
    found = json.loads(written.read_text())
    assert list(found["laws"]) == ["libv4l", "gst"]
    assert found["laws"]["gst"]["steps"]["steps"] == 2  # one a scene
    assert found["runs"] == {"steps": 2}
    assert found["verdict"] is None  # the network took no part
    assert page.read_text().startswith("<!doctype html>")
    assert {path.suffix for path in plots.iterdir()} == {".svg"}


def test_it_comes_out_the_same_again_but_for_the_time_it_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for name in ("a", "b"):
        assert call(monkeypatch, *FEW, "--json", str(tmp_path / name)) == 0
        laws = json.loads((tmp_path / name).read_text())["laws"]
        found.append(
            {law: {key: value for key, value in each.items() if key != "cpu_ms"} for law, each in laws.items()}
        )
    assert found[0] == found[1]


def test_the_network_is_judged_against_published_laws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*FEW[:-1], "attention,gst", "--json", str(tmp_path / "a.json")]
    assert call(monkeypatch, *words) == 0
    judged = json.loads((tmp_path / "a.json").read_text())["verdict"]
    assert judged["first"]
    assert "the network is first, or as good as the first, in: " in capsys.readouterr().out


def test_stacks_and_scenes_of_high_range_are_played_where_they_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    light = np.random.default_rng(0).random((60, 80, 3)).astype(np.float32)
    stack = tmp_path / "stacks" / "room"
    stack.mkdir(parents=True)
    lines = ["file,exposure_time_s"]
    for number in range(9):
        cv2.imwrite(str(stack / f"{number}.png"), np.clip(light * 2.0**number, 0, 255).astype(np.uint8))
        lines.append(f"room/{number}.png,{2.0**number / 1000}")
    (stack.parent / "MANIFEST.csv").write_text("\n".join(lines))
    written = tmp_path / "a.json"
    words = [*FEW[:3], "--scenes", "stacks", "--laws", "gst", "--stacks", str(stack.parent), "--json", str(written)]
    assert call(monkeypatch, *words) == 0
    found = json.loads(written.read_text())
    assert found["runs"] == {"stacks": 2}
    assert found["laws"]["gst"]["by_kind"]["stacks"]["steps"] == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--laws", "mine"], "there is no law 'mine'; choose from attention, average"),
        (["--scenes", "moon"], "there are no scenes of the kind 'moon'; choose from steps, lamp"),
        (["--scenes", "stacks"], "of the kind stacks there is nothing without folders: give --hdr or --stacks"),
        (["--html", "/nowhere/a.html"], "name a file in a folder that exists"),
        (["--hdr", "/nowhere"], "there is no folder /nowhere to take HDR scenes from"),
    ],
)
def test_a_wrong_call_is_one_sentence(
    words: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, *FEW[:3], *words) == 2
    shown = capsys.readouterr().err.strip().splitlines()[-1]
    assert shown.startswith("autoexposure: ")
    assert told in shown


def test_the_laws_are_listed_with_their_sources(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "bench", "loop", "--laws", "list") == 0
    shown = capsys.readouterr().out
    assert "rpi_agc" in shown
    assert "left out: DRL-AE (CVPR 2024)" in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bench", "--rounds", "12", "loop"], "--rounds before 'loop' does nothing"),
        (["--bias", "0", "bench", "loop"], "--bias before 'bench' does nothing"),
        (["--model", "/nowhere.onnx", "bench", "loop"], "there is no model file /nowhere.onnx"),
        (["bench", "--model", "/nowhere.onnx", "loop"], "there is no model file /nowhere.onnx"),
    ],
)
def test_options_before_it_reach_it_or_are_refused(
    words: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, *words) != 0
    assert told in capsys.readouterr().err


def test_the_page_names_the_command_without_the_files_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "a.html"
    assert call(monkeypatch, *FEW, f"--json={tmp_path / 'a.json'}", "--html", str(page), "--seed", "3") == 0
    written = page.read_text()
    assert "<code>autoexposure bench loop --quick --scenes steps --laws libv4l,gst --seed 3</code>" in written
    assert str(tmp_path) not in written
