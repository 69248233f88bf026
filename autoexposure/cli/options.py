"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from autoexposure.abilities.adjustable import NAMES
from autoexposure.errors import ConfigError
from autoexposure.feedback.reward import REWARDS
from autoexposure.goal.goal import SLOWEST_EV_PER_MINUTE
from autoexposure.matching.matching import LEADS, Matching
from autoexposure.metering.meters import METERS
from autoexposure.motion.trade import Motion
from autoexposure.spec_text import shown

if TYPE_CHECKING:
    from models.data.photo_files import Part


ANY_LICENCE, FREE_LICENCE = LICENCES = ("any", "free")
"""Values of ``--licence``."""


def _one_of(names: Collection[str]) -> Callable[[str], str]:
    """Parse an option that takes one of ``names``, the rows of a table."""

    def parse(name: str) -> str:
        if name not in names:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(names)}.")
        return name

    return parse


CameraOption = Annotated[
    str,
    typer.Option(
        "--camera", "-c", help="The camera to control: v4l2:/dev/video0, sim:, ... Without it, the first found."
    ),
]
CamerasOption = Annotated[
    list[str] | None,
    typer.Option(
        "--camera",
        "-c",
        help="The camera to control: v4l2:/dev/video0, sim:, ... Without it, the first found. Given again, one more.",
    ),
]
MeterOption = Annotated[
    str | None,
    typer.Option(
        "--meter",
        "-m",
        help="What meters the picture; attention without it.",
        parser=_one_of(METERS),
        metavar=f"[{'|'.join(METERS)}]",
    ),
]
RewardOption = Annotated[
    str,
    typer.Option(
        "--reward", help="What reinforce learns from.", parser=_one_of(REWARDS), metavar=f"[{'|'.join(REWARDS)}]"
    ),
]
ModelOption = Annotated[
    Path | None, typer.Option("--model", help="An exported network (.onnx) instead of the one that ships.")
]
BiasOption = Annotated[
    float | None, typer.Option("--bias", min=-3, max=3, help="EV compensation: +1 is one stop brighter.")
]
MainsOption = Annotated[
    int | None, typer.Option("--mains", help="Mains frequency for anti-flicker: 50, 60, or 0 for off.")
]
SlowOption = Annotated[bool, typer.Option("--allow-slow-frames", help="Let exposure times exceed the frame interval.")]
MotionOption = Annotated[
    str | None,
    typer.Option(
        "--motion",
        help="Shorter times, and more gain, where something moves: auto balances blur and noise, sports goes further.",
        parser=_one_of(tuple(Motion)),
        metavar=f"[{'|'.join(Motion)}]",
    ),
]
NightOption = Annotated[
    bool, typer.Option("--keep-night-dark", help="Expose by how much light there is: night darker, snow brighter.")
]
RampOption = Annotated[
    float | None,
    typer.Option("--ramp", min=SLOWEST_EV_PER_MINUTE, help="For time-lapse: move by at most so many EV a minute."),
]
ProfileOption = Annotated[
    Path | None,
    typer.Option("--camera-profile", help="A calibration (see 'probe') to use instead of the camera's own."),
]
MeterFromOption = Annotated[
    str,
    typer.Option(
        "--meter-from",
        help="Meter pictures that another program takes, and only set the camera: a file, a URL or a camera.",
    ),
]
MatchOption = Annotated[
    str | None,
    typer.Option(
        "--match",
        help="Give several cameras one exposure: what the first one's meter asks for, or the mean of all meters.",
        parser=_one_of(LEADS),
        metavar=f"[{'|'.join(LEADS)}]",
    ),
]
PresetOption = Annotated[
    str, typer.Option("--preset", help="Begin with this preset of the camera; other options given with it win.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Set a control beside exposure (see 'controls'); may be given again."
    ),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log more, with tracebacks.")]

PhotosOption = Annotated[list[Path], typer.Option("--photos", help="A folder of photographs; may be given again.")]
SubjectsOption = Annotated[
    list[Path] | None,
    typer.Option("--subjects", help="A folder of photographs X.jpg with masks X.mask.png of their subject."),
]
MasksOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--masks",
        help="A folder of masks X.mask.png for photographs X.jpg of --photos; may be given again.",
    ),
]
LicenceOption = Annotated[
    str,
    typer.Option(
        "--licence",
        help="free: use only pictures that a MANIFEST.csv calls CC0, public domain, CC BY or CC BY-SA.",
        parser=_one_of(LICENCES),
        metavar=f"[{'|'.join(LICENCES)}]",
    ),
]
HdrOption = Annotated[
    list[Path] | None,
    typer.Option("--hdr", help="A folder of scenes in linear light (.exr, .hdr); may be given again."),
]

PartOption = Annotated[
    str, typer.Option("--part", help="Photographs to measure on: test; validation to choose a setting; or train.")
]
ThreadsOption = Annotated[
    int, typer.Option("--threads", min=1, help="CPU threads; one fewer than there are cores keeps the machine usable.")
]


def chosen_cameras(cameras: Sequence[str] | None) -> list[str]:
    """The cameras to control, at least one; empty is the first found. Raises ConfigError for one named twice."""
    named = [camera.strip() for camera in cameras or [""]]
    for number, camera in enumerate(named):
        if camera in named[:number]:
            raise ConfigError(f"--camera {shown(camera)!r} is given twice: name each camera once")
    return named


def chosen_match(match: str | None, cameras: Sequence[str], motion: str | None) -> Matching | None:
    """What the loops of ``cameras`` share if they are to be exposed alike.

    Raises ConfigError for a single camera, and where each is to heed what moves before it.
    """
    if match and len(cameras) < 2:
        raise ConfigError("--match is for several cameras: give --camera once for each")
    if match and motion not in (None, Motion.OFF):
        raise ConfigError("--match gives all cameras one exposure, --motion each its own: leave one of them out")
    return Matching(match) if match else None


def adjustments_given(texts: Sequence[str]) -> dict[str, str]:
    """What ``--set NAME=VALUE`` says, by name. Raises ConfigError."""
    given: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            raise ConfigError(f"--set looks like --set NAME=VALUE, given {text!r}")
        if name not in NAMES:
            raise ConfigError(f"no camera has a control {name!r}: 'autoexposure controls' lists those of yours")
        if name in given:
            raise ConfigError(f"--set {name} is given twice")
        given[name] = value
    return given


def chosen_part(part: str) -> Part:
    """Check the value of ``--part``. Raises ConfigError."""
    from models.data.photo_files import PARTS

    if part not in PARTS:
        raise ConfigError(f"--part is one of {', '.join(PARTS)}, given {part!r}")
    return part


GIVEN = ("COMMANDLINE", "DEFAULT_MAP")
"""Where the value of an option comes from that someone gave: to this command, or to the one that it belongs to."""


def hand_on(context: typer.Context, name: str) -> None:
    """Give options before a command to it as its defaults; the same option after it wins.

    Raises ConfigError for an option that the command doesn't take.
    """
    command = context.command
    assert isinstance(command, TyperGroup)
    takes: dict[str, str] = {}  # how it is written (or, for an argument, named) -> the command's own name for it
    repeated = set()
    for parameter in command.commands[name].params:
        takes |= dict.fromkeys((*parameter.opts, parameter.name), parameter.name)
        if getattr(parameter, "multiple", False):
            repeated.add(parameter.name)
    handed: dict[str, object] = {}
    for parameter in command.params:
        source = context.get_parameter_source(parameter.name)
        if parameter.name in ("verbose", "version") or source is None or source.name not in GIVEN:
            continue
        written = parameter.opts[0]
        if written not in takes and parameter.name not in takes:
            raise ConfigError(f"{written} before '{name}' does nothing, since '{name}' does not take it: leave it out")
        own, value = takes.get(written, parameter.name), context.params[parameter.name]
        if isinstance(value, list) and own not in repeated:
            if len(value) > 1:
                raise ConfigError(f"'{name}' takes {written} once, given {len(value)} times: leave out the others")
            value = value[0]
        handed[own] = value
    context.default_map = {name: handed}
