"""What a phone's browser lets be set beside exposure, in the words of W3C Image Capture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from autoexposure.abilities.adjustable import Adjustment, AdjustmentKind
from drivers.common.adjustment_set import Knob

Constraints = dict[str, str | float]

AUTOMATIC, MANUAL = "continuous", "manual"

MODES = {"white_balance_automatic": "whiteBalanceMode", "focus_automatic": "focusMode"}
NUMBERS = {
    "white_balance_temperature": "colorTemperature",
    "focus_distance": "focusDistance",
    "brightness": "brightness",
    "contrast": "contrast",
    "saturation": "saturation",
    "sharpness": "sharpness",
}
UNITS = {"white_balance_temperature": "K", "focus_distance": "m"}

STEPS = 100
"""Of a number whose steps the browser doesn't tell."""


def finite(value: object) -> float | None:
    """A number as it came from a page; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def settings_beside(values: Mapping[str, object]) -> Constraints:
    """What ``track.getSettings()`` said of them; what makes no sense is left out."""
    believed: Constraints = {word: str(values[word]) for word in MODES.values() if isinstance(values.get(word), str)}
    numbers = {word: finite(values.get(word)) for word in NUMBERS.values()}
    return {**believed, **{word: number for word, number in numbers.items() if number is not None}}


def phone_knobs(
    capabilities: Mapping[str, object], now: Callable[[], Constraints], apply: Callable[[Constraints], object]
) -> Iterator[Knob]:
    """Those of ``NAMES`` that a track has.

    Parameters
    ----------
    capabilities : ``track.getCapabilities()``, as the page sent it.
    now : `settings_beside` of the newest settings.
    apply : has the page ask its track. Raises CameraError.
    """
    for name, word in MODES.items():
        offered = capabilities.get(word)
        if isinstance(offered, list) and AUTOMATIC in offered and MANUAL in offered and word in now():
            read = partial(_is_automatic, now, word)
            yield Knob(Adjustment(name, AdjustmentKind.SWITCH, read()), read, partial(_switch, apply, word))
    for name, word in NUMBERS.items():
        span, value = capabilities.get(word), now().get(word)
        if not isinstance(span, Mapping) or not isinstance(value, float):
            continue
        low, high = finite(span.get("min")), finite(span.get("max"))
        if low is None or high is None or not low < high:
            continue
        step = finite(span.get("step"))
        adjustment = Adjustment(
            name,
            AdjustmentKind.NUMBER,
            min(max(value, low), high),
            low,
            high,
            step if step is not None and step > 0 else (high - low) / STEPS,
            unit=UNITS.get(name, ""),
        )
        yield Knob(adjustment, partial(_number, now, word, value), partial(_set, apply, word))


def _is_automatic(now: Callable[[], Constraints], word: str) -> float:
    return float(now().get(word) != MANUAL)


def _switch(apply: Callable[[Constraints], object], word: str, on: float) -> None:
    apply({word: AUTOMATIC if on else MANUAL})


def _number(now: Callable[[], Constraints], word: str, otherwise: float) -> float:
    value = now().get(word)
    return value if isinstance(value, float) else otherwise


def _set(apply: Callable[[Constraints], object], word: str, value: float) -> None:
    apply({word: round(value, 6)})
