"""Network video through OpenCV (RTSP and whatever else FFmpeg reads), the newest picture first."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

import cv2
import numpy as np

from autoexposure.errors import CameraDisconnected
from autoexposure.files.decoding import LARGEST_PX
from autoexposure.frame import Pixels
from drivers.common.grabber import GrabbedPixels

log = logging.getLogger(__name__)

OPEN_MS = 5000
READ_MS = 2500
"""FFmpeg's own limits. Its reads can't be interrupted, so this is also how long closing may take."""


_OPTIONS_VARIABLE = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_USUAL_OPTIONS = "rtsp_transport;tcp"  # what OpenCV takes while the variable is not set

CODECS = (
    "h264,hevc,av1,libdav1d,vp8,vp9,mjpeg,mpeg4,mpeg1video,mpeg2video,h263,flv,msmpeg4v2,msmpeg4,wmv1,wmv2,wmv3,vc1,theora,"
    "prores,dnxhd,ffv1,huffyuv,rawvideo,aac,mp3,mp3float,ac3,opus,vorbis,flac,pcm_s16le,pcm_alaw,pcm_mulaw"
)
"""What FFmpeg may decode: video, and the sound that comes with it. Not still pictures, which it takes for videos of one
picture and decodes, however large, before it says how large they are."""


def open_video(url: str) -> cv2.VideoCapture:
    """A cv2.VideoCapture, not open if there is no video, or none of a size between nothing and ``LARGEST_PX``.

    ``url`` may hold a login and goes into no message.
    """
    # Quiet, both FFmpeg and OpenCV: what is wrong is said once, by us, and not ten times a second while it is retried.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    if "codec_whitelist" not in os.environ.get(_OPTIONS_VARIABLE, ""):
        given = os.environ.get(_OPTIONS_VARIABLE, _USUAL_OPTIONS)
        os.environ[_OPTIONS_VARIABLE] = f"{given}|codec_whitelist;{CODECS}"
    options = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, options)
    area_px = capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    if capture.isOpened() and not 0 < area_px <= LARGEST_PX:
        log.info("a video of %.0f million pixels a picture is not decoded", area_px / 1e6)
        capture.release()
    return capture


class _CaptureSource:
    """One connection; every picture is decoded, for video can't be skipped into."""

    def __init__(self, name: str, capture: cv2.VideoCapture) -> None:
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
    patience_s : how long a stream may bring no picture before it counts as lost.
    """

    def __init__(self, name: str, open_capture: Callable[[], cv2.VideoCapture], patience_s: float = 4.0) -> None:
        super().__init__(name, lambda: _CaptureSource(name, open_capture()), patience_s)
