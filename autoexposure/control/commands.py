"""What the control loop can be asked to do: commands go in through one queue and take effect between two frames."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from autoexposure.abilities.adjustable import NAMES
from autoexposure.camera import Camera
from autoexposure.control.program import ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import Label
from autoexposure.frame import Pixels
from autoexposure.goal.goal import GoalConfig
from autoexposure.metering.mask import check_mask
from autoexposure.metering.policy import Map, Policy
from autoexposure.response import ResponseCurve

MOST_BIAS_EV = 20.0
"""More than any camera can set: beyond this a number is a mistake."""


@dataclass(frozen=True, slots=True)
class UseCamera:
    """Let go of the present camera (its settings are put back) and open another, in the loop's thread."""

    open_camera: Callable[[], Camera]


@dataclass(frozen=True, slots=True)
class ForCamera:
    """Carry out what ``commands`` returns for the camera that is open, or, while none is, for the next one to be.

    ``commands`` runs in the loop's thread, and may ask the camera but set nothing on it. What the camera refuses keeps
    nothing else from being carried out; if it is lost meanwhile, all is carried out when it is back.
    """

    commands: Callable[[Camera], Iterable[Command]]


@dataclass(frozen=True, slots=True)
class UsePolicy:
    """Meter with another policy, made in the loop's thread; if making it fails the present one stays.

    ``instead_of`` : change only if the meter of this name is the chosen one; empty changes in any case.
    """

    make_policy: Callable[[], Policy]
    instead_of: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class UseMask:
    """Let only these parts of the picture count ((15, 15), 0..1), whatever meter is in use; None for all of it again.

    Raises ConfigError if ``mask`` is malformed or lets nothing count. UseCamera ends it: it was painted on a picture.
    """

    mask: Map | None

    def __post_init__(self) -> None:
        if self.mask is not None:
            check_mask(self.mask)


@dataclass(frozen=True, slots=True)
class SetBias:
    """EV compensation added to every decision: +1 makes pictures one stop brighter than the meter likes.

    Raises ConfigError beyond ``MOST_BIAS_EV`` either way.
    """

    ev: float

    def __post_init__(self) -> None:
        if not -MOST_BIAS_EV <= self.ev <= MOST_BIAS_EV:  # refuses nan too
            raise ConfigError(f"a bias must lie within {MOST_BIAS_EV:g} EV either way, given {self.ev}")


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
    """Hand the exposure to the camera's own automatic, or take it back: what was locked or paused is set again then."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetExposure:
    """Set this exposure by hand; the loop locks, since a manual touch always wins.

    Without a picture yet, or while the camera is away, it is set with the next picture; while the camera's own
    automatic exposes, when control is taken back.
    """

    exposure: Exposure


class Series(Protocol):
    """Says which exposures are held in turn, and gets a picture of each; called in the loop's thread."""

    def next_ev(self, shown: Snapshot, reach_ev: tuple[float, float], response: ResponseCurve) -> float | None:
        """The exposure to hold next, in EV; None if that was all.

        ``shown`` has the picture of the exposure asked for last, at first the one that was in force before; its
        ``exposure`` is certain. ``reach_ev`` is what the camera can be set to, ``response`` its curve.
        """

    def end(self, reason: str) -> None:
        """There are no more; ``reason`` is a sentence on why it ended early, empty where all were taken."""


@dataclass(frozen=True, slots=True, eq=False)
class TakeInTurn:
    """Hold the exposures that ``series`` asks for, one after the other, then go on where the loop was.

    Meanwhile nothing is corrected. A hand that touches the exposure ends it: see `autoexposure.control.holding`.
    """

    series: Series


@dataclass(frozen=True, slots=True)
class Adjust:
    """Set one of the camera's controls beside exposure (`autoexposure.abilities.adjustable`).

    A manual touch wins: a value whose automatic is on has that switched off first. To set several at once, send them
    as `adjustable.in_order` gives them. While the camera is away it is set when it is there. It is put back at the end.

    Raises ConfigError for a name that no camera has, and a value that is no number.
    """

    name: str
    value: float

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ConfigError(f"an adjustment is one of {', '.join(NAMES)}, given {self.name!r}")
        if not (isinstance(self.value, int | float) and math.isfinite(self.value)):
            raise ConfigError(f"{self.name} is set to a number, given {self.value!r}")


@dataclass(frozen=True, slots=True)
class HoldWhiteBalance:
    """Hold the camera's automatic white balance while the exposure is searched, where it was seen to move with it."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetProgram:
    """Split exposures by other rules from now on (limits, frame-rate guard, anti-flicker)."""

    config: ProgramConfig


@dataclass(frozen=True, slots=True)
class SetGoal:
    """Aim at other exposures from now on (night kept dark, ramp)."""

    config: GoalConfig


@dataclass(frozen=True, slots=True)
class SetDamping:
    """Correct this share (0..1] of an error with every write: 1 is fastest, less is calmer."""

    share: float

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ConfigError(f"the share of an error to correct must lie above 0 and be at most 1, given {self.share}")


@dataclass(frozen=True, slots=True)
class LetGo:
    """Put the camera's settings back and leave it to somebody else (a probe), until UseCamera."""


@dataclass(frozen=True, slots=True, eq=False)
class Teach:
    """Have the meter learn at once what was said of this picture, if it is one that learns (`LiveLayer`).

    ``bias_ev`` : the compensation in force in that picture. ``answer`` : its number in the store, by which a meter that
    has recalled it meanwhile learns it only once; None for an answer that is in no store. ``weight`` : of the answer, 1
    is a click.
    """

    pixels: Pixels
    label: Label
    bias_ev: float = 0.0
    answer: int | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Unteach:
    """Take the last Teach back, or that of the answer of this number in the store, or everything that was taught."""

    everything: bool = False
    answer: int | None = None


@dataclass(frozen=True, slots=True)
class Play:
    """Let a recording go on, or hold the picture it is at."""

    on: bool


@dataclass(frozen=True, slots=True)
class Seek:
    """Show this picture of a recording next; what lies outside is taken to its nearer end."""

    index: int

    def __post_init__(self) -> None:
        if not isinstance(self.index, int):
            raise ConfigError(f"the number of a picture must be a whole number, given {self.index}")


Command = (
    UseCamera
    | ForCamera
    | UsePolicy
    | UseMask
    | SetBias
    | Lock
    | Pause
    | UseNativeAuto
    | SetExposure
    | TakeInTurn
    | Adjust
    | HoldWhiteBalance
    | SetProgram
    | SetGoal
    | SetDamping
    | LetGo
    | Teach
    | Unteach
    | Play
    | Seek
)
