"""Composition root of the window: the only file here that knows drivers and models."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import platformdirs
from PyQt6.QtCore import QEvent, QObject, QSettings, QTimer, pyqtSignal
from PyQt6.QtWidgets import QApplication, QWidget

from autoexposure.clock import SimulatedClock
from autoexposure.control.commands import Command
from autoexposure.control.loop import ControlLoop
from autoexposure.custody.custody import HANDS
from autoexposure.errors import ConfigError
from autoexposure.feedback.store import FeedbackStore, default_store_path
from autoexposure.files.private_files import own_folder, private
from autoexposure.frame import Pixels
from autoexposure.metering.meters import METERS
from autoexposure.metering.policy import Policy
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.personal.truth import Truth
from autoexposure.process.ending import RESCUE_S, Ending
from autoexposure.process.malloc import keep_freed_memory
from autoexposure.process.turns import take_short_turns
from autoexposure.recording.virtual_camera import virtual_camera_sink
from drivers.discovery import find_family, list_cameras, loaded_family, open_camera, watched_files
from drivers.phone.family import PHONE
from drivers.replay.family import RECORDINGS
from drivers.simulated.family import SIMULATED
from drivers.v4l2.loopback import open_loopback
from gui.actions.menu import kept_theme
from gui.bridge.loops import Loops
from gui.bridge.services import LoopPort, MeterChoice, PersonalServices, PhonePort, Services
from gui.feedback.store_client import DEFAULT_PERSON
from gui.main_window import MainWindow
from gui.preferences import Preferences, first_commands
from gui.style.icons import app_icon
from gui.style.theme import Theme
from gui.text import texts
from models.inference.personal_policy import personal_policy

log = logging.getLogger(__name__)

SETTLING_FRAMES = 40
"""After this many pictures a webcam's own auto exposure has settled."""


def run_window(
    *loops: ControlLoop,
    model: Path | None = None,
    cameras: Sequence[str] = ("",),
    meter: str = "",
    given: frozenset[str] = frozenset(),
    begin: Callable[[Callable[[str], Policy]], Command] | None = None,
) -> int:
    """Show the window on ``loops`` until it is closed or the process is told to end; returns the exit code.

    The loops are started here and stopped in every case, which puts the cameras' settings back. ``cameras`` are what
    they were told to open. ``begin`` is given what makes a meter of its name and returns a command to begin with; the
    rest is as with `open_window`. Call ``platform_check.qt_problem`` first: where Qt can't run, it aborts the process.
    """
    keep_freed_memory()
    take_short_turns()
    application = make_application()
    settings = window_settings(platformdirs.user_config_path("autoexposure"))
    theme = Theme(application, kept_theme(settings))
    with Ending() as ending:  # looking for cameras may hang already
        port = Loops(*loops, specs=cameras)
        window = open_window(port, theme, settings, model=model, camera=cameras[0], meter=meter, given=given)
        if begin is not None:
            port.send_to_all(begin(window.make_meter))
        door = _Door(window)
        door.closing.connect(ending.tell)
        ending.then(door.told.emit)
        with _told_of_errors(window.report):
            try:
                for loop in loops:
                    loop.start()
                window.start()
                window.show()
                return application.exec()
            finally:
                ending.tell()
                window.hide()  # stopping waits for the camera, and a window that stands frozen looks broken
                for loop in loops:
                    loop.leave()
                for loop in loops:
                    loop.stop()
                for sentence in HANDS.rescue(RESCUE_S):  # of a measurement that does not end
                    log.error("%s", sentence)


def window_settings(folder: Path) -> QSettings:
    """What the window remembers, in ``folder``: for this user alone, which Qt keeps to where the file is so already.

    Raises ConfigError for a pipe or a device, from which Qt would never stop reading.
    """
    path = folder / "window.ini"
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ConfigError(f"the window can't keep its settings in {path}, which is no regular file: move it away")
    try:
        own_folder(folder)
        os.close(private(path, os.O_RDONLY | os.O_CREAT))
    except OSError as error:
        log.warning("the window's settings can't be kept in %s: %s", folder, error.strerror or error)
    return QSettings(str(path), QSettings.Format.IniFormat)


def open_window(
    loop: LoopPort,
    theme: Theme,
    settings: QSettings,
    *,
    model: Path | None = None,
    camera: str = "",
    meter: str = "",
    given: frozenset[str] = frozenset(),
) -> MainWindow:
    """The window on ``loop``, which is told how to begin; neither is started yet.

    ``model`` is the network's file, None for the person's own or the one that ships; ``camera`` what the loop was told
    to open; ``meter`` the name of the meter to begin with, empty for the loop's own. Where the user did not ask
    otherwise just now (``given`` names ``camera``, ``meter``, ``program``), it goes on as it was left.
    """
    services = make_services(loop, model, settings, camera)
    window = MainWindow(services, theme)
    for command in first_commands(
        Preferences(settings),
        given=given,
        meters=window.meter_choices,
        find_family=find_family,
        list_cameras=services.list_cameras,
        opener=window.modes.opener,
        meter=meter,
    ):
        window.loops.send_to_all(command)
    return window


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

    def network(person: str = DEFAULT_PERSON, camera: str | None = None) -> LiveLayer:
        return personal_policy(person, model, camera=camera)

    def truth(person: str, camera: str | None) -> Truth | None:
        return network(person, camera).truth  # of a layer of its own: the one in use belongs to the loop's thread

    return Services(
        loop=loop,
        list_cameras=list_cameras,
        open_camera=open_camera,
        meters=meter_choices(network),
        open_feedback=lambda: FeedbackStore(default_store_path()),
        settings=settings,
        loaded_family=loaded_family,
        watched_files=watched_files,
        simulated=SIMULATED,
        recordings=RECORDINGS,
        phone=PHONE,
        find_phone=find_phone,
        personal=PersonalServices(network, given=model.name if model is not None else "", truth=truth),
        render_scene=render_scene,
        virtual_camera=lambda: virtual_camera_sink(open_loopback),
        camera_spec=camera,
    )


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
    from drivers.phone.session import SESSIONS

    return SESSIONS


def meter_choices(network: Callable[[], Policy]) -> tuple[MeterChoice, ...]:
    """Every meter of the table; ``network`` makes that which needs one."""
    return tuple(MeterChoice(meter.name, meter.make or network) for meter in METERS.values())


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
        self.told.connect(self._ask)
        window.installEventFilter(self)

    def _ask(self) -> None:
        QTimer.singleShot(0, self._leave)  # once Qt runs: leaving before that would be forgotten

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
    """Log errors that nothing caught and tell the user; without a hook of its own PyQt would abort the process."""

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("unexpected error", exc_info=(kind, error, trace))
        if threading.current_thread() is threading.main_thread():
            tell(error)

    before, sys.excepthook = sys.excepthook, uncaught
    try:
        yield
    finally:
        sys.excepthook = before
