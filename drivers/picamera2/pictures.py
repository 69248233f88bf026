"""The pictures of an open Picamera2, each with the exposure that made it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import TimeoutError as JobTimeout
from typing import Protocol

import numpy as np

from autoexposure.errors import CameraDisconnected, FrameTimeout
from autoexposure.exposure import Exposure, believed_exposure
from autoexposure.frame import Frame, check_pixels

US = 1e-6


class Request(Protocol):
    """A picamera2.CompletedRequest: one picture and what belongs to it."""

    def make_array(self, name: str) -> object:
        """The picture of a stream, (height, width, 3) uint8."""

    def get_metadata(self) -> Mapping[str, object]:
        """What libcamera says of it."""

    def release(self) -> None:
        """Give its buffer back."""


class Picamera2(Protocol):
    """As much of a picamera2.Picamera2 as is used."""

    @property
    def camera_controls(self) -> Mapping[str, tuple[float, float, object]]:
        """Each control's (least, greatest, usual) value."""

    def capture_request(self, *, wait: bool) -> object:
        """Ask for the next picture; without waiting the answer is a job."""

    def wait(self, job: object, *, timeout: float) -> Request:
        """Wait for a job's picture."""

    def set_controls(self, controls: Mapping[str, object]) -> None:
        """Have the next picture made so."""

    def stop(self) -> None:
        """End the stream."""

    def close(self) -> None:
        """Let go of the camera."""


class Picamera2Pictures:
    """The stream of a Picamera2 that is started.

    Parameters
    ----------
    camera : a picamera2.Picamera2; closed with the stream.
    frame_us : its frame duration.

    Attributes
    ----------
    metadata : what libcamera said of the newest picture; empty before the first.
    lost : the sensor stopped sending.
    """

    def __init__(self, camera: Picamera2, name: str, frame_us: int) -> None:
        self.metadata: Mapping[str, object] = {}
        self.lost = False
        self._camera = camera
        self._name = name
        self._frame_us = frame_us
        self._asked: object | None = None
        self._sequence = -1
        self._last_s = 0.0

    def read(self, timeout_s: float) -> Frame:
        """The next picture. Raises as Camera.read."""
        try:
            # What was asked for in vain the last time may have come by now.
            self._asked = self._asked or self._camera.capture_request(wait=False)
            request = self._camera.wait(self._asked, timeout=timeout_s)
        except (TimeoutError, JobTimeout) as error:
            raise FrameTimeout(f"{self._name} delivered no picture within {timeout_s:g} s") from error
        except RuntimeError as error:
            self.lost = True
            raise CameraDisconnected(f"{self._name} stopped ({error}): check its cable") from error
        self._asked = None
        try:
            pixels = np.asarray(request.make_array("main"), np.uint8)
            self.metadata = request.get_metadata()
        finally:
            request.release()
        timestamp_s = self._timestamp_s()
        frame_s = (self._number("FrameDuration") or self._frame_us) * US
        # libcamera gives no number: how many pictures would have fitted in between.
        self._sequence += max(1, round((timestamp_s - self._last_s) / frame_s)) if self._last_s else 1
        self._last_s = timestamp_s
        return Frame(
            check_pixels(pixels), timestamp_s, self._sequence, self.exposure, reported=self.exposure is not None
        )

    @property
    def exposure(self) -> Exposure | None:
        """What made the newest picture; digital gain counts as gain."""
        time_us, gain = self._number("ExposureTime"), self._number("AnalogueGain")
        return believed_exposure(time_us * US, gain * (self._number("DigitalGain") or 1.0))

    def close(self) -> None:
        """Stop, and let go of the camera."""
        self._camera.stop()
        self._camera.close()

    def _timestamp_s(self) -> float:
        """When the sensor began with the picture, on the monotonic clock; now, if that isn't told or lies ahead."""
        now_s = time.monotonic()
        stamp_ns = self._number("SensorTimestamp")
        return min(now_s, stamp_ns * 1e-9) if stamp_ns else now_s

    def _number(self, name: str) -> float:
        """A number of the metadata; 0 where it is missing."""
        value = self.metadata.get(name)
        return value if isinstance(value, int | float) else 0.0
