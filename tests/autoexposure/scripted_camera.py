"""A camera that does as it is told, notes it, and can be made to refuse."""

from __future__ import annotations

import numpy as np

from autoexposure.camera import CameraInfo, Capabilities, ControlRange, Settings
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame

INTERVAL_S = 0.1
FIRST = Exposure(0.01, 1.0)


class Scripted:
    """Notes what is asked of it.

    Attributes
    ----------
    fails : raised by whatever would change it, if there.
    """

    frame_interval_s = INTERVAL_S

    def __init__(self) -> None:
        self.info = CameraInfo("scripted:", "Scripted camera", "scripted-1")
        self.capabilities = Capabilities(
            ControlRange(0.001, 0.1), ControlRange(1.0, 8.0), native_auto=True, delay_frames=(1, 3), note="a note"
        )
        self.exposure: Exposure | None = FIRST
        self.done: list[str] = []
        self.fails: Exception | None = None
        self.frames: list[Frame] = []
        self.foreign = ""
        self.restarts = 0

    def settings(self) -> Settings:
        return {"time_s": 0.05}

    def restore(self, settings: Settings) -> None:
        self.done.append(f"restored {settings['time_s']}")

    def take_control(self) -> None:
        if self.fails is not None:
            raise self.fails
        self.done.append("taken")

    def set_exposure(self, exposure: Exposure) -> Exposure:
        if self.fails is not None:
            raise self.fails
        self.exposure = exposure
        self.done.append(f"set {exposure.time_s:g}")
        return exposure

    def set_native_auto(self, on: bool) -> None:
        if self.fails is not None:
            raise self.fails
        self.done.append(f"native {on}")

    def read(self, timeout_s: float) -> Frame:
        return self.frames.pop(0)

    def foreign_change(self) -> str:
        return self.foreign

    def close(self) -> None:
        self.done.append("closed")

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def frame(sequence: int, timestamp_s: float | None = None, level: int = 90, exposure: Exposure | None = None) -> Frame:
    at_s = sequence * INTERVAL_S if timestamp_s is None else timestamp_s
    return Frame(np.full((32, 32, 3), level, np.uint8), at_s, sequence, exposure, exposure is not None)
