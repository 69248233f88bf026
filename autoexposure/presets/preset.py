"""A preset: how a camera is to be used, under a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from autoexposure.abilities.adjustable import in_order
from autoexposure.adjusting.white_balance import AUTOMATIC
from autoexposure.control.commands import (
    Adjust,
    Command,
    HoldWhiteBalance,
    Lock,
    SetBias,
    SetDamping,
    SetGoal,
    SetProgram,
    UsePolicy,
)
from autoexposure.control.program import MAINS_AUTO, ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError
from autoexposure.goal.goal import GoalConfig
from autoexposure.metering.meters import ATTENTION, find_meter
from autoexposure.metering.policy import Policy
from autoexposure.motion.trade import Motion

LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Beside:
    """What is asked for together with a preset, and wins over it; None for what is not.

    ``meter`` : its name; empty for a meter that has none and stays in any case.
    """

    bias_ev: float | None = None
    meter: str | None = None
    mains_hz: int | None = None
    allow_slow_frames: bool = False
    hold_white_balance: bool = False
    keep_night_dark: bool = False
    ramp_ev_per_minute: float | None = None
    motion: Motion | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """What is set when it is used; what is None or missing stays as it is. Checked on construction.

    Attributes
    ----------
    name : what people call it; upper and lower case are the same.
    bias_ev : EV compensation.
    meter : name of a meter, empty for the present one.
    program : limits, frame-rate guard, anti-flicker, motion.
    damping : share of an error that one write corrects.
    adjustments : the camera's controls beside exposure by name; one that it lacks or refuses keeps no other from being
        set.
    hold_white_balance : hold the automatic white balance while the exposure is searched.
    goal : night kept dark, ramp.

    Raises
    ------
    ConfigError
        If one of them is not possible.
    """

    name: str
    bias_ev: float | None = None
    meter: str = ""
    program: ProgramConfig | None = None
    damping: float | None = None
    adjustments: Mapping[str, float] = field(default_factory=dict)
    hold_white_balance: bool | None = None
    goal: GoalConfig | None = None

    def __post_init__(self) -> None:
        if self.name != " ".join(self.name.split()) or not 0 < len(self.name) <= LONGEST_NAME:
            raise ConfigError(
                f"a preset needs a name of 1 to {LONGEST_NAME} letters without spaces at its ends, given {self.name!r}"
            )
        if not self.name.isprintable():
            raise ConfigError(f"a preset's name is made of letters that can be shown, given {self.name!r}")
        if self.meter:
            find_meter(self.meter)
        for name, value in self.adjustments.items():
            Adjust(name, value)
        for _ in self.commands(_no_meter):  # each checks its own numbers
            pass

    @property
    def key(self) -> str:
        """By what two presets are the same one."""
        return self.name.casefold()

    @classmethod
    def of(cls, name: str, snapshot: Snapshot) -> Preset:
        """All that is in use now. What an automatic of the camera moves is left to it."""
        return cls(
            name,
            snapshot.ev_bias,
            snapshot.chosen_meter,
            snapshot.program,
            snapshot.damping,
            {adjustment.name: adjustment.value for adjustment in snapshot.adjustments if adjustment.active},
            snapshot.holds_white_balance if AUTOMATIC in {each.name for each in snapshot.adjustments} else None,
            snapshot.goal,
        )

    def holds(self, snapshot: Snapshot) -> bool:
        """Whether it names something, and all of that is so now but for what the camera lacks."""
        controls = {adjustment.name: adjustment for adjustment in snapshot.adjustments}
        wanted = {name: value for name, value in in_order(self.adjustments).items() if name in controls}
        return (
            self != Preset(self.name)
            and self.bias_ev in (None, snapshot.ev_bias)
            and self.meter in ("", snapshot.chosen_meter)
            and self.program in (None, snapshot.program)
            and self.goal in (None, snapshot.goal)
            and self.damping in (None, snapshot.damping)
            and all(controls[name].stands_at(value) for name, value in wanted.items())
            and (AUTOMATIC not in controls or self.hold_white_balance in (None, snapshot.holds_white_balance))
        )

    def but(self, beside: Beside) -> Preset:
        """The same, but for what is asked for beside it."""
        program = self.program
        if beside.mains_hz is not None or beside.allow_slow_frames or beside.motion is not None:
            program = program or ProgramConfig()
            program = replace(
                program,
                mains_hz=program.mains_hz if beside.mains_hz is None else beside.mains_hz,
                allow_slow_frames=beside.allow_slow_frames or program.allow_slow_frames,
                motion=program.motion if beside.motion is None else beside.motion,
            )
        goal = self.goal
        if beside.keep_night_dark or beside.ramp_ev_per_minute is not None:
            goal = goal or GoalConfig()
            ramp = beside.ramp_ev_per_minute
            goal = GoalConfig(
                beside.keep_night_dark or goal.keep_night_dark, goal.ramp_ev_per_minute if ramp is None else ramp
            )
        return replace(
            self,
            goal=goal,
            bias_ev=self.bias_ev if beside.bias_ev is None else beside.bias_ev,
            meter=self.meter if beside.meter is None else beside.meter,
            program=program,
            hold_white_balance=beside.hold_white_balance or self.hold_white_balance,
        )

    def commands(self, make_meter: Callable[[str], Policy]) -> Iterator[Command]:
        """What a control loop is to do; ``make_meter`` makes a meter of its name, in the loop's thread."""
        if self.program is not None:
            yield SetProgram(self.program)
        if self.goal is not None:
            yield SetGoal(self.goal)
        if self.damping is not None:
            yield SetDamping(self.damping)
        if self.bias_ev is not None:
            yield SetBias(self.bias_ev)
        if self.meter:
            yield UsePolicy(partial(make_meter, self.meter))
        for name, value in in_order(self.adjustments).items():
            yield Adjust(name, value)
        if self.hold_white_balance is not None:
            yield HoldWhiteBalance(self.hold_white_balance)
        yield Lock(False)  # an exposure held by hand would hide the rest


def _no_meter(name: str) -> Policy:
    raise AssertionError(f"{name} is made by the loop")


STARTERS = (
    # Calm, at full frame rate, no bands from lamps: others watch.
    Preset("Video call", 0.0, ATTENTION, ProgramConfig(mains_hz=MAINS_AUTO), 0.5, goal=GoalConfig()),
    # Clean pictures of things that lie still.
    Preset(
        "Workbench",
        0.0,
        ATTENTION,
        ProgramConfig(max_gain=4.0, allow_slow_frames=True, mains_hz=MAINS_AUTO),
        1.0,
        goal=GoalConfig(),
    ),
    # Dark stays dark: a meter would turn the night into grey.
    Preset("Night", 0.0, ATTENTION, ProgramConfig(allow_slow_frames=True), 0.5, goal=GoalConfig(keep_night_dark=True)),
    # From day to night without a step: twice as fast as the light of dusk goes.
    Preset("Time-lapse", 0.0, ATTENTION, ProgramConfig(allow_slow_frames=True), 1.0, goal=GoalConfig(True, 0.5)),
)
"""What every camera has until its user saves or deletes one."""
