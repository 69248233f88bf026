"""The window: picture in the middle, controls beside it, plots below, and how its parts are connected."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QResizeEvent
from PyQt6.QtWidgets import (
    QMainWindow,
    QStackedWidget,
    QSystemTrayIcon,
    QToolBar,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from autoexposure.control.commands import Teach, Unteach, UseCamera, UsePolicy
from autoexposure.control.snapshot import Snapshot
from autoexposure.metering.meters import ATTENTION
from autoexposure.metering.policy import Policy
from gui.actions.actions import Actions
from gui.actions.menu import MenuButton
from gui.actions.notices import Level, Notice, NoticeBar, loop_notice
from gui.actions.saving import Saver
from gui.actions.table import TOOL_BAR
from gui.bridge.bridge import Background, LoopBridge
from gui.bridge.loops import Loops
from gui.bridge.services import Services
from gui.cameras.camera_actions import CameraActions
from gui.cameras.kept_modes import KeptModes
from gui.cameras.phone_panel import PhonePanel
from gui.cameras.picker import CameraPicker
from gui.cameras.presets import PresetButton
from gui.cameras.strip import CameraStrip
from gui.comparison.view import ComparisonView
from gui.feedback.bar import FeedbackBar
from gui.feedback.by_hand import ByHand
from gui.feedback.learned_sheet import LearnedSheet
from gui.feedback.personalise_dialog import PersonaliseDialog
from gui.feedback.question_strip import QuestionStrip
from gui.feedback.questions import Questions
from gui.feedback.store_client import Forgotten, StoreClient, Stored, Undone
from gui.feedback.strip import LABEL_COLOURS
from gui.feedback.truth_meter import TruthMeter
from gui.meter_picker import MeterPicker
from gui.onboarding import FirstMinute, Hint
from gui.panels.camera_panel import CameraPanel
from gui.panels.control_panel import ControlPanel
from gui.panels.docks import Docks
from gui.panels.exposure_panel import ExposurePanel
from gui.panels.histogram_view import SCOPE_ACTIONS, HistogramCard
from gui.panels.limits_panel import LimitsPanel
from gui.panels.side_panel import SidePanel
from gui.panels.status_strip import StatusStrip
from gui.panels.why_panel import WhyCard
from gui.plots.export import connect_export
from gui.plots.history import History, Mark
from gui.plots.plots import Plots
from gui.preferences import CameraPreferences, Preferences
from gui.preview.mask_brush import MaskBrush
from gui.preview.overlay_panel import OverlayPanel
from gui.preview.pointing import Pointing
from gui.preview.turning import Turning
from gui.preview.view import PreviewView
from gui.recording.bracket import BracketSaver
from gui.recording.recorder import Recorder
from gui.recording.scrub_bar import ScrubBar
from gui.recording.still import StillSaver
from gui.recording.virtual_output import VirtualOutput
from gui.style.icons import app_icon
from gui.style.theme import Theme
from gui.text import texts
from gui.tray import Tray
from gui.widgets.controls import ActionButton

log = logging.getLogger(__name__)

HINTS_SEEN = "first_minute/seen"
HINTS_AFTER_MS = 1500
"""The picture comes first, then the explanations."""


class MainWindow(QMainWindow):
    """Shows each new Snapshot in its parts and sends their commands to the loop."""

    def __init__(self, services: Services, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle(texts.APP_NAME)
        self.setWindowIcon(app_icon())
        self._settings = services.settings
        self._open_camera = services.open_camera
        self._recordings = services.recordings
        self._personal = services.personal
        self.meter_choices = tuple(
            replace(choice, make_policy=self._make_network) if choice.name == ATTENTION else choice
            for choice in services.meters
        )
        self.theme = theme
        self.loops = services.loop if isinstance(services.loop, Loops) else Loops(services.loop)
        self._histories = [History() for _ in self.loops.every]
        self.actions_ = Actions(self, theme)
        self.bridge = LoopBridge(self.loops, self)
        self._discovery = Background("camera-discovery", self)
        self._feedback = Background("feedback-store", self)
        self._files = Background("files", self)
        self._truth = Background("truth", self)

        self.brush = MaskBrush()
        self.preview = PreviewView(theme, self.brush)
        self.pointing = Pointing(self.actions_, self.preview, self.brush, self.meter_choices)
        self.why = WhyCard(theme)
        self.notices = NoticeBar(theme)
        self.exposure = ExposurePanel(theme)
        self.control = ControlPanel(theme, self.actions_)
        self.camera = CameraPanel(theme, self.actions_, services.settings)
        self.histogram = HistogramCard(theme, self.actions_, services.settings)
        self.overlays = OverlayPanel(theme, self.actions_, services.settings, self.brush)
        self.store = StoreClient(self._feedback, services.open_feedback)
        self.stage = QStackedWidget()
        self.question = QuestionStrip(self.stage, theme)
        self.questions = Questions(self.actions_, self.store, self.question)
        self.feedback = FeedbackBar(
            theme, self.actions_, self.store, self._judged, services.settings, lambda: self.questions.source
        )
        self.by_hand = ByHand(
            self.actions_, self.store, self.question, len(self.loops.every), lambda: self.loops.current
        )
        self.truth = TruthMeter(self._truth, services.personal.truth)
        kept = CameraPreferences(services.settings)
        self.modes = KeptModes(services.open_camera, services.loaded_family, kept)
        self.turning = Turning(self.actions_, kept.turned, kept.keep_turned)
        self.cameras = CameraPicker(
            theme,
            self._discovery,
            services.list_cameras,
            services.loaded_family,
            self.modes.opener,
            services.camera_spec,
        )
        self.meters = MeterPicker(theme, self.actions_, self.meter_choices)
        self.presets = PresetButton(theme, self.actions_, self._files, self.make_meter, services.open_presets)
        self.limits = LimitsPanel(theme, self.actions_)
        self.camera_actions = CameraActions(self, theme, self.actions_, self.cameras, services)
        self.preferences = Preferences(services.settings)
        self.tray = Tray(self, self.actions_, theme) if QSystemTrayIcon.isSystemTrayAvailable() else None
        self.plots = Plots(theme, self.history, self.actions_, services.settings)
        self.saver = Saver(self._files, self.actions_["exports"], services.exports_folder, self)
        self.still = StillSaver(
            self.actions_,
            self.saver,
            services.settings,
            self._judged,
            overlays=lambda: self.preview.overlays,
            turned=lambda: self.turning.now,
            parent=self,
        )
        self.bracket = BracketSaver(
            self.actions_, self.saver, self.loops, self._judged, turned=lambda: self.turning.now, parent=self
        )
        self.side = self._side_panel()
        self.status = StatusStrip(theme)
        self.personalise = PersonaliseDialog(self, services.personal, self._feedback)
        self.comparison = ComparisonView(theme, self.actions_, self._files, services.keep_verdict, services.keep_pair)
        self.scrub = ScrubBar(theme, self.actions_)
        self.recorder = Recorder(theme, self.actions_, self.loops, services.recordings_folder, self)
        self.virtual_camera = VirtualOutput(self.actions_, self.loops, services.virtual_camera, self)
        self.phone = PhonePanel(theme, self.actions_, services.phone, services.find_phone, services.open_camera)
        self.strip = CameraStrip(theme, self.actions_, self.loops)
        self.learned = LearnedSheet(self, theme, self.store)

        self._lay_out()
        self.hints = FirstMinute(self, theme, self._hints())
        self._connect()
        self._remember()
        self.setFocus()

    def start(self) -> None:
        """Begin to follow the loop, look for cameras, count the answers."""
        self.bridge.start()
        if self.tray is not None:
            self.tray.icon.show()
        if not self._settings.value(HINTS_SEEN, False, type=bool):
            QTimer.singleShot(HINTS_AFTER_MS, self.hints.begin)
        self.cameras.refresh()
        self.store.count()

    # Layout

    def _lay_out(self) -> None:
        self.setStatusBar(self.status)
        self.status.insertWidget(1, self.recorder.chip)
        self.recorder.chip.hide()  # the status bar shows what it is given
        self.addToolBar(self._tool_bar())
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(8, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.notices)
        self.stage.addWidget(self.preview)
        self.stage.addWidget(self.phone)
        self.stage.addWidget(self.comparison)
        column.addWidget(self.stage, 1)
        column.addWidget(self.scrub)
        column.addWidget(self.strip)
        self.setCentralWidget(middle)
        self.docks = Docks(self, self.actions_, self._settings, self.side, self.plots)

    def _tool_bar(self) -> QToolBar:
        bar = QToolBar(texts.APP_NAME)
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.cameras.usual_px, self.meters.usual_px = 304, 184
        bar.addWidget(self.cameras)
        bar.addWidget(self.meters)
        bar.addWidget(ActionButton(self.actions_["night"]))
        bar.addWidget(self.presets)
        gap = QWidget()
        gap.setSizePolicy(gap.sizePolicy().Policy.Expanding, gap.sizePolicy().Policy.Preferred)
        bar.addWidget(gap)
        for section in TOOL_BAR:
            for act in section:
                bar.addWidget(ActionButton(self.actions_[act.name], role="view" if act.quiet else ""))
            bar.addSeparator()
        bar.addWidget(MenuButton(self, self.actions_, self.theme, self._settings))
        return bar

    def _side_panel(self) -> SidePanel:
        return SidePanel(
            self.theme,
            self._settings,
            top=self.exposure,
            cards={
                "control": self.control,
                "limits": self.limits,
                "camera": self.camera,
                "histogram": self.histogram,
                "overlays": self.overlays,
                "why": self.why,
            },
            bottom=self.feedback,
            fold_first=("camera", "limits", "overlays", "why", "histogram"),
            stretched="histogram",
        )

    # How the parts are connected

    def _connect(self) -> None:
        actions = self.actions_
        self.bridge.snapshot_changed.connect(self.follow)
        self.strip.chosen.connect(self.turn_to)
        self.strip.seen.connect(self._note_beside)
        self.cameras.is_beside = self._is_beside
        for command in (
            *(panel.command for panel in self.side.panels),
            self.cameras.command,
            self.meters.command,
            self.presets.command,
            self.phone.command,
            self.comparison.command,
            self.scrub.command,
            self.pointing.command,
            self.brush.command,
            self.camera_actions.command,
            self.modes.command,
        ):
            command.connect(self.bridge.send)
        for shown in (self.preview, self.why, self.histogram, self.comparison):
            self.turning.changed.connect(shown.turn)
        for name in ("mirror", "turn"):
            actions[name].triggered.connect(lambda: self.preview.toast(self.turning.said, "accent"))
        self.camera.mode_wanted.connect(self.modes.use)
        self.overlays.changed.connect(self.preview.set_overlays)
        self.preview.set_overlays(self.overlays.overlays)
        self.why.bars.pointed.connect(self.preview.point_out)
        self.why.folded_changed.connect(lambda folded: self.actions_.check("why", not folded))
        self.actions_.check("why", not self.why.folded)
        self.actions_["why"].toggled.connect(lambda on: self.side.unfold("why") if on else self.why.fold(True))
        self.cameras.failed.connect(lambda text: self.notices.say("cameras", Notice(Level.WARNING, text)))
        self.store.failed.connect(lambda text: self.notices.say("feedback", Notice(Level.ERROR, text)))
        self.store.stored.connect(self._answered)
        self.store.undone.connect(self._took_back)
        self.store.forgotten.connect(self._forgot)
        self.feedback.profile.chosen.connect(self.by_hand.end)
        self.feedback.profile.chosen.connect(self._use_profile)
        for follows in (self.personalise, self.by_hand, self.questions, self.truth, self.learned):
            self.store.shelf_changed.connect(follows.show_shelf)
        for shows in (self.feedback, self.learned):
            self.truth.changed.connect(shows.show_truth)
        self.control.command.connect(self.by_hand.send)
        self.preview.pointer.tapped.connect(self.by_hand.tap)
        actions["learned"].triggered.connect(self.learned.open_)
        self.personalise.changed.connect(self._use_profile)
        for name, card in (("limits", "limits"), ("controls", "camera")):
            actions[name].triggered.connect(partial(self.side.unfold, card))
        for name in SCOPE_ACTIONS:  # a key that changed something out of sight would seem to do nothing
            actions[name].triggered.connect(lambda: self.side.unfold("histogram"))
        connect_export(actions, self.plots, self.saver)
        self.saver.said.connect(lambda notice: self.notices.say("saved", notice))
        self.bracket.said.connect(lambda notice: self.notices.say("bracket", notice))
        self.bracket.began.connect(lambda: self.preview.toast(texts.BRACKET_TAKING, "accent"))
        self.camera_actions.said.connect(lambda notice: self.notices.say("cameras", notice))
        self.modes.said.connect(lambda notice: self.notices.say("mode", notice))
        self.presets.used.connect(lambda name: self.preview.toast(name, "accent"))
        self.presets.said.connect(lambda notice: self.notices.say("presets", notice))
        self.hints.done.connect(lambda: self._settings.setValue(HINTS_SEEN, True))
        actions["first_minute"].triggered.connect(self.hints.begin)
        actions["personalise"].triggered.connect(self.personalise.open_)
        actions["compare"].toggled.connect(self._set_stage)
        actions["play_last"].triggered.connect(self._play_last)
        self.comparison.failed.connect(lambda text: self.notices.say("comparison", Notice(Level.WARNING, text)))
        self.recorder.noticed.connect(lambda notice: self.notices.say("recorder", notice))
        self.virtual_camera.noticed.connect(lambda notice: self.notices.say("virtual camera", notice))
        actions["camera"].triggered.connect(self.cameras.showPopup)
        actions["meter"].triggered.connect(self.meters.showPopup)
        actions["refresh"].triggered.connect(self.cameras.refresh)
        actions["fullscreen"].toggled.connect(self._fill_screen)
        actions["quit"].triggered.connect(self.close)

    def follow(self, snapshot: Snapshot) -> None:
        """Show this Snapshot everywhere."""
        self.phone.show_snapshot(snapshot)
        self.comparison.show_snapshot(snapshot)
        self.scrub.show_snapshot(snapshot)
        self.recorder.show_snapshot(snapshot)
        self._set_stage()
        measuring = texts.NOT_WHILE_MEASURING if self.camera_actions.wizard is not None else ""
        self.strip.hinder(texts.NOT_WHILE_COMPARING if self.comparison.wanted else measuring)
        if self.phone.waiting:  # a code to scan is no picture to judge or to count
            snapshot = replace(snapshot, frame=None, decision=None)
        self.turning.show_snapshot(snapshot)
        self.preview.show_snapshot(snapshot)
        self.by_hand.show_snapshot(snapshot)
        self.still.follow()
        self.bracket.follow()
        self.pointing.show_snapshot(snapshot)
        self.modes.show_snapshot(snapshot)
        self.camera.modes.choose(self.modes.chosen)
        for panel in self.side.panels:
            panel.show_snapshot(snapshot)
        self.questions.show_snapshot(snapshot)  # after the panel, which knows what can be answered
        self.camera_actions.show_snapshot(snapshot)
        self.preferences.note(snapshot)
        if self.tray is not None:
            self.tray.show_snapshot(snapshot)
        self.cameras.show_snapshot(snapshot)
        self.meters.show_snapshot(snapshot)
        self.presets.show_snapshot(snapshot)
        self.status.show_snapshot(snapshot)
        self.notices.say("loop", None if self.phone.wanted else loop_notice(snapshot, self.actions_))
        if self.history.add(snapshot):
            self.plots.note()

    @property
    def history(self) -> History:
        """Of the camera that is looked at."""
        return self._histories[self.loops.current]

    def turn_to(self, number: int) -> None:
        """Look at another one of several cameras: everything in the window is about that one from now on."""
        self.loops.specs[self.loops.current] = self.cameras.spec
        self.loops.turn_to(number)
        self.cameras.turn_to(self.loops.specs[number])
        self.brush.turn_to(number)
        self.plots.show_history(self.history)
        self.bridge.turn()

    def _is_beside(self, spec: str) -> bool:
        """Look at the camera that is asked for, if another loop has it; it can't be opened twice."""
        number = self.strip.number_of(spec)
        if number is None or number == self.loops.current:
            return False
        if self.strip.hindrance:
            self.notices.say("cameras", Notice(Level.INFO, self.strip.hindrance))
        else:
            self.turn_to(number)
        return True

    def _note_beside(self, number: int, snapshot: Snapshot) -> None:
        """Keep what cameras do that are not looked at, for the plots."""
        if number != self.loops.current:
            self._histories[number].add(snapshot)

    def _set_stage(self) -> None:
        wanted = self.phone if self.phone.wanted else self.comparison if self.comparison.wanted else self.preview
        if self.stage.currentWidget() is not wanted:
            self.stage.setCurrentWidget(wanted)
            wanted.setFocus() if wanted is self.comparison else self.setFocus()
        self.feedback.hindrance = "" if wanted is self.preview else texts.FEEDBACK_NOT_LIVE

    def _judged(self) -> Snapshot | None:
        """What an answer is about: the live picture that is on screen."""
        return self.preview.painted if self.stage.currentWidget() is self.preview else None

    def _make_network(self) -> Policy:
        """The network as the chosen profile uses it; called in the loop's thread."""
        whose = self.store.whose
        return self._personal.make_policy(whose.person, whose.camera)

    def make_meter(self, name: str) -> Policy:
        """A meter of its name; called in the loop's thread."""
        return next(choice.make_policy for choice in self.meter_choices if choice.name == name)()

    def _use_profile(self) -> None:
        """Meter with what this profile taught, if the network is the chosen meter, which the loop knows best."""
        self.loops.send_to_all(UsePolicy(self._make_network, instead_of=ATTENTION))

    def _play_last(self) -> None:
        if self.recorder.last_path is not None:
            self.notices.say("recorder", None)
            spec = self._recordings.spec(str(self.recorder.last_path))
            self.bridge.send(UseCamera(partial(self._open_camera, spec)))

    def _answered(self, stored: Stored) -> None:
        snapshot = stored.snapshot
        assert snapshot.frame is not None
        if not stored.source.by_hand:  # which may be about a picture of long ago
            self.history.mark(Mark(snapshot.frame.timestamp_s, stored.label))
            self.plots.note()
        self.notices.say("feedback", None)
        self.preview.toast(self.feedback.said, LABEL_COLOURS[stored.label])
        if stored.settled and self.store.whose.owns(stored.whose.person, snapshot.camera):
            self.loops.send_to_all(
                Teach(snapshot.frame.pixels, stored.label, stored.bias_ev, stored.answer, stored.weight)
            )

    def _took_back(self, undone: Undone) -> None:
        if undone.label is not None and not undone.source.by_hand:
            self.history.unmark()
            self.plots.note()
        if undone.settled and undone.whose.person == self.store.whose.person:
            self.loops.send_to_all(Unteach(answer=undone.answer))
        self.preview.toast(self.feedback.said, "inactive")

    def _forgot(self, forgotten: Forgotten) -> None:
        if forgotten.whose.person == self.store.whose.person:
            if forgotten.one is not None:
                self.loops.send_to_all(Unteach(answer=forgotten.one.id))
            else:
                self._use_profile()  # with what is left
        self.preview.toast(self.feedback.said, "inactive")

    def report(self, error: BaseException) -> None:
        """Tell the user about an unexpected error; the log has the trace."""
        self.notices.say("unexpected", Notice(Level.ERROR, texts.UNEXPECTED_ERROR.format(error=repr(error))))

    # What is remembered

    def _remember(self) -> None:
        self.docks.restore()
        self.actions_.check("fullscreen", self.isFullScreen())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Give panel and plots their share of a large window; dragging the edges can still give them more."""
        super().resizeEvent(event)
        self.docks.follow_window()

    def _hints(self) -> tuple[Hint, ...]:
        return (
            Hint(self.cameras, "below", *texts.HINT_CAMERA),
            Hint(self.exposure, "left", *texts.HINT_EXPOSURE),
            Hint(self.control, "left", *texts.HINT_CONTROL),
            Hint(self.overlays, "left", *texts.HINT_MAPS),
            Hint(self.feedback, "left", *texts.HINT_FEEDBACK),
        )

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Say why a key does nothing: Qt leaves the keys of actions that are off to the window."""
        if event is not None and (reason := self.actions_.hindrance(QKeySequence(event.keyCombination()))):
            QToolTip.showText(self.stage.mapToGlobal(self.stage.rect().center()), reason, self)
        super().keyPressEvent(event)

    def _fill_screen(self, on: bool) -> None:
        if on != self.isFullScreen():
            self.showFullScreen() if on else self.showNormal()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Remember the layout and end everything at work in the background."""
        self.docks.keep()
        self.bridge.stop()
        self.by_hand.end()
        self.store.close()
        self._feedback.close()
        self.personalise.end()
        self.recorder.switch.close()
        self.virtual_camera.switch.close()
        self.bracket.close()
        self._files.close()
        self.camera_actions.close()
        if self.tray is not None:
            self.tray.icon.hide()
        self._discovery.close(timeout_s=0.2)
        self._truth.close(timeout_s=0.2)
        super().closeEvent(event)
