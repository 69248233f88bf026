"""Long work in a terminal: its stages, how far each of them is, and a good end when a signal comes.

Every command that takes minutes tells a `LongWork` what it does. In a terminal each stage has a bar with its own time;
elsewhere there is a line every ten seconds. The first signal is answered between two steps: ``tell`` raises `Stopped`,
whoever has something to keep keeps it, and the command says how to go on. The second one ends the process at once.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import FrameType, TracebackType
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
from autoexposure.process.ending import SIGNALS

LINE_EVERY_S = 10.0
"""Without a terminal: often enough to see that the work goes on, seldom enough for a log."""

BAR_WIDTH = 10
"""Columns, so that 80 have room for what there is to say."""


@dataclass(frozen=True, slots=True)
class Keeps:
    """What is left of work that ends early: in a few words while it runs, and with how to go on when it has ended."""

    meanwhile: str
    ended: str


EVERYTHING = Keeps("what is done is kept", "what was done is kept, the same command again goes on from there")
NOTHING = Keeps("nothing is written before the end", "nothing was written; the same command again looks at fewer files")


class Tell(Protocol):
    """Told the stage of the work and how much of that stage is done, 0..1. Raises `Stopped` when it should end."""

    def __call__(self, stage: str, done: float, /) -> None: ...


def tell_nobody(_stage: str, _done: float, /) -> None:
    """For work that nobody watches."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the work as it is shown.

    Attributes
    ----------
    began_s : when, by the monotonic clock. began_at : how much of it was done then, by an earlier run.
    done : 0..1. words : what else there is to say. kept : what would be left if the work ended now.
    """

    name: str
    began_s: float
    began_at: float
    done: float
    words: str = ""
    kept: str = ""

    def left_s(self, now_s: float) -> float | None:
        """Seconds that this stage still takes; None as long as nothing can be said."""
        here = self.done - self.began_at
        return None if here <= 0 else (now_s - self.began_s) * max(0.0, 1 - self.done) / here

    def line(self, now_s: float) -> str:
        """Stage, how far, time left, and what is kept."""
        left_s = self.left_s(now_s)
        left = "time left not known yet" if left_s is None else f"{clock(left_s)} left"
        return "; ".join(filter(None, (f"{self.name}: {self.done:.0%}, {left}", self.words, self.kept)))


class LongWork:
    """Shows the stages of a command's work on ``console`` and answers signals; a context manager.

    Parameters
    ----------
    keeps : what would be left if the work ended early, unless ``tell`` knows better.
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
        self._signal = 0
        self._wake = threading.Event()
        self._closing = False
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._speaker = threading.Thread(target=self._speak, name="long-work", daemon=True)

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                # An ignored signal stays ignored: nohup, and a shell's background jobs, rely on it.
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._note)
        if self._console.is_terminal and not self._quiet:
            self._bar = _bar(self._console)
            self._bar.start()
        self._speaker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
        self._closing = True
        self._wake.set()
        self._speaker.join()
        if self._bar is not None:
            self._bar.stop()

    def tell(self, stage: str, done: float, /, words: str = "", kept: str = "") -> None:
        """Show a stage; ``words`` and ``kept`` stay from the last time if left out. Raises Stopped after a signal."""
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
        if self._signal:
            name = signal.Signals(self._signal).name
            raise Stopped(self._signal, f"ended by {name} while {stage}: {self._keeps.ended}")

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signal = number
        for again in self._before:
            signal.signal(again, signal.SIG_DFL)
        self._wake.set()

    def _draw(self, bar: Progress, shown: Stage, *, fresh: bool) -> None:
        if fresh or self._task is None:
            if self._task is not None:
                bar.update(self._task, completed=1.0)
                bar.stop_task(self._task)
            self._task = bar.add_task(shown.name, total=1.0, more="")
        more = "; ".join(filter(None, (shown.words, shown.kept)))
        bar.update(self._task, completed=shown.done, more=more)

    def _speak(self) -> None:
        """In a thread of its own: a stage that reports seldom is seen to go on all the same."""
        said = False
        while not self._closing:
            woken = self._wake.wait(self._line_every_s)
            self._wake.clear()
            if self._closing:
                return
            if self._signal and not said:
                said = True
                self._say(f"{signal.Signals(self._signal).name}: ending after this step; once more ends it at once")
            elif not woken and self._bar is None and (stage := self._stage) is not None:
                self._say(stage.line(time.monotonic()))

    def _say(self, words: str) -> None:
        if not self._quiet:
            self._console.print(words, highlight=False, soft_wrap=True)


def clock(seconds: float) -> str:
    """``0:07``, ``12:34`` or ``1:02:03``."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def part_of(tell: Tell, stage: str) -> Callable[[float], None]:
    """For work that knows of no stages: tells how much of ``stage`` is done."""
    return lambda done: tell(stage, done)


def _bar(console: Console) -> Progress:
    """Where the terminal is narrow, the words are wrapped; bar and times are never cut."""
    columns: list[ProgressColumn] = [SpinnerColumn(), terminal.described(), BarColumn(BAR_WIDTH, table_column=_whole())]
    columns += [TimeElapsedColumn(_whole()), TextColumn("left"), TimeRemainingColumn(table_column=_whole())]
    words = TextColumn("{task.fields[more]}", markup=False, table_column=Column(no_wrap=False))
    return Progress(*columns, words, console=console)


def _whole() -> Column:
    return Column(no_wrap=True)
