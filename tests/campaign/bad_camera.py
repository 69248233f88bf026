"""A plug-in's camera that answers badly, ``bad:MODE``."""

from __future__ import annotations

import math
import time
from types import SimpleNamespace
from typing import Any

import numpy as np

from autoexposure.camera import CameraInfo, Capabilities, ControlRange
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame


class BadCamera:
    """Good but for what ``mode`` names."""

    frame_interval_s = 0.01

    def __init__(self, mode: str) -> None:
        name = "Bad \x1b]52;c;QQ==\x07 camera [/x]" if mode == "names" else "Bad camera"
        self._mode = mode
        self.info = CameraInfo(f"bad:{mode}", name, f"bad-{mode}", name)
        low = math.nan if mode == "nan_range" else 1e-4
        self.capabilities = Capabilities(ControlRange(low, 0.1))
        self.exposure, self.sequence = Exposure(0.01), 0

    def settings(self) -> dict[str, float]:
        return {"time_s": self.exposure.time_s}

    def restore(self, settings: dict[str, float]) -> None:
        self.exposure = Exposure(settings["time_s"])

    def take_control(self) -> None:
        """Nothing stands in the way."""

    def set_native_auto(self, on: bool) -> None:
        """It has none, and does not say so."""

    def set_exposure(self, exposure: Exposure) -> Exposure:
        self.exposure = exposure
        return exposure

    def read(self, timeout_s: float) -> Any:
        time.sleep(self.frame_interval_s)
        self.sequence += 1
        if self._mode == "hangs":
            time.sleep(3600)
        if self._mode == "raises_later":
            raise ZeroDivisionError("a bug of the plug-in")
        if self._mode == "no_frame":
            return SimpleNamespace(pixels=None)
        pixels = np.full((24, 32, 3), 90, np.float64 if self._mode == "floats" else np.uint8)
        return Frame(pixels, time.monotonic(), self.sequence, self.exposure)  # type: ignore[arg-type]  # on purpose

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> BadCamera:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_bad(rest: str) -> Any:
    """The plug-in's opener."""
    if rest == "raises":
        raise ZeroDivisionError("a bug of the plug-in")
    return None if rest == "none" else BadCamera(rest)
