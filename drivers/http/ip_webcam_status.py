"""What the IP Webcam app says about itself in ``/status.json?show_avail=1``, made into the project's words.

``curvals`` holds the value of every setting, as text; ``avail`` what each can be: a list, or for numbers
``{"min": .., "max": ..}``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from autoexposure.camera import ControlRange, stepped_range
from drivers.common.exposure_compensation import ExposureCompensation
from drivers.http.phone_app import PhoneScales

NS = 1e-9

MANUAL, TIME, ISO, FRAME = "manual_sensor", "exposure_ns", "iso", "frame_duration"
COMPENSATION, LOCK, BANDING = "exposure", "exposure_lock", "antibanding"
SWITCHES = (MANUAL, LOCK)

LONGEST_FRAME_S = 1.0
SHORTEST_FRAME_S = 1 / 240
USUAL_FRAME_S = 1 / 30


@dataclass(frozen=True, slots=True)
class Values:
    """The settings in force.

    Attributes
    ----------
    texts : by the app's names.
    """

    texts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: Mapping[str, object]) -> Values:
        """Read a status; whatever is not there is not there."""
        current = status.get("curvals")
        return cls({str(key): str(value) for key, value in current.items()} if isinstance(current, dict) else {})

    def on(self, switch: str) -> bool:
        """Whether a switch is on."""
        return self.texts.get(switch) == "on"

    def number(self, name: str) -> float | None:
        """A number, or None if it isn't one."""
        return _number(self.texts.get(name))


@dataclass(frozen=True, slots=True)
class Offered:
    """What the app lets be set on this phone.

    Attributes
    ----------
    scales : of exposure time (in nanoseconds), ISO or compensation.
    frame_ns : the range of the time between two pictures; None where there is no manual control.
    banding : names of the anti-banding modes.
    """

    scales: PhoneScales
    frame_ns: ControlRange | None = None
    banding: tuple[str, ...] = ()

    @classmethod
    def of(cls, status: Mapping[str, object], frame_s: float, compensation_ev: float | None = None) -> Offered:
        """Read a status that was asked for with ``show_avail=1``."""
        available = status.get("avail")
        available = available if isinstance(available, dict) else {}
        manual = MANUAL in Values.of(status).texts
        indices = (_number(value) for value in _listed(available.get(COMPENSATION)))
        scales = PhoneScales.of(
            NS,
            frame_s,
            _range(available.get(TIME)) if manual else None,
            _range(available.get(ISO)) if manual else None,
            ExposureCompensation.of((int(index) for index in indices if index is not None), compensation_ev),
        )
        banding = available.get(BANDING)
        return cls(
            scales,
            _range(available.get(FRAME)) if scales.manual else None,
            tuple(str(name) for name in banding) if isinstance(banding, list) else (),
        )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _range(described: object) -> ControlRange | None:
    """The positive whole numbers that ``described`` allows."""
    if isinstance(described, list):
        values = tuple(sorted({n for value in described if (n := _number(value)) is not None and n > 0}))
        if len(values) > 2:
            return ControlRange(values[0], values[-1], values=values)
        low, high = (values[0], values[-1]) if values else (None, None)
    elif isinstance(described, dict):
        low, high = _number(described.get("min")), _number(described.get("max"))
    else:
        return None
    return stepped_range(low, high, 1.0) if low is not None and high is not None and 0 < low < high else None


def _listed(described: object) -> list[object]:
    """All values of a short scale, whichever way it is described."""
    if isinstance(described, list):
        return described
    if isinstance(described, dict):
        low, high = _number(described.get("min")), _number(described.get("max"))
        if low is not None and high is not None and 0 <= high - low <= 200:
            return list(range(int(low), int(high) + 1))
    return []
