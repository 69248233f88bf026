"""A simulated camera whose own automatic is on in secret."""

from __future__ import annotations

from drivers.simulated.camera import SimulatedCamera
from drivers.simulated.firmware_auto import FirmwareAuto, metering_error_ev


class Secret:
    """What a firmware does in secret: it takes settings, and goes on from there by itself.

    Parameters
    ----------
    aim_ev : how much brighter than mid grey it wants the picture.
    ends : what ends it: "automatic", having it on and off; "long", on for ten pictures; "nothing".
    speed : share of its error that it corrects with every picture.
    """

    def __init__(self, camera: SimulatedCamera, aim_ev: float, ends: str, speed: float = FirmwareAuto.SPEED) -> None:
        self.camera, self.aim_ev, self.ends, self.speed = camera, aim_ev, ends, speed
        self.on = False
        self._automatic_since: int | None = None
        self._run, self._switch = camera._run_firmware, camera.set_native_auto
        camera._run_firmware = self.run  # type: ignore[method-assign]  # this camera alone
        camera.set_native_auto = self.switch  # type: ignore[method-assign]  # this camera alone

    def run(self, now_s: float) -> None:
        camera, frames = self.camera, self.camera._frames
        self._run(now_s)
        error_ev = metering_error_ev(camera._meter_of(camera._radiance()), frames.in_force.ev) + self.aim_ev
        if self.on and not camera._native and abs(error_ev) > FirmwareAuto.DEAD_BAND_EV:
            wanted = camera._program.split(frames.register.ev + self.speed * error_ev)
            frames.set(wanted, camera.config.delay, now_s)

    def switch(self, on: bool) -> None:
        frame = self.camera._frames.sequence
        if on and self._automatic_since is None:
            self._automatic_since = frame
        elif not on and self._automatic_since is not None:
            enough = {"automatic": 0, "long": 10}.get(self.ends, 10_000)
            self.on = self.on and frame - self._automatic_since < enough
            self._automatic_since = None
        self._switch(on)
