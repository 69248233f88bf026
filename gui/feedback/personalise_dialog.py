"""Personalise: train the network on one's answers, see whether it got better, go back if one likes the old one more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from autoexposure.extras import not_installed
from autoexposure.personal.rounds import Round
from autoexposure.personal.training_job import FEWEST_ANSWERS, JobState, Stage, lacking
from gui.bridge.bridge import Background
from gui.bridge.services import Kept, PersonalServices, TrainingJob
from gui.feedback.before_after import BeforeAfter
from gui.feedback.profile_button import person_text
from gui.feedback.store_client import Shelf, Whose
from gui.text import texts
from gui.text.wording import as_sentence
from gui.widgets.controls import label, plain_tip, set_role

LOOK_MS = 200
SHOWN_MODELS = 5
WIDTH_PX = 520
MARGIN_PX = 24


class PersonaliseDialog(QDialog):
    """A sheet beside the window that never blocks it; closing it leaves a training running.

    ``changed`` is emitted when another model is in use. One sheet lives as long as its window.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QWidget, services: PersonalServices, background: Background) -> None:
        super().__init__(parent)
        self._services = services
        self._background = background
        self._whose = Whose()
        self._answers = 0
        self._unsettled = 0
        self._job: TrainingJob | None = None
        self._trained = Whose()
        self._introducing = True
        self.setWindowTitle(texts.PERSONALISE_TITLE)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN_PX, 20, MARGIN_PX, 20)
        column.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
        column.setSpacing(10)
        self._head = label("", scale=1.15, bold=True)
        self._said = label("")
        self._said.setWordWrap(True)
        self._said.setFixedWidth(WIDTH_PX - 2 * MARGIN_PX)
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(texts.PERSONALISE_PROGRESS)
        self.go = QPushButton(texts.PERSONALISE_START)
        self.go.clicked.connect(self._go)
        row = QHBoxLayout()
        row.addWidget(self._progress, 1)
        row.addWidget(self.go, 0, Qt.AlignmentFlag.AlignRight)
        self.figure = BeforeAfter()
        self._rounds = label("", "muted")
        self._rounds.setWordWrap(True)
        self._rounds.setFixedWidth(WIDTH_PX - 2 * MARGIN_PX)
        self._models_head = label(texts.PERSONALISE_MODELS, "title")
        self._models = QGridLayout()
        self._models.setHorizontalSpacing(12)
        self._models.setColumnStretch(1, 1)
        for item in (self._head, self._said):
            column.addWidget(item)
        column.addLayout(row)
        column.addWidget(self.figure)
        column.addWidget(self._rounds)
        column.addSpacing(8)
        column.addWidget(self._models_head)
        column.addLayout(self._models)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._show_state(None)

    @property
    def said(self) -> str:
        """The sentence about how it stands."""
        return self._said.text()

    @property
    def running(self) -> bool:
        """Whether a training is at work."""
        return self._job is not None

    def show_shelf(self, shelf: Shelf) -> None:
        """Follow whose answers there are, and how many."""
        before, self._whose = self._whose, shelf.whose
        self._answers, self._unsettled = shelf.learnable, shelf.unsettled
        self._show_head()
        if self._whose != before and self.isVisible():
            self.list_models()
        if self._job is None and self._whose != before:
            self._show_state(None)
        elif self._job is None:
            self._allow()

    def open_(self) -> None:
        """Show it, in the middle of its window: left to Qt, a sheet of fixed size comes up in the screen's corner."""
        if self._job is None:
            self._show_state(None)
        self.list_models()
        window = self.parentWidget()
        if window is not None and not self.isVisible():
            self.adjustSize()
            self.move(window.frameGeometry().center() - self.rect().center())
        self.show()
        self.raise_()
        self.activateWindow()
        self.go.setFocus()

    def list_models(self) -> None:
        """Look which models there are, in the background."""
        self._background.run(partial(self._services.kept, self._whose.person), self._show_models, self._show_error)

    def look(self) -> None:
        """See how the training is."""
        job = self._job
        if job is None:
            return
        state = job.state
        self._show_state(state)
        if state.stage.running:
            return
        self._timer.stop()
        self._job = None
        self._background.run(job.close, lambda _: None, self._show_error)
        self._show_state(state)
        if state.used:
            self.changed.emit()
        self.list_models()

    def end(self) -> None:
        """Cancel a training that runs, for a window that closes; it goes on from its checkpoint the next time."""
        job, self._job = self._job, None
        self._timer.stop()
        if job is not None:
            job.cancel()
            self._background.run(job.close, lambda _: None, lambda _: None)

    def _go(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self.go.setEnabled(False)
            return
        self._trained = self._whose
        self._job = self._services.start(self._whose.person, self._whose.camera)
        self._timer.start()
        self.look()

    def _use(self, number: int | None) -> None:
        def done(_: object) -> None:
            self.changed.emit()
            self.list_models()

        self._background.run(partial(self._services.use, self._whose.person, number), done, self._show_error)

    # What is shown

    def _show_error(self, error: Exception) -> None:
        self._say(as_sentence(str(error)))

    def _say(self, text: str) -> None:
        """Say it with the room it needs: a dialog does not grow by itself with words that wrap."""
        self._said.setText(text)
        self._said.setMinimumHeight(self._said.heightForWidth(WIDTH_PX - 2 * MARGIN_PX))

    def _show_state(self, state: JobState | None) -> None:
        running = self._job is not None
        self._show_head()
        self._progress.setVisible(running)
        set_role(self.go, "" if running else "primary")
        self.figure.show_verdict(state.verdict if state is not None else None)
        self._progress.setValue(round(1000 * state.fraction) if state is not None else 0)
        self._introducing = state is None
        self._say(self._words(state))
        self._allow()

    def _show_head(self) -> None:
        whose = self._trained if self._job is not None else self._whose
        head = texts.PERSONALISE_FOR_ONE if self._answers == 1 else texts.PERSONALISE_FOR
        left_out = texts.PERSONALISE_LEFT_OUT.format(answers=self._unsettled) if self._unsettled else ""
        self._head.setText(head.format(person=person_text(whose.person), answers=self._answers) + left_out)

    def _allow(self) -> None:
        library = self._services.lacking()
        needs = texts.PERSONALISE_LACKING.format(library=library)
        reason = as_sentence(not_installed(needs, "learn")) if library else ""
        if not reason and self._answers < FEWEST_ANSWERS:
            reason = texts.PERSONALISE_TOO_FEW.format(least=FEWEST_ANSWERS)
        self.go.setEnabled(self._job is not None or not reason)
        self.go.setToolTip("" if self._job is not None else plain_tip(reason))
        more = 0 if reason else lacking(self._answers)
        start = texts.PERSONALISE_ANYWAY if more else texts.PERSONALISE_START
        self.go.setText(texts.PERSONALISE_CANCEL if self._job is not None else start)
        if more and self._introducing:
            reason = texts.PERSONALISE_FEW.format(answers=self._answers, lacking=more)
        if reason and self._job is None:
            self._say(f"{texts.PERSONALISE_INTRO} {reason}")
        elif self._introducing:
            self._say(texts.PERSONALISE_INTRO)

    def _words(self, state: JobState | None) -> str:
        if state is None:
            return texts.PERSONALISE_INTRO
        if state.stage is Stage.FAILED:
            return as_sentence(state.error)
        if state.stage is not Stage.DONE or state.verdict is None:
            return texts.PERSONALISE_STAGES[state.stage]
        verdict = state.verdict
        said = texts.PERSONALISE_USED if state.used else texts.PERSONALISE_NOT_USED
        if state.used and self._services.given:
            said = texts.PERSONALISE_USED_LATER
        if verdict.new_ev is not None and (state.used or verdict.ahead):
            near = texts.PERSONALISE_NEAR if state.used else texts.PERSONALISE_NOT_SURE
            said = f"{said} {near}"
        return said.format(
            new=verdict.new_agrees,
            old=verdict.old_agrees,
            answers=verdict.answers,
            new_ev=verdict.new_ev,
            old_ev=verdict.old_ev,
            given=self._services.given,
        )

    def _show_models(self, kept: Kept) -> None:
        while (item := self._models.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._show_rounds(kept.rounds)
        rows: list[tuple[int | None, str, str]] = [
            (
                model.number,
                texts.PERSONALISE_MODEL.format(number=model.number, at=f"{model.made_at.astimezone():%Y-%m-%d %H:%M}"),
                texts.PERSONALISE_AGREED.format(agreed=model.verdict.new_agrees, answers=model.verdict.answers),
            )
            for model in kept.models[:SHOWN_MODELS]
        ]
        rows.append((None, texts.PERSONALISE_BASE, ""))
        used = [number == kept.in_use for number, _, _ in rows]
        given = self._services.given
        if given:  # whatever is chosen here, it would not be used
            rows.insert(0, (None, texts.PERSONALISE_GIVEN.format(name=given), ""))
            used = [True, *(False for _ in used)]
        for at, (number, name, agreed) in enumerate(rows):
            self._models.addWidget(label(name), at, 0)
            self._models.addWidget(label(agreed, "muted"), at, 1)
            if used[at]:
                in_use = label(texts.PERSONALISE_IN_USE, "title")
                in_use.setAlignment(Qt.AlignmentFlag.AlignCenter)
                self._models.addWidget(in_use, at, 2)
                continue
            if given:
                continue
            button = QPushButton(texts.PERSONALISE_USE)
            button.setAccessibleName(texts.PERSONALISE_USE_NAME.format(name=name))
            button.clicked.connect(lambda _=False, number=number: self._use(number))
            self._models.addWidget(button, at, 2)

    def _show_rounds(self, rounds: Sequence[Round]) -> None:
        """How the share of good answers went, the latest last; nothing before there was a training."""
        answered = [each for each in rounds if each.answers][-SHOWN_MODELS:]
        shares = ", ".join(
            texts.PERSONALISE_ROUND.format(share=each.good / each.answers, answers=each.answers) for each in answered
        )
        said = texts.PERSONALISE_ROUNDS.format(shares=shares) if len(rounds) > 1 and answered else ""
        if said and rounds[-1].all_good:
            said = f"{said} {texts.PERSONALISE_ALL_GOOD}"
        self._rounds.setText(said)
        self._rounds.setMinimumHeight(self._rounds.heightForWidth(WIDTH_PX - 2 * MARGIN_PX))
        self._rounds.setVisible(bool(said))
