"""Cameras of other packages: opened and used so that their faults are said to be theirs, in one sentence.

A plug-in may return anything and raise anything. What it returns is checked where it enters, what it raises becomes a
CameraError that names it; our own errors, which plug-ins are to raise, pass as they are.
"""

from __future__ import annotations

import logging
import math
import numbers
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from types import TracebackType
from typing import Any, Self, TypeVar

from autoexposure.camera import Camera, CameraInfo, Capabilities, Playable, Playback, Settings, Shrinkable, Watched
from autoexposure.errors import AutoexposureError, CameraError, ConfigError
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.plain_text import plain

log = logging.getLogger(__name__)

T = TypeVar("T")

HANGS_S = 4.0
"""A call that has not returned after so long is told of: longer than most cameras take to start a stream, and sooner
than a program that was told to end leaves what hangs."""

LATEST_S = 1e12
"""No clock shows more: counted in seconds since any epoch it is thirty thousand years."""

INTERVALS_S = 1e-6, 3600.0
"""What may lie between two pictures: more than the fastest cameras deliver, less than anybody waits for."""

MOST_PX = 100_000_000
"""Of one picture, uncoded: the largest sensors on sale give as much. A view that only claims to be larger would take
gigabytes with its first copy."""

NEEDED = (
    *("info", "capabilities", "frame_interval_s", "exposure", "settings", "restore", "take_control", "set_exposure"),
    *("set_native_auto", "read", "close"),
)
"""What `autoexposure.camera.Camera` asks for; whether its values are right is seen when they are used."""


def open_plugin(entry: EntryPoint, rest: str) -> Camera:
    """The camera that a plug-in opens for what stands behind the colon.

    Raises ConfigError if the plug-in can't be loaded, CameraError for what it does wrong, and what it raises of ours.
    """
    name = f"the camera plug-in {entry.name!r} ({entry.value})"
    watch = _Watch(name)
    try:
        with watch.calling("load"):
            opener = _load(entry, name)
        with watch.calling("open its camera"), _blamed(name, "open its camera", words_may_be_wrong=True):
            camera: Any = opener(rest)  # anything: it is looked at now
        if missing := [wanted for wanted in NEEDED if not _has(camera, wanted)]:
            raise CameraError(f"{name} returned {_kind(camera)}, which is no camera: it has no {', '.join(missing)}")
        return (_PlayablePlugin if isinstance(camera, Playable) else PluginCamera)(camera, name, watch)
    except BaseException:
        watch.close()
        raise


class PluginCamera:
    """A plug-in's camera; `autoexposure.camera.Camera` says the rest."""

    def __init__(self, camera: Camera, name: str, watch: _Watch) -> None:
        self._camera = camera
        self._name = name
        self._watch = watch
        self._info = self._ask("info", lambda: camera.info, CameraInfo)

    @property
    def info(self) -> CameraInfo:
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        return self._ask("capabilities", lambda: self._camera.capabilities, Capabilities)

    @property
    def frame_interval_s(self) -> float:
        interval_s = self._ask("frame_interval_s", lambda: self._camera.frame_interval_s, float, int)
        if not INTERVALS_S[0] <= interval_s <= INTERVALS_S[1]:
            raise self._wrong("frame_interval_s", interval_s)
        return interval_s

    @property
    def exposure(self) -> Exposure | None:
        return self._ask("exposure", lambda: self._camera.exposure, Exposure, type(None))

    def settings(self) -> Settings:
        settings = self._ask("settings", self._camera.settings, Mapping)
        for key, value in settings.items():
            if not (isinstance(key, str) and isinstance(value, numbers.Real) and math.isfinite(value)):
                raise self._wrong(f"{key!r} of its settings", value)
        return settings

    def restore(self, settings: Settings) -> None:
        self._do("restore", lambda: self._camera.restore(settings))

    def take_control(self) -> None:
        self._do("take_control", self._camera.take_control)

    def set_exposure(self, exposure: Exposure) -> Exposure:
        return self._ask("set_exposure", lambda: self._camera.set_exposure(exposure), Exposure)

    def set_native_auto(self, on: bool) -> None:
        self._do("set_native_auto", lambda: self._camera.set_native_auto(on))

    def read(self, timeout_s: float) -> Frame:
        frame = self._ask("read", lambda: self._camera.read(timeout_s), Frame)
        taken_s: object = frame.timestamp_s
        if not isinstance(frame.sequence, numbers.Integral):
            raise self._wrong("a picture's sequence", frame.sequence)
        if not isinstance(taken_s, numbers.Real) or not abs(taken_s) < LATEST_S:  # refuses nan too
            raise self._wrong("a picture's timestamp_s", taken_s)
        height_px, width_px = frame.pixels.shape[:2]
        if height_px * width_px > MOST_PX:
            raise CameraError(
                f"{self._name} gave a picture of {width_px}x{height_px} pixels, and {MOST_PX / 1e6:.0f} million are "
                "the most: tell whoever made it"
            )
        if not isinstance(frame.exposure, Exposure | None):
            raise self._wrong("a picture's exposure", frame.exposure)
        return frame

    def foreign_change(self) -> str:
        """As Watched.foreign_change; nothing where the camera can't hear."""
        camera = self._camera
        return self._ask("foreign_change", camera.foreign_change, str) if isinstance(camera, Watched) else ""

    def shrink_to(self, least_px: int) -> None:
        """As Shrinkable.shrink_to; nothing where the camera can't."""
        camera = self._camera
        if isinstance(camera, Shrinkable):
            self._do("shrink_to", lambda: camera.shrink_to(least_px))

    def close(self) -> None:
        try:
            self._do("close", self._camera.close)
        finally:
            self._watch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _do(self, what: str, call: Callable[[], object]) -> None:
        with self._watch.calling(what), _blamed(self._name, what):
            call()

    def _ask(self, what: str, call: Callable[[], T], *kinds: type) -> T:
        with self._watch.calling(what), _blamed(self._name, what):
            value = call()
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise self._wrong(what, value)
        return value

    def _wrong(self, what: str, value: object) -> CameraError:
        return CameraError(f"{self._name} gave {_kind(value)} for {what}: tell whoever made it")


class _PlayablePlugin(PluginCamera):
    """One that plays a recording."""

    _camera: Playable  # type: ignore[assignment]  # it is a Camera too, which no type says

    @property
    def playback(self) -> Playback:
        return self._ask("playback", lambda: self._camera.playback, Playback)

    def play(self, on: bool) -> None:
        """As Playable.play."""
        self._do("play", lambda: self._camera.play(on))

    def seek(self, index: int) -> None:
        """As Playable.seek."""
        self._do("seek", lambda: self._camera.seek(index))


class _Watch:
    """Tells of a call that does not return, by name: whoever waits for it can't."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._doing: tuple[str, float] | None = None
        self._closed = threading.Event()
        threading.Thread(target=self._look, name="plug-in watch", daemon=True).start()

    @contextmanager
    def calling(self, what: str) -> Iterator[None]:
        """While this holds, a call is under way."""
        self._doing = what, time.monotonic()
        try:
            yield
        finally:
            self._doing = None

    def close(self) -> None:
        """End. Callable twice."""
        self._closed.set()

    def _look(self) -> None:
        told: tuple[str, float] | None = None
        while not self._closed.wait(HANGS_S / 4):
            doing = self._doing
            if doing is not None and doing is not told and time.monotonic() - doing[1] > HANGS_S:
                told = doing
                log.warning("%s does not return from %s: it holds everything up", self._name, doing[0])


def _load(entry: EntryPoint, name: str) -> Callable[[str], object]:
    try:
        opener: Callable[[str], object] = entry.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an import runs what somebody else wrote
        raise ConfigError(f"{name} can't be loaded ({_said(error)}): update or remove it") from error
    if not callable(opener):
        raise ConfigError(f"{name} is {_kind(opener)}, which can't be called: update or remove it")
    return opener


@contextmanager
def _blamed(name: str, what: str, *, words_may_be_wrong: bool = False) -> Iterator[None]:
    """Whatever the plug-in raises is said to be its own, unless it is one of our errors.

    A ConfigError is one only where the user's words are read: elsewhere it says that a value can't be, as a range.
    """
    try:
        yield
    except AutoexposureError as error:
        if not isinstance(error, ConfigError):
            raise
        if words_may_be_wrong:
            raise ConfigError(f"{name}: {error}") from error
        raise CameraError(f"{name} failed in {what}: {error}") from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # somebody else's code, which may have such errors of its own
        log.debug("a plug-in failed", exc_info=True)
        raise CameraError(f"{name} failed in {what} ({_said(error)}): tell whoever made it") from error


def _has(camera: object, wanted: str) -> bool:
    try:
        return hasattr(camera, wanted)
    except (Exception, SystemExit):  # noqa: BLE001 - a property that raises is there; what it raises is told when it is used
        return True


def _said(error: BaseException) -> str:
    """An error's kind and words; only its kind, where asking for the words raises another."""
    try:
        return f"{_kind(error)}: {plain(error)}"
    except (Exception, SystemExit):  # noqa: BLE001 - somebody else's code once more
        return _kind(error)


def _kind(value: object) -> str:
    return type(value).__name__
