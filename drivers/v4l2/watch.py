"""Hearing of controls that somebody else changed: V4L2's control events."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable
from typing import Any

from linuxpy.video.device import EventType, deque_event, subscribe_event

from drivers.v4l2.control_info import Control

log = logging.getLogger(__name__)


class ControlWatch:
    """The events of some controls of one open device; subscribing changes nothing on it.

    The kernel sends no event for what this file handle itself writes, unless a flag changes with it.

    Parameters
    ----------
    device : an open linuxpy Device, in non-blocking mode.
    controls : which to listen to. A driver without events is simply silent.
    """

    def __init__(self, device: Any, controls: Iterable[Control]) -> None:
        self._device = device
        self._names: dict[int, str] = {}
        for control in controls:
            try:
                subscribe_event(device, EventType.CTRL, control.id)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOTTY):
                    raise
                log.info("no events of %s: %s", control.name, error)
            else:
                self._names[control.id] = control.name

    def changed(self) -> set[str]:
        """The names of the controls that had an event since the last call. Raises OSError."""
        names: set[str] = set()
        while self._names:
            try:
                event = deque_event(self._device)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.EAGAIN):  # no more of them
                    break
                raise
            if event.type == EventType.CTRL and event.id in self._names:
                names.add(self._names[event.id])
        return names
