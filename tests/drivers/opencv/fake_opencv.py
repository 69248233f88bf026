"""cv2.VideoCapture as each of its backends was read to behave (OpenCV's videoio sources), before a wall of light.

One FakeDevice is the hardware; a FakeCapture is what cv2.VideoCapture returns for it; FakeDuvc is the duvc_ctl package.
"""

import threading
from collections import deque
from dataclasses import dataclass, field
from types import SimpleNamespace

import cv2
import numpy as np

FRAME_S = 0.002
"""Real time between two played pictures; short, so that tests are."""


KNOBS = {
    "WhiteBalance": (4600, (2800, 6500), True),
    "Focus": (30, (0, 250), True),
    "Brightness": (128, (0, 255), False),
    "Contrast": (32, (0, 95), False),
    "Gamma": (100, (100, 100), False),
    "PowerLineFrequency": (2, (0, 2), False),
}
"""DirectShow's properties beside exposure: value (also the default), limits, whether the camera sets it itself."""

WITH_AUTOMATIC = ("exposure", "WhiteBalance", "Focus")
"""Properties of which GetRange says that there is an automatic."""


@dataclass
class FakeDevice:
    """A webcam: exposure as a power of two of a second or in ticks, gain as a code, an automatic."""

    api: int
    name: str = "Played Webcam"
    path: str = ""
    time_range: tuple[int, int] | None = (-11, -2)
    gain_range: tuple[int, int] | None = (0, 255)
    time: int = -6
    gain: int = 16
    automatic: bool = False
    tells_flags: bool = True
    stuck: bool = False
    light: float = 8.0
    fps: float = 30.0
    delay: int = 2
    grey: bool = False
    gone: bool = False
    frozen: bool = False
    automatics: tuple[str, ...] = WITH_AUTOMATIC
    knobs: dict[str, list] = field(default_factory=lambda: {name: list(values) for name, values in KNOBS.items()})
    opened: int = 0
    broken_reads: int = 0
    written: list[tuple[int, float]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.time / 10_000 if self.api == cv2.CAP_V4L2 else 2.0**self.time

    def write_time(self, value: int, *, automatic: bool) -> bool:
        if self.stuck or self.time_range is None or not self.time_range[0] <= value <= self.time_range[1]:
            return False
        self.time, self.automatic = value, automatic
        return True

    def write_gain(self, value: int) -> bool:
        if self.gain_range is None or not self.gain_range[0] <= value <= self.gain_range[1]:
            return False
        self.gain = value
        return True

    def level(self) -> int:
        """The wall's grey, in the usual response curve."""
        return round(255 * min(1.0, self.light * self.seconds * (1 + self.gain / 17)) ** (1 / 2.2))


class FakeCapture:
    """One opening of a FakeDevice; refuses to be used by two threads at once, as the real one is not made for it."""

    def __init__(self, device: FakeDevice | None) -> None:
        self._device = device
        self._using = threading.Lock()
        self._shape = (48, 64)
        self._levels: deque[int] = deque(maxlen=device.delay + 1 if device else 1)
        self.released = 0
        if device is not None:
            device.opened += 1

    def isOpened(self) -> bool:
        return self._device is not None

    def release(self) -> None:
        self.released += 1
        if self._device is not None:
            self._device.opened -= 1
            self._device = None

    def read(self):
        device = self._device
        with self._held():
            if device.gone:
                return False, None
            threading.Event().wait(FRAME_S)
            while device.frozen:
                threading.Event().wait(FRAME_S)
            if device.broken_reads:
                device.broken_reads -= 1
                return False, None
            self._levels.append(device.level())
            shape = self._shape if device.grey else (*self._shape, 3)
            return True, np.full(shape, self._levels[0], np.uint8)

    def get(self, what: int) -> float:
        device = self._device
        with self._held():
            general = {
                cv2.CAP_PROP_FRAME_WIDTH: 64.0,
                cv2.CAP_PROP_FRAME_HEIGHT: 48.0,
                cv2.CAP_PROP_FPS: device.fps,
            }
            if what in general:
                return general[what]
            if device.api == cv2.CAP_AVFOUNDATION:
                return 0.0
            if what == cv2.CAP_PROP_EXPOSURE:
                return float(device.time) if device.time_range else -1.0
            if what == cv2.CAP_PROP_GAIN:
                return float(device.gain) if device.gain_range else -1.0
            if what == cv2.CAP_PROP_AUTO_EXPOSURE and device.time_range:
                if device.api == cv2.CAP_V4L2:
                    return 3.0 if device.automatic else 1.0
                if device.api == cv2.CAP_MSMF:
                    return float(device.time == 1)  # compares the exposure time with a flag
                if device.tells_flags:
                    return 1.0 if device.automatic else 2.0
            return -1.0

    def set(self, what: int, value: float) -> bool:
        device = self._device
        with self._held():
            if what in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS, cv2.CAP_PROP_FOURCC):
                return True
            device.written.append((what, value))
            if device.api == cv2.CAP_AVFOUNDATION:
                return False
            if what == cv2.CAP_PROP_GAIN:
                return device.write_gain(int(value))
            if what == cv2.CAP_PROP_EXPOSURE:
                if device.api == cv2.CAP_V4L2:
                    return not device.automatic and device.write_time(int(value), automatic=False)
                return device.write_time(int(value), automatic=False)
            if what == cv2.CAP_PROP_AUTO_EXPOSURE and device.time_range:
                return self._set_automatic(device, value)
            return False

    def _set_automatic(self, device: FakeDevice, value: float) -> bool:
        if device.api == cv2.CAP_V4L2:
            if value not in (1, 3):
                return False
            device.automatic = value == 3 or device.stuck
            return True
        if device.api == cv2.CAP_MSMF:  # the number is written as exposure time
            return device.write_time(int(value), automatic=value != 0)
        device.automatic = round(value) == 1 or device.stuck
        return True

    def _held(self):
        assert self._using.acquire(blocking=False), "VideoCapture was used by two threads at once"
        return _Released(self._using)


class _Released:
    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class FakeMachine:
    """The cameras that cv2.VideoCapture finds, and the packages that list them."""

    def __init__(self) -> None:
        self.devices: list[FakeDevice] = []
        self.captures: list[FakeCapture] = []

    def plug(self, api: int, **properties) -> FakeDevice:
        number = len(self.devices)
        path = properties.pop("path", rf"\\?\usb#vid_1209&pid_000{number}&mi_00#7&1a&0&0000#{{65e8773d}}\global")
        self.devices.append(FakeDevice(api, path=path, **properties))
        return self.devices[-1]

    def open(self, target: int | str, api: int) -> FakeCapture:
        here = [device for device in self.devices if device.api == api and not device.gone]
        number = target if isinstance(target, int) else 0
        capture = FakeCapture(here[number] if number < len(here) and not here[number].opened else None)
        self.captures.append(capture)
        return capture

    def enumerator(self) -> SimpleNamespace:
        """The cv2_enumerate_cameras package, which adds the backend's number to the camera's."""

        def enumerate_cameras(api: int):
            here = [device for device in self.devices if device.api == api and not device.gone]
            return [
                SimpleNamespace(index=at, name=device.name, path=device.path, vid=None, pid=None, backend=api)
                for at, device in enumerate(here)
            ]

        return SimpleNamespace(enumerate_cameras=enumerate_cameras)

    def duvc(self) -> SimpleNamespace:
        """The duvc_ctl package: results that are asked whether they are well, enums, settings with a mode."""
        modes = SimpleNamespace(Auto="auto", Manual="manual")

        def result(value, ok=True):
            error = SimpleNamespace(description=lambda: "invalid value")
            return SimpleNamespace(is_ok=lambda: ok, value=lambda: value, error=lambda: error)

        def limits(device, what, span, default):
            """GetRange's flags say which modes there are, and duvc-ctl calls that the default mode."""
            mode = modes.Auto if what in device.automatics else modes.Manual
            return result(SimpleNamespace(min=span[0], max=span[1], step=1, default_val=default, default_mode=mode))

        class Camera:
            def __init__(self, device: FakeDevice) -> None:
                self._device = device

            def get_range(self, what: str):
                if what[0].isupper():
                    knob = self._device.knobs.get(what)
                    if knob is None:
                        return result(None, ok=False)
                    return limits(self._device, what, knob[1], KNOBS[what][0])
                span = self._device.time_range if what == "exposure" else self._device.gain_range
                if span is None:
                    return result(None, ok=False)
                return limits(self._device, what, span, span[0])

            def get(self, what: str):
                device = self._device
                if what[0].isupper():
                    if what not in device.knobs:
                        return result(None, ok=False)
                    value, _, automatic = device.knobs[what]
                    return result(SimpleNamespace(value=value, mode=modes.Auto if automatic else modes.Manual))
                if what == "gain":
                    return result(SimpleNamespace(value=device.gain, mode=modes.Manual))
                return result(
                    SimpleNamespace(value=device.time, mode=getattr(modes, ["Manual", "Auto"][device.automatic]))
                )

            def set(self, what: str, setting):
                if what[0].isupper():
                    self._device.knobs[what][::2] = setting.value, setting.mode == modes.Auto
                    return result(None)
                if what == "gain":
                    return result(None, ok=self._device.write_gain(setting.value))
                return result(None, ok=self._device.write_time(setting.value, automatic=setting.mode == modes.Auto))

        def list_devices():
            return [device for device in self.devices if not device.gone]

        return SimpleNamespace(
            CamProp=SimpleNamespace(Exposure="exposure", Focus="Focus"),
            VidProp=SimpleNamespace(
                Gain="gain",
                **{
                    name: name
                    for name in (
                        *("Brightness", "Contrast", "Hue", "Saturation", "Sharpness", "Gamma"),
                        *("WhiteBalance", "BacklightCompensation", "PowerLineFrequency"),
                    )
                },
            ),
            CamMode=modes,
            PropSetting=lambda value, mode: SimpleNamespace(value=value, mode=mode),
            list_devices=list_devices,
            open_camera=lambda device: result(Camera(device)),
        )
