"""Every command in the documentation is one that the program takes, and the harmless ones are run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from autoexposure.cli.main import app
from tests.docs.pages import PAGES, blocks, commands, name_of

WITH_COMMANDS = [page for page in PAGES if commands(page)]
WITH_PYTHON = [page for page in PAGES if blocks(page, "python")]

RUN = """
import json, sys
from autoexposure.cli.main import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["autoexposure", *words]
    try:
        main()
    except SystemExit as end:
        if end.code:
            sys.exit(f"{words} ended with {end.code}")
"""


def harmless(words: list[str]) -> bool:
    """Whether a command is run here: it ends by itself, soon, with what every computer has."""
    if words[:1] in (["list"], ["restore"]) or words[:2] == ["feedback", "list"]:
        return True
    if words[:1] == ["bench"]:
        return "--photos" not in words and words[1:2] != ["loop"]
    if words[:1] != ["run"] or "--camera" not in words:
        return False
    camera = words[words.index("--camera") + 1]
    return camera.startswith("replay:") or (camera.startswith("sim:") and "--frames" in words)


def silent(command: Any) -> Any:
    """The command with all below it, which read their options and then do nothing."""
    command.callback = lambda *_, **__: None
    for below in getattr(command, "commands", {}).values():
        silent(below)
    return command


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_every_command_is_one_that_the_program_takes(page: Path) -> None:
    program = silent(typer.main.get_command(app))
    for words in commands(page):
        program.main(words, standalone_mode=False)  # raises, with a sentence, for what it doesn't take


def test_what_the_program_does_not_take_is_noticed() -> None:
    program = silent(typer.main.get_command(app))
    for words in (["run", "--nonsense"], ["nonsense"], ["run", "--meter", "nonsense"]):
        with pytest.raises(Exception, match=r"nonsense"):  # the class is typer's own affair
            program.main(words, standalone_mode=False)


@pytest.mark.parametrize("page", [page for page in WITH_COMMANDS if any(map(harmless, commands(page)))], ids=name_of)
def test_harmless_commands_do_what_they_say(page: Path, tmp_path: Path) -> None:
    run = [words for words in commands(page) if harmless(words)]
    ended = in_own_home([sys.executable, "-c", RUN, json.dumps(run)], tmp_path)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_python_runs_as_it_stands(page: Path, tmp_path: Path) -> None:
    """A page's blocks in their order, as one program."""
    ended = in_own_home([sys.executable, "-W", "error", "-c", "\n".join(blocks(page, "python"))], tmp_path)
    assert ended.returncode == 0, ended.stderr


def in_own_home(command: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in an empty folder that is its home, too."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    own |= {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(command, cwd=home, env=own, capture_output=True, text=True, timeout=120, check=False)
