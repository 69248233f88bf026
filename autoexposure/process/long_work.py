"""Long work in a terminal: its stages, the progress of each, and an end in good order when a signal comes.

Every command that takes minutes tells a `LongWork` what it does. In a terminal each stage has a bar with its own time;
elsewhere there is a line every ten seconds. The first signal is answered between two steps: ``tell`` raises `Stopped`,
the work keeps what it has, and the command says how to go on. A second signal ends the process, even in the middle of
a step (see `autoexposure.process.ending`).
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column

from autoexposure.errors import Stopped
from autoexposure.process import terminal
from autoexposure.process.ending import Ending

LINE_EVERY_S = 10.0
"""Between two lines without a terminal: often enough to see that the work goes on, seldom enough for a log."""

BAR_WIDTH = 10
"""In columns: narrow enough to leave room for the words in a terminal of 80."""


@dataclass(frozen=True, slots=True)
class Keeps:
    """What remains of work that ends early.

    Attributes
    ----------
    meanwhile : in a few words, shown while the work runs.
    ended : shown when it has ended early, with how to go on.
    """

    meanwhile: str
    ended: str


EVERYTHING = Keeps("what is done is kept", "what was done is kept, the same command again goes on from there")
NOTHING = Keeps("nothing is written before the end", "nothing was written; the same command again looks at fewer files")


class Tell(Protocol):
    """Receives the stage of the work and how much of it is done, 0..1. Raises `Stopped` when the work should end."""

    def __call__(self, stage: str, done: float, /) -> None:
        """Take the progress."""


def tell_nobody(_stage: str, _done: float, /) -> None:
    """Ignore the progress, for work that is not watched."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the work as it is shown.

    Attributes
    ----------
    began_s : when it began, by the monotonic clock.
    began_at : how much of it an earlier run had done by then, 0..1.
    done : how much of it is done, 0..1.
    words : what else to show.
    kept : what would remain if the work ended now.
    """

    name: str
    began_s: float
    began_at: float
    done: float
    words: str = ""
    kept: str = ""

    def left_s(self, now_s: float) -> float | None:
        """Seconds that this stage still takes; None until they can be estimated."""
        here = self.done - self.began_at
        return None if here <= 0 else (now_s - self.began_s) * max(0.0, 1 - self.done) / here

    def line(self, now_s: float) -> str:
        """Name the stage, its progress, the time left and what is kept, in one line."""
        left_s = self.left_s(now_s)
        left = "time left not known yet" if left_s is None else f"{clock(left_s)} left"
        return "; ".join(filter(None, (f"{self.name}: {self.done:.0%}, {left}", self.words, self.kept)))


class LongWork:
    """A context that shows the stages of a command's work on ``console`` and answers signals.

    Parameters
    ----------
    keeps : what would remain if the work ended early, unless ``tell`` knows better.
    quiet : show nothing, but answer signals.
    """

    def __init__(
        self, keeps: Keeps, console: Console | None = None, *, quiet: bool = False, line_every_s: float = LINE_EVERY_S
    ) -> None:
        self._keeps = keeps
        self._console = console or terminal.console(stderr=True)
        self._quiet = quiet
        self._line_every_s = line_every_s
        self._stage: Stage | None = None
        self._wake = threading.Event()
        self._closing = False
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._speaker = threading.Thread(target=self._speak, name="long-work", daemon=True)
        # It wakes the speaker instead of printing: the watching thread must not wait for a reader of our output.
        self._ending = Ending(self._wake.set, patient=True, farewell=self._show_cursor)

    def __enter__(self) -> Self:
        self._ending.__enter__()
        if self._console.is_terminal and not self._quiet:
            self._bar = _bar(self._console)
            self._bar.start()
        self._speaker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.__exit__(kind, error, trace)
        self._closing = True
        self._wake.set()
        self._speaker.join()
        if self._bar is not None:
            self._bar.stop()

    def tell(self, stage: str, done: float, /, words: str = "", kept: str = "") -> None:
        """Show a stage; ``words`` and ``kept`` stay as they were if left out. Raises Stopped after a signal."""
        last = self._stage
        if last is not None and last.name == stage:
            shown = replace(last, done=done, words=words or last.words, kept=kept or last.kept)
        else:
            shown = Stage(stage, time.monotonic(), done, done, words, kept or self._keeps.meanwhile)
        self._stage = shown
        if self._bar is not None:
            self._draw(self._bar, shown, fresh=last is None or last.name != stage)
        elif last is None or last.name != stage:
            self._say(stage)
        if number := self._ending.signal:
            name = signal.Signals(number).name
            raise Stopped(number, f"ended by {name} while {stage}: {self._keeps.ended}")

    def _show_cursor(self) -> None:
        if self._bar is not None:
            self._console.show_cursor()

    def _draw(self, bar: Progress, shown: Stage, *, fresh: bool) -> None:
        if fresh or self._task is None:
            if self._task is not None:
                bar.update(self._task, completed=1.0)
                bar.stop_task(self._task)
            self._task = bar.add_task(shown.name, total=1.0, more="")
        more = "; ".join(filter(None, (shown.words, shown.kept)))
        bar.update(self._task, completed=shown.done, more=more)

    def _speak(self) -> None:
        """Run in a thread of its own, so that a stage that reports seldom is still seen to go on."""
        said = False
        while not self._closing:
            woken = self._wake.wait(self._line_every_s)
            self._wake.clear()
            if self._closing:
                return
            if (number := self._ending.signal) and not said:
                said = True
                self._say(f"{signal.Signals(number).name}: ending after this step; once more ends it at once")
            elif not woken and self._bar is None and (stage := self._stage) is not None:
                self._say(stage.line(time.monotonic()))

    def _say(self, words: str) -> None:
        if not self._quiet:
            self._console.print(words, highlight=False, soft_wrap=True)


def clock(seconds: float) -> str:
    """Write a duration as ``0:07``, ``12:34`` or ``1:02:03``."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def part_of(tell: Tell, stage: str) -> Callable[[float], None]:
    """Give work that knows no stages a function that takes how much of ``stage`` is done, 0..1."""
    return lambda done: tell(stage, done)


def _bar(console: Console) -> Progress:
    """Wrap the words where the terminal is narrow; never cut the bar and the times."""
    columns: list[ProgressColumn] = [SpinnerColumn(), terminal.described(), BarColumn(BAR_WIDTH, table_column=_whole())]
    columns += [TimeElapsedColumn(_whole()), TextColumn("left"), TimeRemainingColumn(table_column=_whole())]
    words = TextColumn("{task.fields[more]}", markup=False, table_column=Column(no_wrap=False))
    return Progress(*columns, words, console=console)


def _whole() -> Column:
    return Column(no_wrap=True)
