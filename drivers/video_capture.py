"""Network video through OpenCV (RTSP and whatever else FFmpeg reads), the newest picture first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from autoexposure.errors import CameraDisconnected
from autoexposure.frame import Pixels
from drivers.grabber import GrabbedPixels

OPEN_MS = 5000
READ_MS = 2500
"""FFmpeg's own limits. Its reads can't be interrupted, so this is also how long closing may take."""


def open_video(url: str) -> Any:
    """An open cv2.VideoCapture; ``url`` may hold a login and goes into no message."""
    options = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
    return cv2.VideoCapture(url, cv2.CAP_FFMPEG, options)


class _CaptureSource:
    """One connection; every picture is decoded, for video can't be skipped into."""

    def __init__(self, name: str, capture: Any) -> None:
        self._name = name
        self._capture = capture
        if not capture.isOpened():
            capture.release()
            raise CameraDisconnected(f"{name} does not open its video stream: check the login, and RTSP in the camera")

    def next(self) -> Pixels | None:
        try:
            there, bgr = self._capture.read()
        except cv2.error as error:
            raise CameraDisconnected(f"{self._name} sends video that can't be read") from error
        if not there or bgr is None:
            raise CameraDisconnected(f"{self._name} stopped its video stream")
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)

    def interrupt(self) -> None:
        """Nothing can: ``release`` under a reading thread crashes FFmpeg."""

    def close(self) -> None:
        self._capture.release()


class CapturedVideo(GrabbedPixels):
    """The newest picture of a video stream, which is opened anew when it stops.

    Parameters
    ----------
    name : what error messages call the camera.
    open_capture : returns a cv2.VideoCapture; called in the stream's own thread.
    patience_s : a stream without pictures for so long is lost.
    """

    def __init__(self, name: str, open_capture: Callable[[], Any], patience_s: float = 4.0) -> None:
        super().__init__(name, lambda: _CaptureSource(name, open_capture()), patience_s)
