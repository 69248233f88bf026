"""One cv2.VideoCapture on a camera: pictures for a grabber, and jobs on the same thread in between."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

import cv2
import numpy as np

from autoexposure.errors import CameraBusy, CameraDisconnected
from autoexposure.frame import Pixels
from drivers.common.jobs import Jobs
from drivers.common.pictures.mode_choice import WantedMode

FAILURES_IN_A_ROW = 10
PAUSE_S = 0.05
"""A reading that fails returns at once; ten of them, half a second, are a camera that has left."""

BUFFERS = 2
"""OpenCV's V4L2 keeps 4 pictures by default; with one alone uvcvideo halves its rate."""

USUAL_RATE_FPS = 30.0


@dataclass(frozen=True, slots=True)
class Backend:
    """One of OpenCV's ways to a camera.

    Attributes
    ----------
    option : its name in a camera specification.
    api : cv2's number for it.
    says : what a person calls it.
    """

    option: str
    api: int
    says: str


V4L2 = Backend("v4l2", cv2.CAP_V4L2, "V4L2")
DSHOW = Backend("dshow", cv2.CAP_DSHOW, "DirectShow")
MSMF = Backend("msmf", cv2.CAP_MSMF, "Media Foundation")
AVFOUNDATION = Backend("avfoundation", cv2.CAP_AVFOUNDATION, "AVFoundation")
BACKENDS = {backend.option: backend for backend in (V4L2, DSHOW, MSMF, AVFOUNDATION)}


class OpenCvCapture:
    """An open camera; a Source of RGB pictures for a Grabber.

    Parameters
    ----------
    target : the camera's number, or a path where the backend has such.
    name : what error messages call it.

    Attributes
    ----------
    capture : the cv2.VideoCapture; once a grabber reads it, for jobs alone.
    jobs : what is done between two pictures.
    frame_interval_s : nominal time between two pictures.
    size_px : (width, height) of the pictures.

    Raises CameraBusy if it can't be opened.
    """

    def __init__(self, target: int | str, backend: Backend, wanted: WantedMode, name: str) -> None:
        self._name = name
        self.jobs = Jobs(name)
        self._interrupted = threading.Event()
        self._failures = 0
        if backend is MSMF:
            # Trying hardware transforms delays the opening of some cameras by half a minute.
            os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
        self.capture = cv2.VideoCapture(target, backend.api)
        if not self.capture.isOpened():
            self.capture.release()
            raise CameraBusy(
                f"{name} can't be opened through {backend.says}: is it plugged in, do other programs use it, and may "
                "this one use cameras (privacy settings)?"
            )
        try:
            # All before the first setting is read: a change of these may restart the camera with its defaults.
            if backend is V4L2:
                self.capture.set(cv2.CAP_PROP_BUFFERSIZE, BUFFERS)
            if wanted.fourcc:
                self.capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*f"{wanted.fourcc:4.4}"))
            self.capture.set(cv2.CAP_PROP_FRAME_WIDTH, wanted.width_px)
            self.capture.set(cv2.CAP_PROP_FRAME_HEIGHT, wanted.height_px)
            self.capture.set(cv2.CAP_PROP_FPS, wanted.rate_fps)
            rate_fps = self.capture.get(cv2.CAP_PROP_FPS)
            self.frame_interval_s = 1 / (rate_fps if 1 <= rate_fps <= 1000 else USUAL_RATE_FPS)
            self.size_px = (
                round(self.capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
                round(self.capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            )
        except BaseException:
            self.capture.release()
            raise

    def start(self) -> None:
        """Have the first picture come, which is when OpenCV starts a V4L2 stream. If none comes, ``next`` says so."""
        self.capture.grab()

    def next(self) -> Pixels | None:
        """As Source.next."""
        self.jobs.run()
        try:
            there, picture = self.capture.read()
        except cv2.error as error:
            raise CameraDisconnected(f"{self._name} sends pictures that can't be read") from error
        if there and picture is not None:
            self._failures = 0
            return _rgb(picture)
        self._failures += 1
        if self._failures >= FAILURES_IN_A_ROW:
            raise CameraDisconnected(f"{self._name} sends no more pictures: is it still plugged in?")
        self._interrupted.wait(PAUSE_S)
        return None

    def interrupt(self) -> None:
        """As Source.interrupt."""
        self._interrupted.set()

    def close(self) -> None:
        """As Source.close."""
        self.jobs.end()
        self.capture.release()


def _rgb(picture: cv2.typing.MatLike) -> Pixels:
    """What VideoCapture delivers, in RGB; some Windows cameras deliver grey."""
    grey = picture.ndim == 2 or picture.shape[2] == 1
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB if grey else cv2.COLOR_BGR2RGB), np.uint8)
