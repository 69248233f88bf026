"""The controls of a V4L2 device beside its exposure."""

from __future__ import annotations

import errno
import logging
from dataclasses import replace
from itertools import cycle, islice

from linuxpy.ioctl import ioctl
from linuxpy.video.device import Device, get_controls_values, set_controls_values
from linuxpy.video.raw import IOC, ControlFlag, ControlID, CtrlType, v4l2_query_ext_ctrl, v4l2_querymenu

from autoexposure.abilities.adjustable import AUTOMATICS, NAMES, Adjustment, AdjustmentKind, Choice, bound_to
from autoexposure.errors import CameraDisconnected, CameraError, ControlTaken, UnsupportedControl
from drivers.v4l2.errors import controlling

log = logging.getLogger(__name__)

IDS = {
    "white_balance_automatic": ControlID.AUTO_WHITE_BALANCE,
    "white_balance_temperature": ControlID.WHITE_BALANCE_TEMPERATURE,
    "white_balance_preset": ControlID.AUTO_N_PRESET_WHITE_BALANCE,
    "red_balance": ControlID.RED_BALANCE,
    "blue_balance": ControlID.BLUE_BALANCE,
    "focus_automatic": ControlID.FOCUS_AUTO,
    "focus_distance": ControlID.FOCUS_ABSOLUTE,
    "power_line_frequency": ControlID.POWER_LINE_FREQUENCY,
    "backlight_compensation": ControlID.BACKLIGHT_COMPENSATION,
    "brightness": ControlID.BRIGHTNESS,
    "contrast": ControlID.CONTRAST,
    "saturation": ControlID.SATURATION,
    "hue_automatic": ControlID.HUE_AUTO,
    "hue": ControlID.HUE,
    "gamma": ControlID.GAMMA,
    "sharpness": ControlID.SHARPNESS,
}
"""By their numbers, as every control of this driver."""

KINDS = {
    CtrlType.BOOLEAN: AdjustmentKind.SWITCH,
    CtrlType.INTEGER: AdjustmentKind.NUMBER,
    CtrlType.MENU: AdjustmentKind.CHOICE,
    CtrlType.INTEGER_MENU: AdjustmentKind.CHOICE,
}

UNUSABLE = ControlFlag.DISABLED | ControlFlag.READ_ONLY | ControlFlag.WRITE_ONLY

IN_TURN = 2
"""Controls read anew with each look: uvcvideo answers for most from its cache, but each may cost a USB transfer, which
takes some cameras as long as a picture."""


class V4l2Adjustments:
    """Reads and writes them. They are described at the first look, not when the device is opened.

    One that can't be described or read is not there; a later refusal to be read leaves it as it was read last.

    Parameters
    ----------
    device : an open linuxpy Device.
    name : its path, which is also what error messages call it.

    Raises CameraError and its kin, never OSError.
    """

    def __init__(self, device: Device, name: str) -> None:
        self._device = device
        self._name = name
        self._described = False
        self._infos: dict[str, v4l2_query_ext_ctrl] = {}
        self._now: dict[str, Adjustment] = {}
        self._turn = cycle([""])

    def now(self) -> tuple[Adjustment, ...]:
        """As Adjustable.adjustments."""
        if not self._described:
            self._describe()
        else:
            for name in islice(self._turn, min(IN_TURN, len(self._now))):
                self._read_again(name)
        return tuple(replace(each, active=each.active and not self._held(each.name)) for each in self._now.values())

    def set(self, name: str, value: float) -> float:
        """As Adjustable.adjust."""
        if not self._described:
            self._describe()
        if name not in self._now:
            raise UnsupportedControl(f"{self._name} has no control {name}")
        words = NAMES[name].lower()
        if self._held(name):
            raise UnsupportedControl(f"{self._name} sets its {words} itself: switch {AUTOMATICS[name]} off first")
        wanted = int(self._now[name].nearest(value))
        try:
            with controlling(self._name, f"set its {words} to {wanted}"):
                set_controls_values(self._device, [(self._infos[name], wanted)])
        except ControlTaken as error:
            raise UnsupportedControl(f"{self._name} refused to set its {words} to {wanted} at present") from error
        self._now[name] = replace(self._now[name], value=wanted)  # it stays so where it can't be read back
        for each in bound_to(name) & self._now.keys():
            self._read_again(each)
        return self._now[name].value

    def _held(self, name: str) -> bool:
        """Whether its automatic has it."""
        automatic = self._now.get(AUTOMATICS.get(name, ""))
        return automatic is not None and bool(automatic.value)

    def _describe(self) -> None:
        for name, number in IDS.items():
            try:
                with controlling(self._name, f"describe its {NAMES[name].lower()}"):
                    info = _queried(self._device, number)
                    if info is not None and (adjustment := self._adjustment(name, info)) is not None:
                        self._infos[name], self._now[name] = info, adjustment
            except CameraDisconnected:
                raise
            except CameraError as error:
                log.info("%s", error)
        self._described = True
        self._turn = cycle(self._now)

    def _adjustment(self, name: str, info: v4l2_query_ext_ctrl) -> Adjustment | None:
        """The control as it is now; None if it is of no use. Raises OSError."""
        kind = KINDS.get(info.type)
        if name in AUTOMATICS.values() and (info.minimum, info.maximum) == (0, 1):
            kind = AdjustmentKind.SWITCH  # some drivers have whole numbers for switches
        choices = _choices(self._device, info) if kind is AdjustmentKind.CHOICE else ()
        of_its_kind = choices or kind in (AdjustmentKind.SWITCH, AdjustmentKind.NUMBER)
        if info.flags & UNUSABLE or info.minimum >= info.maximum or not of_its_kind or kind is None:
            return None
        if name in AUTOMATICS.values() and kind is not AdjustmentKind.SWITCH:
            return None
        return Adjustment(
            name,
            kind,
            self._value(info),
            info.minimum,
            info.maximum,
            max(1, info.step),
            default=info.default_value,
            unit="K" if name == "white_balance_temperature" else "",
            choices=choices,
            # What another control than its own automatic has is told by the kernel, and seldom changes.
            active=AUTOMATICS.get(name) in IDS or not info.flags & ControlFlag.INACTIVE,
        )

    def _read_again(self, name: str) -> None:
        try:
            with controlling(self._name, f"tell its {NAMES[name].lower()}"):
                self._now[name] = replace(self._now[name], value=self._value(self._infos[name]))
        except CameraDisconnected:
            raise
        except CameraError as error:
            log.debug("%s", error)

    def _value(self, info: v4l2_query_ext_ctrl) -> int:
        return int(get_controls_values(self._device, [info])[0])


def _queried(device: Device, number: int) -> v4l2_query_ext_ctrl | None:
    """What the kernel says of one control; None if the device doesn't have it. Raises OSError."""
    info = v4l2_query_ext_ctrl()
    info.id = number
    try:
        ioctl(device, IOC.QUERY_EXT_CTRL, info)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOTTY):
            return None
        raise
    return info


def _choices(device: Device, info: v4l2_query_ext_ctrl) -> tuple[Choice, ...]:
    """The entries of a menu that exist. Raises OSError."""
    choices = []
    for index in range(info.minimum, info.maximum + 1):
        entry = v4l2_querymenu()
        entry.id, entry.index = info.id, index
        try:
            ioctl(device, IOC.QUERYMENU, entry)
        except OSError as error:
            if error.errno != errno.EINVAL:  # a gap in the menu
                raise
        else:
            words = str(entry.value) if info.type == CtrlType.INTEGER_MENU else entry.name.decode(errors="replace")
            choices.append(Choice(index, words))
    return tuple(choices)
