"""How the commands that take photographs turn the loop: until there is what they wait for, or an end is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from autoexposure.errors import CameraDisconnected, CameraError, ConfigError
from autoexposure.plain_text import plain
from autoexposure.process.ending import Ending
from autoexposure.process.malloc import keep_freed_memory
from autoexposure.states import AeState, LoopState

if TYPE_CHECKING:
    from autoexposure.control.loop import ControlLoop
    from autoexposure.control.snapshot import Snapshot

WAIT_S = 10.0
"""Webcams are at rest after one to three seconds, slow network cameras after eight."""

PATIENCE_S = 5.0
"""Waited on top of that where no picture came at all."""

AWAY_S = 3.0
"""A camera that only restarts is back within two seconds; for one that was unplugged nobody waits."""

UNCONTROLLED_PICTURES = 30
"""Frames after which the camera's own automatic has settled, where nothing is controlled."""


def documents_folder() -> Path:
    """Where photographs go that nobody named a place for; made if it is missing. Raises ConfigError."""
    from autoexposure.files.own_folders import exports_folder
    from autoexposure.files.private_files import own_folder

    where = exports_folder()
    try:
        own_folder(where)
    except OSError as error:
        raise ConfigError(f"{plain(where)} can't be made ({error.strerror}): name a folder elsewhere") from error
    return where


class Shot:
    """Waits for a picture at rest, and takes the next one when it has waited long enough."""

    def __init__(self, wait_s: float) -> None:
        self._end_s = time.monotonic() + wait_s
        self._uncontrolled = 0
        self._last: tuple[int, int] | None = None
        self.at_rest = False
        self.snapshot: Snapshot | None = None
        self.seen: datetime | None = None

    def look(self, snapshot: Snapshot) -> bool:
        """Whether the newest picture is the one."""
        frame = snapshot.frame
        if frame is None or frame.placeholder or snapshot.picture == self._last:
            return False
        self._last = snapshot.picture
        if snapshot.ae_state is AeState.INACTIVE:
            self._uncontrolled += 1
        self.at_rest = snapshot.ae_state.settled or self._uncontrolled >= UNCONTROLLED_PICTURES
        if not self.at_rest and time.monotonic() < self._end_s:
            return False
        self.snapshot, self.seen = snapshot, datetime.now().astimezone()
        return True


def turn_until(look: Callable[[Snapshot], bool], loop: ControlLoop, wait_s: float) -> None:
    """Turn the loop until ``look`` says that all is taken, or the end is asked for; then put the camera back.

    ``wait_s`` : after which, and some patience, a camera without pictures is given up. Raises AutoexposureError.
    """
    from autoexposure.cli.headless import without_a_picture

    keep_freed_memory()
    with Ending(loop.leave) as ending:
        ending.expect_in(wait_s + PATIENCE_S)
        end_s = time.monotonic() + wait_s + PATIENCE_S
        here_s = time.monotonic()
        with loop:
            while not ending.told() and not look(snapshot := loop.turn()):
                if snapshot.failure is not None:
                    raise snapshot.failure
                now_s = time.monotonic()
                if snapshot.loop_state is not LoopState.RECONNECTING:
                    here_s = now_s
                elif now_s - here_s >= AWAY_S:
                    name = snapshot.camera.name if snapshot.camera is not None else "The camera"
                    raise CameraDisconnected(f"{name} was disconnected and did not come back: connect it and try again")
                if now_s >= end_s:
                    raise without_a_picture(snapshot)
            ending.tell()  # the watch over the end begins
            loop.stop(quiet=True)  # what could not be put back is raised below
    if loop.left_changed:
        raise CameraError(loop.left_changed)
