"""One GenICam camera opened through Aravis: its features by name, and its stream."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from autoexposure.camera import ControlRange
from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError, CameraNotFound, FrameTimeout
from drivers.aravis_library import NOT_CONTROLLER, NOT_FOUND, AravisError, ControlLost

log = logging.getLogger(__name__)

BUFFERS = 4
"""One being filled, one on its way, one that is complete, one in hand."""

CONTINUOUS = 0
SUCCESS = 0
"""ArvAcquisitionMode and ArvBufferStatus."""

NO_INCREMENT = 1e-300
"""Aravis answers the least double there is for a feature without an increment."""

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


class AravisDevice:
    """An open camera. Reading its features changes nothing; one thread uses it.

    Parameters
    ----------
    library : an Aravis.
    which : an identifier, serial number or address; empty for the first camera found.

    Attributes
    ----------
    name : what a person calls it.
    serial : its serial number, else its identifier.

    Raises CameraNotFound, CameraBusy, CameraError.
    """

    def __init__(self, library: Any, which: str) -> None:
        self._library = library
        self._stream: int | None = None
        self._parser: int | None = None
        self._chunks: tuple[str, ...] = ()
        self._chunks_were_on = False
        self._lost = threading.Event()
        self._on_lost = ControlLost(lambda _device, _data: self._lost.set())
        self.name = f"the GenICam camera {which}".strip()
        try:
            self._camera: int | None = library.camera_new(which or None)
        except AravisError as error:
            if error.code == NOT_FOUND:
                there = f"no camera {which!r}" if which else "no GenICam camera"
                raise CameraNotFound(f"{there} answers: is it switched on, and in this machine's network?") from error
            raise CameraError(f"{self.name} can't be opened ({error}): is another program using it?") from error
        try:
            with self._telling("be opened"):
                vendor, model = (
                    library.camera_get_vendor_name(self._camera),
                    library.camera_get_model_name(self._camera),
                )
                self.name = f"{vendor} {model}".strip()
                self.serial = str(library.camera_get_device_serial_number(self._camera) or which or self.name)
            device = library.camera_get_device(self._camera)
            if library.camera_is_gv_device(self._camera) and not library.gv_device_is_controller(device):
                raise CameraBusy(f"{self.name} is controlled by another program: close that one")
            self._signal = (device, library.g_signal_connect_data(device, "control-lost", self._on_lost, None, None, 0))
        except BaseException:
            library.g_object_unref(self._camera)
            raise

    # Features

    def has(self, feature: str) -> bool:
        """Whether the camera has a feature, and it can be used now."""
        with self._telling(f"tell whether it has {feature}"):
            return bool(self._library.camera_is_feature_available(self._open(), feature))

    def text(self, feature: str) -> str:
        with self._telling(f"tell its {feature}"):
            return self._library.camera_get_string(self._open(), feature) or ""

    def set_text(self, feature: str, value: str) -> None:
        with self._telling(f"set {feature} to {value}"):
            self._library.camera_set_string(self._open(), feature, value)

    def choices(self, feature: str) -> tuple[str, ...]:
        """What an enumeration can be."""
        with self._telling(f"list {feature}"):
            return tuple(self._library.choices(self._open(), feature))

    def number(self, feature: str, *, integer: bool = False) -> float:
        with self._telling(f"tell its {feature}"):
            ask = self._library.camera_get_integer if integer else self._library.camera_get_float
            return float(ask(self._open(), feature))

    def set_number(self, feature: str, value: float, *, integer: bool = False) -> None:
        with self._telling(f"set {feature} to {value:g}"):
            if integer:
                self._library.camera_set_integer(self._open(), feature, round(value))
            else:
                self._library.camera_set_float(self._open(), feature, value)

    def span(self, feature: str, *, integer: bool = False) -> ControlRange:
        """What a number can be, in the feature's own unit."""
        with self._telling(f"tell the limits of {feature}"):
            low, high = self._library.bounds(self._open(), feature, integer=integer)
            with suppress(AravisError):  # some have none
                ask = (
                    self._library.camera_get_integer_increment if integer else self._library.camera_get_float_increment
                )
                step = float(ask(self._open(), feature))
                return ControlRange(low, high, step if step > NO_INCREMENT else 0.0)
            return ControlRange(low, high)

    def unit(self, feature: str) -> str:
        """A number's unit as the camera writes it; empty if it doesn't."""
        node = self._library.device_get_feature(self._signal[0], feature)
        return (self._library.gc_float_get_unit(node) or "") if node else ""

    @property
    def frame_rate(self) -> float | None:
        """Pictures per second as set, or None where it can't be asked."""
        try:
            return float(self._library.camera_get_frame_rate(self._open()))
        except AravisError as error:
            log.info("%s does not tell its frame rate: %s", self.name, error)
            return None

    # Pictures

    def start(self) -> tuple[str, ...]:
        """Begin to send pictures; return the names of the chunks that come with each."""
        camera, library = self._open(), self._library
        with self._telling("start its pictures"):
            self._chunks = self._switch_chunks_on(camera)
            payload = library.camera_get_payload(camera)
            self._stream = library.camera_create_stream(camera, None, None)
            for _ in range(BUFFERS):
                library.stream_push_buffer(self._stream, library.buffer_new_allocate(payload))
            library.camera_set_acquisition_mode(camera, CONTINUOUS)
            library.camera_start_acquisition(camera)
        return self._chunks

    def newest(self, timeout_s: float) -> RawPicture:
        """The newest complete picture not yet taken; incomplete ones are left out. Raises as Camera.read."""
        library = self._library
        deadline_s = time.monotonic() + timeout_s
        self._open()
        while True:
            left_us = max(0, round((deadline_s - time.monotonic()) * 1e6))
            buffer = library.stream_timeout_pop_buffer(self._stream, left_us)
            if self._lost.is_set():
                raise CameraDisconnected(
                    f"{self.name} no longer answers: was it unplugged, or taken by another program?"
                )
            if not buffer:
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
        """Stop and let go of the camera. Callable twice."""
        camera, self._camera = self._camera, None
        if camera is None:
            return
        library = self._library
        try:
            if not self._lost.is_set():  # else each would wait for an answer in vain
                library.camera_stop_acquisition(camera)
                if self._chunks:
                    library.camera_set_chunk_mode(camera, int(self._chunks_were_on))
        except AravisError as error:
            log.debug("%s while closing: %s", self.name, error)
        library.g_signal_handler_disconnect(*self._signal)
        for held in (self._parser, self._stream, camera):
            if held:
                library.g_object_unref(held)

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
        for name in self._chunks:
            try:
                found[name] = float(self._library.chunk_parser_get_float_value(self._parser, buffer, f"Chunk{name}"))
            except AravisError as error:
                log.debug("%s: no chunk %s: %s", self.name, name, error)
        return found

    def _open(self) -> int:
        if self._camera is None:
            raise CameraError(f"{self.name} has been closed: open the camera again")
        if self._lost.is_set():
            raise CameraDisconnected(f"{self.name} no longer answers: was it unplugged, or taken by another program?")
        return self._camera

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        try:
            yield
        except AravisError as error:
            if error.code == NOT_CONTROLLER:
                raise CameraBusy(f"{self.name} is controlled by another program: close that one") from error
            if error.gone:
                raise CameraDisconnected(f"{self.name} no longer answers ({error})") from error
            raise CameraError(f"{self.name} refused to {what} ({error})") from error
