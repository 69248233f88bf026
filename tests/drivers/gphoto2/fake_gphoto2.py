"""A stand-in for the gphoto2 package: the part of its interface that is used, and a still camera behind it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.drivers.http.fake_http import AUTOMATIC_LIGHT, code, jpeg

GP_WIDGET_RADIO, GP_WIDGET_MENU, GP_WIDGET_TEXT = 5, 6, 2
THIRDS = "2 2.5 3 4 5 6 8 10 13 15 20 25 30 40 50 60 80 100 125 160 200 250 320 400 500 640 800 1000"
SHUTTERS = ["bulb", "30", "15", "8", "4", "2", "1", *(f"1/{part}" for part in THIRDS.split())]
ISOS = ["Auto", "100", "200", "400", "800", "1600", "3200", "6400"]


class GPhoto2Error(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(f"[{code}] played")
        self.code = code
        self.string = "played"


class Widget:
    """A copy of an entry, as libgphoto2 hands out: setting it does nothing until it is written."""

    def __init__(self, value: str, choices: list[str], readonly: bool) -> None:
        self._value, self._choices, self._readonly = value, choices, readonly

    def get_type(self) -> int:
        return GP_WIDGET_RADIO if self._choices else GP_WIDGET_TEXT

    def get_value(self) -> str:
        return self._value

    def set_value(self, value: str) -> None:
        if value not in self._choices:
            raise GPhoto2Error(-2)
        self._value = value

    def get_readonly(self) -> int:
        return int(self._readonly)

    def count_choices(self) -> int:
        return len(self._choices)

    def get_choice(self, index: int) -> str:
        return self._choices[index]


class File:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def get_data_and_size(self) -> memoryview:
        return memoryview(self._data)


class FakeStill:
    """The camera on the cable, and the package that reaches it: pass it for ``library``.

    Attributes
    ----------
    values, choices, readonly : the configuration, by entry.
    preview_errors : results that the next live view pictures fail with.
    write_errors : results that the next writes fail with.
    write_gate : cleared, writes wait until it is set.
    writing : set once a write has begun.
    ignored : entries whose writes are accepted and forgotten.
    unplugged : every call fails.
    claimed : somebody has it open.
    """

    GPhoto2Error = GPhoto2Error
    GP_WIDGET_RADIO, GP_WIDGET_MENU = GP_WIDGET_RADIO, GP_WIDGET_MENU

    def __init__(self) -> None:
        self.values = {
            "shutterspeed": "1/60",
            "iso": "Auto",
            "autoexposuremode": "P",
            "serialnumber": "42",
        }
        self.choices = {"shutterspeed": SHUTTERS, "iso": ISOS, "autoexposuremode": ["P", "TV", "AV", "Manual"]}
        self.readonly: set[str] = set()
        self.preview_errors: list[int] = []
        self.write_errors: list[int] = []
        self.write_gate = threading.Event()
        self.write_gate.set()
        self.writing = threading.Event()
        self.ignored: set[str] = set()
        self.unplugged = False
        self.claimed = False
        self.cameras = [("Acme DSLR", "usb:001,004")]
        self.writes: list[tuple[str, str]] = []
        self.exits = 0
        self.garbage = 0
        self._inside = threading.Lock()

    @contextmanager
    def one_call(self) -> Iterator[None]:
        """libgphoto2 is not to be called by two threads at once."""
        assert self._inside.acquire(blocking=False), "two threads are in libgphoto2 at once"
        try:
            if self.unplugged:
                raise GPhoto2Error(-7)
            yield
        finally:
            self._inside.release()

    def level(self) -> float:
        if self.values.get("autoexposuremode", "Manual") != "Manual":
            return code(AUTOMATIC_LIGHT)
        if self.values["shutterspeed"] == "bulb":
            return 0.0
        over, _, under = self.values["shutterspeed"].partition("/")
        iso = self.values["iso"]
        return code(float(over) / float(under or 1) * (400 if iso == "Auto" else int(iso)) / 4)

    # The package

    @property
    def Camera(self) -> Callable[[], "Camera"]:
        still = self

        class Bound(Camera):
            def __init__(self) -> None:
                super().__init__(still)

            @staticmethod
            def autodetect() -> "CameraList":
                return CameraList(still.cameras)

        return Bound

    class PortInfoList:
        def load(self) -> None:
            pass

        def lookup_path(self, path: str) -> int:
            return 0

        def get_info(self, index: int) -> str:
            return "info"

    class CameraAbilitiesList:
        def load(self) -> None:
            pass

        def lookup_model(self, model: str) -> int:
            return 0

        def get_abilities(self, index: int) -> str:
            return "abilities"


class CameraList:
    def __init__(self, cameras: list[tuple[str, str]]) -> None:
        self._cameras = cameras

    def count(self) -> int:
        return len(self._cameras)

    def get_name(self, index: int) -> str:
        return self._cameras[index][0]

    def get_value(self, index: int) -> str:
        return self._cameras[index][1]


class Camera:
    def __init__(self, still: FakeStill) -> None:
        self._still = still
        self._open = False

    def set_port_info(self, info: str) -> None:
        assert info == "info"

    def set_abilities(self, abilities: str) -> None:
        assert abilities == "abilities"

    def init(self) -> None:
        if self._still.claimed:
            raise GPhoto2Error(-53)
        self._still.claimed = self._open = True

    def exit(self) -> None:
        self._still.exits += 1
        if self._open:
            self._still.claimed = self._open = False

    def get_single_config(self, entry: str) -> Widget:
        still = self._still
        with still.one_call():
            if entry not in still.values:
                raise GPhoto2Error(-2)
            return Widget(still.values[entry], still.choices.get(entry, []), entry in still.readonly)

    def set_single_config(self, entry: str, widget: Widget) -> None:
        still = self._still
        with still.one_call():
            still.writing.set()
            assert still.write_gate.wait(10)
            if still.write_errors:
                raise GPhoto2Error(still.write_errors.pop(0))
            still.writes.append((entry, widget.get_value()))
            if entry not in still.ignored:
                still.values[entry] = widget.get_value()

    def capture_preview(self) -> File:
        still = self._still
        with still.one_call():
            threading.Event().wait(0.002)
            if still.preview_errors:
                raise GPhoto2Error(still.preview_errors.pop(0))
            if still.garbage:
                still.garbage -= 1
                return File(b"garbage")
            return File(jpeg(still.level()))
