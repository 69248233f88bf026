"""Which exposure controls a V4L2 device has, what they can do, and reading and writing them raw."""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linuxpy.ioctl import ioctl
from linuxpy.video.device import get_controls_values, set_controls_values
from linuxpy.video.raw import IOC, ControlFlag, ControlID, CtrlType, v4l2_query_ext_ctrl, v4l2_querymenu

from autoexposure.camera import Capabilities, ControlRange, believed_times
from autoexposure.exposure import Exposure
from drivers.common.gain_law import GainLaw

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

log = logging.getLogger(__name__)

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


TICKS_PER_S = 10_000
"""``exposure_time_absolute`` counts 100 microseconds (V4L2 and UVC alike)."""

DELAY_FRAMES = (1, 9)
"""For cameras that were not measured: the camera's own delay, which is 0 to 8 pictures, and the one that is on its way
through the USB while the control is written (measured with uvcvideo: always exactly one)."""

NO_AMPLIFIER = frozenset({"vivid", "vimc"})
"""Kernel drivers whose gain is there for testing applications and moves nothing in the picture (measured)."""

TIME, GAIN, MODE = "exposure_time_absolute", "gain", "auto_exposure"
DYNAMIC, AUTOGAIN = "exposure_dynamic_framerate", "gain_automatic"


class ControlSet:
    """The controls of one open device that decide its exposure. Its methods raise OSError.

    Parameters
    ----------
    device : an open linuxpy Device (or anything with ``fileno()``).
    name : what log messages call it.
    driver : the kernel driver's name.
    frame_interval_s : nominal time between two pictures, which is the exposure time of a camera that has no control
        of it.
    law : what its gain codes mean; a guess where there is no profile.

    Attributes
    ----------
    there : every control that may be written, by name.
    manual, automatic : entries of ``auto_exposure`` to switch between, None where there are none.
    law : the gain law in use.
    """

    def __init__(
        self, device: FileDescriptorLike, name: str, driver: str, frame_interval_s: float, law: GainLaw | None = None
    ) -> None:
        self._device = device
        self._name = name
        self._frame_interval_s = frame_interval_s
        found = {key: query_control(device, key) for key in IDS}
        gain, duration, mode = found[GAIN], found[TIME], found[MODE]
        if driver in NO_AMPLIFIER or (gain is not None and not gain.settable):
            found[GAIN] = found[AUTOGAIN] = None
        choices = mode.choices if mode is not None else frozenset()
        self.manual = next((m for m in (MANUAL, SHUTTER_PRIORITY) if m in choices), None)
        self._stuck_in_auto = mode is not None and self.manual is None
        if duration is not None and (not duration.settable or self._stuck_in_auto or _times(duration) is None):
            found[TIME] = None
        self.there: dict[str, Control] = {key: control for key, control in found.items() if control is not None}
        # What the camera was found with, else what UVC cameras have.
        automatic = [m for m in (AUTO, APERTURE_PRIORITY) if m in choices]
        wanted = (self.read(MODE).get(MODE), *reversed(automatic))
        self.automatic = next((m for m in wanted if m in automatic), None)
        self.law = GainLaw((0,), (1.0,))
        if GAIN in self.there:
            gain = self.there[GAIN]
            self.law = law or GainLaw.assumed(gain.minimum, gain.maximum, gain.step)

    def __contains__(self, name: str) -> bool:
        return name in self.there

    @property
    def settable(self) -> bool:
        """Whether there is anything to set at all."""
        return TIME in self.there or GAIN in self.there

    @property
    def capabilities(self) -> Capabilities:
        """What can be set, as far as is known."""
        duration, gain = self.there.get(TIME), self.there.get(GAIN)
        return Capabilities(
            time_s=_times(duration) if duration is not None else None,
            gain=self.law.range(reads_back=gain.reads_back) if gain is not None else None,
            native_auto=self.native_auto,
            delay_frames=DELAY_FRAMES,
            note=self.note,
        )

    @property
    def native_auto(self) -> bool:
        """Whether the firmware has an automatic that can be switched."""
        return (self.automatic is not None and self.manual is not None) or AUTOGAIN in self.there

    @property
    def note(self) -> str:
        """One sentence on what is missing; empty when nothing is."""
        duration, gain = TIME in self.there, GAIN in self.there
        if self._stuck_in_auto and not duration:
            stuck = "The automatic exposure of this camera can't be switched off"
            return stuck + ("; only its gain can be set." if gain else ".")
        if not duration and not gain:
            return "This camera has no exposure control: its pictures can be watched, but not corrected."
        if not duration:
            return "This camera has no exposure time control; only its gain can be set."
        if not gain:
            return "This camera has no gain control; only its exposure time can be set."
        return ""

    @property
    def frame_ticks(self) -> int:
        """The longest exposure time that fits into a frame, in the control's own units."""
        return round(self._frame_interval_s * TICKS_PER_S)

    def read(self, *names: str) -> dict[str, int]:
        """The raw values of those controls that are there."""
        asked = [self.there[name] for name in names if name in self.there]
        if not asked:
            return {}
        values: Sequence[int] = get_controls_values(self._device, asked)
        return {control.name: int(value) for control, value in zip(asked, values, strict=True)}

    def write(self, values: Mapping[str, int]) -> None:
        """Write several controls in one request, in this order."""
        log.debug("%s: %s", self._name, values)
        set_controls_values(self._device, [(self.there[name], value) for name, value in values.items()])

    def flags_of(self, name: str) -> Control | None:
        """The control as the kernel describes it now: what is inactive or grabbed depends on other controls."""
        return query_control(self._device, name) if name in self.there else None

    def raw(self, exposure: Exposure) -> dict[str, int]:
        """The codes nearest to an exposure, of the controls there are."""
        values: dict[str, int] = {}
        if TIME in self.there:
            values[TIME] = max(self.there[TIME].nearest(exposure.time_s * TICKS_PER_S), 1)
        if GAIN in self.there:
            values[GAIN] = self.law.code_for(exposure.gain)
        return values

    def exposure_of(self, values: Mapping[str, int]) -> Exposure:
        """What the codes in ``values`` mean."""
        time_s = max(values[TIME], 1) / TICKS_PER_S if TIME in values else self._frame_interval_s
        return Exposure(time_s, self.law.gain_of(values[GAIN]) if GAIN in values else 1.0)


def _times(control: Control) -> ControlRange | None:
    step = max(1, control.step)
    shortest = control.minimum if control.minimum > 0 else control.minimum + step
    return believed_times(
        shortest / TICKS_PER_S, control.maximum / TICKS_PER_S, step / TICKS_PER_S, reads_back=control.reads_back
    )
