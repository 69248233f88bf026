"""What the window remembers of the loop from one day to the next: camera, meter, rules."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from urllib.parse import quote

from PyQt6.QtCore import QSettings

from autoexposure.abilities.moded import PictureMode
from autoexposure.camera import Camera, CameraInfo
from autoexposure.control.commands import (
    Command,
    HoldWhiteBalance,
    SetDamping,
    SetGoal,
    SetProgram,
    UseCamera,
    UsePolicy,
)
from autoexposure.control.program import ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError
from autoexposure.family import Family
from autoexposure.goal.goal import GoalConfig
from autoexposure.metering.classical import SpotMeter
from autoexposure.motion.trade import Motion
from autoexposure.states import LoopState
from gui.bridge.services import MeterChoice
from gui.orientation import AS_IT_IS, Orientation


@dataclass(frozen=True, slots=True)
class KeptCamera:
    """The camera that was used last."""

    spec: str
    stable_id: str


class Preferences:
    """Reads and writes the choices in a settings file; nonsense in it counts as nothing."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings
        self._written: tuple[object, ...] | None = None

    @property
    def camera(self) -> KeptCamera | None:
        """The camera used last."""
        spec = str(self._settings.value("camera/spec", "") or "")
        return KeptCamera(spec, str(self._settings.value("camera/stable_id", "") or "")) if spec else None

    @property
    def meter(self) -> str:
        """Name of the meter chosen last, or nothing."""
        return str(self._settings.value("meter", "") or "")

    @property
    def spot(self) -> tuple[float, float] | None:
        """Where a spot meter looked that was pointed somewhere, as shares of the picture's width and height."""
        try:
            x, y = (float(str(self._settings.value(f"spot/{axis}"))) for axis in "xy")
        except ValueError:
            return None
        return (x, y) if 0 <= x <= 1 and 0 <= y <= 1 else None

    @property
    def program(self) -> ProgramConfig | None:
        """The limits used last."""
        values: dict[str, float | int | bool | Motion] = {}
        for field in fields(ProgramConfig):
            raw = self._settings.value(f"program/{field.name}")
            if raw is None:
                continue
            try:
                values[field.name] = _read(str(raw), str(field.type))
            except ValueError:  # the file was edited by hand
                continue
        try:
            return ProgramConfig(**values) if values else None  # type: ignore[arg-type]  # each read as its field's type
        except ConfigError:
            return None

    @property
    def keeps_night_dark(self) -> bool:
        """Whether the night was kept dark. A ramp is not remembered: it is for one time-lapse, and slow."""
        return str(self._settings.value("keep_night_dark")) == "True"

    @property
    def damping(self) -> SetDamping | None:
        """The speed used last."""
        try:
            return SetDamping(float(str(self._settings.value("damping"))))
        except (ValueError, ConfigError):
            return None

    @property
    def holds_white_balance(self) -> bool:
        """Whether the white balance was held while the exposure was searched."""
        return str(self._settings.value("hold_white_balance")) == "True"

    def note(self, snapshot: Snapshot) -> None:
        """Keep what is in use now; writes only what is new.

        Not a recording: it is looked at, and next time the camera is wanted again.
        """
        camera = snapshot.camera
        if camera is None or snapshot.loop_state is not LoopState.RUNNING or snapshot.playback is not None:
            return
        meter = snapshot.chosen_meter  # not one that stands in for it
        spot = snapshot.spot if not snapshot.instead_of else None
        holds = snapshot.holds_white_balance
        now = (camera.spec, camera.stable_id, meter, spot, snapshot.program, snapshot.goal, snapshot.damping, holds)
        if now == self._written:
            return
        self._written = now
        self._settings.setValue("camera/spec", camera.spec)
        self._settings.setValue("camera/stable_id", camera.stable_id)
        self._settings.setValue("meter", meter)
        if spot is not None:
            self._settings.setValue("spot/x", str(spot.x))
            self._settings.setValue("spot/y", str(spot.y))
        self._settings.setValue("damping", str(snapshot.damping))
        self._settings.setValue("hold_white_balance", str(holds))
        self._settings.setValue("keep_night_dark", str(snapshot.goal.keep_night_dark))
        for field in fields(ProgramConfig):
            self._settings.setValue(f"program/{field.name}", str(getattr(snapshot.program, field.name)))


_MODE = re.compile(r"(\d+)x(\d+)(?:@(\d+(?:\.\d+)?))?(?: (\S.*))?")
_TURNED = re.compile(r"(0|90|180|270)( mirrored)?")


class CameraPreferences:
    """What is chosen for one camera and kept for it, by its stable id; nonsense in the file counts as nothing."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def mode(self, stable_id: str) -> PictureMode | None:
        """The size, rate and format chosen last; what was left to the driver is empty."""
        found = _MODE.fullmatch(self._kept(stable_id, "mode"))
        if found is None:
            return None
        width, height, rate, fourcc = found.groups()
        return PictureMode(fourcc or "", int(width), int(height), (float(rate),) if rate else ())

    def keep_mode(self, stable_id: str, mode: PictureMode | None) -> None:
        """Remember this one; None forgets."""
        rate = f"@{mode.rates_fps[0]:.10g}" if mode is not None and mode.rates_fps else ""
        text = "" if mode is None else f"{mode.width_px}x{mode.height_px}{rate} {mode.fourcc}".rstrip()
        self._keep(stable_id, "mode", text)

    def turned(self, stable_id: str) -> Orientation:
        """How its picture is shown."""
        found = _TURNED.fullmatch(self._kept(stable_id, "turned"))
        return AS_IT_IS if found is None else Orientation(int(found[1]) // 90, mirrored=bool(found[2]))

    def keep_turned(self, stable_id: str, turned: Orientation) -> None:
        """Remember that."""
        text = f"{90 * turned.quarters}{' mirrored' if turned.mirrored else ''}"
        self._keep(stable_id, "turned", "" if turned == AS_IT_IS else text)

    def _kept(self, stable_id: str, what: str) -> str:
        return str(self._settings.value(self._key(stable_id, what), "") or "")

    def _keep(self, stable_id: str, what: str, text: str) -> None:
        if text:
            self._settings.setValue(self._key(stable_id, what), text)
        else:
            self._settings.remove(self._key(stable_id, what))

    def _key(self, stable_id: str, what: str) -> str:
        return f"cameras/{quote(stable_id, safe='')}/{what}"


def _read(text: str, kind: str) -> float | int | bool | Motion:
    if kind == "Motion":
        return Motion(text)
    if kind == "bool":
        if text not in ("True", "False"):
            raise ValueError(text)
        return text == "True"
    if kind == "int":
        return int(text)
    value = float(text)
    if math.isnan(value):
        raise ValueError(text)
    return value


def first_commands(
    preferences: Preferences,
    *,
    given: frozenset[str],
    meters: Sequence[MeterChoice],
    find_family: Callable[[str], Family | None],
    list_cameras: Callable[[], Sequence[CameraInfo]],
    opener: Callable[[str], Callable[[str], Camera]],
    meter: str = "",
) -> list[Command]:
    """What to ask of a loop before it starts, so that it goes on as it was left.

    ``given`` names what was asked for just now (``camera``, ``meter``, ``program``): that wins. ``meter`` : the one to
    begin with if that was asked for, or if none is remembered; empty for the one the loop was made with. ``opener``
    gives what opens the camera of a stable id.
    """
    commands: list[Command] = []
    if "camera" not in given and (kept := preferences.camera) is not None:
        commands.append(UseCamera(partial(open_again, kept, find_family, list_cameras, opener(kept.stable_id))))
    makers = {choice.name: choice.make_policy for choice in meters}
    remembered = preferences.meter if "meter" not in given else ""
    if remembered == "spot" and (place := preferences.spot) is not None:
        makers["spot"] = partial(SpotMeter, *place)
    if make_policy := makers.get(remembered) or makers.get(meter):
        commands.append(UsePolicy(make_policy))
    if "program" not in given and (program := preferences.program) is not None:
        commands.append(SetProgram(program))
    if preferences.keeps_night_dark:
        commands.append(SetGoal(GoalConfig(keep_night_dark=True)))
    if (damping := preferences.damping) is not None:
        commands.append(damping)
    if preferences.holds_white_balance:
        commands.append(HoldWhiteBalance(True))
    return commands


def open_again(
    kept: KeptCamera,
    find_family: Callable[[str], Family | None],
    list_cameras: Callable[[], Sequence[CameraInfo]],
    open_camera: Callable[[str], Camera],
) -> Camera:
    """Open the camera used last, wherever it is now; the first that can be found if it is not there.

    ``open_camera`` opens it in the mode that is kept for it. Runs in the loop's thread, and raises what opening a
    camera raises.
    """
    family = find_family(kept.spec)
    if family is None or family.same is None:  # its specification always means the same camera
        return open_camera(kept.spec)
    there = next((camera.spec for camera in list_cameras() if camera.stable_id == kept.stable_id), None)
    return open_camera(there if there is not None else "")
