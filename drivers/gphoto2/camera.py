"""Still cameras with live view (DSLRs and mirrorless ones on USB), through libgphoto2.

``open_gphoto2`` is the family's entry: ``gphoto2:`` for the first camera, ``gphoto2:usb:001,005`` or
``gphoto2:Nikon DSC D750`` for one of several. Needs the extra ``autoexposure[gphoto2]``, imported only when such a
camera is opened. The live view shows the exposure only where the camera simulates it: many have a menu entry for that.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as JobTimeout
from types import ModuleType
from typing import TypeVar

from autoexposure.camera import CameraInfo, Capabilities, Settings
from autoexposure.errors import CameraDisconnected, CameraError, PictureError
from autoexposure.exposure import Exposure
from autoexposure.files.decoding import decode_jpeg
from autoexposure.frame import Frame
from drivers.common.grabber import Grabber
from drivers.common.stream_camera import Closing
from drivers.gphoto2.exposure import Gphoto2Exposure
from drivers.gphoto2.link import Gphoto2Link, load_gphoto2, open_camera

log = logging.getLogger(__name__)

T = TypeVar("T")

FRAME_S = 1 / 20
"""Live view over USB comes 15 to 30 times a second; no camera says how often."""

JOB_S = 10.0
"""Longest wait for settings to be read or put back; a mode change takes some cameras seconds."""

WRITE_S = 0.2
"""Longest wait for an exposure to be written; a slower one goes on while the pictures are read."""


class Gphoto2Camera(Closing):
    """One still camera, in live view from the constructor on; nothing is set before ``take_control``.

    Parameters
    ----------
    port : port or model; empty for the first camera there is.
    library : the gphoto2 package.
    write_s : longest wait for an exposure to be written.

    Raises CameraNotFound, CameraBusy, CameraError.
    """

    def __init__(self, port: str = "", *, library: ModuleType | None = None, write_s: float = WRITE_S) -> None:
        library = library or load_gphoto2()
        camera, model, at = open_camera(library, port)
        self._name = model
        self._write_s = write_s
        self._pending_lock = threading.Lock()
        self._pending: dict[str, str] | None = None
        self._failure: CameraError | None = None
        self._grabber: Grabber[bytes] | None = None
        self._link = Gphoto2Link(library, camera, model)
        try:
            self._exposure = Gphoto2Exposure(self._link, model, FRAME_S)
            serial = self._link.value("serialnumber") or self._link.value("eosserialnumber")
        except BaseException:
            self._link.close()
            raise
        detail = f"live view at {at}; switch exposure simulation on in the camera"
        self._info = CameraInfo(f"gphoto2:{port or at}", model, f"gphoto2:{model}:{serial or at}", detail)
        self._grabber = Grabber(model, lambda: self._link, patience_s=0)

    @property
    def info(self) -> CameraInfo:
        """As Camera.info."""
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        """As Camera.capabilities."""
        return self._exposure.capabilities

    @property
    def frame_interval_s(self) -> float:
        """As Camera.frame_interval_s."""
        return FRAME_S

    @property
    def exposure(self) -> Exposure | None:
        """As Camera.exposure."""
        self._open_grabber()
        with self._pending_lock:
            if self._pending is not None:
                return self._exposure.exposure_of(self._pending)
        return self._job(self._exposure.now)

    def settings(self) -> Settings:
        """As Camera.settings."""
        return self._job(self._exposure.settings)

    def restore(self, settings: Settings) -> None:
        """As Camera.restore."""
        with self._pending_lock:
            self._pending = None
        self._job(lambda: self._exposure.restore(settings))

    def take_control(self) -> None:
        """As Camera.take_control."""
        self._job(self._exposure.take)

    def set_exposure(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure; of a write that takes longer than ``write_s``, what was asked for is returned.

        A newer exposure replaces one that still waits. A late failure is raised by the next call.
        """
        self._open_grabber()
        with self._pending_lock:
            failure, self._failure = self._failure, None
            if failure is not None:
                raise failure
            texts = self._exposure.texts_for(exposure)
            self._pending = texts
        try:
            really = self._link.call(self._write_newest).result(self._write_s)
        except JobTimeout:
            return self._exposure.exposure_of(texts)
        except CameraError:
            with self._pending_lock:
                self._failure = None  # raised here and now
            raise
        return really or self._exposure.exposure_of(texts)

    def set_native_auto(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        self._job(lambda: self._exposure.set_automatic(on))

    def read(self, timeout_s: float) -> Frame:
        """As Camera.read."""
        grabber = self._open_grabber()
        deadline_s = time.monotonic() + timeout_s
        while True:
            grabbed = grabber.newest(max(0.0, deadline_s - time.monotonic()))
            try:
                return Frame(decode_jpeg(grabbed.picture), grabbed.timestamp_s, grabbed.sequence)
            except PictureError as error:
                log.debug("%s: %d bytes of live view are passed over: %s", self._name, len(grabbed.picture), error)

    def close(self) -> None:
        """As Camera.close."""
        grabber, self._grabber = self._grabber, None
        if grabber is not None:
            grabber.close()

    def _write_newest(self) -> Exposure | None:
        """The job: write what was asked for last, once."""
        with self._pending_lock:
            texts = self._pending
        if texts is None:
            return self._exposure.now()
        try:
            return self._exposure.write(texts)
        except CameraError as error:
            with self._pending_lock:
                self._failure = error
            raise
        finally:
            with self._pending_lock:
                if self._pending is texts:
                    self._pending = None

    def _job(self, job: Callable[[], T]) -> T:
        """Run a job between two pictures and wait for it."""
        self._open_grabber()
        try:
            return self._link.call(job).result(JOB_S)
        except JobTimeout as error:
            raise CameraDisconnected(f"{self._name} does not answer: switch it off and on") from error

    def _open_grabber(self) -> Grabber[bytes]:
        if self._grabber is None:
            raise CameraError(f"{self._name} has been closed: open the camera again")
        return self._grabber


def open_gphoto2(rest: str) -> Gphoto2Camera:
    """Open what stands behind ``gphoto2:`` in a camera specification."""
    return Gphoto2Camera(rest.strip())
