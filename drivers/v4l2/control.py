"""Single controls of a V4L2 device: as the kernel describes them, asked again where a firmware stalls, watched."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from linuxpy.ioctl import ioctl
from linuxpy.video.device import Device, EventType, deque_event, subscribe_event
from linuxpy.video.raw import IOC, ControlFlag, ControlID, CtrlType, v4l2_query_ext_ctrl, v4l2_querymenu

from drivers.v4l2.errors import GONE

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

IDS = {
    "exposure_dynamic_framerate": int(ControlID.EXPOSURE_AUTO_PRIORITY),
    "gain_automatic": int(ControlID.AUTOGAIN),
    "iso_sensitivity_auto": int(ControlID.ISO_SENSITIVITY_AUTO),
    "auto_exposure": int(ControlID.EXPOSURE_AUTO),
    "exposure_time_absolute": int(ControlID.EXPOSURE_ABSOLUTE),
    "exposure": int(ControlID.EXPOSURE),
    "gain": int(ControlID.GAIN),
    "analogue_gain": int(ControlID.ANALOGUE_GAIN),
    "iso_sensitivity": int(ControlID.ISO_SENSITIVITY),
    "digital_gain": int(ControlID.DIGITAL_GAIN),
}
"""The controls this driver may write, by their numbers: names changed between kernels, numbers never do."""

TRIES, BETWEEN_TRIES_S = 3, 0.02
"""A request that a firmware refuses is made again: some stall now and then, after a change of mode above all."""

_FINAL = {*GONE, errno.EINVAL, errno.ENOTTY, errno.EACCES, errno.EPERM}


def insisting(ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``ask`` returns, called with these arguments; an OSError that may pass is raised only after a few tries."""
    for _ in range(TRIES - 1):
        try:
            return ask(*args, **kwargs)
        except OSError as error:
            if error.errno in _FINAL:
                raise
            log.debug("tried again after: %s", error)
            time.sleep(BETWEEN_TRIES_S)
    return ask(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class Control:
    """One control as the kernel describes it.

    Attributes
    ----------
    choices : the entries of a menu that exist.
    numbers : the number behind each of them, where it is a menu of numbers.
    """

    id: int
    name: str
    type: int
    minimum: int
    maximum: int
    step: int
    flags: int
    choices: frozenset[int] = frozenset()
    numbers: tuple[tuple[int, int], ...] = ()

    @property
    def settable(self) -> bool:
        """Whether it can be written in principle; an inactive one can, once the automatic is off."""
        return not self.flags & (ControlFlag.DISABLED | ControlFlag.READ_ONLY) and self.maximum > self.minimum

    @property
    def inactive(self) -> bool:
        """Whether it has no effect now, as an exposure time under the automatic."""
        return bool(self.flags & ControlFlag.INACTIVE)

    @property
    def grabbed(self) -> bool:
        """Whether another program holds it: it can't be written as long as it does."""
        return bool(self.flags & ControlFlag.GRABBED)

    @property
    def reads_back(self) -> bool:
        """Whether reading it asks the device. uvcvideo mostly answers from its cache and doesn't say when."""
        return bool(self.flags & ControlFlag.VOLATILE)

    def nearest(self, value: float) -> int:
        """The value it can take that is nearest to ``value``."""
        steps = round((value - self.minimum) / max(1, self.step))
        return max(self.minimum, min(self.minimum + steps * max(1, self.step), self.maximum))


def query_control(device: FileDescriptorLike, name: str) -> Control | None:
    """Ask the kernel for one control of ``IDS``; None if the device doesn't have it. Raises OSError."""
    info = query_number(device, IDS[name])
    if info is None:
        return None
    entries = menu_of(device, info)
    numbers = tuple((index, int(entry.value)) for index, entry in entries.items())
    return Control(
        info.id,
        name,
        info.type,
        info.minimum,
        info.maximum,
        int(info.step),
        info.flags,
        frozenset(entries),
        numbers if info.type == CtrlType.INTEGER_MENU else (),
    )


def query_number(device: FileDescriptorLike, number: int) -> v4l2_query_ext_ctrl | None:
    """What the kernel says of the control of this number; None if the device doesn't have it. Raises OSError."""
    info = v4l2_query_ext_ctrl()

    def ask() -> None:
        info.id = number
        ioctl(device, IOC.QUERY_EXT_CTRL, info)

    try:
        insisting(ask)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOTTY):
            return None
        raise
    return info


def menu_of(device: FileDescriptorLike, info: v4l2_query_ext_ctrl) -> dict[int, v4l2_querymenu]:
    """The entries that a control has, by index; none if it is no menu. Raises OSError if the device is gone."""
    entries: dict[int, v4l2_querymenu] = {}
    if info.type in (CtrlType.MENU, CtrlType.INTEGER_MENU):
        for index in range(info.minimum, info.maximum + 1):
            try:
                entries[index] = insisting(_menu_entry, device, info.id, index)
            except OSError as error:  # a gap in the menu, or an entry that the firmware can't name
                if error.errno in GONE:
                    raise
    return entries


def _menu_entry(device: FileDescriptorLike, number: int, index: int) -> v4l2_querymenu:
    entry = v4l2_querymenu()
    entry.id, entry.index = number, index
    ioctl(device, IOC.QUERYMENU, entry)
    return entry


class ControlWatch:
    """The events of some controls of one open device; subscribing changes nothing on it.

    The kernel sends no event for what this file handle itself writes, unless a flag changes with it.

    Parameters
    ----------
    device : an open linuxpy Device, in non-blocking mode.
    controls : which to listen to. A driver without events, or one that fails at them, is simply silent.
    """

    def __init__(self, device: Device, controls: Iterable[Control]) -> None:
        self._device = device
        self._names: dict[int, str] = {}
        for control in controls:
            try:
                subscribe_event(device, EventType.CTRL, control.id)
            except OSError as error:
                if error.errno in GONE:
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
                if error.errno in GONE:
                    raise
                if error.errno not in (errno.ENOENT, errno.EAGAIN):  # no more of them
                    log.debug("no event can be heard: %s", error)
                break
            if event.type == EventType.CTRL and event.id in self._names:
                names.add(self._names[event.id])
        return names
