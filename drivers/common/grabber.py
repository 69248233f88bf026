"""Grabber: the private thread of a driver whose pictures arrive by themselves, and its one-frame slot."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from autoexposure.errors import AutoexposureError, CameraDisconnected, CameraError, FrameTimeout
from autoexposure.frame import Frame, Pixels, check_pixels

log = logging.getLogger(__name__)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

JOIN_S = 10.0
"""A source that has been interrupted comes back long before; longer than its own timeouts."""


class Source(Protocol[T_co]):
    """An open stream of pictures; used by the grabber's thread alone, but for ``interrupt``."""

    def next(self) -> T_co | None:
        """The next picture, or None if none is complete yet. Raises CameraDisconnected when the stream drops."""

    def interrupt(self) -> None:
        """Called by another thread: make a waiting ``next`` come back soon."""

    def close(self) -> None:
        """Let go of the stream."""


@dataclass(frozen=True, slots=True)
class Grabbed(Generic[T]):
    """One picture as it came.

    Attributes
    ----------
    picture : whatever the source delivers, decoded or not.
    timestamp_s : monotonic time at which it was complete.
    sequence : counts every picture that came, also those that were not read.
    connection : which connection brought it, counted from 1; a new number means that the device may have restarted.
    """

    picture: T
    timestamp_s: float
    sequence: int
    connection: int


class Grabber(Generic[T]):
    """Keeps the newest picture of a source, opens the source anew when it drops.

    Parameters
    ----------
    name : what error messages call the camera.
    open_source : called in the grabber's thread.
    patience_s : how long a stream may bring no picture, however often it is opened; 0 opens it once.
    retry_s : pause between two attempts.
    """

    def __init__(
        self, name: str, open_source: Callable[[], Source[T]], *, patience_s: float = 2.0, retry_s: float = 0.1
    ) -> None:
        self._name = name
        self._open_source = open_source
        self._patience_s = patience_s
        self._retry_s = retry_s
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._source: Source[T] | None = None
        self._newest: Grabbed[T] | None = None
        self._error: AutoexposureError | None = None
        self._sequence = 0
        self._connection = 0
        self._thread = threading.Thread(target=self._run, name=f"grabber of {name}", daemon=True)
        self._thread.start()

    def newest(self, timeout_s: float) -> Grabbed[T]:
        """The newest picture not yet taken. Raises FrameTimeout, or what ended the stream."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._error is not None, timeout_s)
            newest, self._newest = self._newest, None
            if newest is not None:
                return newest
            if self._error is not None:
                raise self._error
        raise FrameTimeout(f"{self._name} delivered no picture within {timeout_s:g} s")

    def close(self) -> None:
        """End the thread and the stream. Callable twice."""
        self._stopping.set()
        with self._changed:
            if self._source is not None:
                self._source.interrupt()
        self._thread.join(JOIN_S)
        if self._thread.is_alive():
            log.error("%s: the thread that takes its pictures does not end", self._name)
        self._fail(CameraError(f"{self._name} has been closed: open the camera again"))
        with self._changed:
            self._newest = None

    def _run(self) -> None:
        try:
            self._keep_open()
        except AutoexposureError as error:
            self._fail(error)
        except Exception as error:  # a thread never dies silent
            log.exception("%s: taking pictures failed", self._name)
            self._fail(CameraError(f"{self._name} can't deliver pictures ({error!r}): please report it"))

    def _keep_open(self) -> None:
        alive_s = time.monotonic()
        while not self._stopping.is_set():
            before = self._sequence
            try:
                self._receive()
            except CameraDisconnected as error:
                if self._sequence > before:
                    alive_s = time.monotonic()
                if time.monotonic() - alive_s >= self._patience_s:
                    raise
                log.info("%s: opening the stream anew: %s", self._name, error)
                self._stopping.wait(self._retry_s)

    def _receive(self) -> None:
        """One connection, from opening to its end."""
        source = self._open_source()
        with self._changed:
            self._source = source
            self._connection += 1
        try:
            while not self._stopping.is_set():
                picture = source.next()
                if picture is not None:
                    self._put(picture)
        finally:
            with self._changed:
                self._source = None
            source.close()

    def _put(self, picture: T) -> None:
        with self._changed:
            self._sequence += 1
            self._newest = Grabbed(picture, time.monotonic(), self._sequence, self._connection)
            self._changed.notify_all()

    def _fail(self, error: AutoexposureError) -> None:
        with self._changed:
            if self._error is None or self._stopping.is_set():
                self._error = error
            self._changed.notify_all()


class GrabbedPixels:
    """The newest picture of a source of RGB pixels, as frames.

    Parameters
    ----------
    name, open_source, patience_s : as Grabber's.

    Attributes
    ----------
    connection : which connection brought the picture read last.
    """

    def __init__(self, name: str, open_source: Callable[[], Source[Pixels]], patience_s: float) -> None:
        self.connection = 0
        self._grabber = Grabber(name, open_source, patience_s=patience_s)

    def read(self, timeout_s: float) -> Frame:
        """The newest picture not yet read. Raises as Camera.read."""
        grabbed = self._grabber.newest(timeout_s)
        self.connection = grabbed.connection
        return Frame(check_pixels(grabbed.picture), grabbed.timestamp_s, grabbed.sequence)

    def close(self) -> None:
        """Stop receiving. Callable twice."""
        self._grabber.close()
