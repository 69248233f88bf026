"""The model card says what is true of the file beside it, and its script runs."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from models.files.model_file import default_model_path

CARD = default_model_path().with_name("MODEL_CARD.md").read_text(encoding="utf-8")


def test_its_front_matter_says_what_hubs_look_for_and_repeats_the_figures_of_the_text() -> None:
    _, front, text = CARD.split("---\n", 2)
    for entry in ("license: gpl-3.0\n", "library_name: onnx\n", "pipeline_tag: ", "tags:\n", "metrics:\n- mae\n"):
        assert entry in front
    ladder_ev, normalised, backlit_ev, settled = re.findall(r"value: ([0-9.]+)\n", front)
    assert f"| **this model** | {ladder_ev} |" in text
    assert f"this model's error is {normalised}" in text
    assert f"| **this model** | {backlit_ev} |" in text
    assert f"{settled} of 22 starts settle within 9 frames" in text


def test_it_names_the_shipped_file() -> None:
    assert f"`{hashlib.sha256(default_model_path().read_bytes()).hexdigest()}`" in CARD


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
