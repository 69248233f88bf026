"""Start and stop a recording, and see that it runs."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from autoexposure.control.snapshot import Snapshot
from autoexposure.recording.sink import QueuedSink
from autoexposure.recording.writer import RecordingWriter, Written, recording_sink
from gui.actions.actions import Actions
from gui.actions.notices import Level, Notice
from gui.bridge.services import LoopPort
from gui.recording.sink_switch import SinkSwitch
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import as_sentence, clock_text, size_text
from gui.widgets.controls import Chip


class Recorder(QObject):
    """Records what the loop sees while the action ``record`` is on; each recording is a new file in ``folder``.

    ``noticed`` carries what the user should know when a recording ended. ``chip`` is for the status bar.
    """

    noticed = pyqtSignal(object)

    def __init__(self, theme: Theme, actions: Actions, loop: LoopPort, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._actions = actions
        self._folder = folder
        self._camera = ""
        self.last_path: Path | None = None
        self.chip = Chip(theme)
        self.chip.hide()
        actions.allow("play_last", texts.NO_LAST_RECORDING)
        self.switch = SinkSwitch(actions["record"], loop, self._begin, self)
        self.switch.running.connect(self._running)
        self.switch.finished.connect(self._finished)
        self.switch.failed.connect(self._failed)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Offer to record while there is a camera; a recording that runs can always be stopped."""
        self._camera = snapshot.camera.name if snapshot.camera is not None else ""
        there = snapshot.frame is not None and not snapshot.frame.placeholder
        self._actions.allow("record", "" if there or self.switch.sink is not None else texts.RECORD_NO_PICTURE)

    def _begin(self) -> QueuedSink[RecordingWriter]:
        self.last_path = new_path(self._folder, self._camera, datetime.now())
        self.noticed.emit(None)
        return recording_sink(self.last_path)

    def _running(self, sink: QueuedSink[RecordingWriter]) -> None:
        written = _written(sink)
        words = texts.RECORDING.format(time=clock_text(written.length_s), size=size_text(written.size_bytes))
        self.chip.say(words, "failed", texts.RECORDING_TIP.format(path=self.last_path, missed=sink.missed))
        self.chip.show()

    def _finished(self, sink: QueuedSink[RecordingWriter]) -> None:
        self.chip.hide()
        written = _written(sink)
        self._allow_playing(written)
        if not written.pictures:
            self.noticed.emit(Notice(Level.INFO, texts.RECORDED_NOTHING))
            return
        text = texts.RECORDED.format(pictures=written.pictures, size=size_text(written.size_bytes), path=self.last_path)
        if sink.missed:
            text += " " + texts.RECORDED_MISSED.format(missed=sink.missed)
        self.noticed.emit(Notice(Level.INFO, text, self._actions["play_last"]))

    def _failed(self, sink: QueuedSink[RecordingWriter]) -> None:
        self.chip.hide()
        self._allow_playing(_written(sink))
        play = self._actions["play_last"] if _written(sink).pictures else None
        self.noticed.emit(Notice(Level.ERROR, as_sentence(str(sink.error)), play))

    def _allow_playing(self, written: Written) -> None:
        self._actions.allow("play_last", "" if written.pictures else texts.NO_LAST_RECORDING)


def new_path(folder: Path, camera: str, at: datetime) -> Path:
    """A file name that says when and what, and that no file has yet."""
    what = " ".join(re.sub(r"[^\w.()-]+", " ", camera).split()) or texts.RECORDING_NAME
    name = f"{at:%Y-%m-%d %H.%M.%S} {what}"[:120].rstrip()
    path, number = folder / f"{name}.tar", 1
    while path.exists():
        number += 1
        path = folder / f"{name} ({number}).tar"
    return path


def _written(sink: QueuedSink[RecordingWriter]) -> Written:
    return sink.consumer.written if sink.consumer is not None else Written()
