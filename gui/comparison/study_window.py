"""The window of a study: one pair after the other, blind; an answer is on the disk before the next pair is shown."""

from __future__ import annotations

import signal
from functools import partial

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QMessageBox, QPushButton, QVBoxLayout, QWidget

from autoexposure.errors import RecordingError
from autoexposure.evaluation.comparison import Choice
from autoexposure.study.pairs import Showing, Study
from autoexposure.study.verdicts import VerdictStore, still_to_show
from gui.comparison.pane import ComparisonPane
from gui.comparison.view import CHOICE_KEYS
from gui.preview.view import image_of
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import as_sentence
from gui.widgets.controls import label

SIZE_PX = (1280, 720)
"""Where the screen allows it: two pictures of the usual shape beside each other."""

REST_MS = 350
"""How long a new pair takes no answer: a key that is pressed twice must not answer a pair that nobody has seen."""

SIGNALS_MS = 200
"""How often Python gets to see that Ctrl+C was pressed in the terminal."""


class StudyWindow(QWidget):
    """Asks one person about every pair that they have not answered yet."""

    def __init__(self, theme: Theme, study: Study, person: str, store: VerdictStore) -> None:
        super().__init__()
        self._study = study
        self._person = person
        self._store = store
        verdicts, _ = store.read()
        ahead = {showing.pair.name for showing in still_to_show(study, person, verdicts)}
        # The answered ones stand before the others, so that Backspace leads back over where an earlier run stopped.
        self._showings = sorted(study.showings(person), key=lambda showing: showing.pair.name in ahead)
        self._at = len(self._showings) - len(ahead)
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(REST_MS)
        self._resting.timeout.connect(self._allow)
        self.setWindowTitle(texts.STUDY)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._lay_out(theme)
        self._show()

    def _lay_out(self, theme: Theme) -> None:
        self.progress = label("", "title")
        self.said = label("", "muted")
        self.said.setWordWrap(True)
        top = QHBoxLayout()
        top.addWidget(self.progress)
        top.addWidget(self.said, 1)
        self.panes = (ComparisonPane(theme), ComparisonPane(theme))
        pictures = QHBoxLayout()
        pictures.setSpacing(8)
        for pane in self.panes:
            pictures.addWidget(pane, 1)
        ask = QHBoxLayout()
        ask.setSpacing(8)
        self.choices: dict[Choice, QPushButton] = {}
        for choice in Choice:
            button = QPushButton(texts.STUDY_CHOICES[choice])
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setMinimumHeight(40)
            button.clicked.connect(partial(self.choose, choice))
            self.choices[choice] = button
            ask.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(pictures, 1)
        column.addLayout(ask)

    @property
    def showing(self) -> Showing | None:
        """The pair on screen; None when all are answered."""
        return self._showings[self._at] if self._at < len(self._showings) else None

    @property
    def resting(self) -> bool:
        """Whether the pair is too new to be answered."""
        return self._resting.isActive()

    def choose(self, choice: Choice) -> None:
        """Keep the answer, and show the next pair; if it can't be kept, say so and stay."""
        showing = self.showing
        if showing is None or self.resting:
            return
        try:
            if self._judgeable:
                self._store.add(self._person, showing, choice)
        except RecordingError as error:
            QMessageBox.critical(self, texts.STUDY, as_sentence(str(error)))
            return
        self._at += 1
        self._show()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Arrows choose, Backspace goes back by one pair, Escape closes the window."""
        assert event is not None
        key = Qt.Key(event.key())
        if event.isAutoRepeat():
            return
        if key in CHOICE_KEYS:
            self.choose(CHOICE_KEYS[key])
        elif key == Qt.Key.Key_Backspace:
            self._at = max(0, self._at - 1)
            self._show()
        elif key == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _show(self) -> None:
        showing = self.showing
        for widget in (*self.panes, *self.choices.values()):
            widget.setVisible(showing is not None)
        for button in self.choices.values():
            button.setEnabled(False)
        total = len(self._showings)
        if showing is None:
            self.progress.setText(texts.STUDY_DONE.format(pairs=total))
            self.said.setText("")
            return
        self.progress.setText(texts.STUDY_PROGRESS.format(person=self._person, place=self._at + 1, pairs=total))
        self.said.setText(texts.STUDY_ASK)
        sides = (showing.left, showing.left.other)
        for pane, side, name in zip(self.panes, sides, texts.STUDY_SIDES, strict=True):
            try:
                pane.show_picture(image_of(self._study.picture(showing.pair, side)), name)
            except RecordingError as error:
                pane.show_picture(None, name, hint=as_sentence(str(error)))
        if not self._judgeable:
            self.said.setText(texts.STUDY_NOT_SHOWN)
        self._resting.start()

    @property
    def _judgeable(self) -> bool:
        """Whether both pictures are on screen: a damaged file costs its pair, never the study."""
        return all(pane.has_picture for pane in self.panes)

    def _allow(self) -> None:
        for button in self.choices.values():
            button.setEnabled(True)
        self.setFocus()


def run_study(application: QApplication, theme: Theme, study: Study, person: str, store: VerdictStore) -> None:
    """Show the window until it is closed, or the process is told to end by Ctrl+C or SIGTERM."""
    window = StudyWindow(theme, study, person, store)
    window.resize(*SIZE_PX)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.close())
    listen = QTimer(window)
    listen.timeout.connect(lambda: None)  # Qt's own loop never comes back to Python, whose signal handlers wait for it
    listen.start(SIGNALS_MS)
    window.show()
    application.exec()
