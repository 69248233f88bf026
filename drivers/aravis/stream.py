"""The stream of a GenICam camera opened through Aravis, whose own thread fills the buffers."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import cv2
import numpy as np

from autoexposure.errors import FrameTimeout
from autoexposure.frame import Pixels
from drivers.aravis.device import AravisDevice
from drivers.aravis.library import AravisError

log = logging.getLogger(__name__)

BUFFERS = 4
"""One being filled, one on its way, one that is complete, one in hand."""

CONTINUOUS = 0
SUCCESS = 0
"""ArvAcquisitionMode and ArvBufferStatus."""

CHUNKS = ("ExposureTime", "Gain")

Chunks = dict[str, float]


@dataclass(frozen=True, slots=True)
class RawPicture:
    """One picture as the camera sent it.

    Attributes
    ----------
    data : the bytes, in ``pixel_format`` of GenICam's naming convention.
    timestamp_s : when it was complete, on the monotonic clock.
    frame_id : the camera's running number, which starts anew at 65535 on GigE cameras.
    chunks : what the camera wrote beside it: ExposureTime in microseconds, Gain; empty if it doesn't.
    """

    data: bytes
    pixel_format: int
    width_px: int
    height_px: int
    timestamp_s: float
    frame_id: int
    chunks: Chunks


class AravisStream:
    """Pictures from the constructor on.

    Parameters
    ----------
    device : closed with the stream.

    Attributes
    ----------
    name : the device's.
    chunks : the names of what comes beside each picture.
    """

    def __init__(self, device: AravisDevice) -> None:
        self.name = device.name
        self._device = device
        self._library = library = device.library
        self._camera = camera = device.open_camera()
        self._parser: int | None = None
        self._chunks_were_on = False
        self._stream: int | None = None
        self.chunks: tuple[str, ...] = ()
        try:
            with device.translating("start its pictures"):
                self.chunks = self._switch_chunks_on(camera)
                payload = library.camera_get_payload(camera)
                self._stream = library.camera_create_stream(camera, None, None)
                for _ in range(BUFFERS):
                    library.stream_push_buffer(self._stream, library.buffer_new_allocate(payload))
                library.camera_set_acquisition_mode(camera, CONTINUOUS)
                library.camera_start_acquisition(camera)
        except BaseException:
            self.close()
            raise

    def newest(self, timeout_s: float) -> RawPicture:
        """The newest complete picture not yet taken; incomplete ones are left out. Raises as Camera.read."""
        library = self._library
        deadline_s = time.monotonic() + timeout_s
        while True:
            left_us = max(0, round((deadline_s - time.monotonic()) * 1e6))
            buffer = library.stream_timeout_pop_buffer(self._stream, left_us)
            if not buffer:
                self._device.open_camera()  # raises if it left meanwhile
                raise FrameTimeout(f"{self.name} delivered no picture within {timeout_s:g} s")
            while newer := library.stream_try_pop_buffer(self._stream):
                library.stream_push_buffer(self._stream, buffer)
                buffer = newer
            try:
                if library.buffer_get_status(buffer) == SUCCESS:
                    return self._picture(buffer)
                log.debug("%s: incomplete picture, status %d", self.name, library.buffer_get_status(buffer))
            finally:
                library.stream_push_buffer(self._stream, buffer)

    def close(self) -> None:
        """Stop, and let go of the camera. Callable twice."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        try:
            if not self._device.lost:  # else each would wait for an answer in vain
                self._library.camera_stop_acquisition(self._camera)
                if self.chunks:
                    self._library.camera_set_chunk_mode(self._camera, int(self._chunks_were_on))
        except AravisError as error:
            log.debug("%s while closing: %s", self.name, error)
        for held in (self._parser, stream):
            if held:
                self._library.g_object_unref(held)
        self._device.close()

    def _picture(self, buffer: int) -> RawPicture:
        library = self._library
        age_s = max(0.0, time.time() - library.buffer_get_system_timestamp(buffer) * 1e-9)
        return RawPicture(
            library.buffer_bytes(buffer),
            library.buffer_get_image_pixel_format(buffer),
            library.buffer_get_image_width(buffer),
            library.buffer_get_image_height(buffer),
            time.monotonic() - min(age_s, 1.0),
            library.buffer_get_frame_id(buffer),
            self._read_chunks(buffer),
        )

    def _switch_chunks_on(self, camera: int) -> tuple[str, ...]:
        """Have the camera write with each picture what made it, if it can."""
        library = self._library
        try:
            if not library.camera_are_chunks_available(camera):
                return ()
            self._chunks_were_on = bool(library.camera_get_chunk_mode(camera))
            library.camera_set_chunks(camera, ",".join(CHUNKS))
            self._parser = library.camera_create_chunk_parser(camera)
        except AravisError as error:
            log.info("%s writes no chunks: %s", self.name, error)
            return ()
        return CHUNKS

    def _read_chunks(self, buffer: int) -> Chunks:
        found: Chunks = {}
        for name in self.chunks:
            try:
                found[name] = float(self._library.chunk_parser_get_float_value(self._parser, buffer, f"Chunk{name}"))
            except AravisError as error:
                log.debug("%s: no chunk %s: %s", self.name, name, error)
        return found


_CODES: dict[int, tuple[str, int, int | None]] = {
    0x02180014: ("RGB8", 3, None),
    0x02180015: ("BGR8", 3, cv2.COLOR_BGR2RGB),
    0x01080009: ("BayerRG8", 1, cv2.COLOR_BayerRGGB2RGB),
    0x01080008: ("BayerGR8", 1, cv2.COLOR_BayerGRBG2RGB),
    0x0108000A: ("BayerGB8", 1, cv2.COLOR_BayerGBRG2RGB),
    0x0108000B: ("BayerBG8", 1, cv2.COLOR_BayerBGGR2RGB),
    0x02100032: ("YUV422_8", 2, cv2.COLOR_YUV2RGB_YUY2),
    0x0210001F: ("YUV422_8_UYVY", 2, cv2.COLOR_YUV2RGB_UYVY),
    0x01080001: ("Mono8", 1, cv2.COLOR_GRAY2RGB),
}

READABLE = tuple(name for name, _, _ in _CODES.values())
"""The formats that can be read, the best first: with colour and little work before grey."""


def genicam_to_rgb(data: bytes, pixel_format: int, width_px: int, height_px: int) -> Pixels | None:
    """Decode one picture to (height, width, 3) uint8 RGB; None if its format or its size is not as announced."""
    if pixel_format not in _CODES:
        return None
    _, bytes_per_pixel, conversion = _CODES[pixel_format]
    size = width_px * height_px * bytes_per_pixel
    if width_px < 2 or height_px < 2 or len(data) < size:
        return None
    shape = (height_px, width_px, bytes_per_pixel) if bytes_per_pixel > 1 else (height_px, width_px)
    picture = np.frombuffer(data, np.uint8, size).reshape(shape)
    return picture if conversion is None else np.asarray(cv2.cvtColor(picture, conversion), np.uint8)
