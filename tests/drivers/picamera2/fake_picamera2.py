"""The picamera2 package as its manual describes it, over a played sensor that shows a setting three pictures late."""

import threading
import time
from collections import deque
from types import SimpleNamespace

import numpy as np

LINE_US = 18.9
"""Sensors expose whole lines."""

FRAME_S = 0.002
"""Real time between two played pictures; their metadata says what was configured."""


class FakeSensor:
    """The hardware and libcamera's automatic."""

    def __init__(self) -> None:
        self.model, self.id = "imx708", "/base/soc/i2c0mux/i2c@1/imx708@1a"
        self.controls = {
            "AeEnable": (False, True, True),
            "ExposureTime": (13, 112_015_443, 20_000),
            "AnalogueGain": (1.0, 16.0, 1.0),
            "FrameDurationLimits": (8333, 120_000_000, 33_333),
            "AwbEnable": (False, True, None),
            "ColourTemperature": (100, 100_000, None),
            "AfMode": (0, 2, 0),
            "LensPosition": (0.0, 32.0, 1.0),
            "Brightness": (-1.0, 1.0, 0.0),
            "Sharpness": (0.0, 16.0, 1.0),
        }
        self.set: dict[str, object] = {}
        self.needs_modes = False
        self.automatic = True
        self.time_us, self.gain = 12_000, 2.0
        self.limits_us = (33_333, 33_333)
        self.light = 8.0
        self.frozen = threading.Event()
        self.held = 0
        self.opened = 0
        self.broken = False

    def library(self) -> SimpleNamespace:
        sensor = self

        class Picamera2(FakePicamera2):
            def __init__(self, number: int = 0) -> None:
                super().__init__(sensor)

            @staticmethod
            def global_camera_info() -> list[dict]:
                return [{"Model": sensor.model, "Id": sensor.id, "Num": 0}]

        return SimpleNamespace(Picamera2=Picamera2)


class FakePicamera2:
    def __init__(self, sensor: FakeSensor) -> None:
        if sensor.opened:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        sensor.opened += 1
        sensor.automatic = True  # libcamera begins anew with each opening
        self.sensor = sensor
        self.camera_controls = sensor.controls
        self.started = self.closed = False
        self._size = (0, 0)
        self._effective: deque[tuple[float, float]] = deque(maxlen=4)

    def create_video_configuration(self, *, main, controls, buffer_count, queue):
        assert main["format"] == "BGR888"
        return {"main": main, "controls": controls, "buffer_count": buffer_count, "queue": queue}

    def configure(self, configuration) -> None:
        self._size = configuration["main"]["size"]
        self.sensor.limits_us = configuration["controls"]["FrameDurationLimits"]

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.started = False

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.sensor.opened -= 1

    def set_controls(self, controls) -> None:
        sensor = self.sensor
        for name in controls:
            if name not in sensor.controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        sensor.set |= controls
        switch = "ExposureTimeMode" if sensor.needs_modes else "AeEnable"
        if switch in controls:
            sensor.automatic = controls[switch] == 0 if sensor.needs_modes else bool(controls[switch])
        sensor.limits_us = controls.get("FrameDurationLimits", sensor.limits_us)
        if not sensor.automatic:
            sensor.time_us = controls.get("ExposureTime", sensor.time_us)
            sensor.gain = controls.get("AnalogueGain", sensor.gain)

    def capture_request(self, wait=None):
        assert wait is False
        return SimpleNamespace(done=False)

    def wait(self, job, timeout=None):
        sensor = self.sensor
        if sensor.broken:
            raise RuntimeError("Camera frontend has timed out")
        if sensor.frozen.is_set() or timeout == 0:
            threading.Event().wait(min(timeout, FRAME_S))
            raise TimeoutError
        assert not job.done, "a job gives one picture"
        job.done = True
        threading.Event().wait(FRAME_S)
        time_us = min(sensor.time_us, sensor.limits_us[1])
        self._effective.append((int(int(time_us / LINE_US) * LINE_US) or int(LINE_US), sensor.gain))
        sensor.held += 1
        return FakeRequest(self.sensor, self._size, *self._effective[0])


class FakeRequest:
    def __init__(self, sensor: FakeSensor, size, time_us: int, gain: float) -> None:
        self._sensor, self._size = sensor, size
        self._time_us, self._gain = time_us, gain

    def make_array(self, name: str) -> np.ndarray:
        assert name == "main"
        level = 255 * min(1.0, self._sensor.light * self._time_us * 1e-6 * self._gain) ** (1 / 2.2)
        picture = np.zeros((self._size[1], self._size[0], 3), np.uint8)
        picture[:] = (round(level), round(level) // 2, round(level) // 2)  # a red wall
        return picture

    def get_metadata(self) -> dict:
        return {
            "ExposureTime": self._time_us,
            "AnalogueGain": self._gain,
            "DigitalGain": 1.0,
            "FrameDuration": round(FRAME_S * 1e6),
            "SensorTimestamp": time.monotonic_ns(),
            "Lux": 400.0,
            "ColourTemperature": 3400,
            "LensPosition": 2.0,
        }

    def release(self) -> None:
        self._sensor.held -= 1
