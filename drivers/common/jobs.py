"""Jobs: work for the thread that takes a device's pictures, done between two of them.

For libraries that let one call at a time through: a caller that sets something hands it over and waits, or goes on.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as JobTimeout
from typing import Any, TypeVar

from autoexposure.camera import Capabilities, Settings
from autoexposure.errors import CameraDisconnected, CameraError
from autoexposure.exposure import Exposure
from drivers.common.stream_camera import Controls

T = TypeVar("T")


class Jobs:
    """A queue of jobs for one device.

    Parameters
    ----------
    name : what error messages call the device.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._ended = False

    # For other threads

    def call(self, job: Callable[[], T]) -> Future[T]:
        """Have ``job`` run between two pictures. Its future raises what it raised, or that the device is gone."""
        future: Future[T] = Future()
        with self._lock:
            if self._ended:
                future.set_exception(self._gone())
            else:
                self._waiting.append((job, future))
        return future

    def wait(self, job: Callable[[], T], longest_s: float) -> T:
        """Have ``job`` run and return what it returns. Raises CameraDisconnected if that takes too long."""
        future = self.call(job)
        try:
            return future.result(longest_s)
        except JobTimeout as error:
            future.cancel()
            raise CameraDisconnected(f"{self._name} does not answer: unplug it, or switch it off and on") from error

    # For the thread that takes the pictures

    def run(self) -> None:
        """Do everything that waits. An error that is not the job's own business is raised here as well."""
        while True:
            with self._lock:
                if not self._waiting:
                    return
                job, future = self._waiting.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)
                if isinstance(error, CameraDisconnected) or not isinstance(error, CameraError):
                    raise

    def end(self) -> None:
        """Refuse every job that still waits, and all that come."""
        with self._lock:
            self._ended = True
            left, self._waiting = self._waiting, deque()
        for _, future in left:
            if future.set_running_or_notify_cancel():
                future.set_exception(self._gone())

    def _gone(self) -> CameraDisconnected:
        return CameraDisconnected(f"{self._name} is no longer connected")


class ControlsInTurn:
    """Controls of a device that lets one call at a time through: each call is a job, and waited for.

    Parameters
    ----------
    controls : used by the thread that takes the pictures alone, from now on.
    longest_s : a call that takes longer means that the device is gone.
    """

    def __init__(self, controls: Controls, jobs: Jobs, longest_s: float) -> None:
        self._controls = controls
        self._jobs = jobs
        self._longest_s = longest_s

    @property
    def capabilities(self) -> Capabilities:
        """As Camera.capabilities."""
        return self._controls.capabilities

    def now(self) -> Exposure | None:
        """As Camera.exposure."""
        return self._jobs.wait(self._controls.now, self._longest_s)

    def settings(self) -> Settings:
        """As Camera.settings."""
        return self._jobs.wait(self._controls.settings, self._longest_s)

    def restore(self, settings: Settings) -> None:
        """As Camera.restore."""
        self._jobs.wait(lambda: self._controls.restore(settings), self._longest_s)

    def take(self) -> None:
        """As Camera.take_control."""
        self._jobs.wait(self._controls.take, self._longest_s)

    def set(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        return self._jobs.wait(lambda: self._controls.set(exposure), self._longest_s)

    def set_automatic(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        self._jobs.wait(lambda: self._controls.set_automatic(on), self._longest_s)
