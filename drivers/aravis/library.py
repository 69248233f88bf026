"""libaravis by ctypes: the few of its functions that are needed, with Python's values and one exception.

By ctypes and not by PyGObject, which has to be compiled in every virtual environment; the library alone is one package
of Debian's (libaravis-0.8-0), and comes with the extra ``autoexposure[aravis]`` too.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
from collections.abc import Callable
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint, c_uint32, c_uint64, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

from autoexposure.extras import install_command


def _needed() -> str:
    return f"install your system's package libaravis-0.8-0, or run {install_command('aravis')}"


NOT_CONNECTED, TIMEOUT, NOT_FOUND, NOT_CONTROLLER = 2, 5, 6, 10
"""Codes of ArvDeviceError that mean something to a driver."""

TRANSFER_ERROR, PROTOCOL_ERROR = 4, 3


class _GError(ctypes.Structure):
    _fields_ = [("domain", c_uint32), ("code", c_int), ("message", c_char_p)]


ControlLost = ctypes.CFUNCTYPE(None, c_void_p, c_void_p)
"""What the device's signal ``control-lost`` calls, in a thread of the library's."""

# Name: result, arguments. A last argument POINTER(POINTER(_GError)) is added to those in _FALLIBLE.
_PLAIN: dict[str, tuple[type | None, tuple[type, ...]]] = {
    "arv_update_device_list": (None, ()),
    "arv_get_n_devices": (c_uint, ()),
    "arv_get_device_id": (c_char_p, (c_uint,)),
    "arv_get_device_address": (c_char_p, (c_uint,)),
    "arv_enable_interface": (None, (c_char_p,)),
    "arv_disable_interface": (None, (c_char_p,)),
    "arv_camera_get_device": (c_void_p, (c_void_p,)),
    "arv_camera_is_gv_device": (c_int, (c_void_p,)),
    "arv_gv_device_is_controller": (c_int, (c_void_p,)),
    "arv_camera_create_chunk_parser": (c_void_p, (c_void_p,)),
    "arv_device_get_genicam_xml": (c_char_p, (c_void_p, POINTER(c_size_t))),
    "arv_device_get_feature": (c_void_p, (c_void_p, c_char_p)),
    "arv_gc_float_get_unit": (c_char_p, (c_void_p,)),
    "arv_stream_push_buffer": (None, (c_void_p, c_void_p)),
    "arv_stream_timeout_pop_buffer": (c_void_p, (c_void_p, c_uint64)),
    "arv_stream_try_pop_buffer": (c_void_p, (c_void_p,)),
    "arv_buffer_new_allocate": (c_void_p, (c_size_t,)),
    "arv_buffer_get_status": (c_int, (c_void_p,)),
    "arv_buffer_get_data": (c_void_p, (c_void_p, POINTER(c_size_t))),
    "arv_buffer_get_image_width": (c_int, (c_void_p,)),
    "arv_buffer_get_image_height": (c_int, (c_void_p,)),
    "arv_buffer_get_image_pixel_format": (c_uint32, (c_void_p,)),
    "arv_buffer_get_frame_id": (c_uint64, (c_void_p,)),
    "arv_buffer_get_system_timestamp": (c_uint64, (c_void_p,)),
}
_FALLIBLE: dict[str, tuple[type | None, tuple[type, ...]]] = {
    "arv_camera_new": (c_void_p, (c_char_p,)),
    "arv_camera_get_vendor_name": (c_char_p, (c_void_p,)),
    "arv_camera_get_model_name": (c_char_p, (c_void_p,)),
    "arv_camera_get_device_serial_number": (c_char_p, (c_void_p,)),
    "arv_camera_get_payload": (c_uint, (c_void_p,)),
    "arv_camera_get_frame_rate": (c_double, (c_void_p,)),
    "arv_camera_create_stream": (c_void_p, (c_void_p, c_void_p, c_void_p)),
    "arv_camera_set_acquisition_mode": (None, (c_void_p, c_int)),
    "arv_camera_start_acquisition": (None, (c_void_p,)),
    "arv_camera_stop_acquisition": (None, (c_void_p,)),
    "arv_camera_are_chunks_available": (c_int, (c_void_p,)),
    "arv_camera_set_chunks": (None, (c_void_p, c_char_p)),
    "arv_camera_get_chunk_mode": (c_int, (c_void_p,)),
    "arv_camera_set_chunk_mode": (None, (c_void_p, c_int)),
    "arv_camera_is_feature_available": (c_int, (c_void_p, c_char_p)),
    "arv_camera_get_string": (c_char_p, (c_void_p, c_char_p)),
    "arv_camera_set_string": (None, (c_void_p, c_char_p, c_char_p)),
    "arv_camera_get_float": (c_double, (c_void_p, c_char_p)),
    "arv_camera_set_float": (None, (c_void_p, c_char_p, c_double)),
    "arv_camera_get_float_bounds": (None, (c_void_p, c_char_p, POINTER(c_double), POINTER(c_double))),
    "arv_camera_get_float_increment": (c_double, (c_void_p, c_char_p)),
    "arv_camera_get_integer": (c_int64, (c_void_p, c_char_p)),
    "arv_camera_set_integer": (None, (c_void_p, c_char_p, c_int64)),
    "arv_camera_get_integer_bounds": (None, (c_void_p, c_char_p, POINTER(c_int64), POINTER(c_int64))),
    "arv_camera_get_integer_increment": (c_int64, (c_void_p, c_char_p)),
    "arv_camera_dup_available_enumerations_as_strings": (c_void_p, (c_void_p, c_char_p, POINTER(c_uint))),
    "arv_chunk_parser_get_float_value": (c_double, (c_void_p, c_void_p, c_char_p)),
}
_GLIB: dict[str, tuple[type | None, tuple[type, ...]]] = {
    "g_object_unref": (None, (c_void_p,)),
    "g_free": (None, (c_void_p,)),
    "g_error_free": (None, (c_void_p,)),
    "g_quark_to_string": (c_char_p, (c_uint32,)),
    "g_signal_connect_data": (c_uint64, (c_void_p, c_char_p, ControlLost, c_void_p, c_void_p, c_int)),
    "g_signal_handler_disconnect": (None, (c_void_p, c_uint64)),
}


class AravisError(Exception):
    """What the library reports. ``code`` is an ArvDeviceError, or -1 if it comes from elsewhere."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code

    @property
    def gone(self) -> bool:
        """Whether the camera no longer answers to us."""
        return self.code in (NOT_CONNECTED, TIMEOUT, TRANSFER_ERROR, NOT_CONTROLLER)


class Aravis:
    """The loaded library: ``lib.camera_get_float(camera, "Gain")`` calls ``arv_camera_get_float``, and so on.

    Text goes in and comes out as str. Raises AravisError where the function reports one.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        self._functions: dict[str, Callable[..., object]] = {}
        for table, fallible in ((_PLAIN, False), (_FALLIBLE, True), (_GLIB, False)):
            for name, (result, arguments) in table.items():
                function = getattr(library, name)  # GLib's are found through libaravis, which is linked to it
                function.restype = result
                function.argtypes = [*arguments, POINTER(POINTER(_GError))] if fallible else list(arguments)
                self._functions[name] = function

    def __getattr__(self, name: str) -> Callable[..., Any]:  # what each takes and returns is in the tables
        full = name if name.startswith("g_") else f"arv_{name}"
        if full not in self._functions:
            raise AttributeError(name)

        def call(*arguments: object) -> object:
            plain = [text.encode() if isinstance(text, str) else text for text in arguments]
            if full not in _FALLIBLE:
                return _text(self._functions[full](*plain))
            error = POINTER(_GError)()
            result = self._functions[full](*plain, byref(error))
            if error:
                raise self._error(error)
            return _text(result)

        setattr(self, name, call)
        return call

    def bounds(self, camera: int, feature: str, *, integer: bool) -> tuple[float, float]:
        """The least and the greatest value of a feature."""
        low, high = (c_int64(), c_int64()) if integer else (c_double(), c_double())
        ask = self.camera_get_integer_bounds if integer else self.camera_get_float_bounds
        ask(camera, feature, byref(low), byref(high))
        return float(low.value), float(high.value)

    def choices(self, camera: int, feature: str) -> tuple[str, ...]:
        """What an enumeration can be."""
        count = c_uint()
        array = self.camera_dup_available_enumerations_as_strings(camera, feature, byref(count))
        if not array:
            return ()
        try:
            texts = ctypes.cast(array, POINTER(c_char_p))
            return tuple((texts[at] or b"").decode(errors="replace") for at in range(count.value))
        finally:
            self.g_free(array)

    def buffer_bytes(self, buffer: int) -> bytes:
        """A copy of what a buffer holds."""
        size = c_size_t()
        data = self.buffer_get_data(buffer, byref(size))
        return ctypes.string_at(data, size.value) if data else b""

    def _error(self, error: ctypes._Pointer[_GError]) -> AravisError:
        domain = self.g_quark_to_string(error.contents.domain) or ""
        message = (error.contents.message or b"").decode(errors="replace")
        code = error.contents.code if domain == "arv-device-error-quark" else -1
        self.g_error_free(ctypes.cast(error, c_void_p))
        return AravisError(message, code)


@cache
def load_aravis() -> Aravis:
    """The system's library, else the one of the package aravis-python. Raises ImportError."""
    found = ctypes.util.find_library("aravis-0.8") or _packaged()
    if found is None:
        raise ImportError(f"the library Aravis is not installed: {_needed()}")
    try:
        return Aravis(ctypes.CDLL(found))
    except (OSError, AttributeError) as error:
        raise ImportError(f"the library Aravis can't be used ({error}): {_needed()}") from error


def _packaged() -> str | None:
    """The library inside aravis-python, found without importing that package, which would ask for PyGObject."""
    package = importlib.util.find_spec("aravis")
    for folder in package.submodule_search_locations or () if package is not None else ():
        for path in sorted(Path(folder, "lib").glob("libaravis-0.8.*")):
            return str(path)
    return None


def _text(value: object) -> object:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
