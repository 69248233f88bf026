"""A place that can't be written is named before the work begins, by every command that writes."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

from autoexposure.cli import main as cli
from autoexposure.errors import ConfigError
from autoexposure.files.writable import check_file, check_folder

PHOTOS = ["--photos", "/nowhere/photographs"]
"""Never looked for: the place is found unwritable first."""

FILES = {
    "run --json": ["run", "--camera", "nope:", "--json"],
    "run --record": ["run", "--camera", "nope:", "--record"],
    "probe --out": ["probe", "nope:", "--out"],
    "probe --json": ["probe", "nope:", "--json"],
    "export": ["export", "/nowhere/training", "--out"],
    "quantise": ["quantise", "/nowhere.onnx", *PHOTOS, "--out"],
    "evaluate --json": ["evaluate", "/nowhere.onnx", *PHOTOS, "--json"],
    "ablation --results": ["ablation", "attention", *PHOTOS, "--out", "runs", "--results"],
    "experiment --json": ["experiment", "table3", "--out", "runs", "--json"],
    "feedback export": ["feedback", "export"],
    "feedback show": ["feedback", "show", "1", "--out"],
}
FOLDERS = {
    "pretrain": ["pretrain", *PHOTOS, "--out"],
    "ablation": ["ablation", "attention", *PHOTOS, "--out"],
    "experiment": ["experiment", "table3", "--out"],
    "evaluate --plots": ["evaluate", "/nowhere.onnx", *PHOTOS, "--plots"],
}
NO_FILES = [
    "{tmp}/file/x",
    "{tmp}/file/deeper/x",
    "{tmp}/folder",
    "/proc/x",
    "{tmp}/" + "x" * 300,
    "{tmp}" + "/x" * 3000,
]
NO_FOLDERS = ["{tmp}/file", "{tmp}/file/x", "/proc/x", "/proc/1/x/y", "{tmp}/" + "x" * 300, "{tmp}" + "/x" * 3000]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / "home" / kind.lower()))
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("in the way")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(words: list[str], monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(sys, "argv", ["autoexposure", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


@pytest.mark.skipif(sys.platform != "linux", reason="the places are Linux's")
@pytest.mark.parametrize(
    ("words", "places"),
    [*((words, NO_FILES) for words in FILES.values()), *((words, NO_FOLDERS) for words in FOLDERS.values())],
    ids=[*FILES, *FOLDERS],
)
def test_every_command_says_it_first_in_one_sentence(
    words: list[str],
    places: list[str],
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for place in places:
        assert call([*words, place.replace("{tmp}", str(here))], monkeypatch) == 2
        said = capsys.readouterr().err.strip()
        assert said.startswith("autoexposure: ")
        assert "can't be written" in said or "nothing can be written" in said
        assert len(said.splitlines()) == 1
    assert {path.name for path in here.iterdir()} - {"home"} == {"file", "folder"}
    assert (here / "file").read_text() == "in the way"


def test_a_place_that_will_do(here: Path) -> None:
    (here / "old").write_text("old")
    for path in (here / "new", here / "old", Path("new"), Path("-"), Path("/dev/null")):
        check_file(path)
    check_file(here / "missing" / "new", folder_may_be_missing=True)
    for path in (here / "folder", here / "missing" / "deeper", Path(".")):
        check_folder(path)
    assert (here / "old").read_text() == "old"
    assert not (here / "missing").exists()
    with pytest.raises(ConfigError, match="No such file"):
        check_file(here / "missing" / "new")


def test_a_pipe_is_not_waited_for(here: Path) -> None:
    os.mkfifo(here / "pipe")
    check_file(here / "pipe")


@pytest.mark.skipif(not hasattr(os, "seteuid") or os.geteuid() != 0, reason="only root can become somebody else")
def test_another_users_places_are_refused() -> None:
    with tempfile.TemporaryDirectory() as folder:  # the test's own lies below one that nobody else may enter
        here = Path(folder)
        here.chmod(0o755)
        (here / "folder").mkdir(0o755)
        (here / "mine").write_text("mine")
        os.seteuid(65534)
        try:
            for path in (here / "new", here / "mine"):
                with pytest.raises(ConfigError, match="Permission denied"):
                    check_file(path)
            with pytest.raises(ConfigError, match="Permission denied"):
                check_folder(here / "folder")
        finally:
            os.seteuid(0)
