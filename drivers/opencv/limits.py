"""Which exposure properties an OpenCV camera has, and within what limits: OpenCV has no question for that."""

from __future__ import annotations

import logging
import os
from importlib import import_module

import cv2

from drivers.common.time_code import LOG2
from drivers.opencv.capture import DSHOW, MSMF, V4L2, Backend
from drivers.opencv.devices import OpenCvDevice
from drivers.opencv.duvc import DuvcProperties, open_duvc
from drivers.opencv.properties import (
    ABSENT,
    DSHOW_AUTO,
    DSHOW_MANUAL,
    PROPERTIES,
    DirectShowProperties,
    MediaFoundationProperties,
    Properties,
    Property,
    Span,
    V4l2Properties,
)

log = logging.getLogger(__name__)

NO_CONTROL = "This camera has no exposure control: its pictures can be watched, but not corrected."

ASSUMED = {Property.TIME: Span(-13, -1, assumed=True), Property.GAIN: Span(0, 255, assumed=True)}
"""Where Windows can't be asked: 1/8192 s to 1/2 s, which most webcams lie within, and the range of one byte."""


def find_properties(capture: cv2.VideoCapture, device: OpenCvDevice, backend: Backend) -> Properties | None:
    """How the exposure of an open cv2.VideoCapture can be set; None if it can't."""
    if backend is V4L2:
        spans = _kernel_spans(str(device.target))
        return V4l2Properties(capture, spans) if spans else None
    if backend not in (DSHOW, MSMF):
        return None  # macOS refuses every exposure property; a slider that moves nothing would be a lie
    direct = find_direct_properties(device)
    if direct is not None:
        return direct if direct.span(Property.TIME) or direct.span(Property.GAIN) else None
    spans = _assumed_spans(capture)
    if not spans:
        return None
    return (DirectShowProperties if backend is DSHOW else MediaFoundationProperties)(capture, LOG2, spans)


def find_direct_properties(device: OpenCvDevice) -> DuvcProperties | None:
    """A Windows camera's properties by DirectShow itself; None without duvc-ctl, or if it doesn't list the camera."""
    try:
        return open_duvc(import_module("duvc_ctl"), device)
    except ImportError:
        log.info("%s: without duvc-ctl the limits of its exposure are assumed", device.name)
        return None


def _assumed_spans(capture: cv2.VideoCapture) -> dict[Property, Span]:
    """The assumed limits, widened to hold the present value, of the properties that can be read."""
    spans: dict[Property, Span] = {}
    for prop, assumed in ASSUMED.items():
        now = capture.get(PROPERTIES[prop])
        if now == ABSENT and not (prop is Property.TIME and _has_flags(capture)):
            continue
        spans[prop] = Span(min(assumed.minimum, round(now)), max(assumed.maximum, round(now)), assumed=True)
    return spans


def _has_flags(capture: cv2.VideoCapture) -> bool:
    """Whether an exposure of -1 is half a second, and not the answer for a camera without one."""
    return round(capture.get(cv2.CAP_PROP_AUTO_EXPOSURE)) in (DSHOW_AUTO, DSHOW_MANUAL)


def _kernel_spans(path: str) -> dict[Property, Span]:
    """What the kernel says of a V4L2 device's properties."""
    from drivers.v4l2.control import query_control
    from drivers.v4l2.errors import GONE, controlling, refusal

    spans: dict[Property, Span] = {}
    with controlling(path, "describe its controls"):
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            for prop, name in ((Property.TIME, "exposure_time_absolute"), (Property.GAIN, "gain")):
                try:
                    control = query_control(descriptor, name)
                except OSError as error:
                    if error.errno in GONE:
                        raise
                    log.info("%s does not describe its %s, which is left alone: %s", path, name, refusal(error))
                    continue
                if control is not None and control.settable:
                    spans[prop] = Span(control.minimum, control.maximum, max(1, control.step))
        finally:
            os.close(descriptor)
    return spans
