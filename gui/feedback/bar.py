"""Under, well, over: three large buttons that judge the picture on screen."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QSettings, QSize, Qt, QTimer
from PyQt6.QtGui import QAction, QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy

from autoexposure.control.snapshot import Snapshot
from autoexposure.feedback.answer import Label, Source
from autoexposure.personal.truth import Truth
from autoexposure.states import AeState
from gui.actions.actions import Actions
from gui.feedback.profile_button import ProfileButton
from gui.feedback.store_client import Forgotten, Shelf, StoreClient, Stored, Undone
from gui.feedback.strip import LABEL_COLOURS, AgreementMeter, ElidedLabel, RecentStrip
from gui.panels.side_panel import Panel
from gui.preview.view import LIVE
from gui.style.icons import pixmap
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import exposure_words, truth_sentence, truth_short
from gui.widgets.controls import ActionButton, BoundButton

CONFIRM_MS = 3000
ANSWER_ICON_PX = 18


def _not_learned(snapshot: Snapshot) -> str:
    if snapshot.ae_state is AeState.SEARCHING:
        return texts.FEEDBACK_STORED_SEARCHING
    return texts.FEEDBACK_STORED_PAUSED if snapshot.paused else texts.FEEDBACK_STORED_INACTIVE


class AnswerButton(BoundButton):
    """One large button: icon over word, its key in the corner, in the colour of its answer."""

    def __init__(self, action: QAction, icon_name: str, colour: str, theme: Theme) -> None:
        super().__init__(action, theme)
        self._icon_name = icon_name
        self._colour = colour
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        return QSize(84, 44)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        palette = self.theme.palette
        enabled = self.isEnabled()
        colour = QColor(getattr(palette, self._colour) if enabled else palette.faint)
        ground = QColor(colour)
        ground.setAlphaF(0.34 if self.isDown() else 0.22 if self.underMouse() and enabled else 0.13)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colour if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        area = self.rect().adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(area, 9, 9)
        drawn = pixmap(self._icon_name, colour.name(), ANSWER_ICON_PX, self.devicePixelRatioF())
        painter.drawPixmap(area.center().x() - ANSWER_ICON_PX // 2 + 1, area.top() + 4, drawn)
        painter.setPen(QColor(palette.text if enabled else palette.faint))
        align = Qt.AlignmentFlag
        painter.drawText(area.adjusted(0, 0, 0, -4), align.AlignHCenter | align.AlignBottom, self.text())
        painter.setPen(QColor(palette.muted if enabled else palette.faint))
        key = self.action.shortcut().toString()
        painter.drawText(area.adjusted(0, 5, -9, 0), align.AlignRight | align.AlignTop, key)


class FeedbackBar(Panel):
    """Stores the picture that is on screen when the button is pressed, and says so.

    ``on_screen`` gives the Snapshot that is painted just now, None while there is nothing to judge; ``hindrance`` is
    why not, for as long as something else has the stage. ``source`` says whether an answer was asked for.
    """

    def __init__(
        self,
        theme: Theme,
        actions: Actions,
        store: StoreClient,
        on_screen: Callable[[], Snapshot | None],
        settings: QSettings,
        source: Callable[[], Source] = lambda: Source.CLICK,
    ) -> None:
        super().__init__(texts.FEEDBACK)
        self._actions = actions
        self._store = store
        self._on_screen = on_screen
        self._source = source
        self._truth: Truth | None = None
        self._count = 0
        self.hindrance = ""
        self._shown = store.whose
        self.profile = ProfileButton(theme, actions, settings)
        self.recent = RecentStrip(theme)
        self.agreement = AgreementMeter(theme)
        self.frame.setContentsMargins(12, 5, 12, 8)  # the panel is full at 1280x720
        self.body.setSpacing(5)
        self.head.setSpacing(2)
        self.head.addWidget(self.profile)
        for name in ("skip", "undo", "personalise"):
            self.head.addWidget(ActionButton(actions[name], role="flat", icon_px=16))
        actions.allow("undo", texts.FEEDBACK_NOTHING_TO_UNDO)  # until the store has been counted
        self.body.addLayout(self._answers(theme))
        self.body.addWidget(self.recent)
        self.agreement.hide()  # until there is something to agree about
        self._said = ElidedLabel(texts.FEEDBACK_COUNT_NONE, theme)
        self._said.setFixedHeight(self.agreement.sizeHint().height())  # so that nothing moves when only one is shown
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self._said, 1)
        line.addWidget(self.agreement)
        self.body.addLayout(line)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(CONFIRM_MS)
        self._quiet.timeout.connect(self.say_count)
        actions["undo"].triggered.connect(store.undo)
        actions["skip"].triggered.connect(self._skip)
        self.profile.chosen.connect(store.use)
        store.whose = self.profile.whose
        store.stored.connect(self._stored)
        store.undone.connect(self._undone)
        store.forgotten.connect(self._forgot)
        store.shelf_changed.connect(self._show_shelf)

    @property
    def said(self) -> str:
        """The line under the buttons."""
        return self._said.text

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Offer answers while there is a picture to judge."""
        live = snapshot.frame is not None and snapshot.loop_state in LIVE
        reason = self.hindrance or ("" if live else texts.FEEDBACK_NO_PICTURE)
        for name in (*Label, "skip"):
            self._actions.allow(name, reason)
        self.profile.show_snapshot(snapshot)

    def _answers(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for kind in Label:
            row.addWidget(AnswerButton(self._actions[kind], kind, LABEL_COLOURS[kind], theme))
            self._actions[kind].triggered.connect(lambda _=False, kind=kind: self._press(kind))
        return row

    def _press(self, kind: Label) -> None:
        snapshot = self._on_screen()
        if snapshot is not None and snapshot.frame is not None:
            self._store.add(snapshot, kind, self._source())

    def _skip(self) -> None:
        """Say that nothing is stored: a user who can't tell need not guess."""
        self._say_for_a_while(texts.FEEDBACK_SKIPPED)

    def _stored(self, stored: Stored) -> None:
        words = exposure_words(stored.snapshot) or texts.FEEDBACK_EXPOSURE_UNKNOWN
        if stored.source.by_hand:
            said = texts.FEEDBACK_LEARNED
        else:
            said = texts.FEEDBACK_STORED if stored.settled else _not_learned(stored.snapshot)
        source = texts.SOURCES[stored.source]
        self._confirm(said.format(label=texts.LABELS[stored.label], exposure=words, source=source), stored.count)

    def _undone(self, undone: Undone) -> None:
        if undone.label is None:
            text = texts.FEEDBACK_NOTHING_TO_UNDO
        else:
            said = texts.FEEDBACK_UNLEARNED if undone.source.by_hand else texts.FEEDBACK_UNDONE
            text = said.format(label=texts.LABELS[undone.label], source=texts.SOURCES[undone.source])
        self._confirm(text, undone.count)

    def _forgot(self, forgotten: Forgotten) -> None:
        one = forgotten.one
        if one is None:
            self._say_for_a_while(texts.FEEDBACK_FORGOTTEN.format(count=forgotten.count))
        else:
            said = texts.FEEDBACK_UNLEARNED if one.source.by_hand else texts.FEEDBACK_FORGOTTEN_ONE
            self._say_for_a_while(said.format(label=texts.LABELS[one.label], source=texts.SOURCES[one.source]))

    def show_truth(self, truth: Truth | None) -> None:
        """Say what the answers are worth, as far as that is known."""
        self._truth = truth
        if not self._quiet.isActive():
            self.say_count()

    def _show_shelf(self, shelf: Shelf) -> None:
        self.recent.show_recent(shelf.recent)
        self.agreement.show_agreement(shelf.agreement)
        self.profile.show_profiles(shelf.profiles)
        self._count = shelf.count
        another, self._shown = shelf.whose != self._shown, shelf.whose
        if self._quiet.isActive() and not another:
            self._actions.allow("undo", "" if shelf.count else texts.FEEDBACK_NOTHING_TO_UNDO)
        else:
            self.say_count()

    def _confirm(self, text: str, count: int) -> None:
        self._count = count
        self._actions.allow("undo", "" if count else texts.FEEDBACK_NOTHING_TO_UNDO)
        self._say_for_a_while(text)

    def _say_for_a_while(self, text: str) -> None:
        self._said.say(text)
        self.agreement.hide()  # what has just happened needs the room
        self._quiet.start()

    def say_count(self) -> None:
        """Say how many answers there are, as the line does when nothing has just happened."""
        count = self._count
        one_or_none = texts.FEEDBACK_COUNT_ONE if count == 1 else texts.FEEDBACK_COUNT_NONE
        self.agreement.setVisible(bool(self.agreement.text))
        counted = texts.FEEDBACK_COUNT.format(count=count) if count > 1 else one_or_none
        self._said.say(truth_short(self._truth) or counted, truth_sentence(self._truth))
        self._actions.allow("undo", "" if count else texts.FEEDBACK_NOTHING_TO_UNDO)
