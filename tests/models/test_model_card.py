"""The model card says what is true of the file beside it, and its script runs."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path

import pytest

from models.files.model_file import default_model_path

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "tools"))

from card_figures import TABLES, with_figures

CARD = default_model_path().with_name("MODEL_CARD.md").read_text(encoding="utf-8")
FOUND = json.loads(default_model_path().with_name("evaluation.json").read_text(encoding="utf-8"))


def test_its_front_matter_says_what_hubs_look_for_and_repeats_the_figures_of_the_text() -> None:
    _, front, text = CARD.split("---\n", 2)
    for entry in ("license: gpl-3.0\n", "library_name: onnx\n", "pipeline_tag: ", "tags:\n", "metrics:\n- mae\n"):
        assert entry in front
    ladder_ev, normalised, backlit_ev, settled = re.findall(r"value: ([0-9.]+)\n", front)
    assert ladder_ev == f"{FOUND['mae_ev']:.3f}"
    assert normalised == f"{FOUND['mae_normalised']:.3f}"
    assert f"its error is {normalised}" in text
    assert backlit_ev == f"{FOUND['subject_error_ev']['model']['median']:.2f}"
    (two_late,) = (at for at in FOUND["closed_loop"]["hdr_scenes"]["by_delay"] if at["delay_frames"] == 2)
    assert int(settled) == round(two_late["settled_share"] * two_late["steps"])
    assert f"Starts settled within 9 frames, of {two_late['steps']}" in front


def test_it_names_the_shipped_file_and_so_does_its_evaluation() -> None:
    digest = hashlib.sha256(default_model_path().read_bytes()).hexdigest()
    assert f"`{digest}`" in CARD
    assert FOUND["model_sha256"] == digest


def test_its_tables_are_what_the_evaluation_found() -> None:
    assert set(re.findall(r"<!-- figures: (\w+) -->", CARD)) == set(TABLES)
    assert with_figures(CARD, FOUND) == CARD
    assert with_figures(CARD, {**FOUND, "mae_ev": 9.0}) != CARD


def test_it_names_no_folder_of_its_author() -> None:
    assert not re.search(r"\.\./(?!RESULTS)|/home|/root|/tmp", CARD)


def test_its_script_measures_what_another_resize_costs(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = re.search(r"```python\n(.*?)```", CARD, re.DOTALL)
    assert script is not None
    monkeypatch.setattr("sys.argv", ["shrinking.py", str(photo_folder)])
    exec(compile(script[1], "shrinking.py", "exec"), {})
    assert re.fullmatch(r"40 pictures, 0\.\d\d EV on average, at most \d\.\d\d EV\n", capsys.readouterr().out)
