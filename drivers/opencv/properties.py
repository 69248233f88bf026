"""What cv2.VideoCapture's exposure properties mean: each of its backends speaks a language of its own.

Raw values in this file are the backend's: V4L2 counts 100 microseconds, Windows the power of two of a second.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import cv2

from drivers.common.time_code import TICKS, TimeCode

ABSENT = -1.0
"""What VideoCapture.get answers for a property that the camera or the backend doesn't have."""

DSHOW_AUTO, DSHOW_MANUAL = 1, 2
"""DirectShow's flags of a camera control, which newer OpenCV returns for CAP_PROP_AUTO_EXPOSURE."""

V4L2_MANUAL, V4L2_AUTO = 1, 3
V4L2_NORMALISED = "OPENCV_VIDEOIO_V4L_RANGE_NORMALIZED"
"""With this variable set OpenCV maps its V4L2 properties to 0..1, as it did before 4.0."""


class Property(StrEnum):
    """The two values an exposure is made of."""

    TIME = "exposure"
    GAIN = "gain"


PROPERTIES = {Property.TIME: cv2.CAP_PROP_EXPOSURE, Property.GAIN: cv2.CAP_PROP_GAIN}


@dataclass(frozen=True, slots=True)
class Span:
    """Raw values a property takes; ``assumed`` where the system can't be asked."""

    minimum: int
    maximum: int
    step: int = 1
    assumed: bool = False


class Properties(Protocol):
    """A camera's exposure in raw values. Setting returns whether it was accepted, which need not mean obeyed."""

    @property
    def time_code(self) -> TimeCode:
        """How exposure times are counted."""

    def span(self, prop: Property) -> Span | None:
        """What ``prop`` takes; None if the camera doesn't have it."""

    def get(self, prop: Property) -> int | None:
        """The present raw value; None where there is none."""

    def set(self, prop: Property, raw: int) -> bool:
        """Ask for ``raw``."""

    def automatic(self) -> bool | None:
        """Whether the firmware decides; None where that can't be asked."""

    def set_automatic(self, on: bool) -> bool:
        """Hand the exposure to the firmware, or take it back."""


class CaptureProperties:
    """The properties of an open cv2.VideoCapture.

    Parameters
    ----------
    time_code : how the backend counts exposure times.
    spans : what the properties take, for those the camera has.
    """

    def __init__(self, capture: cv2.VideoCapture, time_code: TimeCode, spans: Mapping[Property, Span]) -> None:
        self._capture = capture
        self._time_code = time_code
        self._spans = spans

    @property
    def time_code(self) -> TimeCode:
        """How exposure times are counted."""
        return self._time_code

    def span(self, prop: Property) -> Span | None:
        """As Properties.span."""
        return self._spans.get(prop)

    def get(self, prop: Property) -> int | None:
        """As Properties.get."""
        return round(self._capture.get(PROPERTIES[prop])) if prop in self._spans else None

    def set(self, prop: Property, raw: int) -> bool:
        """As Properties.set."""
        return prop in self._spans and bool(self._capture.set(PROPERTIES[prop], raw))


class V4l2Properties(CaptureProperties):
    """CAP_V4L2: while the automatic is on, setting the exposure time just answers False."""

    def __init__(self, capture: cv2.VideoCapture, spans: Mapping[Property, Span]) -> None:
        super().__init__(capture, TICKS, spans)

    def automatic(self) -> bool | None:
        """As Properties.automatic."""
        mode = self._capture.get(cv2.CAP_PROP_AUTO_EXPOSURE)
        return None if mode < 0 else round(mode * _v4l2_scale()) not in (V4L2_MANUAL, 2)

    def set_automatic(self, on: bool) -> bool:
        """As Properties.set_automatic."""
        mode = V4L2_AUTO if on else V4L2_MANUAL
        return bool(self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, mode / _v4l2_scale()))


class DirectShowProperties(CaptureProperties):
    """CAP_DSHOW. Values are truncated to whole stops; not every version tells whether the automatic is on."""

    def automatic(self) -> bool | None:
        """As Properties.automatic."""
        flags = self._capture.get(cv2.CAP_PROP_AUTO_EXPOSURE)
        return {DSHOW_AUTO: True, DSHOW_MANUAL: False}.get(round(flags))

    def set_automatic(self, on: bool) -> bool:
        """As Properties.set_automatic."""
        return bool(self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, 1 if on else 0))


class MediaFoundationProperties(CaptureProperties):
    """CAP_MSMF. Setting an exposure time makes it manual.

    CAP_PROP_AUTO_EXPOSURE is a trap both ways: reading it compares the exposure time with a flag, and writing it writes
    the number given as exposure time, so that a 0 for manual asks for a whole second.
    """

    def automatic(self) -> bool | None:
        """As Properties.automatic."""
        return None

    def set_automatic(self, on: bool) -> bool:
        """As Properties.set_automatic."""
        now = self.get(Property.TIME)
        if not on:
            return now is not None and self.set(Property.TIME, now)
        # Any number but 0 means automatic; the present one is certainly within the camera's range.
        return bool(self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, now or self._spans[Property.TIME].minimum))


def _v4l2_scale() -> int:
    return 4 if os.environ.get(V4L2_NORMALISED, "0").lower() in ("1", "true", "on") else 1
