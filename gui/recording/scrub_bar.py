"""Under the picture of a recording: play and hold, picture by picture, and to any place in it."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QIcon, QMouseEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QSlider, QStyle, QStyleOptionSlider

from autoexposure.abilities.playable import Playback
from autoexposure.control.commands import Play, Seek
from autoexposure.control.snapshot import Snapshot
from autoexposure.states import LoopState
from gui.actions.actions import Actions
from gui.bridge.optimistic import OptimisticValue
from gui.style.icons import SCALES, SIDE_PX, icon, pixmap
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import clock_text
from gui.widgets.controls import ActionButton, label

ACTIONS = ("play", "step_back", "step_on")


class ScrubBar(QFrame):
    """Shown while a recording is open; follows it, and emits ``command`` with Play and Seek."""

    command = pyqtSignal(object)

    def __init__(self, theme: Theme, actions: Actions) -> None:
        super().__init__()
        self._actions = actions
        self._playback: Playback | None = None
        self._playing: OptimisticValue[bool] = OptimisticValue()
        self._index: OptimisticValue[int] = OptimisticValue()
        self.setObjectName("card")
        self.setAccessibleName(texts.SCRUB_BAR)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 12, 4)
        row.setSpacing(6)
        for name in ACTIONS:
            row.addWidget(ActionButton(actions[name], role="flat", icon_px=18))
        self.slider = PlaceSlider()
        self.slider.setAccessibleName(texts.SCRUB_PLACE)
        self.slider.setToolTip(texts.SCRUB_PLACE)
        self.slider.valueChanged.connect(self._asked)
        row.addWidget(self.slider, 1)
        self._time = label("")
        self._time.setMinimumWidth(self._time.fontMetrics().horizontalAdvance("00:00 / 00:00"))
        self._time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._number = label("", "muted", scale=0.95)
        self._number.setMinimumWidth(self._number.fontMetrics().horizontalAdvance("00000 / 00000"))
        self._number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._time)
        row.addWidget(self._number)
        actions["play"].triggered.connect(self._play_asked)
        actions["step_back"].triggered.connect(lambda: self._step(-1))
        actions["step_on"].triggered.connect(lambda: self._step(1))
        for name in ACTIONS:
            actions.allow(name, texts.NO_RECORDING)
        self._theme = theme
        theme.changed.connect(self._tint)
        self._tint()
        self.hide()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the recording; hide for a live camera."""
        running = snapshot.loop_state in (LoopState.STARTING, LoopState.RUNNING)
        playback = snapshot.playback if running else None
        if (playback is None) != (self._playback is None):
            for name in ACTIONS:
                self._actions.allow(name, texts.NO_RECORDING if playback is None else "")
            self.setVisible(playback is not None)
        self._playback = playback
        if playback is None:
            return
        self._actions.check("play", self._playing.shown(playback.playing))
        index = self._index.shown(playback.index)
        self.slider.blockSignals(True)  # showing is not asking
        self.slider.setRange(0, playback.count - 1)
        if not self.slider.isSliderDown():
            self.slider.setValue(index)
        self.slider.blockSignals(False)
        self._say(playback)

    def _tint(self) -> None:
        """Show what the button would do: hold while it plays, play while it is held."""
        palette = self._theme.palette
        made = icon("play", palette, checked=palette.text)
        for scale in SCALES:
            made.addPixmap(pixmap("pause", palette.text, SIDE_PX, scale), QIcon.Mode.Normal, QIcon.State.On)
        self._actions["play"].setIcon(made)

    def _say(self, playback: Playback) -> None:
        self._time.setText(f"{clock_text(playback.position_s)} / {clock_text(playback.length_s)}")
        self._number.setText(texts.SCRUB_NUMBER.format(number=playback.index + 1, count=playback.count))

    def _asked(self, index: int) -> None:
        self._index.ask(index)
        self.command.emit(Seek(index))

    def _play_asked(self, on: bool) -> None:
        self._playing.ask(on)
        self.command.emit(Play(on))

    def _step(self, by: int) -> None:
        """One picture on or back; stepping holds the recording, else the step could not be seen."""
        if self._playback is None:
            return
        if self._playing.shown(self._playback.playing):
            self._play_asked(False)
            self._actions.check("play", False)
        self.slider.setValue(self.slider.value() + by)


class PlaceSlider(QSlider):
    """A slider on which a click goes to the place clicked, as in every player."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Jump to the place that was clicked."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            style = self.style()
            assert style is not None
            handle = style.subControlRect(
                QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
            )
            if not handle.contains(event.position().toPoint()):
                room = max(1, self.width() - handle.width())
                at = round(event.position().x() - handle.width() / 2)
                self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), at, room))
        super().mousePressEvent(event)
