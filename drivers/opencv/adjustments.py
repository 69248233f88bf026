"""A Windows camera's controls beside exposure, through DirectShow itself (duvc-ctl).

OpenCV alone reads and writes some of them, and knows the limits of none: without duvc-ctl none is offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType

from autoexposure.abilities.adjustable import AUTOMATICS, NAMES, Adjustment, AdjustmentKind, Choice
from autoexposure.errors import CameraError
from drivers.common.adjustment_set import Knob, described
from drivers.opencv.duvc_ctl import DuvcCamera, Range, Setting

PROCESSING = {
    "white_balance_temperature": "WhiteBalance",
    "backlight_compensation": "BacklightCompensation",
    "brightness": "Brightness",
    "contrast": "Contrast",
    "saturation": "Saturation",
    "hue": "Hue",
    "gamma": "Gamma",
    "sharpness": "Sharpness",
    "power_line_frequency": "PowerLineFrequency",
}
"""Properties of DirectShow's IAMVideoProcAmp."""

POWER_LINE = (Choice(0, "off"), Choice(1, "50 Hz"), Choice(2, "60 Hz"), Choice(3, "auto"))
"""What KSPROPERTY_VIDEOPROCAMP_POWERLINE_FREQUENCY counts; a camera's range ends at the last that it knows."""


def duvc_knobs(library: ModuleType, camera: DuvcCamera, name: str) -> Iterator[Knob]:
    """Those of ``NAMES`` that a camera of duvc-ctl tells the limits of, and that can be put back."""
    properties = {each: getattr(library.VidProp, theirs) for each, theirs in PROCESSING.items()}
    properties["focus_distance"] = library.CamProp.Focus
    modes = library.CamMode

    def read(what: str) -> Setting:
        result = camera.get(properties[what])
        if not result.is_ok():
            raise CameraError(f"{name} does not tell its {NAMES[what].lower()} ({result.error().description()})")
        return result.value()

    def write(what: str, value: int, mode: object) -> None:
        result = camera.set(properties[what], library.PropSetting(value, mode))
        if not result.is_ok():
            raise CameraError(f"{name} refused to set its {NAMES[what].lower()} ({result.error().description()})")

    def span_of(what: str) -> Range | None:
        found = camera.get_range(properties[what])
        return span if found.is_ok() and (span := found.value()).min < span.max else None

    def value(what: str) -> Knob | None:
        span, now = span_of(what), read(what)
        if span is None or (now.mode == modes.Auto and what not in AUTOMATICS):
            return None  # set by hand it would leave an automatic that there is no switch to put back
        of_choice = what == "power_line_frequency"
        choices = tuple(each for each in POWER_LINE if of_choice and span.min <= each.value <= span.max)
        if of_choice and not choices:
            return None
        adjustment = Adjustment(
            what,
            AdjustmentKind.CHOICE if of_choice else AdjustmentKind.NUMBER,
            min(max(now.value, span.min), span.max),
            span.min,
            span.max,
            max(1, span.step),
            default=span.default_val,
            unit="K" if what == "white_balance_temperature" else "",
            choices=choices,
        )
        return Knob(adjustment, lambda: float(read(what).value), lambda value: write(what, round(value), modes.Manual))

    def switch(what: str) -> Knob | None:
        span, automatic = span_of(what), AUTOMATICS[what]
        if span is None or modes.Auto not in (span.default_mode, read(what).mode):
            return None

        def on() -> float:
            return float(read(what).mode == modes.Auto)

        def set_on(value: float) -> None:
            write(what, read(what).value, modes.Auto if value else modes.Manual)

        return Knob(Adjustment(automatic, AdjustmentKind.SWITCH, on()), on, set_on)

    makers: list[Callable[[], Knob | None]] = [partial(value, what) for what in properties]
    makers += [partial(switch, what) for what in properties if what in AUTOMATICS]
    yield from described(makers)
