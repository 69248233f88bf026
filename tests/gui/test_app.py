"""The whole program in a process of its own, since a QApplication can be made only once."""

import os
import subprocess
import sys
import textwrap

import pytest

RUN = """
import os, signal, sys, threading
from functools import partial
from pathlib import Path
from autoexposure.camera import CameraInfo
from autoexposure.custody.journal import Journal
from autoexposure.control.loop import ControlLoop
from autoexposure.metering.meters import METERS
from drivers.simulated.camera import SimulatedCamera, make_scene
from drivers.simulated.config import parse_simulated
from gui import app

class Lasting(SimulatedCamera):
    @property
    def info(self):
        return CameraInfo(self._spec, "The camera", self._spec, lasting=True)

def opened(number):
    config = parse_simulated("width=64,height=48")
    return Lasting(config, make_scene(config), spec=f"lasting:{{number}}")

journal = Journal(Path(sys.argv[1]))
held = []
loops = [ControlLoop(partial(opened, n), METERS["average"].make, journal=journal) for n in range({cameras})]
loop = loops[-1]

def in_the_middle():
    while loop.latest().frame is None or len(journal.entries()) < len(loops):
        threading.Event().wait(0.01)
    held.extend(journal.entries())
    os.kill(os.getpid(), signal.{signal})

{before}
threading.Thread(target=in_the_middle, daemon=True).start()
code = app.run_window(*loops, cameras=[""] * len(loops))
print(code, loop.latest().loop_state, len(held), len(journal.entries()))
"""


def run(tmp_path, signal="SIGTERM", before="", cameras=1):
    script = RUN.format(signal=signal, before=textwrap.dedent(before), cameras=cameras)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        **{f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")},
    }
    command = [sys.executable, "-W", "error", "-c", script, str(tmp_path / "journal")]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("signal", "cameras"), [("SIGINT", 1), ("SIGTERM", 1), ("SIGTERM", 2)])
def test_a_signal_closes_the_window_and_gives_the_cameras_their_settings_back(tmp_path, signal, cameras):
    done = run(tmp_path, signal, cameras=cameras)
    assert done.stdout == f"0 stopped {cameras} 0\n", done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_signal_before_the_window_is_there_is_not_forgotten(tmp_path):
    done = run(
        tmp_path,
        before="""
        opened_window = app.open_window
        def slow(*arguments, **words):
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait(0.2)
            return opened_window(*arguments, **words)
        app.open_window = slow
        """,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("0 stopped "), done.stderr


def test_a_window_that_is_closed_leaves_though_its_camera_hangs_and_puts_that_back(tmp_path):
    done = run(
        tmp_path,
        before="""
        from PyQt6.QtCore import QTimer
        from gui.main_window import MainWindow
        settings = []
        def hang(self, timeout_s):
            settings.append(self.settings())
            threading.Event().wait()
        def watch():
            while not settings:
                threading.Event().wait(0.01)
            Lasting.restore = lambda self, settings: print("put back", len(journal.entries()), flush=True)
            closing.set()
        closing = threading.Event()
        threading.Thread(target=watch, daemon=True).start()
        Lasting.read = hang
        started = MainWindow.start
        def start(self):
            started(self)
            self.look = QTimer(self)
            self.look.timeout.connect(lambda: closing.is_set() and self.close())
            self.look.start(20)
        MainWindow.start = start
        """,
    )
    assert done.returncode == 1
    assert done.stdout == "put back 1\n"
    assert "left behind; The camera is as it was" in done.stderr
    assert not list((tmp_path / "journal").glob("*.json"))


def test_an_error_nobody_caught_is_logged_and_shown_and_the_window_goes_on(tmp_path):
    done = run(
        tmp_path,
        before="""
        from gui.main_window import MainWindow
        from gui.actions.notices import NoticeBar
        def broken(self, snapshot):
            raise ZeroDivisionError("a bug in a widget")
        MainWindow.follow = broken
        said = NoticeBar.say
        def say(self, key, notice):
            said(self, key, notice)
            if key == "unexpected" and not hasattr(NoticeBar, "printed"):
                NoticeBar.printed = True
                print(notice.text)
        NoticeBar.say = say
        """,
    )
    assert "ZeroDivisionError" in done.stdout.splitlines()[0]
    assert done.stdout.splitlines()[-1] == "0 stopped 1 0", done.stderr
    assert "a bug in a widget" in done.stderr, "the trace is in the log"
