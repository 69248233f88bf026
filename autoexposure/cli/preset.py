"""The commands ``preset ...``: a camera's presets, which ``--preset NAME`` uses."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from autoexposure.abilities.abilities import Abilities
from autoexposure.abilities.several_adjustments import meant
from autoexposure.cli.options import (
    BiasOption,
    CameraOption,
    MainsOption,
    MeterOption,
    MotionOption,
    NightOption,
    RampOption,
    SetOption,
    SlowOption,
    adjustments_given,
)
from autoexposure.control.program import ProgramConfig
from autoexposure.goal.goal import GoalConfig
from autoexposure.metering.meters import ATTENTION
from autoexposure.motion.trade import Motion
from autoexposure.plain_text import LONGEST_LINE, plain
from autoexposure.presets.preset import Preset
from autoexposure.presets.shelf import PresetShelf

app = typer.Typer(
    name="preset", no_args_is_help=True, rich_markup_mode=None, help="A camera's settings under a name: see --preset."
)

NameArgument = Annotated[str, typer.Argument(help="What it is called; upper and lower case are the same.")]


@app.command("list")
def list_(camera: CameraOption = "") -> None:
    """List a camera's presets, and the file they are in."""
    shelf = _shelf(camera)
    for preset in shelf.all():
        said = [
            f"bias {preset.bias_ev:+.1f} EV" if preset.bias_ev is not None else "",
            preset.meter,
            _limits(preset.program),
            "calm white balance" if preset.hold_white_balance else "",
            _goal(preset.goal),
            *(f"{name}={value:g}" for name, value in preset.adjustments.items()),
        ]
        typer.echo(plain(f"{preset.name}: {', '.join(filter(None, said)) or 'nothing'}", LONGEST_LINE))
    state = "" if shelf.path.exists() else " (made with the first preset that is saved or deleted)"
    typer.echo(plain(f"{shelf.path}{state}"))


@app.command()
def save(
    name: NameArgument,
    camera: CameraOption = "",
    meter: MeterOption = ATTENTION,
    bias: BiasOption = 0.0,
    mains: MainsOption = 0,
    allow_slow_frames: SlowOption = False,
    keep_night_dark: NightOption = False,
    ramp: RampOption = None,
    motion: MotionOption = None,
    set_: SetOption = None,
) -> None:
    """Save a preset of what the options say; the window saves all that is in use."""
    heeded = Motion(motion) if motion else Motion.OFF
    program = ProgramConfig(allow_slow_frames=allow_slow_frames, mains_hz=mains or 0, motion=heeded)
    adjustments = _meant(camera, adjustments_given(set_)) if set_ else {}
    shelf = _shelf(camera)
    goal = GoalConfig(keep_night_dark, math.inf if ramp is None else ramp)
    shelf.save(Preset(name, bias, meter or ATTENTION, program, adjustments=adjustments, goal=goal))
    typer.echo(plain(f"{name} is saved in {shelf.path}"))


@app.command()
def delete(name: NameArgument, camera: CameraOption = "") -> None:
    """Delete a preset."""
    _shelf(camera).delete(name)
    typer.echo(plain(f"{name} is deleted"))


def _shelf(camera: str) -> PresetShelf:
    """The presets of the camera that this specification opens, without opening it if it is in the list."""
    from drivers.discovery import list_cameras, open_camera

    if camera:
        for info in list_cameras():
            if camera in (info.spec, info.stable_id, info.former_id):
                return PresetShelf.of(info)
    with open_camera(camera or None) as device:
        return PresetShelf.of(device.info)


def _meant(camera: str, wanted: dict[str, str]) -> dict[str, float]:
    """The values of controls beside exposure, as the camera counts them. Raises ConfigError for what it hasn't."""
    from drivers.discovery import open_camera

    with open_camera(camera or None) as opened:
        return meant(Abilities(opened).adjustments(), wanted)


def _goal(goal: GoalConfig | None) -> str:
    """What it aims at, in words; empty where that is what the meter says."""
    if goal is None:
        return ""
    night = "night kept dark" if goal.keep_night_dark else ""
    ramp = f"ramp {goal.ramp_ev_per_minute:g} EV a minute" if goal.ramp_ev_per_minute < math.inf else ""
    return ", ".join(filter(None, (night, ramp)))


def _limits(program: ProgramConfig | None) -> str:
    """The rules it sets, in words; empty where it sets none."""
    if program is None:
        return ""
    standing = ProgramConfig()
    said = (
        (program.min_time_s != standing.min_time_s, f"from {program.min_time_s:g} s"),
        (program.max_time_s != standing.max_time_s, f"up to {program.max_time_s:g} s"),
        (program.min_gain != standing.min_gain, f"gain from {program.min_gain:g}"),
        (program.max_gain != standing.max_gain, f"gain up to {program.max_gain:g}"),
        (program.allow_slow_frames, "slow frames"),
        (program.motion is not standing.motion, f"motion {program.motion}"),
        (program.mains_hz != 0, "anti-flicker" + (f" {program.mains_hz} Hz" if program.mains_hz > 0 else "")),
    )
    return ", ".join(words for differs, words in said if differs)
