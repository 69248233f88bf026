"""A camera made of arithmetic: real scenes, a sensor with noise and steps, settings that arrive late.

It behaves as a webcam does where that matters to a control loop: frames come at their time whether one reads or not, a
setting shows some frames after it was made, times and gains have steps, long exposures slow the frames, and a
firmware with an auto exposure of its own may be in charge. What it adds is the truth about every frame.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from autoexposure.abilities.adjustable import Adjustment
from autoexposure.abilities.moded import PictureMode
from autoexposure.camera import CameraInfo, Capabilities, Settings
from autoexposure.clock import Clock, SystemClock
from autoexposure.control.program import ExposureProgram, ProgramConfig
from autoexposure.errors import CameraDisconnected, FrameTimeout, SceneError
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.simulation.builtin_scenes import GALLERY, builtin_scene
from autoexposure.simulation.light import Steady
from autoexposure.simulation.moving import MovingSubject
from autoexposure.simulation.scene import Layer, LitScene, Scene, exposed
from autoexposure.simulation.scene_files import load_scene
from autoexposure.simulation.sensor import Flicker, Radiance, SensorConfig, SensorModel
from drivers.common.stream_camera import Closing
from drivers.simulated.adjustments import POWER_LINES_HZ, SimulatedAdjustments
from drivers.simulated.config import LIGHTS, SimulatedConfig, parse_simulated, without_mode
from drivers.simulated.disobedience import Disobedience
from drivers.simulated.firmware_auto import FirmwareAuto, Meter, average_ev, metered
from drivers.simulated.frames import FrameTrain
from drivers.simulated.white_balance import AutoWhiteBalance

READOUT_SHARE = 0.6
"""Part of the frame interval in which a rolling shutter starts all its rows."""

BACKLIGHT_EV = 0.5
"""How much brighter the firmware aims for each step of its backlight compensation."""

FIRMWARE_LOOKS_BACK_S = 1.0
"""Unread frames older than this are not metered, so that a late reader need not wait."""


def open_simulated(text: str, clock: Clock | None = None) -> SimulatedCamera:
    """Open the camera that ``sim:text`` means. Raises ConfigError and SceneError."""
    config = parse_simulated(text)
    return SimulatedCamera(config, make_scene(config), clock, spec=f"sim:{text}")


def make_scene(config: SimulatedConfig) -> Scene:
    """The scene a configuration names, in the light it names. Raises SceneError."""
    scene: Scene
    if config.scene in GALLERY:
        story = builtin_scene(config.scene, config.size)
        scene = story if config.light == "story" else story.in_steady_light()
    else:
        path = Path(config.scene).expanduser()
        if not os.path.exists(path):  # unlike Path.exists it says no to impossible names, too
            names = ", ".join(GALLERY)
            raise SceneError(f"there is no scene {config.scene!r}: it is neither a file or folder nor one of {names}")
        scene = load_scene(path, config.size, config.pan)
    if config.moving:
        scene = MovingSubject(scene, config.size, config.moving)
    light = LIGHTS.get(config.light, Steady())
    return scene if light == Steady() else LitScene((Layer(scene, light),))


class SimulatedCamera(Closing):
    """The camera; ``autoexposure.camera.Camera`` says what each method does.

    Parameters
    ----------
    config : what it is like.
    scene : what it looks at, at the configured size; its time begins when the camera is made.
    clock : what paces the frames; a SimulatedClock makes them come at once.
    spec : the text that opened it.
    """

    def __init__(self, config: SimulatedConfig, scene: Scene, clock: Clock | None = None, spec: str = "sim:") -> None:
        self.config = config
        self._scene = scene
        self._clock = clock if clock is not None else SystemClock()
        self._spec = spec
        row_time_s = READOUT_SHARE * config.frame_interval_s / config.height
        self._sensor = SensorModel(SensorConfig(noise=config.noise, row_time_s=row_time_s), config.seed)
        self._flicker = Flicker(config.mains) if config.mains else None
        self._capabilities = config.capabilities()
        self._modes, self._mode = config.modes(), config.mode
        self._program = ExposureProgram(self._capabilities, config.frame_interval_s)
        self._firmware = FirmwareAuto(self._program)
        self._meter: tuple[Radiance, Meter] | None = None
        self._began_s = self._clock.now()
        self._present = True
        self._closed = False
        self._stalled_reads = 0
        self._power_on()

    def _power_on(self) -> None:
        """As the camera is when it gets its power: own defaults, nothing under way, the first frame an interval off."""
        radiance = self._scene.radiance(self._clock.now() - self._began_s)
        first = self._program.split(average_ev(metered(radiance)) + self.config.start_ev)
        self._sensor.expose(radiance, first, 0.0, self._flicker)  # the first exposure is slow: not at a frame's expense
        now_s = self._clock.now()
        self._frames = FrameTrain(self.config.frame_interval_s, first, now_s)
        self._delivered = -1
        self._native = self.config.native
        self._disobedience = Disobedience(self.config.deaf, cured=self.config.cured)
        self._echo: Exposure | None = None
        self._firmware.restart()
        self._balance = AutoWhiteBalance(self.config.wb_speed)
        self._adjustments = SimulatedAdjustments(self.config.controls, self._balance)

    # The Camera protocol

    @property
    def info(self) -> CameraInfo:
        """As Camera.info."""
        config = self.config
        detail = f"{config.width}x{config.height} at {config.fps:g}/s, settings show after {config.delay} frames"
        name = f"Simulated camera: {Path(config.scene).name}"
        family, colon, text = self._spec.partition(":")
        return CameraInfo(self._spec, name, f"{family}{colon}{without_mode(text)}", detail, lasting=False)

    def modes(self) -> tuple[PictureMode, ...]:
        """As Moded.modes."""
        return self._modes

    @property
    def mode(self) -> PictureMode:
        """As Moded.mode."""
        return self._mode

    @property
    def capabilities(self) -> Capabilities:
        """As Camera.capabilities."""
        return self._capabilities

    @property
    def frame_interval_s(self) -> float:
        """As Camera.frame_interval_s."""
        return self.config.frame_interval_s

    @property
    def exposure(self) -> Exposure | None:
        """As Camera.exposure."""
        self._catch_up()
        return self._read_back()

    def settings(self) -> Settings:
        """As Camera.settings."""
        self._catch_up()
        register = self._read_back()
        return {"native_auto": int(self._native), "time_s": register.time_s, "gain": register.gain}

    def restore(self, settings: Settings) -> None:
        """As Camera.restore."""
        self.set_native_auto(False)
        register = self._frames.register
        self.set_exposure(Exposure(settings.get("time_s", register.time_s), settings.get("gain", register.gain)))
        self.set_native_auto(bool(settings.get("native_auto", 0)))

    def take_control(self) -> None:
        """As Camera.take_control."""
        self.set_native_auto(False)

    def set_exposure(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        now_s = self._catch_up()
        times, gains = self._capabilities.time_s, self._capabilities.gain
        if self._native or times is None or gains is None:
            return self._frames.register  # the firmware is in charge: nothing was set
        asked = Exposure(times.nearest(exposure.time_s), gains.nearest(exposure.gain))
        self._frames.set(self._disobedience.obeyed(asked, self._frames.register), self.config.delay, now_s)
        self._echo = asked if self.config.echo else None
        return self._read_back()

    def adjustments(self) -> tuple[Adjustment, ...]:
        """As Adjustable.adjustments."""
        self._catch_up()
        return self._adjustments.now()

    def adjust(self, name: str, value: float) -> float:
        """As Adjustable.adjust; it shows in the next picture."""
        self._catch_up()
        really = self._adjustments.set(name, value)
        if name == "power_line_frequency":
            rules = ProgramConfig(mains_hz=POWER_LINES_HZ[int(really)])
            self._firmware.program = ExposureProgram(self._capabilities, self.config.frame_interval_s, rules)
        return really

    def set_native_auto(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        self._catch_up()
        if on and not self._native:
            self._firmware.restart()
            self._echo = None
        if self._native and not on:
            self._disobedience.automatic_ended()
        self._native = on

    def read(self, timeout_s: float) -> Frame:
        """As Camera.read."""
        now_s = self._catch_up()
        if self._stalled_reads:
            self._stalled_reads -= 1
            self._clock.sleep(timeout_s)
            raise FrameTimeout(f"the simulated camera is stalled: no picture within {timeout_s:g} s")
        if self._frames.sequence == self._delivered:
            due_s = self._frames.due_s
            if due_s - now_s > timeout_s:
                self._clock.sleep(timeout_s)
                raise FrameTimeout(f"no picture within {timeout_s:g} s, the next takes {due_s - now_s:.3g} s")
            self._catch_up(due_s)
        self._delivered = self._frames.sequence
        frame = self._take_picture()  # before it is due: a sensor's picture is there when its exposure ends, not later
        if (left_s := frame.timestamp_s - self._clock.now()) > 0:
            self._clock.sleep(left_s)
            self._check_there()
        return frame

    def close(self) -> None:
        """As Camera.close."""
        self._closed = True

    # What only a simulation can offer

    def truth(self, sequence: int) -> Exposure:
        """Give the exposure that really made frame ``sequence``; LookupError if there was none, or too long ago."""
        return self._frames.truth(sequence)

    def unplug(self) -> None:
        """Pull the plug: everything raises CameraDisconnected until ``replug``."""
        self._present = False

    def replug(self) -> None:
        """Put the plug back; as any camera, it has forgotten its settings."""
        self._present = True
        self._power_on()

    def stall(self, reads: int) -> None:
        """Let the next ``reads`` reads time out."""
        self._stalled_reads = reads

    # What happens inside

    def _catch_up(self, at_least_s: float = 0.0) -> float:
        """Let all frames happen that are complete by now, read or not; returns the time that is now.

        Raises CameraDisconnected if there is no camera any more.
        """
        self._check_there()
        now_s = max(self._clock.now(), at_least_s)
        for _ in self._frames.advance(now_s):
            if self._frames.newest_s > now_s - FIRMWARE_LOOKS_BACK_S:
                self._run_firmware(now_s)
        return now_s

    def _read_back(self) -> Exposure:
        return self._echo or self._frames.register

    def _run_firmware(self, now_s: float) -> None:
        """What the camera does of itself about its newest frame."""
        in_force, adjustments = self._frames.in_force, self._adjustments
        if self._balance.speed and adjustments["white_balance_automatic"]:
            self._balance.look(self._meter_of(self._radiance()), in_force.ev)
        if self._native:
            aim_ev = BACKLIGHT_EV * adjustments["backlight_compensation"]
            wanted = self._firmware.next_exposure(self._meter_of(self._radiance()), in_force, aim_ev)
            self._frames.set(wanted, FirmwareAuto.DELAY_FRAMES, now_s)

    def _check_there(self) -> None:
        if self._closed:
            raise CameraDisconnected("the simulated camera was closed; open it again")
        if not self._present:
            raise CameraDisconnected("the simulated camera was unplugged")

    def _radiance(self) -> Radiance:
        """The scene while the newest frame was exposed."""
        time_s = self._frames.in_force.time_s
        return exposed(self._scene, self._frames.newest_s - time_s - self._began_s, time_s)

    def _meter_of(self, radiance: Radiance) -> Meter:
        """Kept as long as the scene does not change."""
        if self._meter is None or self._meter[0] is not radiance:
            self._meter = (radiance, metered(radiance))
        return self._meter[1]

    def _take_picture(self) -> Frame:
        frames, reported = self._frames, self.config.report
        exposure_began_s = frames.newest_s - frames.in_force.time_s - self._began_s
        radiance, gains = self._radiance(), self._adjustments.gains
        if not np.all(gains == 1):
            radiance = radiance * gains
        pixels = self._sensor.expose(radiance, frames.in_force, exposure_began_s, self._flicker)
        pixels = self._adjustments.finish(pixels)
        return Frame(pixels, frames.newest_s, frames.sequence, frames.in_force if reported else None, reported)
