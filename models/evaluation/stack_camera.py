"""A camera whose pictures are those that a real one took: an exposure stack, with settings that arrive late.

Light in the simulated scenes is true, but what a camera makes of it is a model. In a stack it is the camera's own:
a stop more looks like 1.1 to 1.7 stops. There is no exposure beyond its darkest and its brightest frame.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

import numpy as np

from autoexposure.camera import Camera, CameraInfo, Capabilities, ControlRange, Settings
from autoexposure.clock import Clock, SimulatedClock
from autoexposure.errors import UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.classical import AverageMeter
from autoexposure.metering.preview import make_preview
from models.data.stacks import Stack
from models.evaluation.closed_loop import OpenView
from models.evaluation.rests import STEP_EV

FRAME_INTERVAL_S = 1 / 30
"""Nothing is gained by another: frames are what is counted."""


def stack_view(stack: Stack) -> OpenView:
    """``stack`` as a view for the closed loop; a start is no further off than its frames reach."""
    low_ev, high_ev = stack.range_ev
    places_ev = np.arange(low_ev, high_ev + 1e-9, STEP_EV)
    meter = AverageMeter()
    wishes_ev = [abs(meter.decide(make_preview(stack.picture(float(ev)))).delta_ev) for ev in places_ev]
    content_ev = float(places_ev[int(np.argmin(wishes_ev))])

    def opened(delay_frames: int, start_ev: float, clock: SimulatedClock) -> Camera:
        return StackCamera(stack, delay_frames, min(max(content_ev + start_ev, low_ev), high_ev), clock)

    return opened


class StackCamera:
    """The camera; `autoexposure.camera.Camera` says what each method does.

    Its longest exposure time, that of the stack's brightest frame, is the interval of its frames.

    Parameters
    ----------
    stack : what it sees.
    delay_frames : pictures that are still made with the old exposure after a new one was set.
    start_ev : what it is set to at first, on the stack's scale.
    clock : what paces the frames.
    """

    frame_interval_s = FRAME_INTERVAL_S

    def __init__(self, stack: Stack, delay_frames: int, start_ev: float, clock: Clock) -> None:
        self._stack, self._delay, self._clock = stack, delay_frames, clock
        low_ev, self._high_ev = stack.range_ev
        times = ControlRange(FRAME_INTERVAL_S * 2.0 ** (low_ev - self._high_ev), FRAME_INTERVAL_S)
        self.info = CameraInfo(f"stack:{stack.name}", f"Exposure stack: {stack.name}", stack.name, lasting=False)
        self.capabilities = Capabilities(time_s=times, reports_exposure=True, delay_frames=(delay_frames, delay_frames))
        self.exposure = Exposure(times.nearest(FRAME_INTERVAL_S * 2.0 ** (start_ev - self._high_ev)))
        self._in_force = self.exposure
        self._pending: list[tuple[int, Exposure]] = []
        self._sequence = -1

    def settings(self) -> Settings:
        """As Camera.settings."""
        return {"time_s": self.exposure.time_s}

    def restore(self, settings: Settings) -> None:
        """As Camera.restore."""
        self.set_exposure(Exposure(float(settings["time_s"])))

    def take_control(self) -> None:
        """As Camera.take_control; there is no automatic to switch off."""

    def set_exposure(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        assert self.capabilities.time_s is not None
        self.exposure = Exposure(self.capabilities.time_s.nearest(exposure.time_s))
        self._pending.append((self._sequence + 1 + self._delay, self.exposure))
        return self.exposure

    def set_native_auto(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        raise UnsupportedControl("an exposure stack has no automatic")

    def read(self, timeout_s: float) -> Frame:
        """As Camera.read; the next frame is always there when its time has come."""
        self._clock.sleep(FRAME_INTERVAL_S)
        self._sequence += 1
        arrived = [exposure for first, exposure in self._pending if first <= self._sequence]
        self._pending = [each for each in self._pending if each[0] > self._sequence]
        self._in_force = arrived[-1] if arrived else self._in_force
        pixels = self._stack.picture(self._high_ev + Exposure(self._in_force.time_s / FRAME_INTERVAL_S).ev)
        return Frame(pixels, self._clock.now(), self._sequence, self._in_force, True)

    def close(self) -> None:
        """As Camera.close."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
