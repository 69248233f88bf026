from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoexposure.cli import app
from autoexposure.errors import ConfigError
from autoexposure.writable import check_file, check_folder


def test_what_can_be_made_is_fine_and_nothing_is_made_by_asking(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b", "--out")
    check_file(tmp_path / "a" / "b.json", "--json")
    check_file(Path(os.devnull), "--json")
    check_folder(None, "--plots")
    check_file(None, "--json")
    assert list(tmp_path.iterdir()) == []


def test_a_place_below_a_file_or_a_folder_as_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for check in (check_folder, check_file):
        with pytest.raises(ConfigError, match=r"is a file, so .* name another place with --out"):
            check(file / "deep" / "er", "--out")
    with pytest.raises(ConfigError, match="is a folder: name a file with --json"):
        check_file(tmp_path, "--json")


def test_a_folder_that_takes_nothing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # the tests may run as root
    with pytest.raises(ConfigError, match=r"nothing can be written into .* name another place with --plots"):
        check_folder(tmp_path / "plots", "--plots")


@pytest.mark.parametrize(
    "command",
    [
        ["pretrain", "--photos", "PHOTOS", "--out", "FILE/run"],
        ["export", "PHOTOS", "--out", "FILE/model.onnx"],
        ["evaluate", "MODEL", "--photos", "PHOTOS", "--plots", "FILE/plots"],
        ["evaluate", "MODEL", "--photos", "PHOTOS", "--json", "FILE/figures.json"],
        ["quantise", "MODEL", "--photos", "PHOTOS", "--out", "FILE/int8.onnx"],
        ["ablation", "attention", "--photos", "PHOTOS", "--out", "FILE/run"],
        ["ablation", "attention", "--photos", "PHOTOS", "--out", "PHOTOS", "--results", "FILE/results.md"],
        ["experiment", "clicks", "--photos", "PHOTOS", "--out", "FILE/run"],
        ["experiment", "clicks", "--photos", "PHOTOS", "--out", "PHOTOS", "--json", "FILE/figures.json"],
    ],
)
def test_commands_ask_before_they_work(command: list[str], tmp_path: Path) -> None:
    photos, file = tmp_path / "photos", tmp_path / "file"
    photos.mkdir()
    file.write_text("")
    places = {"PHOTOS": str(photos), "FILE": str(file), "MODEL": str(tmp_path / "model.onnx")}
    given = [places.get(word.split("/")[0], word) + word[len(word.split("/")[0]) :] if word.split("/")[0] in places
             else word for word in command]  # fmt: skip
    done = CliRunner().invoke(app, given)
    assert isinstance(done.exception, ConfigError), done.output
    assert str(done.exception).startswith(f"{file} is a file, so {file}")
    assert list(photos.iterdir()) == []
