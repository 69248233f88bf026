"""Wishes that go into the control loop through its one queue and are carried out between two frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autoexposure.camera import Camera
from autoexposure.exposure import Exposure
from autoexposure.policy import Policy
from autoexposure.program import ProgramConfig


@dataclass(frozen=True, slots=True)
class UseCamera:
    """Let go of the present camera (its settings are put back) and open another, in the loop's thread."""

    open_camera: Callable[[], Camera]


@dataclass(frozen=True, slots=True)
class UsePolicy:
    """Meter with another policy, made in the loop's thread; if making it fails the present one stays."""

    make_policy: Callable[[], Policy]


@dataclass(frozen=True, slots=True)
class SetBias:
    """EV compensation added to every decision: +1 makes pictures one stop brighter than the meter likes."""

    ev: float


@dataclass(frozen=True, slots=True)
class Lock:
    """Hold the present exposure (AE lock), or let it go again."""

    on: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop metering and writing while pictures go on, or resume."""

    on: bool


@dataclass(frozen=True, slots=True)
class UseNativeAuto:
    """Hand the exposure to the camera's own automatic, or take it back."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetExposure:
    """Set this exposure by hand; the loop locks, since a manual touch always wins."""

    exposure: Exposure


@dataclass(frozen=True, slots=True)
class SetProgram:
    """Split exposures by other rules from now on (limits, frame-rate guard, anti-flicker)."""

    config: ProgramConfig


@dataclass(frozen=True, slots=True)
class Play:
    """Let a recording go on, or hold the picture it is at."""

    on: bool


@dataclass(frozen=True, slots=True)
class Seek:
    """Show this picture of a recording next; what lies outside is taken to its nearer end."""

    index: int


Command = UseCamera | UsePolicy | SetBias | Lock | Pause | UseNativeAuto | SetExposure | SetProgram | Play | Seek
