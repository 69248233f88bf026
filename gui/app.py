"""Composition root of the window: the only file here that knows drivers and models."""

from __future__ import annotations

import hashlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from types import TracebackType

import platformdirs
from PyQt6.QtCore import QEvent, QObject, QSettings, pyqtSignal
from PyQt6.QtWidgets import QApplication, QWidget

from autoexposure.allocation import keep_freed_memory
from autoexposure.camera import Camera
from autoexposure.clock import Clock, SimulatedClock
from autoexposure.custody import HANDS
from autoexposure.ending import RESCUE_S, Ending
from autoexposure.feedback import FeedbackStore, default_store_path
from autoexposure.frame import Pixels
from autoexposure.journal import Journal
from autoexposure.loop import ControlLoop
from autoexposure.metering import METERS
from autoexposure.policy import Policy
from drivers.discovery import list_cameras, open_camera
from gui import texts
from gui.icons import app_icon
from gui.main_window import MainWindow
from gui.menu import kept_theme
from gui.personal import PersonalServices
from gui.preferences import Preferences, first_commands
from gui.services import LoopPort, MeterChoice, PhonePort, Services
from gui.theme import Theme
from models.model_file import default_model_path
from models.onnx_policy import OnnxPolicy
from models.personal_policy import personal_policy

log = logging.getLogger(__name__)

SWITCH_INTERVAL_S = 0.0005
"""How long the window may compute before the loop gets a turn, and the other way round. Python's usual 5 ms are
waited out several times a picture, because every step of OpenCV and the network ends in asking for a turn. Measured at
1280x720 with everything on: 0.07 cores less, and the late pictures come 6 ms sooner."""

SETTLING_FRAMES = 40
"""After so many pictures a webcam's own automatic stands still."""


def take_short_turns() -> None:
    """Have the threads of this process take turns more often than usual."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)


def run_window(
    loop: ControlLoop, *, model: Path | None = None, camera: str = "", given: frozenset[str] = frozenset()
) -> int:
    """Show the window on ``loop`` until it is closed or the process is told to end; returns the exit code.

    The loop is started here and stopped in every case, which puts the camera's settings back. ``model`` is the
    network's file, None for the one that ships; ``camera`` what the loop was told to open. Where the user did not ask
    otherwise just now (``given`` names ``camera``, ``meter``, ``program``), it goes on as it was left. Call
    ``platform_check.qt_problem`` first: where Qt can't run, it aborts the process.
    """
    keep_freed_memory()
    take_short_turns()
    application = make_application()
    settings = QSettings(str(platformdirs.user_config_path("autoexposure") / "window.ini"), QSettings.Format.IniFormat)
    theme = Theme(application, kept_theme(settings))
    services = make_services(loop, model, settings, camera)
    for command in first_commands(
        Preferences(settings),
        given=given,
        meters=services.meters,
        list_cameras=services.list_cameras,
        open_camera=services.open_camera,
    ):
        loop.send(command)
    window = MainWindow(services, theme)
    door = _Door(window)
    with _told_of_errors(window.report), Ending(door.told.emit) as ending:
        door.closing.connect(ending.tell)
        try:
            loop.start()
            window.start()
            window.show()
            return application.exec()
        finally:
            ending.tell()
            window.hide()  # stopping waits for the camera; nobody should look at a frozen window meanwhile
            loop.stop()
            for sentence in HANDS.rescue(RESCUE_S):  # of a measurement that does not end
                log.error("%s", sentence)


def make_application() -> QApplication:
    """The QApplication, with the program's name and icon."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("autoexposure")
    application.setApplicationDisplayName(texts.APP_NAME)
    application.setDesktopFileName("autoexposure")
    application.setWindowIcon(app_icon())
    return application


def make_services(loop: LoopPort, model: Path | None, settings: QSettings, camera: str = "") -> Services:
    """What the window works with, from the real drivers and models."""
    return Services(
        loop=loop,
        list_cameras=list_cameras,
        open_camera=open_camera,
        meters=meter_choices(model),
        open_feedback=lambda: FeedbackStore(default_store_path()),
        model_hash=cache(partial(model_hash, model)),
        settings=settings,
        find_phone=find_phone,
        personal=PersonalServices(lambda person, camera: personal_policy(person, model, camera=camera)),
        render_scene=render_scene,
        camera_spec=camera,
    )


def open_on_clock(spec: str, clock: Clock) -> Camera:
    """A simulated camera in a time of its own."""
    return open_camera(spec, clock=clock)


def render_scene(spec: str) -> Pixels:
    """What a simulated camera sees once its own automatic has settled: (240, 320, 3) uint8 unless it has a size."""
    wanted = ("width=320", "height=240", "native=on")
    added = ",".join(setting for setting in wanted if setting.partition("=")[0] + "=" not in spec)
    separator = "" if spec.endswith(":") else ","
    with open_camera(f"{spec}{separator}{added}", clock=SimulatedClock()) as camera:
        for _ in range(SETTLING_FRAMES):
            frame = camera.read(1.0)
    return frame.pixels


def find_phone() -> PhonePort:
    """The phone camera's switchboard; its web server is loaded with the first phone camera, and not before."""
    from drivers.phone_desk import DESKS

    return DESKS


def simulated_loop(spec: str, model: Path | None, state_folder: Path) -> ControlLoop:
    """A loop on a simulated camera whose time passes by turning it, so that a minute takes a moment."""
    clock = SimulatedClock()
    return ControlLoop(
        lambda: open_camera(spec, clock=clock),
        meter_choices(model)[0].make_policy,
        journal=Journal(state_folder),
        clock=clock,
    )


def meter_choices(model: Path | None) -> tuple[MeterChoice, ...]:
    """The network first, then the classical meters."""

    def network() -> Policy:
        return OnnxPolicy(model or default_model_path())

    return (MeterChoice("attention", network), *(MeterChoice(name, make) for name, make in METERS.items()))


def model_hash(model: Path | None, meter: str) -> str:
    """SHA-256 of the network's file if that is what meters, else nothing."""
    if meter != "attention":
        return ""
    try:
        return hashlib.sha256((model or default_model_path()).read_bytes()).hexdigest()
    except OSError as error:  # the file went away after it was loaded; no reason to lose an answer
        log.warning("the model of an answer can't be named: %s", error)
        return ""


class _Door(QObject):
    """How the window is left: closed from outside by ``told``, from any thread; ``closing`` says that it was closed.

    Closing a window ends what is at work in it, which may hang like anything else: the end is watched from the first
    moment on. A signal may come in the middle of painting, so Qt is only asked to close when it is done with that.
    """

    told = pyqtSignal()
    closing = pyqtSignal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._closed = False
        self.told.connect(self._leave)  # queued, since it is emitted by the thread that watches
        window.installEventFilter(self)

    def _leave(self) -> None:
        if not self._closed:
            self._window.close()
        QApplication.exit(0)  # closing a window that is hidden ends nothing

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Close:
            self._closed = True
            self.closing.emit()
        return super().eventFilter(watched, event)


@contextmanager
def _told_of_errors(tell: Callable[[BaseException], None]) -> Iterator[None]:
    """Log what no one caught and tell the user; without a hook of its own PyQt would abort the process."""

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("an error nobody expected", exc_info=(kind, error, trace))
        if threading.current_thread() is threading.main_thread():
            tell(error)

    before, sys.excepthook = sys.excepthook, uncaught
    try:
        yield
    finally:
        sys.excepthook = before
