"""Where pictures alone come from: another camera, a network stream, a video, an image that is rewritten."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from autoexposure.camera import Camera, CameraInfo
from autoexposure.errors import CameraDisconnected, CameraNotFound, PictureError
from autoexposure.files.bounded import BadInput, read_file
from autoexposure.files.decoding import LARGEST_BODY_BYTES, decode
from autoexposure.frame import Frame, Pixels
from autoexposure.spec_text import shown
from drivers.common.grabber import GrabbedPixels, Source
from drivers.external.metered_elsewhere import PictureSource
from drivers.external.video import open_video
from drivers.http.own_host import asked_login, holds_login

IMAGES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".tif", ".tiff"})

LOOK_S = 0.02
"""Pause between two looks at an image file: less than a picture at 30/s."""

PATIENCE_S = 4.0
USUAL_RATE_FPS = 30.0


class ImageFile:
    """An image file that some program rewrites again and again: each new state of it is a picture."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._interrupted = threading.Event()

    def next(self) -> Pixels | None:
        """The file's new state, or None if it is the old one, or only half written."""
        try:
            status = self._path.stat()
            state = (status.st_mtime_ns, status.st_size)
            if state == self._seen:
                self._interrupted.wait(LOOK_S)
                return None
            data = read_file(self._path, LARGEST_BODY_BYTES)
        except FileNotFoundError as error:  # also for a moment, while it is replaced
            raise CameraDisconnected(f"{self._path} is gone") from error
        except OSError as error:
            raise CameraDisconnected(f"{self._path} can't be read ({error.strerror})") from error
        except BadInput as error:
            raise CameraDisconnected(f"{self._path} can't be read as a picture: {error}") from error
        try:
            pixels = decode(data)
        except PictureError:
            self._interrupted.wait(LOOK_S)
            return None
        self._seen = state
        return pixels

    def interrupt(self) -> None:
        """As Source.interrupt."""
        self._interrupted.set()

    def close(self) -> None:
        """Nothing is held open."""


class Video:
    """A video file at its own speed (begun anew at its end), or a stream at the speed it comes.

    Parameters
    ----------
    address : a path or a URL; a URL may hold a login and goes into no message.
    """

    def __init__(self, name: str, address: str) -> None:
        self._name = name
        self._interrupted = threading.Event()
        if holds_login(address):  # FFmpeg would take it along to whatever host it is sent to
            asked_login(address, name)
        self._capture = open_video(address)
        if not self._capture.isOpened():
            self._capture.release()
            raise CameraDisconnected(f"{name} can't be opened as a video")
        rate_fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._pause_s = 0.0
        if self._capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0:  # a stream has none
            self._pause_s = 1 / (rate_fps if 1 <= rate_fps <= 240 else USUAL_RATE_FPS)

    def next(self) -> Pixels | None:
        """As Source.next."""
        if self._pause_s and self._interrupted.wait(self._pause_s):
            return None
        try:
            there, bgr = self._capture.read()
        except cv2.error as error:
            raise CameraDisconnected(f"{self._name} holds video that can't be read") from error
        if not there or bgr is None:
            raise CameraDisconnected(f"{self._name} came to its end")
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)

    def interrupt(self) -> None:
        """As Source.interrupt."""
        self._interrupted.set()

    def close(self) -> None:
        """As Source.close."""
        self._capture.release()


class GrabbedPictures:
    """A PictureSource of pictures that come by themselves.

    Parameters
    ----------
    info : what it is.
    open_source : called in a thread of its own, and again when the source ends.
    """

    def __init__(self, info: CameraInfo, open_source: Callable[[], Source[Pixels]]) -> None:
        self.info = info
        self.frame_interval_s = 1 / USUAL_RATE_FPS
        self._pictures = GrabbedPixels(info.name, open_source, PATIENCE_S)

    def read(self, timeout_s: float) -> Frame:
        """As PictureSource.read."""
        return self._pictures.read(timeout_s)

    def close(self) -> None:
        """As Source.close."""
        self._pictures.close()


def open_pictures(spec: str, open_camera: Callable[[str], Camera]) -> PictureSource:
    """Open what ``--meter-from`` names: a file, a URL, or a camera, which ``open_camera`` opens.

    Raises CameraNotFound, ConfigError, CameraBusy.
    """
    spec = spec.strip()
    if "://" in spec.partition(",")[0] and spec.partition("://")[0].isalnum():
        name = shown(spec)
        return GrabbedPictures(CameraInfo(name, name, name), lambda: Video(name, spec))
    path = Path(spec).expanduser()
    there = os.path.exists(path)  # a name too long for the disk is none
    if (there and path.is_char_device()) or not (there or ("/" in spec and ":" not in spec)):
        return open_camera(spec)
    if not there:
        raise CameraNotFound(
            f"there is no file {shown(spec)} to meter from: name a picture, a video, a URL or a camera"
        )
    if not path.is_file():  # a pipe may have no other end, and can't be waited for by the clock
        raise CameraNotFound(f"{shown(spec)} is no file to meter from: name a picture, a video, a URL or a camera")
    info = CameraInfo(str(path), path.name, str(path))
    if path.suffix.lower() in IMAGES:
        return GrabbedPictures(info, lambda: ImageFile(path))
    return GrabbedPictures(info, lambda: Video(path.name, str(path)))
