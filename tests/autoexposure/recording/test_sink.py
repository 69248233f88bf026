import threading
from dataclasses import replace

import numpy as np
import pytest

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import RecordingError
from autoexposure.frame import Frame
from autoexposure.recording.sink import QueuedSink
from autoexposure.states import LoopState


def snapshot(number):
    frame = Frame(np.zeros((4, 4, 3), np.uint8), number / 30, number)
    return Snapshot(loop_state=LoopState.RUNNING, frame=frame)


class Collecting:
    """Keeps the numbers it was given; waits for ``gate`` before each."""

    def __init__(self, fail_at=None):
        self.got, self.closed, self.fail_at = [], 0, fail_at
        self.gate = threading.Event()
        self.gate.set()
        self.busy = threading.Event()

    def add(self, given):
        self.busy.set()
        assert self.gate.wait(10)
        if given.frame.sequence == self.fail_at:
            raise RecordingError("the disk is full")
        self.got.append(given.frame.sequence)
        return True

    def close(self):
        self.closed += 1


def test_every_picture_once_and_in_order():
    consumer = Collecting()
    with QueuedSink("test", lambda: consumer, depth=100) as sink:
        for number in (0, 1, 1, 2, 2, 3):
            sink(snapshot(number))
        sink(Snapshot(loop_state=LoopState.RUNNING))
        sink(replace(snapshot(9), loop_state=LoopState.RECONNECTING))
    assert consumer.got == [0, 1, 2, 3]
    assert consumer.closed == 1
    assert sink.ended
    assert sink.missed == 0


def test_another_stream_may_give_its_first_picture_the_same_number():
    consumer = Collecting()
    with QueuedSink("test", lambda: consumer) as sink:
        sink(replace(snapshot(0), stream=1))
        sink(replace(snapshot(0), stream=2))
        sink(replace(snapshot(0), stream=2))
    assert consumer.got == [0, 0]


def test_a_placeholder_reaches_no_sink():
    consumer = Collecting()
    with QueuedSink("test", lambda: consumer) as sink:
        shown = snapshot(0)
        sink(replace(shown, frame=replace(shown.frame, placeholder=True)))
        sink(snapshot(1))
    assert consumer.got == [1]


@pytest.mark.parametrize(("newest_wins", "got"), [(False, [0, 1, 2]), (True, [0, 4, 5])])
def test_without_room_something_is_missed_and_the_loop_does_not_wait(newest_wins, got):
    consumer = Collecting()
    consumer.gate.clear()
    with QueuedSink("test", lambda: consumer, depth=2, newest_wins=newest_wins) as sink:
        sink(snapshot(0))
        assert consumer.busy.wait(10)
        for number in range(1, 6):
            sink(snapshot(number))
        consumer.gate.set()
    assert consumer.got == got
    assert sink.missed == 3


def test_an_error_ends_it_and_is_kept():
    consumer = Collecting(fail_at=2)
    sink = QueuedSink("test", lambda: consumer)
    for number in range(5):
        sink(snapshot(number))
    sink.close()
    assert consumer.got == [0, 1]
    assert str(sink.error) == "the disk is full"
    assert consumer.closed == 1
    sink(snapshot(6))
    assert sink.ended


def test_what_cannot_be_opened():
    def fail():
        raise RecordingError("no such folder")

    sink = QueuedSink("test", fail)
    sink.close()
    assert str(sink.error) == "no such folder"
    assert sink.consumer is None


def test_a_bug_in_the_consumer_is_logged(caplog):
    class Broken(Collecting):
        def add(self, given):
            raise ZeroDivisionError

    sink = QueuedSink("test sink", Broken)
    sink(snapshot(0))
    sink.close()
    assert isinstance(sink.error, ZeroDivisionError)
    assert "test sink failed" in caplog.text
