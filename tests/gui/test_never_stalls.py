"""The window goes on whatever the camera does: counted, not timed, so that a busy machine changes nothing.

A camera that hangs is let go only after the window has done its work. Had anything in it waited for the camera, that
work would never have been done, and the rescuer would have had to step in.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QTimer

import gui
from autoexposure.camera import CameraInfo, Capabilities, ControlRange
from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.meters import METERS
from gui.bridge.services import MeterChoice

RESCUE_S = 600.0
"""Only so that a window that does stall ends the test instead of hanging it."""
BLOCKING = {"open", "time.sleep", "sqlite3.connect", "socket.connect", "subprocess.Popen", "os.listdir", "os.scandir"}
"""Audit events of calls that may wait for a disk, a device or another machine."""
QUIET_ACTIONS = {
    "quit",
    "about",
    "shortcuts",
    "fullscreen",
    "exports",
    "phone",
    "phone_code",
    "record",
    "virtual_camera",
    "open_recording",
    "profile",
    "preset",
}
"""Not triggered by the storm: they end the test, open another program, need a device of their own or (the menus of
profiles and presets) wait for a choice in an event loop of their own."""


class StuckCamera:
    """A camera that hangs in one of its calls until it is released."""

    info = CameraInfo("test:", "A stuck camera", "test:")
    capabilities = Capabilities(ControlRange(1e-4, 1 / 30), ControlRange(1, 16), native_auto=True)
    frame_interval_s = 1 / 30

    def __init__(self, hangs_in: str) -> None:
        self.hangs_in = hangs_in
        self.hanging = threading.Event()
        self.released = threading.Event()
        self.exposure = Exposure(1 / 4000)
        self._sequence = 0

    def _hang(self, where: str) -> None:
        if where == self.hangs_in and not self.released.is_set():
            self.hanging.set()
            self.released.wait(2 * RESCUE_S)

    def open(self) -> "StuckCamera":
        self._hang("open")
        return self

    def settings(self):
        return {}

    def restore(self, settings) -> None:
        pass

    def take_control(self) -> None:
        self._hang("take_control")

    def set_exposure(self, exposure):
        self._hang("set_exposure")
        self.exposure = exposure
        return exposure

    def set_native_auto(self, on) -> None:
        self._hang("set_native_auto")

    def read(self, timeout_s):
        if self._sequence >= 2:
            self._hang("read")
        self._sequence += 1
        level = min(255, round(4000 * 255 * self.exposure.time_s * self.exposure.gain / 30))
        pixels = np.full((48, 64, 3), level, np.uint8)
        return Frame(pixels, 10 + self._sequence / 30, self._sequence, self.exposure, reported=True)

    def close(self) -> None:
        self._hang("close")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Audit:
    """Counts calls in the Qt thread that may block. An audit hook can't be taken away, so there is one for all."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.on = False
        home = Path(gui.__file__).parent.parent
        ours = (str(home / package) for package in ("autoexposure", "drivers", "gui", "models"))
        self._modules = (*ours, sys.prefix, sys.base_prefix)
        sys.addaudithook(self._hear)

    def _hear(self, event: str, given: tuple[object, ...]) -> None:
        if not self.on or event not in BLOCKING or threading.current_thread() is not threading.main_thread():
            return
        place = str(given[0])
        if event in ("open", "os.listdir") and (place.startswith(self._modules) or place in sys.path):
            return  # the program's own modules and icons: local files, read once
        self.found.append(f"{event} {given[:1]}")


AUDIT = Audit()


def starts_a_thread() -> bool:
    """A thread that is started is waited for until it runs, which no camera can hold up."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code is threading.Thread.start.__code__:
            return True
        frame = frame.f_back
    return False


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The calls made in the Qt thread that may block, waits for other threads included."""
    found = AUDIT.found
    found.clear()

    def told(name, original):
        def call(*given, **named):
            if threading.current_thread() is threading.main_thread() and AUDIT.on and not starts_a_thread():
                found.append(name)
            return original(*given, **named)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(threading.Event, "wait", told("Event.wait", threading.Event.wait))
        patch.setattr(threading.Condition, "wait", told("Condition.wait", threading.Condition.wait))
        patch.setattr(threading.Thread, "join", told("Thread.join", threading.Thread.join))
        AUDIT.on = True
        try:
            yield found
        finally:
            AUDIT.on = False


@pytest.fixture
def rescued():
    """Releases every stuck camera when the test should long be over, and remembers that it had to."""
    cameras: list[StuckCamera] = []
    stepped_in = threading.Event()

    def rescue() -> None:
        stepped_in.set()
        for camera in cameras:
            camera.released.set()

    timer = threading.Timer(RESCUE_S, rescue)
    timer.daemon = True
    timer.start()
    yield cameras, stepped_in
    timer.cancel()


@pytest.mark.parametrize("hangs_in", ["open", "read", "set_exposure", "close"])
def test_the_window_goes_on_while_the_camera_hangs(
    hangs_in, make_window, services, qtbot, monkeypatch, tmp_path, rescued
):
    cameras, stepped_in = rescued
    camera = StuckCamera(hangs_in)
    cameras.append(camera)
    loop = ControlLoop(camera.open, METERS["average"].make, journal=Journal(tmp_path / "journal"))
    meters = (MeterChoice("average", METERS["average"].make), MeterChoice("matrix", METERS["matrix"].make))
    window = make_window(
        replace(services, watched_files=list, loop=loop, meters=meters, open_camera=lambda spec: camera.open())
    )
    loop.start()
    window.start()
    window.hints.finish()
    if hangs_in == "close":
        qtbot.waitUntil(lambda: loop.latest().frame is not None, timeout=int(RESCUE_S * 1000))
        window.cameras.reopen()
    qtbot.waitUntil(camera.hanging.is_set, timeout=int(RESCUE_S * 1000))

    with watched(monkeypatch) as blocking:
        done = _storm(window, qtbot)
    assert len(done) > 40
    assert camera.hanging.is_set()
    assert not camera.released.is_set(), "still hanging: nothing in the window had to wait for it"
    assert not stepped_in.is_set()
    assert blocking == []
    camera.released.set()
    loop.stop()


def _storm(window, qtbot) -> list[str]:
    """Do everything there is to do, one thing a round of the event loop; returns what was done."""
    names = [name for name, _ in window.actions_.items() if name not in QUIET_ACTIONS]
    done: list[str] = []
    beat = QTimer()
    beat.setInterval(0)

    def turn() -> None:
        if len(done) == len(names):
            beat.stop()
            return
        done.append(names[len(done)])
        window.actions_[done[-1]].trigger()
        window.preview.repaint()
        window.plots.note()
        window.plots.refresh()
        window.histogram.refresh()

    beat.timeout.connect(turn)
    beat.start()
    qtbot.waitUntil(lambda: not beat.isActive(), timeout=int(RESCUE_S * 1000))
    return done


def test_the_watch_itself_sees_what_blocks(monkeypatch, tmp_path):
    with watched(monkeypatch) as blocking:
        (tmp_path / "file").write_text("x")
        threading.Event().wait(0)
        quick = threading.Thread(target=int)
        quick.start()
        quick.join()
    assert [call.split()[0] for call in blocking if call.startswith("open")]
    assert {"Event.wait", "Thread.join"} <= set(blocking)
    other = threading.Thread(target=lambda: (tmp_path / "other").write_text("x"))
    with watched(monkeypatch) as blocking:
        other.start()
    other.join()
    assert not [call for call in blocking if "other" in call]


def test_a_window_that_paints_slowly_skips_turns_and_holds_nothing_up(window, loop, running, qtbot):
    """Snapshots lie in one slot: however many the loop makes between two looks, the newest is shown and none waits."""
    shown = []
    window.bridge.snapshot_changed.connect(lambda snapshot: shown.append(snapshot.turn))
    for turn in range(2, 1000):
        loop.snapshot = replace(running, turn=turn)
        if turn % 100 == 99:
            window.bridge.poll()
    assert shown == list(range(99, 1000, 100))
