"""Every command that reads photographs takes the same folders, and hands all of them on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autoexposure.cli.main import app
from autoexposure.errors import ConfigError
from models.files.model_file import default_model_path

COMMANDS = {
    "pretrain": ["pretrain"],
    "ablation": ["ablation", "attention"],
    "evaluate": ["evaluate", str(default_model_path())],
    "quantise": ["quantise", str(default_model_path())],
    "experiment": ["experiment", "table3"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("licence", ["any", "free"])
def test_masks_and_licence_reach_the_scan(
    command: str, licence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def scan(photos: Any, subjects: Any, *_: Any, **more: Any) -> None:
        asked.append({"photos": list(photos), "subjects": list(subjects), **more})
        raise ConfigError("seen")

    monkeypatch.setattr("models.data.dataset.find_photos", scan)
    monkeypatch.setattr("models.training.pretrain.find_photos", scan)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    given = ["--photos", "P", "--subjects", "S", "--masks", "M", "--masks", "N", "--licence", licence]
    out = [] if command == "evaluate" else ["--out", str(tmp_path / "out")]
    with pytest.raises(ConfigError, match="seen"):
        app([*COMMANDS[command], *given, *out], standalone_mode=False)
    (seen,) = asked
    assert (seen["photos"], seen["subjects"]) == ([Path("P")], [Path("S")])
    assert list(seen["masks"]) == [Path("M"), Path("N")]
    assert seen["free_only"] == (licence == "free")
