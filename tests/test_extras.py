"""The base install alone: every module that only an extra brings is hidden, as if it had never been installed."""

import inspect
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autoexposure.extras import first_missing, install_command, not_installed
from drivers.opencv.duvc_ctl import duvc_missing
from tests.hiding import HIDING

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
EXR_MAGIC = b"\x76\x2f\x31\x01"
SIM = "sim:width=160,height=120,light=steady,scene=cat"

PROGRAM = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout

hidden, commands = map(json.loads, sys.argv[1:])
hide(hidden)
from autoexposure.__main__ import main

answers = []
for words in commands:
    sys.argv = ["autoexposure", *words]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    answers.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(answers))
"""

DAILY = [
    ["--version"],
    ["list"],
    ["run", "--camera", SIM, "--frames", "4", "--json", "lines.jsonl", "--record", "recording.tar"],
    ["run", "--camera", "replay:recording.tar"],
    ["--camera", "replay:recording.tar"],
    ["probe", "--help"],
    ["restore"],
    ["bench", "--rounds", "10"],
    ["feedback", "list"],
    ["feedback", "export", "answers.zip"],
]

NEEDS = {
    "phone": [["run", "--camera", "phone:"]],
    "exr": [["run", "--camera", "sim:scene=scene.exr"]],
    "onvif": [["run", "--camera", "onvif:127.0.0.1"]],
    "gphoto2": [["run", "--camera", "gphoto2:"]],
    "plot": [["probe", SIM, "--plot", "profile.png"]],
    "learn": [
        ["pretrain", "--photos", ".", "--out", "training"],
        ["ablation", "attention", "--photos", ".", "--out", "runs"],
        ["export", "training", "--out", "model.onnx"],
        ["personalise"],
        ["experiment", "clicks", "--photos", ".", "--out", "runs"],
        ["bench", "--photos", "."],
    ],
}


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str


def base_distributions() -> set[str]:
    """What ``pip install autoexposure`` brings here, with all that it needs in turn."""
    wanted = [Requirement(line) for line in PROJECT["dependencies"]]
    found: set[str] = set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        try:
            wanted += [Requirement(line) for line in requires(name) or []]
        except PackageNotFoundError:  # of another system
            continue
    return found


@pytest.fixture(scope="module")
def hidden() -> list[str]:
    """Every module here that is no part of the base install."""
    base, kept, others = base_distributions(), {"autoexposure", "drivers", "gui", "models"}, set[str]()
    for distribution in distributions():
        of_base = canonicalize_name(distribution.name) in base
        for file in distribution.files or ():
            module = file.parts[0] if len(file.parts) > 1 else inspect.getmodulename(file.name)
            if module and module.isidentifier():
                (kept if of_base else others).add(module)
    return sorted(others - kept)


@pytest.fixture(scope="module")
def ask(hidden: list[str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[list[str]]], list[Answer]]:
    """Gives commands to the base install, one after another in one process and an empty home."""

    def run(commands: list[list[str]]) -> list[Answer]:
        home = tmp_path_factory.mktemp("home")
        (home / "scene.exr").write_bytes(EXR_MAGIC)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTEST"))}
        environment |= {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", HIDING + PROGRAM, json.dumps(hidden), json.dumps(commands)],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return [Answer(*answer) for answer in json.loads(done.stdout)]

    return run


def test_what_is_hidden_is_what_the_extras_bring(hidden: list[str]) -> None:
    assert {"PyQt6", "pyqtgraph", "OpenEXR", "aiohttp", "cryptography", "segno", "torch", "matplotlib"} <= set(hidden)
    assert not {"numpy", "cv2", "onnxruntime", "typer", "rich", "pydantic", "tomlkit", "PIL"} & set(hidden)


def test_the_base_install_alone_does_every_daily_command(ask: Callable[[list[list[str]]], list[Answer]]) -> None:
    answers = {" ".join(words): answer for words, answer in zip(DAILY, ask(DAILY), strict=True)}
    assert {words: answer.err for words, answer in answers.items() if answer.code != 0} == {}
    assert "a phone as the camera needs aiohttp" in " ".join(answers["list"].out.split())
    in_the_terminal = answers["--camera replay:recording.tar"].err
    assert f"The window needs PyQt6, which is not installed: run {install_command('window')}. The" in in_the_terminal


def test_what_needs_an_extra_says_which_command_installs_it(ask: Callable[[list[list[str]]], list[Answer]]) -> None:
    asked = [(extra, words) for extra, commands in NEEDS.items() for words in commands]
    for (extra, words), answer in zip(asked, ask([words for _, words in asked]), strict=True):
        assert answer.code in (1, 2), words
        assert answer.err.startswith("autoexposure: "), words
        assert answer.err.endswith(f"which is not installed: run {install_command(extra)}\n"), words
        assert len(answer.err.splitlines()) == 1, words


def test_the_command_is_for_the_python_that_runs() -> None:
    assert install_command("window").startswith(sys.executable)
    assert install_command("window").endswith(" -m pip install 'autoexposure[window]'")


@pytest.mark.parametrize(
    ("platform", "executable", "command"),
    [
        ("linux", "/opt/my python/bin/python", "'/opt/my python/bin/python' -m pip install 'autoexposure[exr]'"),
        ("win32", r"C:\My Python\python.exe", r'"C:\My Python\python.exe" -m pip install autoexposure[exr]'),
        ("linux", "", "python -m pip install 'autoexposure[exr]'"),
    ],
)
def test_a_shell_takes_it_as_it_stands(
    platform: str, executable: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(sys, "executable", executable)
    assert install_command("exr") == command


def test_the_first_that_is_missing() -> None:
    assert first_missing("json", "numpy") == ""
    assert first_missing("json", "no_such_module", "nor_this") == "no_such_module"
    assert not_installed("it needs x", "plot").startswith("it needs x, which is not installed: run ")


def test_every_extra_that_a_message_names_exists() -> None:
    named = {
        extra
        for package in ("autoexposure", "drivers", "gui", "models")
        for path in (ROOT / package).rglob("*.py")
        for extra in re.findall(r"(?:install_command|not_installed)\([^()]*?[\"']([a-z0-9-]+)[\"']\)", path.read_text())
    }
    assert {"window", "phone", "exr", "plot", "learn", "fivek", "onvif", "gphoto2", "opencv", "aravis"} == named
    assert named <= set(EXTRAS)


SYSTEMS = [
    {"sys_platform": system, "platform_machine": machine, "python_version": python}
    for system, machine in (
        *(("win32", "AMD64"), ("win32", "ARM64"), ("darwin", "arm64"), ("darwin", "x86_64")),
        *(("linux", "x86_64"), ("linux", "aarch64")),
    )
    for python in ("3.11", "3.12", "3.13")
]


def on(system: dict[str, str], extra: str) -> set[str]:
    """The packages that an extra asks for on a system."""
    wanted = [Requirement(line) for line in EXTRAS[extra]]
    return {each.name for each in wanted if each.marker is None or each.marker.evaluate(system)}


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: "-".join(system.values()))
def test_duvc_ctl_is_asked_for_where_it_has_wheels_and_the_message_says_so(
    system: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (*map(int, system["python_version"].split(".")), 0, "final", 0))
    monkeypatch.setattr("platform.machine", lambda: system["platform_machine"])
    asked = "duvc-ctl" in on(system, "opencv")
    assert asked == (
        (system["sys_platform"], system["platform_machine"]) == ("win32", "AMD64") and sys.version_info < (3, 13)
    )
    if system["sys_platform"] == "win32":
        assert ("autoexposure[opencv]" in duvc_missing("it needs duvc-ctl")) == asked


def test_no_message_names_another_way_to_install_an_extra() -> None:
    for package in ("autoexposure", "drivers", "gui", "models"):
        for path in (ROOT / package).rglob("*.py"):
            if path.name != "extras.py":
                assert "pip install" not in path.read_text(), path


def test_all_that_the_tests_use_is_in_dev() -> None:
    """The README's test command installs ``dev`` alone."""
    (dev,) = (Requirement(line) for line in EXTRAS["dev"] if line.startswith("autoexposure"))
    (whole,) = (Requirement(line) for line in EXTRAS["all"])
    assert {"all", "learn", "fivek", "gphoto2", "docs"} == dev.extras
    assert {"window", "phone", "exr", "onvif", "opencv"} == whole.extras
