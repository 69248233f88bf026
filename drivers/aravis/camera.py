"""GenICam cameras (GigE Vision, USB3 Vision: machine vision) through Aravis.

``open_aravis`` is the family's entry: ``aravis:`` for the first camera in the network or on USB, else an identifier, a
serial number or an address: ``aravis:192.168.1.40``. The library Aravis is loaded only when such a camera is opened.
They are not in the list of cameras, because finding them sends broadcasts into the network.
"""

from __future__ import annotations

import logging

from autoexposure.camera import CameraInfo
from autoexposure.errors import CameraError, FrameTimeout
from autoexposure.frame import Frame, check_pixels
from drivers.aravis.adjustments import aravis_knobs
from drivers.aravis.device import AravisDevice
from drivers.aravis.exposure import AravisExposure
from drivers.aravis.library import load_aravis
from drivers.aravis.stream import READABLE, AravisStream, genicam_to_rgb
from drivers.common.adjustment_set import AdjustmentSet
from drivers.common.stream_camera import StreamCamera

log = logging.getLogger(__name__)

USUAL_RATE_FPS = 25.0
WRAPS_AT = 65535
"""GigE Vision 1 numbers its frames from 1 to this."""

DAMAGED_IN_A_ROW = 10


class AravisPictures:
    """A stream's pictures as frames.

    Parameters
    ----------
    stream : closed with this.
    exposure : turns chunks into exposures.
    """

    def __init__(self, stream: AravisStream, exposure: AravisExposure) -> None:
        self._stream = stream
        self._exposure = exposure
        self._frame_id = 0
        self._sequence = -1

    def read(self, timeout_s: float) -> Frame:
        """The newest picture not yet read. Raises as Camera.read."""
        for _ in range(DAMAGED_IN_A_ROW):
            raw = self._stream.newest(timeout_s)
            pixels = genicam_to_rgb(raw.data, raw.pixel_format, raw.width_px, raw.height_px)
            if pixels is None:
                log.debug("%s: a picture that is not as announced, %d bytes", self._stream.name, len(raw.data))
                continue
            step = raw.frame_id - self._frame_id
            self._sequence += max(1, step if step > 0 else step + WRAPS_AT) if self._frame_id else 1
            self._frame_id = raw.frame_id
            time_us = raw.chunks.get("ExposureTime")
            made_by = self._exposure.exposure_of(time_us, raw.chunks.get("Gain")) if time_us is not None else None
            return Frame(check_pixels(pixels), raw.timestamp_s, self._sequence, made_by, reported=made_by is not None)
        raise FrameTimeout(f"{self._stream.name} sends nothing but damaged pictures")

    def close(self) -> None:
        """As Camera.close."""
        self._stream.close()


class AravisCamera(StreamCamera):
    """One GenICam camera, streaming from the constructor on; its exposure is not touched before ``take_control``.

    Parameters
    ----------
    device : freshly opened; closed with the camera.
    spec : how ``info`` calls it.

    Raises CameraBusy, CameraError.
    """

    def __init__(self, device: AravisDevice, spec: str) -> None:
        try:
            pixel_format = agree_on_format(device)
            rate_fps = device.frame_rate
            frame_s = 1 / (rate_fps if rate_fps and 0.01 <= rate_fps <= 10_000 else USUAL_RATE_FPS)
            stream = AravisStream(device)
        except BaseException:
            device.close()
            raise
        try:
            exposure = AravisExposure(device, frame_s, reports="ExposureTime" in stream.chunks)
        except BaseException:
            stream.close()
            raise
        info = CameraInfo(
            spec,
            device.name,
            f"aravis:{device.name}:{device.serial}".replace(" ", "_"),
            f"GenICam through Aravis, {pixel_format} at {1 / frame_s:g} frames/s",
        )
        adjustments = AdjustmentSet(device.name, lambda: aravis_knobs(device))
        super().__init__(info, AravisPictures(stream, exposure), exposure, frame_s, adjustments)


def open_aravis(rest: str) -> AravisCamera:
    """Open what stands behind ``aravis:`` in a camera specification."""
    which = rest.strip()
    return AravisCamera(AravisDevice(load_aravis(), which), f"aravis:{which}")


def agree_on_format(device: AravisDevice) -> str:
    """The camera's pixel format if it can be read here, else the best that can is set. Raises CameraError."""
    now = device.text("PixelFormat")
    if now in READABLE:
        return now
    offered = device.choices("PixelFormat")
    chosen = next((name for name in READABLE if name in offered), None)
    if chosen is None:
        raise CameraError(f"{device.name} offers no pixel format that can be read here ({', '.join(READABLE)})")
    device.set_text("PixelFormat", chosen)
    return chosen
