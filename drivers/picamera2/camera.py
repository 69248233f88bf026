"""Raspberry Pi cameras through Picamera2 (libcamera).

``open_picamera2`` is the family's entry: ``picamera2:0``, or ``picamera2:`` for the first; options follow after commas:
``picamera2:0,size=1280x720,fps=30``. Every picture says which exposure made it. The library Picamera2 is imported only
when such a camera is opened; it comes with Raspberry Pi OS and not from pip alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

from autoexposure.camera import CameraInfo
from autoexposure.errors import CameraBusy, CameraNotFound, ConfigError
from drivers.common.adjustment_set import AdjustmentSet
from drivers.common.stream_camera import StreamCamera
from drivers.http.url import read_options
from drivers.picamera2.adjustments import picamera2_knobs
from drivers.picamera2.exposure import Picamera2Exposure
from drivers.picamera2.pictures import Picamera2Pictures

NEEDED = (
    "sudo apt install python3-picamera2, and an environment made with python3 -m venv --system-site-packages, in which "
    "its libraries can be seen"
)

BUFFERS = 4
"""Each is a picture of delay at most, and fewer cost frames (Picamera2's preview uses as many)."""

RGB_IN_MEMORY = "BGR888"
"""Picamera2 names formats by the bytes of a little-endian word: this one is red, green, blue in an array."""


class Picamera2Camera(StreamCamera):
    """One camera, streaming from the constructor on, its exposure left to libcamera until ``take_control``.

    Parameters
    ----------
    library : the picamera2 package.
    number : which camera, as in ``rpicam-hello --list-cameras``.
    size_px, rate_fps : of the pictures.
    spec : how ``info`` calls it.

    Raises CameraNotFound, CameraBusy.
    """

    def __init__(
        self, library: ModuleType, number: int, spec: str, size_px: tuple[int, int] = (640, 480), rate_fps: float = 30.0
    ) -> None:
        listed = library.Picamera2.global_camera_info()
        if number >= len(listed):
            raise CameraNotFound(
                f"there is no camera number {number}: rpicam-hello --list-cameras names {len(listed) or 'none'}"
            )
        about = listed[number]
        name = f"Raspberry Pi camera {about.get('Model', number)}"
        try:
            camera = library.Picamera2(number)
        except RuntimeError as error:
            raise CameraBusy(f"{name} can't be opened ({error}): close other programs that use it") from error
        frame_us = round(1e6 / rate_fps)
        try:
            camera.configure(
                camera.create_video_configuration(
                    main={"format": RGB_IN_MEMORY, "size": size_px},
                    controls={"FrameDurationLimits": (frame_us, frame_us)},
                    buffer_count=BUFFERS,
                    queue=False,  # the next picture, not one that has waited
                )
            )
            camera.start()
            pictures = Picamera2Pictures(camera, name, frame_us)
            exposure = Picamera2Exposure(camera, pictures, name, frame_us)
        except RuntimeError as error:
            camera.close()
            raise CameraBusy(f"{name} can't be started ({error}): close other programs that use it") from error
        except BaseException:
            camera.close()
            raise
        info = CameraInfo(
            spec,
            name,
            f"picamera2:{about.get('Id', number)}".replace(" ", "_"),
            f"Picamera2, {size_px[0]}x{size_px[1]} at {rate_fps:g} frames/s",
        )
        adjustments = AdjustmentSet(name, lambda: picamera2_knobs(camera, pictures, exposure.write))
        super().__init__(info, pictures, exposure, frame_us * 1e-6, adjustments)


def open_picamera2(rest: str) -> Picamera2Camera:
    """Open what stands behind ``picamera2:`` in a camera specification."""
    which, _, text = rest.strip().partition(",")
    options = read_options(text, "picamera2", ("size", "fps"))
    if which and not which.isdecimal():
        raise ConfigError(f"a camera of the family picamera2 is named by its number as in picamera2:0, given {which!r}")
    size_px, rate_fps = _wanted(options)
    try:
        library = import_module("picamera2")
    except ImportError as error:
        raise CameraNotFound(f"Raspberry Pi cameras need Picamera2 ({error}): {NEEDED}") from error
    return Picamera2Camera(library, int(which or 0), f"picamera2:{rest.strip()}", size_px, rate_fps)


def _wanted(options: Mapping[str, str]) -> tuple[tuple[int, int], float]:
    try:
        width, height = options.get("size", "640x480").lower().split("x")
        size_px, rate_fps = (int(width), int(height)), float(options.get("fps", 30))
    except ValueError as error:
        raise ConfigError(f"options of picamera2: look like size=640x480 or fps=30, given {dict(options)}") from error
    if min(size_px) < 16 or not 0.01 <= rate_fps <= 1000:
        raise ConfigError(f"a picture needs 16 pixels and a rate above zero, given {dict(options)}")
    return size_px, rate_fps
