"""Told to end once, twice, or by the clock; leaving the process is played, signals are real."""

import os
import queue
import signal
import sys
import threading

import pytest

from autoexposure.custody.custody import Hands
from autoexposure.process import ending as module
from autoexposure.process.ending import LEFT_BEHIND, Ending

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

LONG_S = 30.0
"""Longer than any of this takes on a busy machine."""


class Played:
    """What an Ending did: words and the exit code it left with."""

    def __init__(self) -> None:
        self.left: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.told = threading.Event()
        self.farewell = threading.Event()

    def ending(self) -> Ending:
        return Ending(self.told.set, farewell=self.farewell.set, leave=self.left.put, hands=Hands())


@pytest.fixture
def played() -> Played:
    return Played()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Long waits, to be shortened one by one."""
    for name in ("GRACE_S", "HURRY_S"):
        monkeypatch.setattr(module, name, LONG_S * 10)
    return monkeypatch


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", module.SIGNALS)
def test_a_signal_asks_for_the_end_and_an_end_in_good_order_is_left_alone(
    played: Played, patience: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    with played.ending() as ending:
        assert not ending.told()
        send(number)
        assert played.told.wait(LONG_S)
        assert ending.told()
        send(number)
    assert signal.getsignal(number) == before
    assert played.left.empty()
    assert "ending" not in [thread.name for thread in threading.enumerate()]


def test_what_hangs_is_left_some_time_after_the_first_signal(played: Played, patience: pytest.MonkeyPatch) -> None:
    patience.setattr(module, "GRACE_S", 0.05)
    with played.ending():
        send(signal.SIGTERM)
        assert played.left.get(timeout=LONG_S) == LEFT_BEHIND
        assert played.farewell.is_set()


def test_a_second_signal_makes_it_hurry(
    played: Played, patience: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    patience.setattr(module, "HURRY_S", 0.05)
    with played.ending():
        send(signal.SIGINT)
        assert played.told.wait(LONG_S)
        assert played.left.empty()
        send(signal.SIGTERM)
        assert played.left.get(timeout=LONG_S) == LEFT_BEHIND
    assert capsys.readouterr().err == "autoexposure: something does not answer and is left behind\n"


def test_a_signal_after_the_end_was_asked_for_otherwise_is_a_second_one(
    played: Played, patience: pytest.MonkeyPatch
) -> None:
    patience.setattr(module, "HURRY_S", 0.05)
    with played.ending() as ending:
        ending.tell()
        assert played.told.wait(LONG_S)
        ending.tell()
        send(signal.SIGTERM)
        assert played.left.get(timeout=LONG_S) == LEFT_BEHIND


def test_the_clock_is_watched_too(played: Played, patience: pytest.MonkeyPatch) -> None:
    patience.setattr(module, "GRACE_S", 0.05)
    with played.ending() as ending:
        ending.expect_in(0.05)
        assert played.left.get(timeout=LONG_S) == LEFT_BEHIND
        assert not ending.told()


def test_it_hears_while_the_main_thread_is_in_a_library_that_answers_no_signal(
    played: Played, patience: pytest.MonkeyPatch
) -> None:
    """Reading a pipe is begun again after every signal; the other thread ends it."""
    patience.setattr(module, "GRACE_S", 0.05)
    reading, writing = os.pipe()

    def leave(_code: int) -> None:
        os.write(writing, b"!")

    with Ending(leave=leave, hands=Hands()):
        threading.Timer(0.05, send, (signal.SIGTERM,)).start()
        assert os.read(reading, 1) == b"!"
    os.close(reading)
    os.close(writing)


def test_words_that_nobody_takes_hold_nothing_up(played: Played, patience: pytest.MonkeyPatch) -> None:
    patience.setattr(module, "GRACE_S", 0.05)
    patience.setattr(module, "FAREWELL_S", 0.05)
    stuck = threading.Event()
    with Ending(farewell=lambda: stuck.wait(LONG_S), leave=played.left.put, hands=Hands()) as ending:
        ending.tell()
        assert played.left.get(timeout=LONG_S) == LEFT_BEHIND
        stuck.set()


def test_an_ignored_hang_up_stays_ignored(played: Played, patience: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with played.ending() as ending:
            send(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            send(signal.SIGTERM)
            assert played.told.wait(LONG_S)
            assert ending.told()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_signals_and_other_threads_are_left_alone(played: Played, patience: pytest.MonkeyPatch) -> None:
    heard = threading.Event()
    before = signal.signal(signal.SIGUSR1, lambda *_: heard.set())
    try:
        with played.ending() as ending:
            send(signal.SIGUSR1)
            assert heard.wait(LONG_S)
            assert not ending.told()
    finally:
        signal.signal(signal.SIGUSR1, before)
    seen: list[bool] = []

    def elsewhere() -> None:
        with played.ending() as ending:
            ending.expect_in(0.0)
            ending.tell()
            seen.append(ending.told())

    patience.setattr(module, "GRACE_S", 0.0)
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join(LONG_S)
    assert seen == [True]
    assert played.left.empty()
