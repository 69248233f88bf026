"""One V4L2 control as the kernel describes it, and the numbers of those that decide the exposure."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any

from linuxpy.ioctl import ioctl
from linuxpy.video.raw import IOC, ControlFlag, ControlID, CtrlType, v4l2_query_ext_ctrl, v4l2_querymenu

IDS = {
    "exposure_dynamic_framerate": int(ControlID.EXPOSURE_AUTO_PRIORITY),
    "gain_automatic": int(ControlID.AUTOGAIN),
    "auto_exposure": int(ControlID.EXPOSURE_AUTO),
    "exposure_time_absolute": int(ControlID.EXPOSURE_ABSOLUTE),
    "gain": int(ControlID.GAIN),
}
"""The controls this driver may write, by their numbers: names changed between kernels, numbers never do."""

AUTO, MANUAL, SHUTTER_PRIORITY, APERTURE_PRIORITY = range(4)
"""Entries of ``auto_exposure``. UVC cameras have a fixed iris: theirs are MANUAL and APERTURE_PRIORITY."""


@dataclass(frozen=True, slots=True)
class Control:
    """One control as the kernel describes it; ``choices`` are the entries of a menu that exist."""

    id: int
    name: str
    type: int
    minimum: int
    maximum: int
    step: int
    flags: int
    choices: frozenset[int] = frozenset()

    @property
    def settable(self) -> bool:
        """Whether it can be written in principle; an inactive one can, once the automatic is off."""
        return not self.flags & (ControlFlag.DISABLED | ControlFlag.READ_ONLY) and self.maximum > self.minimum

    @property
    def inactive(self) -> bool:
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


def query_control(device: Any, name: str) -> Control | None:
    """Ask the kernel for one control; None if the device doesn't have it. Raises OSError."""
    info = v4l2_query_ext_ctrl()
    info.id = IDS[name]
    try:
        ioctl(device, IOC.QUERY_EXT_CTRL, info)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOTTY):
            return None
        raise
    choices: set[int] = set()
    if info.type == CtrlType.MENU:
        for index in range(info.minimum, info.maximum + 1):
            entry = v4l2_querymenu()
            entry.id, entry.index = info.id, index
            try:
                ioctl(device, IOC.QUERYMENU, entry)
            except OSError as error:
                if error.errno != errno.EINVAL:  # a gap in the menu
                    raise
            else:
                choices.add(index)
    return Control(info.id, name, info.type, info.minimum, info.maximum, int(info.step), info.flags, frozenset(choices))
