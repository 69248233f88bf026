"""A camera whose settings outlive the program, as a real one's do: they stand in a file, ``kept:FILE``.

It is opened as a plug-in's family. Each control is one write of eight bytes, so a kill falls between two controls and
never into one.
"""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from autoexposure.camera import CameraInfo, Capabilities, ControlRange, Settings
from autoexposure.errors import CameraError, CameraNotFound, ControlTaken
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame

CONTROLS = ("automatic", "time_s", "gain")
ORIGINAL = {"automatic": 1.0, "time_s": 0.0123, "gain": 3.0}
"""What the camera was set to before the program came."""

INTERVAL_S = 0.001
RESTLESS_FRAMES = 6
"""The light changes this often, so that there is always something to write."""


def plug_in(path: Path) -> None:
    """Make the device, set as its owner left it."""
    path.write_bytes(struct.pack("<3d", *(ORIGINAL[name] for name in CONTROLS)))


def set_to(path: Path) -> dict[str, float]:
    """What the device is set to now."""
    return dict(zip(CONTROLS, struct.unpack("<3d", path.read_bytes()), strict=True))


class KeptCamera:
    """The device behind ``path``."""

    frame_interval_s = INTERVAL_S

    def __init__(self, path: Path) -> None:
        try:
            self._file: int | None = os.open(path, os.O_RDWR)
        except OSError as error:
            raise CameraNotFound(f"there is no camera at {path}") from error
        self._path = path
        self._sequence = 0
        self.info = CameraInfo(f"kept:{path}", f"Kept camera {path.name}", f"kept-{path}")
        self.capabilities = Capabilities(
            ControlRange(1e-4, 0.1), ControlRange(1.0, 16.0), native_auto=True, reports_exposure=True
        )

    @property
    def exposure(self) -> Exposure | None:
        now = set_to(self._path)
        return None if now["automatic"] else Exposure(now["time_s"], now["gain"])

    def settings(self) -> Settings:
        return set_to(self._path)

    def restore(self, settings: Settings) -> None:
        for name in ("time_s", "gain", "automatic"):
            self._set(name, settings[name])

    def take_control(self) -> None:
        self._set("automatic", 0.0)

    def set_native_auto(self, on: bool) -> None:
        self._set("automatic", float(on))

    def set_exposure(self, exposure: Exposure) -> Exposure:
        if set_to(self._path)["automatic"]:
            raise ControlTaken("the automatic is on")
        self._set("time_s", min(max(exposure.time_s, 1e-4), 0.1))
        self._set("gain", min(max(exposure.gain, 1.0), 16.0))
        return Exposure(*(set_to(self._path)[name] for name in ("time_s", "gain")))

    def read(self, timeout_s: float) -> Frame:
        time.sleep(INTERVAL_S)
        self._sequence += 1
        light = 2000 if self._sequence // RESTLESS_FRAMES % 2 else 20000
        now = set_to(self._path)
        level = min(255, round(light * now["time_s"] * now["gain"]))
        made_by = Exposure(now["time_s"], now["gain"])
        return Frame(np.full((24, 32, 3), level, np.uint8), time.monotonic(), self._sequence, made_by, reported=True)

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _set(self, name: str, value: float) -> None:
        if self._file is None:
            raise CameraError("the camera is closed")
        os.pwrite(self._file, struct.pack("<d", value), 8 * CONTROLS.index(name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_kept(rest: str) -> KeptCamera:
    """The plug-in's opener."""
    return KeptCamera(Path(rest))
