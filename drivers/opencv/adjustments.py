"""A Windows camera's controls beside exposure, through DirectShow itself (duvc-ctl).

OpenCV alone reads and writes some of them, and knows the limits of none: without duvc-ctl none is offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType

from autoexposure.abilities.adjustable import Adjustment, AdjustmentKind
from autoexposure.errors import CameraError
from drivers.common.adjustment_set import Knob, described
from drivers.opencv.duvc_ctl import DuvcCamera, Setting

PROCESSING = {
    "white_balance_temperature": "WhiteBalance",
    "backlight_compensation": "BacklightCompensation",
    "brightness": "Brightness",
    "contrast": "Contrast",
    "saturation": "Saturation",
    "hue": "Hue",
    "gamma": "Gamma",
    "sharpness": "Sharpness",
}
"""Properties of DirectShow's IAMVideoProcAmp."""

WITH_AUTOMATIC = {"white_balance_temperature": "white_balance_automatic", "focus_distance": "focus_automatic"}
"""The values whose mode is offered as a switch."""


def duvc_knobs(library: ModuleType, camera: DuvcCamera, name: str) -> Iterator[Knob]:
    """Those of ``NAMES`` that a camera of duvc-ctl tells the limits of."""
    properties = {each: getattr(library.VidProp, theirs) for each, theirs in PROCESSING.items()}
    properties["focus_distance"] = library.CamProp.Focus
    modes = library.CamMode

    def read(prop: object, what: str) -> Setting:
        result = camera.get(prop)
        if not result.is_ok():
            raise CameraError(f"{name} does not tell its {what} ({result.error().description()})")
        return result.value()

    def write(prop: object, what: str, value: int, mode: object) -> None:
        result = camera.set(prop, library.PropSetting(value, mode))
        if not result.is_ok():
            raise CameraError(f"{name} refused to set its {what} ({result.error().description()})")

    def number(what: str) -> Knob | None:
        prop = properties[what]
        found = camera.get_range(prop)
        if not found.is_ok() or (span := found.value()).min >= span.max:
            return None
        value = min(max(read(prop, what).value, span.min), span.max)
        adjustment = Adjustment(
            what,
            AdjustmentKind.NUMBER,
            value,
            span.min,
            span.max,
            max(1, span.step),
            unit="K" if what == "white_balance_temperature" else "",
        )
        return Knob(
            adjustment,
            lambda: float(read(prop, what).value),
            lambda value: write(prop, what, round(value), modes.Manual),
        )

    def switch(what: str) -> Knob | None:
        if number(what) is None:
            return None
        prop, automatic = properties[what], WITH_AUTOMATIC[what]

        def on() -> float:
            return float(read(prop, automatic).mode == modes.Auto)

        def set_on(value: float) -> None:
            write(prop, automatic, read(prop, what).value, modes.Auto if value else modes.Manual)

        return Knob(Adjustment(automatic, AdjustmentKind.SWITCH, on()), on, set_on)

    makers: list[Callable[[], Knob | None]] = [partial(number, what) for what in properties]
    makers += [partial(switch, what) for what in WITH_AUTOMATIC]
    yield from described(makers)
