"""Small scenes, and a small simulated camera on a clock of its own."""

from __future__ import annotations

import numpy as np

from autoexposure.clock import SimulatedClock
from autoexposure.simulation.scene import Scene, StillScene
from autoexposure.simulation.sensor import Radiance
from drivers.simulated.camera import SimulatedCamera
from drivers.simulated.config import parse_simulated


def backlit() -> Radiance:
    """A dim room with a window 5 EV brighter, 64 x 48."""
    radiance = np.full((48, 64, 3), 4.0, np.float32)
    radiance[5:25, 5:35] = 128.0
    return radiance


class Brightening:
    """A scene whose light doubles every second, up to a thousandfold."""

    def radiance(self, time_s: float) -> Radiance:
        return np.full((48, 64, 3), 2.0 ** min(time_s, 10.0), np.float32)


def camera(text: str = "", scene: Scene | None = None) -> tuple[SimulatedCamera, SimulatedClock]:
    """A small, noise-free camera on a clock of its own, whose time does not begin at zero."""
    clock = SimulatedClock(start_s=1000.0)
    config = parse_simulated(",".join(filter(None, ["width=64,height=48,noise=off", text])))
    return SimulatedCamera(config, scene or StillScene(backlit()), clock), clock
