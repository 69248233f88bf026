"""Custody: a camera in the hands of this process, locked and noted, given back by whichever thread still can.

As a rule the thread that took a camera gives it back. Where that thread hangs inside a driver and the process must end
all the same, another one rescues it: nothing is changed any more from then on, and the settings are restored through
the same open camera. The note goes only if that is certain to have been the last word; otherwise it stays for the next
start.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from autoexposure.camera import Camera, CameraInfo, Settings
from autoexposure.custody.camera_lock import CameraLock
from autoexposure.custody.journal import Journal, restore
from autoexposure.errors import AutoexposureError, CameraBusy, CameraDisconnected, CameraError, SettledOtherwise
from autoexposure.plain_text import plain

log = logging.getLogger(__name__)


def left_changed(camera_name: str, error: AutoexposureError) -> str:
    """A sentence on a camera that ``Custody.give_back`` could not put back, and who tries again."""
    again = "" if isinstance(error, SettledOtherwise) else "; 'autoexposure restore' tries again"
    return f"{camera_name} could not be put back to how it was: {error}{again}"


class Hands:
    """Every camera that this process has changed, or is about to."""

    def __init__(self) -> None:
        self._held: set[Custody] = set()
        self._lock = threading.Lock()
        self._ended = False

    def add(self, custody: Custody) -> None:
        """Remember a camera. Raises CameraError once a rescue has begun: then no camera is taken any more."""
        with self._lock:
            if self._ended:
                raise CameraError("no camera is taken any more: the program ends")
            self._held.add(custody)

    def discard(self, custody: Custody) -> None:
        """Forget a camera that was given back."""
        with self._lock:
            self._held.discard(custody)

    def rescue(self, longest_s: float) -> list[str]:
        """Put all cameras back at once, each from a thread of its own, since their own threads hang.

        Takes ``longest_s`` at most; returns a sentence for each camera.
        """
        end_s = time.monotonic() + longest_s
        with self._lock:
            self._ended = True
            held = list(self._held)
        threads = [threading.Thread(target=custody.rescue, name="rescue", daemon=True) for custody in held]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, end_s - time.monotonic()))
        return [
            f"{custody.name} is as it was"
            if custody.is_back
            else f"{custody.name} may not be as it was: run 'autoexposure restore', or start again with this camera"
            for custody in held
        ]


HANDS = Hands()
"""Those of this process; a rescue ends it."""


class Custody:
    """One open camera. Its owner is one thread, but for ``rescue``.

    Parameters
    ----------
    camera : closed by the caller, between ``give_back`` and ``release``.
    hands : the process that has it.

    Attributes
    ----------
    notice : one sentence for the user where an earlier note could not be used; else empty.
    is_back : a rescue was certain to succeed.
    """

    def __init__(self, camera: Camera, journal: Journal, hands: Hands = HANDS) -> None:
        self.notice = ""
        self.is_back = False
        self._camera = camera
        self._journal = journal
        self._hands = hands
        self._lock: CameraLock | None = None
        self._original: Settings | None = None
        self._gate = threading.Lock()
        self._changing = 0
        self._rescued = False

    @property
    def name(self) -> str:
        """What messages call the camera."""
        return plain(self._camera.info.name)

    @property
    def originals(self) -> Settings:
        """What is put back at the end: all that was noted, as it was before the first change."""
        return dict(self._original or {})

    def take(self) -> None:
        """Lock the camera and note its settings, before it is changed for the first time. Callable again.

        What an earlier run left changed is put back before. Where there is nothing to put back nothing is done, and a
        camera that lives in this process alone is neither locked nor noted on the disk.
        Raises CameraBusy if another program or session has the camera, CameraError if its settings can't be noted.
        """
        if self._original is not None:
            return
        info, settings = self._camera.info, self._camera.settings()
        if settings or (info.lasting and self._journal.entry_of(info)):
            self._hold(info, settings)

    def note(self, settings: Settings) -> None:
        """Note controls beside exposure, before they are changed for the first time; those noted already stay.

        Raises as `take`, which is done first where it has not been.
        """
        info = self._camera.info
        if self._original is None:
            self._hold(info, {})
        original = {**settings, **(self._original or {})}
        self._original = self._journal.note(info, original).settings if info.lasting else original

    def _hold(self, info: CameraInfo, settings: Settings) -> None:
        if not info.lasting:
            self._original = dict(settings)
            return
        if self._lock is None:
            self._lock = self._journal.lock(info)
        self._hands.add(self)
        with self.changing():
            put_back, refusal = self._put_back_earlier()
        for notice in (notices := [*refusal, *self._journal.take_notices()]):
            log.warning("%s", notice)
        self.notice = " ".join(notices)
        if put_back:
            log.info("%s was left changed by an earlier run: its settings were put back", self.name)
            settings = self._camera.settings()
        self._original = self._journal.note(info, settings).settings if settings else {}

    def _put_back_earlier(self) -> tuple[bool, list[str]]:
        """Put back what an earlier run left changed; whether it was, and a sentence where the camera refuses.

        One that refuses is used all the same: its note stays the true original, for the end of this run.
        """
        try:
            return self._journal.put_back(self._camera), []
        except (CameraBusy, CameraDisconnected):
            raise
        except CameraError as error:
            return False, [f"{self.name} could not be put back to how it was before an earlier run: {error}."]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Held around everything that changes the camera. Raises CameraError once it was rescued."""
        with self._gate:
            if self._rescued:
                raise CameraError(f"{self.name} is not changed any more: the program ends")
            self._changing += 1
        try:
            yield
        finally:
            with self._gate:
                self._changing -= 1

    def give_back(self) -> None:
        """Put the settings back, of a camera that was taken. Callable twice; ``release`` follows.

        Raises CameraError if the camera refuses; its note then stays, unless trying again would change nothing.
        """
        if self._original is None or self._rescued:
            return
        with self.changing():
            try:
                restore(self._camera, self._original)
            except SettledOtherwise:
                self._forget()
                raise
            self._forget()

    def _forget(self) -> None:
        self._original = None
        if self._lock is not None:
            self._journal.drop(self._camera.info)

    def release(self) -> None:
        """Unlock a camera that is closed; if it was not put back, its note stays until it is. Callable twice."""
        lock, self._lock = self._lock, None
        if lock is not None:
            self._hands.discard(self)
            lock.close()

    def rescue(self) -> None:
        """Put the settings back from another thread, while the owner hangs; ``is_back`` says whether that is certain.

        Where the owner hangs in a change, that change may still come afterwards: then the note stays.
        """
        with self._gate:
            self._rescued = True
            owner_changes = self._changing > 0
        try:
            original = self._original
            if original is not None:
                restore(self._camera, original)
            if owner_changes:
                return
            if original is not None:
                self._journal.drop(self._camera.info)
            self.is_back = True
        except AutoexposureError as error:
            log.error("%s could not be put back to how it was: %s", self.name, error)
        except Exception as error:  # a driver used by two threads may fail in any way; the note stays
            log.error("%s could not be put back from outside: %r", self.name, error)
            log.debug("the rescue failed", exc_info=error)
