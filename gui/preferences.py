"""What the window remembers of the loop from one day to the next: camera, meter, rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial

from PyQt6.QtCore import QSettings

from autoexposure.camera import Camera, CameraInfo
from autoexposure.control.commands import Command, SetDamping, SetProgram, UseCamera, UsePolicy
from autoexposure.control.program import ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError
from autoexposure.family import Family
from autoexposure.metering.classical import SpotMeter
from autoexposure.states import LoopState
from gui.bridge.services import MeterChoice


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
        values: dict[str, float | int | bool] = {}
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
    def damping(self) -> SetDamping | None:
        """The speed used last."""
        try:
            return SetDamping(float(str(self._settings.value("damping"))))
        except (ValueError, ConfigError):
            return None

    def note(self, snapshot: Snapshot) -> None:
        """Keep what is in use now; writes only what is new.

        Not a recording: it is looked at, and next time the camera is wanted again.
        """
        camera = snapshot.camera
        if camera is None or snapshot.loop_state is not LoopState.RUNNING or snapshot.playback is not None:
            return
        meter = snapshot.chosen_meter  # not one that stands in for it
        spot = snapshot.spot if not snapshot.instead_of else None
        now = (camera.spec, camera.stable_id, meter, spot, snapshot.program, snapshot.damping)
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
        for field in fields(ProgramConfig):
            self._settings.setValue(f"program/{field.name}", str(getattr(snapshot.program, field.name)))


def _read(text: str, kind: str) -> float | int | bool:
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
    open_camera: Callable[[str], Camera],
    meter: str = "",
) -> list[Command]:
    """What to ask of a loop before it starts, so that it goes on as it was left.

    ``given`` names what was asked for just now (``camera``, ``meter``, ``program``): that wins. ``meter`` : the one to
    begin with if that was asked for, or if none is remembered; empty for the one the loop was made with.
    """
    commands: list[Command] = []
    if "camera" not in given and (kept := preferences.camera) is not None:
        commands.append(UseCamera(partial(open_again, kept, find_family, list_cameras, open_camera)))
    makers = {choice.name: choice.make_policy for choice in meters}
    remembered = preferences.meter if "meter" not in given else ""
    if remembered == "spot" and (place := preferences.spot) is not None:
        makers["spot"] = partial(SpotMeter, *place)
    if make_policy := makers.get(remembered) or makers.get(meter):
        commands.append(UsePolicy(make_policy))
    if "program" not in given and (program := preferences.program) is not None:
        commands.append(SetProgram(program))
    if (damping := preferences.damping) is not None:
        commands.append(damping)
    return commands


def open_again(
    kept: KeptCamera,
    find_family: Callable[[str], Family | None],
    list_cameras: Callable[[], Sequence[CameraInfo]],
    open_camera: Callable[[str], Camera],
) -> Camera:
    """Open the camera used last, wherever it is now; the first that can be found if it is not there.

    Runs in the loop's thread. Raises what opening a camera raises.
    """
    family = find_family(kept.spec)
    if family is None or family.same is None:  # its specification always means the same camera
        return open_camera(kept.spec)
    there = next((camera.spec for camera in list_cameras() if camera.stable_id == kept.stable_id), None)
    return open_camera(there if there is not None else "")
