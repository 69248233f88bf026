"""One GenICam camera opened through Aravis: its features by name."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from autoexposure.camera import ControlRange, stepped_range
from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError, CameraNotFound
from drivers.aravis.library import NOT_CONTROLLER, NOT_FOUND, Aravis, AravisError, ControlLost

log = logging.getLogger(__name__)

LARGEST = 1e15
"""Further than this no feature goes; cameras that know no limit name the largest number there is."""

NO_INCREMENT = 1e-300
"""Aravis answers the least double there is for a feature without an increment."""


class AravisDevice:
    """An open camera. Reading its features changes nothing; one thread uses it.

    Parameters
    ----------
    library : an Aravis.
    which : an identifier, serial number or address; empty for the first camera found.

    Attributes
    ----------
    library : as given.
    name : what a person calls it.
    serial : its serial number, else its identifier.

    Raises CameraNotFound, CameraBusy, CameraError.
    """

    def __init__(self, library: Aravis, which: str) -> None:
        self.library = library
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
            with self.translating("be opened"):
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
        with self.translating(f"tell whether it has {feature}"):
            return bool(self.library.camera_is_feature_available(self.open_camera(), feature))

    def text(self, feature: str) -> str:
        """The value of a string or enumeration."""
        with self.translating(f"tell its {feature}"):
            return self.library.camera_get_string(self.open_camera(), feature) or ""

    def set_text(self, feature: str, value: str) -> None:
        """Set a string or enumeration."""
        with self.translating(f"set {feature} to {value}"):
            self.library.camera_set_string(self.open_camera(), feature, value)

    def choices(self, feature: str) -> tuple[str, ...]:
        """What an enumeration can be."""
        with self.translating(f"list {feature}"):
            return tuple(self.library.choices(self.open_camera(), feature))

    def number(self, feature: str, *, integer: bool = False) -> float:
        """The value of a number, in the feature's own unit."""
        with self.translating(f"tell its {feature}"):
            ask = self.library.camera_get_integer if integer else self.library.camera_get_float
            return float(ask(self.open_camera(), feature))

    def set_number(self, feature: str, value: float, *, integer: bool = False) -> None:
        """Set a number, in the feature's own unit."""
        with self.translating(f"set {feature} to {value:g}"):
            if integer:
                self.library.camera_set_integer(self.open_camera(), feature, round(value))
            else:
                self.library.camera_set_float(self.open_camera(), feature, value)

    def span(self, feature: str, *, integer: bool = False) -> ControlRange:
        """What a number can be, in the feature's own unit."""
        with self.translating(f"tell the limits of {feature}"):
            low, high = self.library.bounds(self.open_camera(), feature, integer=integer)
            low, high = max(-LARGEST, low), min(LARGEST, high)  # NaN stays what it is, and is refused
            if not low <= high:
                raise CameraError(f"{self.name} says that its {feature} goes from {low:g} to {high:g}, which can't be")
            with suppress(AravisError):  # some have none
                ask = self.library.camera_get_integer_increment if integer else self.library.camera_get_float_increment
                step = float(ask(self.open_camera(), feature))
                return stepped_range(low, high, step if step > NO_INCREMENT else 0.0)
            return ControlRange(low, high)

    def unit(self, feature: str) -> str:
        """A number's unit as the camera writes it; empty if it doesn't."""
        node = self.library.device_get_feature(self._signal[0], feature)
        return (self.library.gc_float_get_unit(node) or "") if node else ""

    @property
    def frame_rate(self) -> float | None:
        """Pictures per second as set, or None where it can't be asked."""
        try:
            return float(self.library.camera_get_frame_rate(self.open_camera()))
        except AravisError as error:
            log.info("%s does not tell its frame rate: %s", self.name, error)
            return None

    def close(self) -> None:
        """Let go of the camera, whose stream has ended. Callable twice."""
        camera, self._camera = self._camera, None
        if camera is not None:
            self.library.g_signal_handler_disconnect(*self._signal)
            self.library.g_object_unref(camera)

    # For its stream

    def open_camera(self) -> int:
        """The library's handle. Raises CameraError if closed, CameraDisconnected if the camera left."""
        if self._camera is None:
            raise CameraError(f"{self.name} has been closed: open the camera again")
        if self.lost:
            raise CameraDisconnected(f"{self.name} no longer answers: was it unplugged, or taken by another program?")
        return self._camera

    @property
    def lost(self) -> bool:
        """Whether the camera told, or failed to tell, that it is no longer ours."""
        return self._lost.is_set()

    @contextmanager
    def translating(self, what: str) -> Iterator[None]:
        """Translate what the library reports while the camera is asked to ``what``."""
        try:
            yield
        except AravisError as error:
            if error.code == NOT_CONTROLLER:
                raise CameraBusy(f"{self.name} is controlled by another program: close that one") from error
            if error.gone:
                raise CameraDisconnected(f"{self.name} no longer answers ({error})") from error
            raise CameraError(f"{self.name} refused to {what} ({error})") from error
