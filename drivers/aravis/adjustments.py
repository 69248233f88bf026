"""What GenICam cameras offer beside exposure, by the standard's names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from autoexposure.abilities.adjustable import Adjustment, AdjustmentKind
from drivers.aravis.exposure import CONTINUOUS, OFF, Features
from drivers.common.adjustment_set import Knob, described

WHITE_BALANCE = "BalanceWhiteAuto"
SELECTOR, RATIO = "BalanceRatioSelector", "BalanceRatio"
RATIOS = {"red_balance": "Red", "blue_balance": "Blue"}
NUMBERS = {
    "brightness": "BlackLevel",
    "saturation": "Saturation",
    "hue": "Hue",
    "gamma": "Gamma",
    "sharpness": "Sharpness",
}

STEPS = 200
"""Of a number without steps of its own: as fine as a slider can be moved."""


def aravis_knobs(features: Features) -> Iterator[Knob]:
    """Those of ``NAMES`` that a camera has and tells the limits of."""
    makers: list[Callable[[], Knob | None]] = [partial(_white_balance, features)]
    makers += [partial(_ratio, features, name, colour) for name, colour in RATIOS.items()]
    makers += [partial(_number, features, name, feature) for name, feature in NUMBERS.items()]
    yield from described(makers)


def _white_balance(features: Features) -> Knob | None:
    if not features.has(WHITE_BALANCE) or not {OFF, CONTINUOUS} <= set(features.choices(WHITE_BALANCE)):
        return None

    def read() -> float:
        return float(features.text(WHITE_BALANCE) != OFF)

    return Knob(
        Adjustment("white_balance_automatic", AdjustmentKind.SWITCH, read()),
        read,
        lambda on: features.set_text(WHITE_BALANCE, CONTINUOUS if on else OFF),
    )


def _ratio(features: Features, name: str, colour: str) -> Knob | None:
    """A colour's gain over green."""
    if not (features.has(SELECTOR) and features.has(RATIO)) or colour not in features.choices(SELECTOR):
        return None

    def read() -> float:
        with _selected(features, colour):
            return features.number(RATIO)

    def write(value: float) -> None:
        with _selected(features, colour):
            features.set_number(RATIO, value)

    with _selected(features, colour):
        return _knob(features, name, RATIO, features.number(RATIO), read, write)


@contextmanager
def _selected(features: Features, colour: str) -> Iterator[None]:
    """Have the ratio be that of one colour; what was selected before is selected again."""
    before = features.text(SELECTOR)
    features.set_text(SELECTOR, colour)
    try:
        yield
    finally:
        features.set_text(SELECTOR, before)


def _number(features: Features, name: str, feature: str) -> Knob | None:
    if not features.has(feature):
        return None
    read = partial(features.number, feature)
    return _knob(features, name, feature, read(), read, partial(features.set_number, feature))


def _knob(
    features: Features, name: str, feature: str, now: float, read: Callable[[], float], write: Callable[[float], None]
) -> Knob | None:
    span = features.span(feature)
    if span.minimum >= span.maximum:
        return None
    step = span.step or (span.maximum - span.minimum) / STEPS
    value = min(max(now, span.minimum), span.maximum)
    return Knob(Adjustment(name, AdjustmentKind.NUMBER, value, span.minimum, span.maximum, step), read, write)
