"""A small kernel: V4L2's ioctls for webcams, answering as uvcvideo was measured to answer.

The device nodes are named pipes, so that opening, polling and closing are the real thing: a picture that is ready is a
byte in the pipe. Only the ioctls and the mapping of buffers are played.
"""

import errno
import mmap
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

MODE, TIME, DYNAMIC, GAIN, AUTOGAIN = 0x9A0901, 0x9A0902, 0x9A0903, 0x980913, 0x980912
SCALE, ANALOGUE_GAIN, DIGITAL_GAIN, ISO, ISO_AUTO = 0x980911, 0x9E0903, 0x9F0905, 0x9A0917, 0x9A0918
NAMES = {
    SCALE: "exposure",
    ANALOGUE_GAIN: "analogue_gain",
    DIGITAL_GAIN: "digital_gain",
    ISO: "iso_sensitivity",
    ISO_AUTO: "iso_sensitivity_auto",
    MODE: "auto_exposure",
    TIME: "exposure_time_absolute",
    DYNAMIC: "exposure_dynamic_framerate",
    GAIN: "gain",
    AUTOGAIN: "gain_automatic",
}
INTEGER, BOOLEAN, MENU, INTEGER_MENU = 1, 2, 3, 9
EVENT_CTRL = 3
CAPTURE, METADATA, STREAMING, DEVICE_CAPS = 0x1, 0x800000, 0x4000000, 0x80000000
FLAG_ERROR, FLAG_MONOTONIC = 0x40, 0x2000
INACTIVE, READ_ONLY, VOLATILE = 0x10, 0x4, 0x80


class FakeWebcam:
    """One device node and what stands behind it."""

    def __init__(self, path: Path, driver: str = "uvcvideo", capabilities: int = CAPTURE | STREAMING) -> None:
        os.mkfifo(path)
        path.chmod(0o660)  # as udev leaves it
        self.path = path
        self.pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self.driver = driver
        self.card = "Fake Webcam"
        self.capabilities = capabilities
        self.size = (64, 48)
        self.modes: dict[str, list[tuple[int, int, tuple[int, ...]]]] = {"YUYV": [(64, 48, (30, 15)), (32, 24, (30,))]}
        self.fourcc = "YUYV"
        self.rate = 30
        self.size_type = 1
        self.rate_range: tuple[int, int] | None = None
        self.agreed: dict[str, int] = {}
        self.values = {MODE: 3, TIME: 156, DYNAMIC: 1, GAIN: 8}
        self.ranges = {TIME: (3, 2047, 1), GAIN: (0, 255, 1), MODE: (0, 3, 1), DYNAMIC: (0, 1, 1), AUTOGAIN: (0, 1, 1)}
        self.ranges |= {SCALE: (0, 255, 1), ANALOGUE_GAIN: (16, 1023, 1), DIGITAL_GAIN: (256, 4095, 1)}
        self.ranges |= {ISO: (0, 4, 1), ISO_AUTO: (0, 1, 1)}
        self.menu = {1, 3}
        self.isos = [0, 100_000, 200_000, 400_000, 800_000]
        self.refusing: dict[tuple[str, int], int] = {}  # (request, control): error, always
        self.flags: dict[int, int] = {}
        self.snap: Callable[[int], int] = lambda ticks: ticks
        self.stuck_inactive = False
        self.written: list[tuple[str, int]] = []
        self.requests: list[str] = []
        self.fail: dict[str, list[int]] = {}
        self.gone = False
        self.streaming = False
        self.resets: dict[int, int] = {}  # what each start of the stream sets
        self.buffers: list[mmap.mmap] = []
        self.queued: deque[int] = deque()
        self.done: deque[tuple[int, int, int, float, int]] = deque()
        self.sequence = -1
        self.later: deque[Callable[[], None]] = deque()
        self.subscribed: set[int] = set()
        self.events: deque[int] = deque()

    # What the test does

    def deliver(self, data: bytes | None = None, *, flags: int = 0, age_s: float = 0.01) -> None:
        """A picture arrives; it is lost if no buffer is free, as in the kernel."""
        self.sequence += 1
        if not self.streaming or not self.queued:
            return
        data = self.grey(128) if data is None else data
        index = self.queued.popleft()
        self.buffers[index][: len(data)] = data
        self.done.append((index, len(data), flags, time.monotonic() - age_s, self.sequence))
        os.write(self.pipe, b".")

    def grey(self, luma: int) -> bytes:
        """A YUYV picture of one grey."""
        return np.tile(np.array([luma, 128], np.uint8), self.size[0] * self.size[1]).tobytes()

    def unplug(self) -> None:
        self.gone = True
        os.write(self.pipe, b"!")

    def set_by_another(self, **values: int) -> None:
        """Another program writes controls, which the kernel tells those who subscribed to them."""
        for key, name in NAMES.items():
            if name in values:
                self.values[key] = values[name]
                if key in self.subscribed:
                    self.events.append(key)

    def named_values(self) -> dict[str, int]:
        return {NAMES[key]: value for key, value in self.values.items()}

    # What the kernel does

    def answer(self, request: str, arg: Any) -> None:
        self.requests.append(request)
        if self.gone:
            raise OSError(errno.ENODEV, "No such device")
        if self.fail.get(request):
            number = self.fail[request].pop(0)
            raise OSError(number, os.strerror(number))
        getattr(self, request.lower())(arg)

    def querycap(self, arg: Any) -> None:
        arg.driver, arg.card, arg.bus_info = self.driver.encode(), self.card.encode(), b"usb-fake-1"
        arg.capabilities = arg.device_caps = self.capabilities | DEVICE_CAPS

    def enum_fmt(self, arg: Any) -> None:
        arg.pixelformat = _fourcc(self._indexed(list(self.modes), arg.index))

    def enum_framesizes(self, arg: Any) -> None:
        width, height, _ = self._indexed(self.modes[_letters(arg.pixel_format)], arg.index)
        arg.type, arg.discrete.width, arg.discrete.height = self.size_type, width, height

    def enum_frameintervals(self, arg: Any) -> None:
        rates = {(w, h): rates for w, h, rates in self.modes[_letters(arg.pixel_format)]}[arg.width, arg.height]
        arg.type, arg.discrete.numerator, arg.discrete.denominator = 1, 1, self._indexed(rates, arg.index)
        if self.rate_range is not None:
            arg.type = 2
            for end, rate in zip((arg.stepwise.max, arg.stepwise.min), self.rate_range, strict=True):
                end.numerator, end.denominator = 1, rate

    def s_fmt(self, arg: Any) -> None:
        if self.streaming:
            raise OSError(errno.EBUSY, "Device or resource busy")
        pix = arg.fmt.pix
        self.fourcc, self.size = _letters(pix.pixelformat), (pix.width, pix.height)
        pix.bytesperline = pix.width * (2 if self.fourcc == "YUYV" else 0)
        pix.sizeimage = pix.width * pix.height * 2
        for field, value in self.agreed.items():
            setattr(pix, field, value)

    def g_fmt(self, arg: Any) -> None:
        arg.fmt.pix.pixelformat = _fourcc(self.fourcc)
        arg.fmt.pix.width, arg.fmt.pix.height = self.size

    def s_parm(self, arg: Any) -> None:
        per_frame = arg.parm.capture.timeperframe
        self.rate = per_frame.denominator // per_frame.numerator

    def g_parm(self, arg: Any) -> None:
        arg.parm.capture.timeperframe.numerator, arg.parm.capture.timeperframe.denominator = 1, self.rate

    def reqbufs(self, arg: Any) -> None:
        length = self.agreed.get("sizeimage", self.size[0] * self.size[1] * 2)
        self.buffers = [mmap.mmap(-1, length) for _ in range(arg.count)]

    def querybuf(self, arg: Any) -> None:
        arg.length, arg.m.offset = len(self.buffers[arg.index]), arg.index

    def qbuf(self, arg: Any) -> None:
        assert arg.index not in self.queued, "a buffer was given back twice"
        self.queued.append(arg.index)

    def streamon(self, arg: Any) -> None:
        self.streaming, self.sequence = True, -1
        self.values |= self.resets

    def streamoff(self, arg: Any) -> None:
        self.streaming = False
        self.queued.clear()
        while self.done:
            self.done.popleft()
            os.read(self.pipe, 1)

    def dqbuf(self, arg: Any) -> None:
        if not self.done:
            if self.later and len(self.queued) == len(self.buffers):  # the reader is about to wait
                self.later.popleft()()
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        os.read(self.pipe, 1)
        arg.index, arg.bytesused, arg.flags, stamp_s, arg.sequence = self.done.popleft()
        arg.flags |= FLAG_MONOTONIC
        arg.timestamp.secs, arg.timestamp.usecs = int(stamp_s), int(stamp_s % 1 * 1e6)

    def query_ext_ctrl(self, arg: Any) -> None:
        if arg.id not in self.values:
            raise OSError(errno.EINVAL, "Invalid argument")
        self._refuse("QUERY_EXT_CTRL", arg.id)
        kinds = {MODE: MENU, DYNAMIC: BOOLEAN, AUTOGAIN: BOOLEAN, ISO: INTEGER_MENU, ISO_AUTO: MENU}
        arg.type = kinds.get(arg.id, INTEGER)
        arg.minimum, arg.maximum, arg.step = self.ranges[arg.id]
        automatic = self.values.get(MODE, 1) == 3 or self.stuck_inactive
        arg.flags = self.flags.get(arg.id, 0) | (INACTIVE if arg.id == TIME and automatic else 0)

    def querymenu(self, arg: Any) -> None:
        self._refuse("QUERYMENU", arg.id)
        if arg.id == ISO:
            arg.value = self._indexed(self.isos, arg.index)
        elif arg.id == MODE and arg.index not in self.menu:
            raise OSError(errno.EINVAL, "Invalid argument")

    def g_ext_ctrls(self, arg: Any) -> None:
        for i in range(arg.count):
            self._refuse("G_EXT_CTRLS", arg.controls[i].id)
            arg.controls[i].value = self.values[arg.controls[i].id]

    def subscribe_event(self, arg: Any) -> None:
        if arg.type != EVENT_CTRL or arg.id not in self.values:
            raise OSError(errno.EINVAL, "Invalid argument")
        self.subscribed.add(arg.id)

    def dqevent(self, arg: Any) -> None:
        if not self.events:
            raise OSError(errno.ENOENT, "No such file or directory")
        arg.type, arg.id = EVENT_CTRL, self.events.popleft()

    def s_ext_ctrls(self, arg: Any) -> None:
        """All or nothing; time is refused while the mode is automatic, values are clamped."""
        after = dict(self.values)
        written = []
        for i in range(arg.count):
            key, value = arg.controls[i].id, arg.controls[i].value
            self._refuse("S_EXT_CTRLS", key)
            if key == MODE and value not in self.menu:
                raise OSError(errno.EINVAL, "Invalid argument")
            if key in (TIME, SCALE) and after.get(MODE, 1) == 3:
                raise PermissionError(errno.EACCES, "Permission denied")
            lowest, highest, _ = self.ranges[key]
            after[key] = max(lowest, min(value, highest))
            if key == TIME:
                after[key] = self.snap(after[key])
            written.append((NAMES[key], value))
        self.values = after
        self.written += written

    def _refuse(self, request: str, control: int) -> None:
        if number := self.refusing.get((request, control)):
            raise OSError(number, os.strerror(number))

    @staticmethod
    def _indexed(sequence: Any, index: int) -> Any:
        if index >= len(sequence):
            raise OSError(errno.EINVAL, "Invalid argument")
        return sequence[index]


class FakeKernel:
    """The machine: its /dev, its /sys and the ioctls of its cameras."""

    def __init__(self, root: Path) -> None:
        self.devices, self.sysfs = root / "dev", root / "sys"
        self.devices.mkdir()
        self.sysfs.mkdir()
        self.webcams: dict[str, FakeWebcam] = {}

    def plug(
        self,
        number: int = 0,
        *,
        serial: str = "SN1",
        index: int = 0,
        on: str = "usb",
        port: str = "1-1",
        **options: Any,
    ) -> FakeWebcam:
        """Add a node and its sysfs entry; ``on`` is what it hangs on: usb (at ``port``), another bus, or nothing."""
        webcam = FakeWebcam(self.devices / f"video{number}", **options)
        self.webcams[str(webcam.path)] = webcam
        usb, interface = self.sysfs / "usb" / port, f"{port}:1.0"
        (usb / interface).mkdir(parents=True, exist_ok=True)
        for key, value in (("idVendor", "1209"), ("idProduct", "0001"), ("serial", serial)):
            (usb / key).write_text(value + "\n")
        entry = self.sysfs / webcam.path.name
        entry.mkdir()
        (entry / "name").write_text("Fake Webcam\n")
        (entry / "index").write_text(f"{index}\n")
        if on:
            (self.sysfs / "pci" / "0").mkdir(parents=True, exist_ok=True)
            (entry / "device").symlink_to(usb / interface if on == "usb" else self.sysfs / "pci" / "0")
        return webcam

    def unplug(self, number: int) -> None:
        """Take a node away again."""
        webcam = self.webcams[str(self.devices / f"video{number}")]
        webcam.unplug()
        webcam.path.unlink()
        entry = self.sysfs / webcam.path.name
        for part in entry.iterdir():
            part.unlink()
        entry.rmdir()

    def ioctl(self, file: Any, request: int, arg: Any = None) -> int:
        from linuxpy.video.raw import IOC

        descriptor = file if isinstance(file, int) else file.fileno()
        self.webcams[os.readlink(f"/proc/self/fd/{descriptor}")].answer(IOC(request).name, arg)
        return 0

    def mem_map(self, file: Any, length: int, offset: int) -> mmap.mmap:
        return self.webcams[os.readlink(f"/proc/self/fd/{file.fileno()}")].buffers[offset]


def _fourcc(letters: str) -> int:
    letters, turned, _ = letters.partition("-BE")
    return int.from_bytes(letters.ljust(4).encode(), "little") | (1 << 31 if turned else 0)


def _letters(fourcc: int) -> str:
    letters = (fourcc & ~(1 << 31)).to_bytes(4, "little").decode().rstrip()
    return letters + ("-BE" if fourcc >> 31 else "")


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """A machine with no camera yet: ``kernel.plug()`` adds one."""
    pytest.importorskip("linuxpy", reason="V4L2 exists on Linux only")
    fake = FakeKernel(tmp_path)
    monkeypatch.setattr("linuxpy.ioctl.fcntl", SimpleNamespace(ioctl=fake.ioctl))
    monkeypatch.setattr("linuxpy.video.device.mem_map", fake.mem_map)
    monkeypatch.setattr("drivers.v4l2.paths.DEVICES", fake.devices)
    monkeypatch.setattr("drivers.v4l2.paths.SYSFS", fake.sysfs)
    monkeypatch.setattr("drivers.v4l2.access._group_name", lambda group: "video")
    yield fake
    for webcam in fake.webcams.values():
        os.close(webcam.pipe)


@pytest.fixture
def webcam(kernel):
    """A UVC webcam as most are: automatic on, dynamic frame rate on, gain 0 to 255."""
    return kernel.plug()
