"""What commands leave in an empty home, and whom they call: processes, because libraries do it behind Python's back."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import pytest

from autoexposure.simulation.builtin_scenes import PHOTOGRAPHS
from models.files.model_file import default_model_path

SIM = "sim:width=160,height=120,light=steady,scene=cat"

COMMANDS = """
import json, os, signal, sys, threading, time
from pathlib import Path

def watch(event, args):
    if event.startswith("socket.") and ("host" in event or "addr" in event):
        os.write(2, f"NAME LOOK-UP {event} {args}".encode())

sys.addaudithook(watch)

def end_when_remembered():
    until_s = time.monotonic() + 60
    kept = Path.home() / ".config/autoexposure/window.ini"
    while time.monotonic() < until_s and not (kept.is_file() and b"stable_id" in kept.read_bytes()):
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGINT)

from autoexposure.cli.main import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["autoexposure", *words]
    if words[0] == "--camera":
        threading.Thread(target=end_when_remembered, daemon=True).start()
    try:
        main()
    except SystemExit as end:
        if end.code:
            sys.exit(f"{words} ended with {end.code}")
"""

DAILY = [
    ["list"],
    ["bench", "--rounds", "10"],
    ["run", "--camera", SIM, "--frames", "5", "--json", "out/frames.jsonl", "--record", "out/recording.tar"],
    ["run", "--camera", "replay:out/recording.tar", "--frames", "2"],
    ["--camera", SIM],
    ["feedback", "list"],
    ["feedback", "export", "out/answers.zip"],
    ["restore"],
]

LONG = [
    ["pretrain", "--photos", "photos", "--out", "out/training", "--steps", "2", "--batch", "2"],
    ["export", "out/training", "--out", "out/my.onnx"],
    ["evaluate", "out/my.onnx", "--photos", "photos", "--part", "train", "--plots", "out/figures", "--json", "out/e"],
    ["quantise", str(default_model_path()), "--photos", "photos", "--out", "out/int8.onnx"],
    ["personalise", "--models"],
    ["bench", "--photos", "photos"],
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder in (tmp_path / "home", tmp_path / "home" / "out"):
        folder.mkdir(0o700)
    return tmp_path / "home"


def run(home: Path, *words: str) -> str:
    """A Python process at home in ``home``; returns what it asked of the network (by strace, where there is one)."""
    calls = home.parent / "calls"
    tracer = ["strace", "-f", "-qq", "-e", "trace=network,openat", "-o", str(calls)] if shutil.which("strace") else []
    hidden = ("XDG_", "PYTEST", "ORT_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    environment |= {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "ORT_DISABLE_TELEMETRY": "0"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    command = [*tracer, sys.executable, *words]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    asked = re.findall(r"^NAME LOOK-UP.*", done.stderr, re.MULTILINE)
    if tracer:
        asked += re.findall(r".*(?:socket\(AF_INET|resolv\.conf|/etc/hosts|host\.conf).*", calls.read_text())
    return "\n".join(asked)


def kept(home: Path, ours: Sequence[str]) -> set[Path]:
    """The files in ``home`` that are not where they belong."""
    files = [path.relative_to(home) for path in home.rglob("*") if not path.is_dir()]
    assert files
    return {path for path in files if path.parts[0] not in ours and "autoexposure" not in path.parts}


def open_to_others(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.lstat().st_mode & 0o077 and not path.is_symlink()]


def test_daily_commands_keep_to_their_folders_and_call_nobody(home: Path) -> None:
    assert run(home, "-c", COMMANDS, json.dumps(DAILY)) == ""
    assert kept(home, ["out"]) == set()
    assert {path.name for path in (home / ".config/autoexposure").iterdir()} == {"window.ini"}
    assert open_to_others(home) == []


@pytest.mark.long
def test_long_commands_keep_to_their_folders_and_call_nobody(home: Path) -> None:
    (home / "photos").mkdir()
    for photograph in (*PHOTOGRAPHS.glob("*.png"), *PHOTOGRAPHS.glob("*.jpg")):
        for turn in range(6):
            picture = cv2.imread(str(photograph))[turn * 10 :, turn * 7 :]
            cv2.imwrite(str(home / "photos" / f"{photograph.stem}-{turn}.jpg"), picture)
    for path in ((home / "photos"), *(home / "photos").iterdir()):
        path.chmod(0o700 if path.is_dir() else 0o600)  # the user's own, in what follows all others are the program's
    assert run(home, "-c", COMMANDS, json.dumps(LONG)) == ""
    assert {path.parts[1] for path in kept(home, ["out", "photos"])} <= {"matplotlib"}
    assert open_to_others(home) == []


@pytest.mark.parametrize(
    "code",
    [
        "from models.inference.onnx_policy import OnnxPolicy; OnnxPolicy()",
        "import autoexposure.camera, onnxruntime",  # a camera plug-in that brings a network of its own
    ],
)
def test_as_a_library_it_keeps_quiet_too(home: Path, code: str) -> None:
    assert run(home, "-c", code) == ""
    assert list(home.rglob("*")) == [home / "out"]


def test_what_was_open_to_others_before_is_not_after_the_next_start(home: Path) -> None:
    folders = [home / path for path in (".local/share", ".local/state", ".config", "Videos", "Documents")]
    for folder in folders:
        below = folder / "autoexposure" if folder.name in ("Videos", "Documents") else folder / "autoexposure" / "deep"
        below.mkdir(parents=True)
        (below / "file.csv").touch(0o644)
    old = [path for folder in folders for path in (folder / "autoexposure").rglob("*")]
    assert set(old) <= set(open_to_others(home))
    run(home, "-c", COMMANDS, json.dumps([["restore"]]))
    assert {path for path in open_to_others(home) if "autoexposure" in path.parts} == set()
