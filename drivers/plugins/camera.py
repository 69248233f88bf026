"""Cameras of other packages: opened and used so that their faults are said to be theirs, in one sentence.

A plug-in may return anything and raise anything. What it returns is checked where it enters, what it raises becomes a
CameraError that names it; our own errors, which plug-ins are to raise, pass as they are.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from typing import TypeVar

from autoexposure.abilities.abilities import Abilities
from autoexposure.abilities.adjustable import Adjustment
from autoexposure.abilities.moded import PictureMode
from autoexposure.abilities.playable import Playable, Playback
from autoexposure.camera import Camera, CameraInfo, Capabilities, Settings
from autoexposure.errors import CameraError
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from drivers.common.stream_camera import Closing
from drivers.plugins.blame import Watch, kind_of

T = TypeVar("T")

LATEST_S = 1e12
"""No clock shows more: counted in seconds since any epoch it is thirty thousand years."""

INTERVALS_S = 1e-6, 3600.0
"""What may lie between two pictures: more than the fastest cameras deliver, less than anyone would wait."""

MOST_PX = 100_000_000
"""Of one picture, uncoded: the largest sensors on sale give as much. A view that only claims to be larger would take
gigabytes with its first copy."""

NEEDED = (
    *("info", "capabilities", "frame_interval_s", "exposure", "settings", "restore", "take_control", "set_exposure"),
    *("set_native_auto", "read", "close"),
)
"""What `autoexposure.camera.Camera` asks for; whether its values are right is seen when they are used."""


class PluginCamera(Closing):
    """A plug-in's camera; `autoexposure.camera.Camera` says the rest."""

    def __init__(self, camera: Camera, name: str, watch: Watch) -> None:
        self._camera = camera
        self._name = name
        self._watch = watch
        self._info = self._ask("info", lambda: camera.info, CameraInfo)
        self._abilities = self._ask("saying what it can do", lambda: Abilities(camera), Abilities)

    @property
    def info(self) -> CameraInfo:
        """As Camera.info."""
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        """As Camera.capabilities."""
        return self._ask("capabilities", lambda: self._camera.capabilities, Capabilities)

    @property
    def frame_interval_s(self) -> float:
        """As Camera.frame_interval_s."""
        interval_s = self._ask("frame_interval_s", lambda: self._camera.frame_interval_s, float, int)
        if not INTERVALS_S[0] <= interval_s <= INTERVALS_S[1]:
            raise self._wrong("frame_interval_s", interval_s)
        return interval_s

    @property
    def exposure(self) -> Exposure | None:
        """As Camera.exposure."""
        return self._ask("exposure", lambda: self._camera.exposure, Exposure, type(None))

    def settings(self) -> Settings:
        """As Camera.settings."""
        settings = self._ask("settings", self._camera.settings, Mapping)
        for key, value in settings.items():
            if not (isinstance(key, str) and isinstance(value, numbers.Real) and math.isfinite(value)):
                raise self._wrong(f"{key!r} of its settings", value)
        return settings

    def restore(self, settings: Settings) -> None:
        """As Camera.restore."""
        self._do("restore", lambda: self._camera.restore(settings))

    def take_control(self) -> None:
        """As Camera.take_control."""
        self._do("take_control", self._camera.take_control)

    def set_exposure(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        return self._ask("set_exposure", lambda: self._camera.set_exposure(exposure), Exposure)

    def set_native_auto(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        self._do("set_native_auto", lambda: self._camera.set_native_auto(on))

    def read(self, timeout_s: float) -> Frame:
        """As Camera.read."""
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
                "the most: tell its author"
            )
        if not isinstance(frame.exposure, Exposure | None):
            raise self._wrong("a picture's exposure", frame.exposure)
        return frame

    def foreign_change(self) -> str:
        """As Watched.foreign_change; nothing where the camera can't hear."""
        return self._ask("foreign_change", self._abilities.foreign_change, str)

    @property
    def restarts(self) -> int:
        """As Restarting.restarts; 0 where the camera doesn't say."""
        return self._ask("restarts", lambda: self._abilities.restarts, int)

    def adjustments(self) -> tuple[Adjustment, ...]:
        """As Adjustable.adjustments; none where the camera has none."""
        adjustments = tuple(self._ask("adjustments", self._abilities.adjustments, tuple, list))
        for adjustment in adjustments:
            if not isinstance(adjustment, Adjustment):
                raise self._wrong("one of its adjustments", adjustment)
        return adjustments

    def adjust(self, name: str, value: float) -> float:
        """As Adjustable.adjust."""
        return self._ask("adjust", lambda: self._abilities.adjust(name, value), float, int)

    def modes(self) -> tuple[PictureMode, ...]:
        """As Moded.modes; none where the camera can't say."""
        modes = self._ask("modes", self._abilities.modes, tuple)
        if not all(isinstance(mode, PictureMode) for mode in modes):
            raise self._wrong("one of its modes", next(mode for mode in modes if not isinstance(mode, PictureMode)))
        return modes

    @property
    def mode(self) -> PictureMode | None:
        """As Moded.mode."""
        return self._ask("mode", lambda: self._abilities.mode, PictureMode, type(None))

    def shrink_to(self, least_px: int) -> None:
        """As Shrinkable.shrink_to; nothing where the camera can't."""
        self._do("shrink_to", lambda: self._abilities.shrink_to(least_px))

    def close(self) -> None:
        """As Camera.close."""
        try:
            self._do("close", self._camera.close)
        finally:
            self._watch.close()

    def _do(self, what: str, call: Callable[[], object]) -> None:
        with self._watch.calling(what):
            call()

    def _ask(self, what: str, call: Callable[[], T], *kinds: type) -> T:
        with self._watch.calling(what):
            value = call()
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise self._wrong(what, value)
        return value

    def _wrong(self, what: str, value: object) -> CameraError:
        return CameraError(f"{self._name} gave {kind_of(value)} for {what}: tell its author")


class PlayablePlugin(PluginCamera):
    """One that plays a recording."""

    _camera: Playable  # type: ignore[assignment]  # it is a Camera too, which no type says

    @property
    def playback(self) -> Playback:
        """As Playable.playback."""
        return self._ask("playback", lambda: self._camera.playback, Playback)

    def play(self, on: bool) -> None:
        """As Playable.play."""
        self._do("play", lambda: self._camera.play(on))

    def seek(self, index: int) -> None:
        """As Playable.seek."""
        self._do("seek", lambda: self._camera.seek(index))


def what_is_missing(camera: object) -> str:
    """The members that a camera must have and ``camera`` has not, in words; empty if it has all."""
    return ", ".join(wanted for wanted in NEEDED if not _has(camera, wanted))


def _has(camera: object, wanted: str) -> bool:
    try:
        return hasattr(camera, wanted)
    except (Exception, SystemExit):  # noqa: BLE001 - a property that raises is there; its error is told when it is used
        return True
