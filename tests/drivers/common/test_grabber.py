import threading

import pytest

from autoexposure.errors import CameraDisconnected, CameraError, FrameTimeout
from drivers.common.grabber import Grabber

TIMEOUT_S = 5.0


class Script:
    """A source that delivers what it is given; an exception is raised, then the rest waits for ``more``."""

    def __init__(self, *events, more=None):
        self.events = list(events)
        self.more = more or threading.Event()
        self.interrupted = threading.Event()
        self.closed = threading.Event()

    def next(self):
        if not self.events:
            self.interrupted.wait(TIMEOUT_S)
            return None
        event = self.events.pop(0)
        if isinstance(event, Exception):
            raise event
        return event

    def interrupt(self):
        self.interrupted.set()

    def close(self):
        self.closed.set()


@pytest.fixture
def grab():
    opened = []

    def start(open_source, **settings):
        opened.append(Grabber("The camera", open_source, retry_s=0.001, **settings))
        return opened[-1]

    yield start
    for grabber in opened:
        grabber.close()


def test_only_the_newest_picture_is_kept(grab):
    class Counting(Script):
        def next(self):
            if not self.events:
                self.more.set()
            return super().next()

    source = Counting(*"abcde")
    grabber = grab(lambda: source)
    assert source.more.wait(TIMEOUT_S)
    newest = grabber.newest(TIMEOUT_S)
    assert (newest.picture, newest.sequence, newest.connection) == ("e", 5, 1)
    with pytest.raises(FrameTimeout, match="no picture within 0 s"):
        grabber.newest(0)


def test_a_dropped_source_is_closed_and_opened_anew(grab):
    sources = [Script("a", CameraDisconnected("dropped")), Script("b")]
    left = sources[:]
    grabber = grab(lambda: left.pop(0))
    pictures = [grabber.newest(TIMEOUT_S)]
    if pictures[-1].picture == "a":
        pictures.append(grabber.newest(TIMEOUT_S))
    assert (pictures[-1].picture, pictures[-1].connection) == ("b", 2)
    assert sources[0].closed.is_set()


def test_without_patience_a_dropped_source_is_the_end(grab):
    grabber = grab(lambda: Script(CameraDisconnected("dropped")), patience_s=0)
    for _ in range(2):
        with pytest.raises(CameraDisconnected, match="dropped"):
            grabber.newest(TIMEOUT_S)


def test_a_source_that_opens_and_brings_nothing_is_given_up(grab):
    opened = []

    def open_source():
        opened.append(1)
        return Script(CameraDisconnected("dropped"))

    with pytest.raises(CameraDisconnected):
        grab(open_source, patience_s=0.02).newest(TIMEOUT_S)
    assert len(opened) > 1


def test_a_thread_never_dies_silent(grab, caplog):
    with pytest.raises(CameraError, match="please report"):
        grab(lambda: Script(ValueError("a bug"))).newest(TIMEOUT_S)
    assert "a bug" in caplog.text


def test_what_opening_raises_is_told(grab):
    def refused():
        raise CameraError("no")

    with pytest.raises(CameraError, match="no"):
        grab(refused).newest(TIMEOUT_S)


def test_closing_interrupts_and_ends_the_thread(grab):
    source = Script("a")
    before = threading.active_count()
    grabber = grab(lambda: source)
    grabber.newest(TIMEOUT_S)
    grabber.close()
    grabber.close()
    assert source.closed.is_set()
    assert threading.active_count() == before
    with pytest.raises(CameraError, match="has been closed"):
        grabber.newest(0)
