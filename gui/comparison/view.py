"""A/B on the stage: the camera's own automatic against ours, side by side or one behind the other, also blind."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import numpy as np
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QImage, QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from autoexposure.camera import CameraInfo
from autoexposure.control.snapshot import Snapshot
from autoexposure.evaluation.comparison import Choice, Comparison, Phase, Side, Tally, Verdict, hindrance, shuffled_left
from autoexposure.evaluation.comparison_log import verdict_record
from autoexposure.frame import Pixels
from autoexposure.metering.lookahead import level_ev
from autoexposure.metering.meters import METERS
from autoexposure.metering.preview import make_preview
from autoexposure.response import srgb
from gui.actions.actions import Actions
from gui.bridge.bridge import Background
from gui.comparison.pane import ComparisonPane
from gui.orientation import AS_IT_IS, Orientation
from gui.preview.view import image_of
from gui.style.icons import icon
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import exposure_text
from gui.widgets.controls import Segments, WordButton, label

CHOICE_KEYS = {Qt.Key.Key_Left: Choice.LEFT, Qt.Key.Key_Down: Choice.EQUAL, Qt.Key.Key_Right: Choice.RIGHT}
DOTS = {Side.OURS: "accent", Side.NATIVE: "searching"}
LAYOUTS = (texts.COMPARE_BOTH, texts.COMPARE_ONE)


class ComparisonView(QWidget):
    """On the stage while the action ``compare`` is on.

    ``command`` carries what the loop is to do, ``failed`` a sentence for the user.
    ``keep_verdict`` writes one verdict of a blind comparison to the disk, ``keep_pair`` both pictures for a study; they
    are called in the background.
    """

    command = pyqtSignal(object)
    failed = pyqtSignal(str)

    def __init__(
        self,
        theme: Theme,
        actions: Actions,
        background: Background,
        keep_verdict: Callable[[Mapping[str, object]], None],
        keep_pair: Callable[[Mapping[Side, Pixels], datetime], object],
        chance: random.Random | None = None,
    ) -> None:
        super().__init__()
        self._actions = actions
        self._background = background
        self._keep = keep_verdict
        self._keep_pair = keep_pair
        self._kept = False
        self._turned = AS_IT_IS
        self._chance = chance or random.Random()
        self._comparison = Comparison()
        self._snapshot: Snapshot | None = None
        self._camera: CameraInfo | None = None
        self._base_iso = 100
        self._images: dict[Side, QImage] = {}
        self._left = Side.OURS
        self._verdict: Verdict | None = None
        self._peeking = False
        self._one = False
        self.tally = Tally()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(texts.COMPARE)
        self._theme = theme
        self._lay_out(theme)
        theme.changed.connect(self._tint)
        self._tint()
        actions["compare"].toggled.connect(self._switch)
        actions["compare_again"].triggered.connect(self._begin)
        actions["compare_keep"].triggered.connect(self.keep)
        actions["compare_blind"].toggled.connect(self._set_blind)
        self._allow()

    def _lay_out(self, theme: Theme) -> None:
        self.panes = (ComparisonPane(theme), ComparisonPane(theme))
        self.layouts = Segments(list(LAYOUTS), texts.COMPARE, texts.COMPARE_ONE_TIP)
        self.layouts.choose(0)
        self.layouts.chosen.connect(self._lay_pictures)
        self._said = label("", "muted")
        self._said.setWordWrap(True)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.layouts)
        top.addWidget(self._said, 1)
        for name in ("compare_blind", "compare_keep", "compare_again"):
            top.addWidget(WordButton(self._actions[name], theme))
        self._close = QToolButton()
        self._close.setObjectName("flat")
        self._close.setToolTip(texts.COMPARE_CLOSE)
        self._close.setAccessibleName(texts.COMPARE_CLOSE)
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.clicked.connect(lambda: self._actions["compare"].setChecked(False))
        top.addWidget(self._close)
        pictures = QHBoxLayout()
        pictures.setSpacing(8)
        for pane in self.panes:
            pictures.addWidget(pane, 1)
        self._questions = QWidget()
        ask = QHBoxLayout(self._questions)
        ask.setContentsMargins(0, 0, 0, 0)
        ask.setSpacing(8)
        self.choices: dict[Choice, QPushButton] = {}
        for choice in Choice:
            button = QPushButton(texts.COMPARE_CHOICES[choice])
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setMinimumHeight(40)
            button.clicked.connect(partial(self.choose, choice))
            self.choices[choice] = button
            ask.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(pictures, 1)
        column.addWidget(self._questions)

    @property
    def wanted(self) -> bool:
        """Whether it belongs on the stage."""
        return self._actions["compare"].isChecked()

    @property
    def phase(self) -> Phase:
        """How far the comparison is."""
        return self._comparison.phase

    @property
    def said(self) -> str:
        """The line at the top."""
        return self._said.text()

    @property
    def blind(self) -> bool:
        """Whether it is hidden which picture is whose."""
        return self._actions["compare_blind"].isChecked()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the loop: a picture that has come to rest is frozen."""
        self._snapshot = snapshot
        settling = self._comparison.phase is Phase.SETTLING
        level = (
            level_ev(make_preview(snapshot.frame.pixels), srgb()) if settling and snapshot.frame is not None else 0.0
        )
        self._send(self._comparison.see(snapshot, level))
        self._allow()
        if self.wanted and self._replaced(snapshot.camera):
            self._actions["compare"].setChecked(False)  # another camera, or a recording, is to be seen
        if not (self.wanted and settling):
            return
        self._camera = snapshot.camera
        self._base_iso = snapshot.capabilities.base_iso if snapshot.capabilities is not None else 100
        for side, frozen in self._comparison.taken.items():
            if side not in self._images:
                self._images[side] = image_of(frozen.frame.pixels)
        self._paint()

    def _replaced(self, camera: CameraInfo | None) -> bool:
        return camera is not None and self._camera is not None and camera.spec != self._camera.spec

    def turn(self, turned: Orientation) -> None:
        """Show both pictures turned like this."""
        self._turned = turned
        for pane in self.panes:
            pane.turn(turned)

    def choose(self, choice: Choice) -> None:
        """Answer a blind comparison: it is kept, and who is who is shown."""
        if not self.blind or self._comparison.phase is not Phase.READY or self._verdict is not None:
            return
        self._verdict = Verdict(self._left, choice)
        self.tally = self.tally.with_(self._verdict)
        record = verdict_record(self._camera, self._comparison.taken, self._verdict, blind=True)
        self._background.run(partial(self._keep, record), lambda _: None, lambda error: self.failed.emit(str(error)))
        self._paint()

    def keep(self) -> None:
        """Keep both pictures for a study, turned as they are shown but not mirrored: mirrors are for looking in."""
        if self._comparison.phase is not Phase.READY or self._kept:
            return
        quarters = self._turned.quarters
        pictures = {side: np.rot90(taken.frame.pixels, -quarters) for side, taken in self._comparison.taken.items()}
        work = partial(self._keep_pair, pictures, datetime.now())
        self._background.run(work, self._pair_kept, self._pair_lost)
        self._kept = True
        self._allow()

    def _pair_kept(self, _name: object) -> None:
        if self._kept:  # else another pair is on screen by now
            self._said.setText(texts.COMPARE_KEPT)

    def _pair_lost(self, error: Exception) -> None:
        self._kept = False
        self._allow()
        self.failed.emit(str(error))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Arrows choose, O shows the other picture while it is held, Escape goes back to the live picture."""
        assert event is not None
        key = Qt.Key(event.key())
        if key in CHOICE_KEYS and self.blind:
            self.choose(CHOICE_KEYS[key])
        elif key == Qt.Key.Key_O and not event.isAutoRepeat():
            self._peek(True)
        elif key == Qt.Key.Key_Escape:
            self._actions["compare"].setChecked(False)
        elif key != Qt.Key.Key_O:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:
        """End the look at the other picture."""
        assert event is not None
        if event.key() == Qt.Key.Key_O and not event.isAutoRepeat():
            self._peek(False)
        else:
            super().keyReleaseEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Show the other picture while the button is held."""
        self._peek(True)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Show the first picture again."""
        self._peek(False)

    def _lay_pictures(self, index: int) -> None:
        self._one = LAYOUTS[index] == texts.COMPARE_ONE
        self._paint()
        self.setFocus()

    def _peek(self, on: bool) -> None:
        self._peeking = on
        self._paint()

    def _tint(self) -> None:
        self._close.setIcon(icon("close", self._theme.palette))

    def _switch(self, on: bool) -> None:
        if on:
            self._begin()
        else:
            self._send(self._comparison.end())
            self._images = {}
            self._actions.check("compare_blind", False)
        self._allow()

    def _set_blind(self, on: bool) -> None:
        """Take both pictures again; outside a comparison, begin a blind one."""
        if on and not self.wanted:
            self._actions["compare"].setChecked(True)
        else:
            self._begin()

    def _begin(self) -> None:
        """Take both pictures anew."""
        if not self.wanted or self._snapshot is None:
            return
        self._images = {}
        self._camera = None
        self._verdict = None
        self._kept = False
        self._peeking = False
        self._left = shuffled_left(self._chance) if self.blind else Side.OURS
        if reason := hindrance(self._snapshot):
            self._send(self._comparison.end())
            self.failed.emit(texts.COMPARE_HINDRANCES[reason])
            self._actions["compare"].setChecked(False)
            return
        self._send(self._comparison.end())
        self._send(self._comparison.begin(self._snapshot))
        self._paint()
        self.setFocus()

    def _send(self, command: object) -> None:
        if command is not None:
            self.command.emit(command)

    def _allow(self) -> None:
        reason = texts.COMPARE_HINDRANCES[hindrance(self._snapshot or Snapshot())] if not self.wanted else ""
        for name in ("compare", "compare_blind"):
            self._actions.allow(name, reason)
        nothing = texts.COMPARE_KEPT_ALREADY if self._kept else ""
        if not (self.wanted and self._comparison.phase is Phase.READY):
            nothing = texts.COMPARE_NOTHING_TO_KEEP
        self._actions.allow("compare_keep", nothing)
        self._actions.allow("compare_again", "" if self.wanted else texts.COMPARE_NOT_ON)

    # What is shown

    def _paint(self) -> None:
        ready = self._comparison.phase is Phase.READY
        hidden = self.blind and self._verdict is None
        self.panes[1].setVisible(not self._one)
        left = self._left.other if self._one and self._peeking else self._left
        for pane, side in zip(self.panes, (left, left.other), strict=True):
            self._paint_pane(pane, side, hidden=hidden)
        self._questions.setVisible(self.blind)
        for button in self.choices.values():
            button.setEnabled(ready and hidden)
        self._said.setText(self._words())

    def _paint_pane(self, pane: ComparisonPane, side: Side, *, hidden: bool) -> None:
        frozen = self._comparison.taken.get(side)
        all_taken = self._comparison.phase is Phase.READY
        name = texts.COMPARE_LETTERS[side is not self._left] if hidden else self._name(side)
        if frozen is None or (hidden and not all_taken):
            turn = self._comparison.phase is Phase.SETTLING and self._comparison.side is side and not hidden
            hint = texts.COMPARE_SETTLING if turn else texts.COMPARE_WAITING
            pane.show_picture(None, name, hint=hint if self._comparison.phase is Phase.SETTLING else "")
            return
        detail = "" if hidden else exposure_text(frozen.frame.exposure, self._base_iso) or texts.COMPARE_NOT_KNOWN
        if not frozen.settled and not hidden:
            detail += ", " + texts.COMPARE_UNSETTLED
        pane.show_picture(self._images.get(side), name, detail, dot="" if hidden else DOTS[side])

    def _name(self, side: Side) -> str:
        if side is Side.NATIVE:
            return texts.COMPARE_NATIVE
        taken = self._comparison.taken.get(Side.OURS)
        meter = taken.meter if taken is not None else ""
        return texts.COMPARE_OURS.format(meter=METERS[meter].label) if meter in METERS else texts.APP_NAME

    def _words(self) -> str:
        comparison = self._comparison
        if comparison.phase is Phase.FAILED:
            return texts.COMPARE_FAILURES[comparison.failure]
        if comparison.phase is Phase.SETTLING:
            number = len(comparison.taken) + 1
            return texts.COMPARE_TAKING.format(number=number, seconds=comparison.waited_s)
        if not self.blind:
            return texts.COMPARE_PEEK if self._one else ""
        if self._verdict is None:
            return texts.COMPARE_ASK
        preferred = self._verdict.preferred
        said = texts.COMPARE_EQUAL if preferred is None else texts.COMPARE_PREFERRED.format(name=self._name(preferred))
        tally = self.tally
        return f"{said} {texts.COMPARE_TALLY.format(ours=tally.ours, native=tally.native, equal=tally.equal)}"
