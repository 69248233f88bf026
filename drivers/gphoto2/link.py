"""One still camera on libgphoto2, which lets one call at a time through: live view and jobs in turn, on one thread.

Setting something takes a still camera from 50 ms to more than a second. The jobs run between two pictures of the thread
that takes them, so that the thread that asked for one need not wait for its end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from importlib import import_module
from types import ModuleType
from typing import Protocol, TypeVar

from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError, CameraNotFound
from autoexposure.extras import not_installed
from drivers.common.jobs import Jobs

T = TypeVar("T")

FAILURES_IN_A_ROW = 20
"""A busy mirror or a hunting autofocus makes single live view pictures fail; this many, a second or more, do not."""

PAUSE_S = 0.05

NOT_SUPPORTED, NO_MODEL, NO_PORT, CLAIMED, BUSY = -6, -105, -52, -53, -110
GONE = {-7, -10, -31, -34, -35, -52}
"""libgphoto2's results for a cable that was pulled: I/O error, timeout, and failing to open, read, write or find."""


def load_gphoto2() -> ModuleType:
    """The gphoto2 package. Raises CameraNotFound if it is not installed."""
    try:
        return import_module("gphoto2")
    except ImportError as error:
        raise CameraNotFound(not_installed("a still camera needs gphoto2", "gphoto2")) from error


class Widget(Protocol):
    """A gphoto2.CameraWidget: one configuration entry."""

    def get_type(self) -> int:
        """Of which kind it is: a text, a choice, ..."""

    def count_choices(self) -> int:
        """How many choices there are."""

    def get_choice(self, index: int) -> str:
        """One of them."""

    def get_readonly(self) -> int:
        """Not 0 where it can't be set."""

    def get_value(self) -> object:
        """What it is set to."""

    def set_value(self, value: str) -> None:
        """Choose another value, which ``set_single_config`` then writes."""


class CameraFile(Protocol):
    """A gphoto2.CameraFile."""

    def get_data_and_size(self) -> bytes | memoryview:
        """What is in it."""


class StillCamera(Protocol):
    """As much of a gphoto2.Camera as is used."""

    def get_single_config(self, entry: str) -> Widget:
        """Read an entry."""

    def set_single_config(self, entry: str, widget: Widget) -> None:
        """Write an entry."""

    def capture_preview(self) -> CameraFile:
        """Take a live view picture, a JPEG."""

    def exit(self) -> None:
        """End the connection."""


class Gphoto2Link:
    """An open camera; as a grabber's Source it delivers live view pictures and runs the jobs in between.

    Parameters
    ----------
    library : the gphoto2 package.
    camera : a gphoto2.Camera that is initialised; the link ends it.
    name : what error messages call it.
    """

    def __init__(self, library: ModuleType, camera: StillCamera, name: str) -> None:
        self._library = library
        self._camera = camera
        self._name = name
        self._jobs = Jobs(name)
        self._failures = 0

    # For other threads

    def call(self, job: Callable[[], T]) -> Future[T]:
        """Have ``job`` run between two pictures. Its future raises what it raised, or that the camera is gone."""
        return self._jobs.call(job)

    # For the thread that takes the pictures, and before it starts

    def choices(self, entry: str) -> tuple[str, ...]:
        """What a configuration entry can be; empty if there is no such entry, or nothing to choose."""
        widget = self._widget(entry)
        if widget is None or widget.get_type() not in (self._library.GP_WIDGET_RADIO, self._library.GP_WIDGET_MENU):
            return ()
        with self._translating(f"list {entry}"):
            return tuple(str(widget.get_choice(index)) for index in range(widget.count_choices()))

    def writable(self, entry: str) -> bool:
        """Whether the camera lets an entry be set from here, not only by its dials."""
        widget = self._widget(entry)
        return widget is not None and not widget.get_readonly()

    def value(self, entry: str) -> str:
        """What an entry is set to; empty if there is none."""
        widget = self._widget(entry)
        return str(widget.get_value()) if widget is not None else ""

    def set(self, entry: str, text: str) -> None:
        """Set an entry."""
        with self._translating(f"set {entry} to {text}"):
            widget = self._camera.get_single_config(entry)
            widget.set_value(text)
            self._camera.set_single_config(entry, widget)

    def next(self) -> bytes | None:
        """The next live view picture as JPEG, or None if the camera had none just now."""
        self._jobs.run()
        try:
            data = bytes(self._camera.capture_preview().get_data_and_size())
        except self._library.GPhoto2Error as error:
            self._failures += 1
            if error.code == NOT_SUPPORTED:
                raise CameraError(f"{self._name} has no live view that can be read over this connection") from error
            if error.code in GONE or self._failures >= FAILURES_IN_A_ROW:
                raise CameraDisconnected(f"{self._name} stopped its live view ({error.string})") from error
            time.sleep(PAUSE_S)
            return None
        self._failures = 0
        return data

    def interrupt(self) -> None:
        """A picture is soon there anyway."""

    def close(self) -> None:
        """End the camera and every job that still waits."""
        self._jobs.end()
        with suppress(self._library.GPhoto2Error):  # it may have left by itself
            self._camera.exit()

    def _widget(self, entry: str) -> Widget | None:
        try:
            return self._camera.get_single_config(entry)
        except self._library.GPhoto2Error as error:
            if error.code in GONE:
                raise CameraDisconnected(f"{self._name} was unplugged or switched off") from error
            return None  # cameras differ in what they have

    @contextmanager
    def _translating(self, what: str) -> Iterator[None]:
        try:
            yield
        except self._library.GPhoto2Error as error:
            if error.code in GONE:
                raise CameraDisconnected(f"{self._name} was unplugged or switched off") from error
            if error.code == BUSY:
                raise CameraBusy(f"{self._name} is busy and did not {what}: wait for it to finish") from error
            raise CameraError(f"{self._name} refused to {what} ({error.string})") from error


def open_camera(library: ModuleType, port: str) -> tuple[StillCamera, str, str]:
    """An initialised gphoto2.Camera at ``port`` (or the first there is), its model and its port."""
    try:
        found = library.Camera.autodetect()
        cameras = [(found.get_name(index), found.get_value(index)) for index in range(found.count())]
        chosen = next((pair for pair in cameras if port in ("", *pair)), None)
        if chosen is None:
            there = ", ".join(f"{model} at {at}" for model, at in cameras) or "none"
            raise CameraNotFound(f"no still camera {port or 'is connected'}: there is {there}; is it switched on?")
        model, at = chosen
        camera = library.Camera()
        ports, abilities = library.PortInfoList(), library.CameraAbilitiesList()
        ports.load()
        camera.set_port_info(ports.get_info(ports.lookup_path(at)))
        abilities.load()
        camera.set_abilities(abilities.get_abilities(abilities.lookup_model(model)))
        camera.init()
    except library.GPhoto2Error as error:
        if error.code in (NO_MODEL, NO_PORT):
            raise CameraNotFound("no still camera is connected: switch it on and plug it in") from error
        if error.code in (CLAIMED, BUSY):
            raise CameraBusy(
                "the still camera is in use: close file managers and photo programs that show it"
            ) from error
        raise CameraError(f"the still camera can't be opened ({error.string})") from error
    return camera, str(model), str(at)
