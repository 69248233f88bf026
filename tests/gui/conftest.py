"""A window on a loop that does exactly what a test says, drawn offscreen."""

import gc
import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt is loaded

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from PyQt6.QtCore import QCoreApplication, QEvent, QSettings
from PyQt6.QtWidgets import QApplication

from autoexposure.camera import CameraInfo, Capabilities, ControlRange
from autoexposure.control.commands import Command
from autoexposure.control.snapshot import Snapshot, Timings
from autoexposure.exposure import Exposure
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.metering.policy import MAP_SIDE, Decision
from autoexposure.states import AeState, LoopState
from drivers.discovery import loaded_family
from drivers.phone.family import PHONE
from drivers.replay.family import RECORDINGS
from drivers.simulated.family import SIMULATED as SIMULATED_FAMILY
from gui.bridge.bridge import Background
from gui.bridge.services import Kept, MeterChoice, PersonalServices, Services
from gui.main_window import MainWindow
from gui.style.theme import Theme, ThemeChoice

WEBCAM = CameraInfo("v4l2:/dev/video0", "A webcam", "usb-1-2", "uvcvideo")
SIMULATED = CameraInfo("sim:", "Simulated camera", "sim:", "needs no hardware")
ABLE = Capabilities(time_s=ControlRange(1e-4, 1 / 30), gain=ControlRange(1, 16), native_auto=True)

USUAL = Exposure(1 / 60, 2.0)


@dataclass
class FakeLoop:
    """Holds one Snapshot and remembers what it was sent."""

    snapshot: Snapshot | None = None
    sent: list[Command] = field(default_factory=list)
    sinks: list[Callable[[Snapshot], None]] = field(default_factory=list)

    def latest(self) -> Snapshot | None:
        return self.snapshot

    def send(self, command: Command) -> None:
        self.sent.append(command)

    def add_sink(self, sink: Callable[[Snapshot], None]) -> None:
        self.sinks.append(sink)

    def remove_sink(self, sink: Callable[[Snapshot], None]) -> None:
        if sink in self.sinks:
            self.sinks.remove(sink)


@pytest.fixture
def loop() -> FakeLoop:
    return FakeLoop()


@pytest.fixture
def make_frame() -> Callable[..., Frame]:
    def make(grey: int = 128, *, sequence: int = 0, exposure: Exposure | None = USUAL) -> Frame:
        pixels = np.full((48, 64, 3), grey, np.uint8)
        return Frame(pixels, 100 + sequence / 30, sequence, exposure, reported=True)

    return make


@pytest.fixture
def running(make_frame: Callable[..., Frame]) -> Snapshot:
    """A loop that runs and is content."""
    attention = np.full((MAP_SIDE, MAP_SIDE), 0.2, np.float32)
    attention[:8] = 1.0
    exposure_map = np.linspace(-1, 1, MAP_SIDE**2, dtype=np.float32).reshape(MAP_SIDE, MAP_SIDE)
    return Snapshot(
        turn=1,
        loop_state=LoopState.RUNNING,
        ae_state=AeState.CONVERGED,
        camera=WEBCAM,
        capabilities=ABLE,
        frame=make_frame(),
        decision=Decision(0.05, attention, exposure_map),
        meter="attention",
        commanded=Exposure(1 / 60, 2.0),
        target_ev=-4.9,
        frame_rate=29.9,
        dropped=3,
        timings=Timings(decide_s=0.006, apply_s=0.001),
    )


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme(qapp, ThemeChoice.DARK)
    yield theme
    theme.deleteLater()


@pytest.fixture
def background(qapp: QApplication) -> Iterator[Background]:
    made = Background("test")
    yield made
    made.close()


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> QSettings:
    return QSettings(str(tmp_path_factory.mktemp("settings") / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def services(loop: FakeLoop, settings: QSettings, tmp_path) -> Services:
    """Fakes below, but a true store of answers."""
    return Services(
        loop=loop,
        list_cameras=lambda: [SIMULATED, WEBCAM],
        open_camera=lambda spec: pytest.fail(f"{spec} was opened outside the loop"),
        meters=tuple(MeterChoice(name, lambda: pytest.fail("made outside the loop")) for name in ("attention", "spot")),
        open_feedback=lambda: FeedbackStore(tmp_path / "feedback.sqlite"),
        settings=settings,
        render_scene=lambda spec: np.full((12, 16, 3), 90, np.uint8),
        virtual_camera=lambda: pytest.fail("a virtual camera nobody asked for"),
        loaded_family=loaded_family,
        watched_files=lambda: [str(tmp_path / "video*")],
        simulated=SIMULATED_FAMILY,
        recordings=RECORDINGS,
        phone=PHONE,
        exports_folder=tmp_path / "exports",
        personal=PersonalServices(
            make_policy=lambda person, camera: pytest.fail("made outside the loop"),
            start=lambda person, camera: pytest.fail("a training nobody asked for"),
            kept=lambda person: Kept((), None),
            use=lambda person, number: pytest.fail("a model nobody chose"),
            lacking=lambda: "",
        ),
        recordings_folder=tmp_path / "recordings",
        keep_verdict=lambda record: pytest.fail("a verdict nobody gave"),
        keep_pair=lambda pictures, now: pytest.fail("a pair nobody kept"),
        find_phone=lambda: pytest.fail("no phone is the camera"),
    )


@pytest.fixture
def make_window(qtbot, theme: Theme) -> Iterator[Callable[[Services], MainWindow]]:
    made = []

    def make(services: Services) -> MainWindow:
        window = MainWindow(services, theme)
        made.append(window)
        window.resize(1280, 720)
        with qtbot.waitExposed(window):
            window.show()
        window.bridge.poll()
        return window

    yield make
    for window in made:
        window.close()
        window.deleteLater()
    # Really gone before the next test: windows left over would be styled again by every theme to come, and so would the
    # menus that pyqtgraph makes for each plot, which only the garbage collector finds.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    made.clear()
    gc.collect()


@pytest.fixture
def window(make_window, services: Services, loop: FakeLoop, running: Snapshot) -> MainWindow:
    """A shown window that has painted the ``running`` Snapshot. Its timer does not run: a test turns it by ``see``."""
    loop.snapshot = running
    made = make_window(services)
    made.preview.repaint()
    return made


@pytest.fixture
def see(loop: FakeLoop) -> Callable[..., Snapshot]:
    """Give the window another Snapshot (changed from the last one) and have it painted."""

    def show(window: MainWindow, **changes: object) -> Snapshot:
        assert loop.snapshot is not None
        loop.snapshot = replace(loop.snapshot, turn=loop.snapshot.turn + 1, **changes)
        window.bridge.poll()
        window.preview.repaint()
        return loop.snapshot

    return show
