"""The picture for other programs: a switch, and a sentence when there is no device for it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from autoexposure.recording.sink import QueuedSink
from autoexposure.recording.virtual_camera import VirtualCamera
from gui.actions.actions import Actions
from gui.actions.notices import Level, Notice
from gui.bridge.services import LoopPort
from gui.recording.sink_switch import SinkSwitch
from gui.text import texts
from gui.text.wording import as_sentence


class VirtualOutput(QObject):
    """Feeds the virtual camera while its action is on; ``noticed`` carries what the user should know."""

    noticed = pyqtSignal(object)

    def __init__(
        self, actions: Actions, loop: LoopPort, make_sink: Callable[[], QueuedSink[VirtualCamera]], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._name = ""
        self.switch = SinkSwitch(actions["virtual_camera"], loop, make_sink, self)
        self.switch.running.connect(self._running)
        self.switch.finished.connect(lambda _: self._tell(None))
        self.switch.failed.connect(
            lambda sink: self._tell(Notice(Level.ERROR, as_sentence(str(sink.error)), actions["virtual_camera"]))
        )

    def _running(self, sink: QueuedSink[VirtualCamera]) -> None:
        name = sink.consumer.name if sink.consumer is not None else ""
        if not name:
            self._tell(Notice(Level.INFO, texts.VIRTUAL_CAMERA_OPENING))
        elif name != self._name:
            self._tell(Notice(Level.INFO, texts.VIRTUAL_CAMERA_ON.format(name=name)))
        self._name = name

    def _tell(self, notice: Notice | None) -> None:
        self._name = ""
        self.noticed.emit(notice)
