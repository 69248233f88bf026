"""Windows and macOS, played: their name, without the modules that they lack. The real ones have never run this."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hiding import HIDING

ROOT = Path(__file__).resolve().parents[1]
SIM = "sim:width=160,height=120,light=steady,scene=cat"

WORKING = [["list"], ["run", "--camera", SIM, "--frames", "4"], ["restore"], ["--camera", SIM]]
"""Commands that do the same everywhere; the last one is the window."""

REFUSED = {
    "exist on Linux only": ["run", "--camera", "v4l2:0"],
    "can't be opened through": ["run", "--camera", "opencv:0"],
}

LACKING = {
    "darwin": ["linuxpy"],
    "win32": ["linuxpy", "fcntl", "termios", "tty", "pty", "resource", "pwd", "grp", "syslog"],
}
"""Modules that are not there. Training's are hidden as well: they are slow to load."""

OF_WINDOWS = """
import os, signal
OS = "fork geteuid getgid fchmod fchown chown mkfifo statvfs major minor pread pwrite O_CLOEXEC O_NOFOLLOW " \\
    "O_NONBLOCK O_DIRECTORY sched_getaffinity sched_setaffinity nice killpg setsid uname"
SIGNAL = "SIGHUP SIGKILL SIGPIPE SIGALRM SIGUSR1 SIGUSR2 SIGTSTP SIGCONT SIGQUIT pthread_sigmask sigwait"
for module, names in ((os, OS), (signal, SIGNAL)):
    for name in names.split():
        delattr(module, name)
sys.modules["msvcrt"] = types.SimpleNamespace(locking=lambda *_: None, LK_NBLCK=2, LK_UNLCK=0, LK_LOCK=1)
"""

PLAYED = """
import importlib, json, pkgutil, sys, types
# What is not ours is loaded as on this system, which it runs on.
import aiohttp, asyncio, cv2, cryptography.x509, ctypes, multiprocessing, numpy, onnxruntime, platform, platformdirs
import PIL.Image, pydantic, pyqtgraph, rich.live, simplejpeg, tempfile, typer, urllib.request, uuid
from PyQt6 import QtSvg, QtWidgets
system, lacking, commands = json.loads(sys.argv[1])

for name in [name for name in sys.modules if name.partition(".")[0] in lacking]:
    del sys.modules[name]
hide(lacking)
sys.platform = system

from contextlib import redirect_stderr, redirect_stdout
import io

refused = {}
for top in ("autoexposure", "drivers", "gui", "models"):
    for module in pkgutil.walk_packages(importlib.import_module(top).__path__, top + "."):
        if module.name.startswith("drivers.v4l2.") or module.name.endswith((".__main__", ".testing")):
            continue
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            if error.name.partition(".")[0] not in ("torch", "onnx"):
                refused[module.name] = str(error)

from PyQt6.QtCore import QTimer
import gui.app
from autoexposure.__main__ import main

shown = []

class Short(gui.app.MainWindow):
    def show(self):
        super().show()
        shown.append(self.isVisible())
        QTimer.singleShot(100, self.close)

gui.app.MainWindow = Short
answers = []
for words in commands:
    sys.argv = ["autoexposure", *words]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    answers.append([code, err.getvalue()])
print(json.dumps([refused, answers, shown]))
"""


def play(
    system: str, home: Path, commands: list[list[str]]
) -> tuple[dict[str, str], list[tuple[int, str]], list[bool]]:
    """What can't be imported on a played system; what it answers, exit code and standard error; windows seen."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTEST"))}
    environment |= {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    first, rest = PLAYED.split("sys.platform = system\n")
    program = HIDING + first + (OF_WINDOWS if system == "win32" else "") + "sys.platform = system\n" + rest
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps([system, [*LACKING[system], "torch", "onnx"], commands])],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    refused, answers, shown = json.loads(done.stdout)
    return refused, answers, shown


@pytest.mark.parametrize("system", LACKING)
def test_all_but_v4l2_itself_is_imported_and_the_program_starts(system: str, tmp_path: Path) -> None:
    refused, answers, shown = play(system, tmp_path, [*WORKING, *REFUSED.values()])
    assert (refused, shown) == ({}, [True])
    for words, (code, err) in zip(WORKING, answers, strict=False):
        assert (code, "Traceback" in err) == (0, False), f"{words}: {err}"
    for sentence, (code, err) in zip(REFUSED, answers[len(WORKING) :], strict=True):
        assert code in (1, 2)
        assert sentence in err
        assert err.startswith("autoexposure: ")
        assert len(err.splitlines()) == 1
