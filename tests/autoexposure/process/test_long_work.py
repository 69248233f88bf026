from __future__ import annotations

import io
import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from rich.console import Console

from autoexposure.cli import main as cli
from autoexposure.custody.custody import Hands
from autoexposure.errors import Stopped
from autoexposure.process import ending, long_work
from autoexposure.process.long_work import EVERYTHING, LINE_EVERY_S, Keeps, LongWork, Stage, clock


class Said(io.StringIO):
    """What was printed; lets a test wait for words that another thread prints."""

    def __init__(self) -> None:
        super().__init__()
        self._grown = threading.Condition()

    def write(self, text: str, /) -> int:
        with self._grown:
            self._grown.notify_all()
            return super().write(text)

    def wait_for(self, words: str) -> bool:
        with self._grown:
            return self._grown.wait_for(lambda: words in self.getvalue(), timeout=60)


@pytest.fixture
def said() -> Said:
    return Said()


def on(said: Said, **settings: object) -> LongWork:
    return LongWork(Keeps("it is kept", "it was kept, go on"), Console(file=said, width=200), **settings)  # type: ignore[arg-type]  # keywords of several types


def test_a_line_names_the_stage_how_far_it_is_the_time_left_and_what_is_kept() -> None:
    stage = Stage("training", began_s=100.0, began_at=0.0, done=0.25, words="step 20", kept="checkpoint at step 10")
    assert stage.line(160.0) == "training: 25%, 3:00 left; step 20; checkpoint at step 10"


def test_the_time_left_counts_from_where_this_run_began() -> None:
    assert Stage("training", began_s=0.0, began_at=0.5, done=0.75).left_s(60.0) == 60.0
    assert Stage("training", began_s=0.0, began_at=0.5, done=0.5).left_s(60.0) is None
    assert Stage("training", began_s=0.0, began_at=0.0, done=1.0).left_s(60.0) == 0.0


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0:00"), (67, "1:07"), (3599.6, "1:00:00"), (36_000, "10:00:00")])
def test_times_read_as_on_a_clock(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_without_a_terminal_a_line_comes_though_the_stage_tells_nothing_new(said: Said) -> None:
    with on(said, line_every_s=0.01) as work:
        work.tell("shrinking", 0.5, words="2 of 4", kept="nothing yet")
        assert said.wait_for("shrinking: 50%")
        assert said.wait_for("2 of 4; nothing yet")
        work.tell("training", 0.0)
        assert said.wait_for("training: 0%, time left not known yet; it is kept\n")
    assert LINE_EVERY_S == 10


def test_every_stage_is_named_when_it_begins(said: Said) -> None:
    with on(said) as work:
        for done in (0.0, 0.5, 1.0):
            work.tell("scanning", done)
        work.tell("training", 0.0)
    assert said.getvalue() == "scanning\ntraining\n"


def test_in_a_terminal_every_stage_has_a_bar_with_its_own_time(said: Said) -> None:
    console = Console(file=said, force_terminal=True, width=200)
    with LongWork(EVERYTHING, console) as work:
        work.tell("scanning", 0.5)
        work.tell("training", 0.0, words="step [1]", kept="checkpoint at step 1")
        assert work._bar is not None
        scan, train = work._bar.tasks
        assert (scan.finished, train.finished) == (True, False)
        assert scan.stop_time is not None
        assert train.start_time is not None
        assert train.start_time >= scan.stop_time
    assert "step [1]; checkpoint at step 1" in said.getvalue()


def test_quiet_work_says_nothing(said: Said) -> None:
    with on(said, quiet=True, line_every_s=0.001) as work:
        work.tell("scanning", 0.5)
        threading.Event().wait(0.05)
    assert said.getvalue() == ""


@pytest.fixture
def handlers() -> Iterator[Callable[[], list[object]]]:
    """The present handlers, put back afterwards."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield lambda: [signal.getsignal(number) for number in numbers]
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_work_between_two_steps(
    said: Said, number: signal.Signals, handlers: Callable[[], list[object]]
) -> None:
    before = handlers()
    steps = 0
    with on(said) as work:
        work.tell("training", 0.0)
        os.kill(os.getpid(), number)
        steps += 1  # the step that is being done is finished
        assert said.wait_for("once more ends it at once")
        with pytest.raises(Stopped, match=f"{number.name} while training: it was kept, go on") as stopped:
            work.tell("training", 0.1)
    assert steps == 1
    assert stopped.value.signal == number
    assert handlers() == before


def test_a_second_signal_ends_the_process_even_while_a_step_hangs_in_a_library(
    said: Said, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reading a pipe is resumed after every signal; the watching thread leaves."""
    monkeypatch.setattr(ending, "GRACE_S", 0.0)  # one signal alone never forces the end of long work
    monkeypatch.setattr(ending, "HURRY_S", 0.05)
    reading, writing = os.pipe()
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        os.write(writing, b"!")

    def twice() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        assert said.wait_for("SIGINT: ending after this step")
        assert codes == []
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(long_work, "Ending", partial(ending.Ending, leave=leave, hands=Hands()))
    with on(said) as work:
        work.tell("training", 0.0)
        hand = threading.Thread(target=twice)
        hand.start()
        assert os.read(reading, 1) == b"!"
        hand.join()
    os.close(reading)
    os.close(writing)
    assert codes == [128 + signal.SIGTERM]
    assert capsys.readouterr().err == "autoexposure: ended in the middle of a step\n"


@pytest.mark.parametrize("place", [0, 2], ids=["SIGINT", "SIGHUP"])
def test_a_signal_that_was_ignored_before_stays_ignored(
    said: Said, place: int, handlers: Callable[[], list[object]]
) -> None:
    number = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[place]
    signal.signal(number, signal.SIG_IGN)
    with on(said) as work:
        os.kill(os.getpid(), number)
        work.tell("training", 0.1)
        assert handlers()[place] is signal.SIG_IGN


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_program_says_so_and_exits_as_signals_are_told(
    number: signal.Signals, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped() -> None:
        raise Stopped(number, "ended after step 3: the same command again goes on from there")

    monkeypatch.setattr(cli, "app", stopped)
    monkeypatch.setattr("sys.argv", ["autoexposure", "pretrain"])
    with pytest.raises(SystemExit) as exited:
        cli.main()
    assert exited.value.code == code
    assert capsys.readouterr().err == "autoexposure: ended after step 3: the same command again goes on from there\n"


def test_80_columns_cut_neither_bar_nor_times() -> None:
    said = io.StringIO()
    console = Console(file=said, force_terminal=True, width=80, height=24, color_system=None)
    with LongWork(EVERYTHING, console) as work:
        work.tell("looking at the photographs", 1.0)
        work.tell("training", 0.5, words="step 500, error 0.348 EV, validation 0.312 EV", kept="checkpoint at step 500")
    shown = said.getvalue().splitlines()
    assert any("training" in line and "0:00:00 left" in line and "━━━━━" in line for line in shown)
    assert "checkpoint" in said.getvalue()
