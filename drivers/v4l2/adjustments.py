"""The controls of a V4L2 device beside its exposure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from linuxpy.video.device import Device, get_controls_values, set_controls_values
from linuxpy.video.raw import ControlFlag, ControlID, CtrlType, v4l2_query_ext_ctrl

from autoexposure.abilities.adjustable import AUTOMATICS, NAMES, Adjustment, AdjustmentKind, Choice
from autoexposure.errors import ControlTaken, UnsupportedControl
from drivers.common.adjustment_set import Knob, described
from drivers.v4l2.control import insisting, menu_of, query_number
from drivers.v4l2.errors import controlling

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


def v4l2_knobs(device: Device, name: str) -> Iterator[Knob]:
    """Those of ``NAMES`` that an open linuxpy Device has; one that can't be described or read is not there.

    ``name`` is the device's path, which is also what error messages call it. Raises CameraError's kin, never OSError.
    """
    return iter(described(partial(_knob, device, name, each, number) for each, number in IDS.items()))


def _knob(device: Device, path: str, name: str, number: int) -> Knob | None:
    words = NAMES[name].lower()
    with controlling(path, f"describe its {words}"):
        info = query_number(device, number)
        adjustment = _adjustment(device, name, info) if info is not None else None
    if adjustment is None:
        return None

    def read() -> float:
        with controlling(path, f"tell its {words}"):
            return _value(device, info)

    def write(value: float) -> None:
        try:
            with controlling(path, f"set its {words} to {value:g}"):
                insisting(set_controls_values, device, [(info, int(value))])
        except ControlTaken as error:
            raise UnsupportedControl(f"{path} refused to set its {words} to {value:g} at present") from error

    return Knob(adjustment, read, write)


def _adjustment(device: Device, name: str, info: v4l2_query_ext_ctrl) -> Adjustment | None:
    """The control as it is now; None if it is of no use. Raises OSError."""
    kind = KINDS.get(info.type)
    if name in AUTOMATICS.values() and (info.minimum, info.maximum) == (0, 1):
        kind = AdjustmentKind.SWITCH  # some drivers have whole numbers for switches
    choices = _choices(device, info) if kind is AdjustmentKind.CHOICE else ()
    of_its_kind = choices or kind in (AdjustmentKind.SWITCH, AdjustmentKind.NUMBER)
    if info.flags & UNUSABLE or info.minimum >= info.maximum or not of_its_kind or kind is None:
        return None
    if name in AUTOMATICS.values() and kind is not AdjustmentKind.SWITCH:
        return None
    return Adjustment(
        name,
        kind,
        insisting(_value, device, info),
        info.minimum,
        info.maximum,
        max(1, info.step),
        default=info.default_value,
        unit="K" if name == "white_balance_temperature" else "",
        choices=choices,
        # What another control than its own automatic has is told by the kernel, and seldom changes.
        active=AUTOMATICS.get(name) in IDS or not info.flags & ControlFlag.INACTIVE,
    )


def _value(device: Device, info: v4l2_query_ext_ctrl) -> int:
    return int(get_controls_values(device, [info])[0])


def _choices(device: Device, info: v4l2_query_ext_ctrl) -> tuple[Choice, ...]:
    by_number = info.type == CtrlType.INTEGER_MENU
    return tuple(
        Choice(index, str(entry.value) if by_number else entry.name.decode(errors="replace"))
        for index, entry in menu_of(device, info).items()
    )
