"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autoexposure.metering.meters import METERS


def _known_meter(name: str) -> str:
    if name not in METERS:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(METERS)}.")
    return name


CameraOption = Annotated[
    str, typer.Option("--camera", "-c", help="What to control: v4l2:/dev/video0, sim:, ... Empty: the first found.")
]
MeterOption = Annotated[
    str,
    typer.Option(
        "--meter", "-m", help="What meters the picture.", parser=_known_meter, metavar=f"[{'|'.join(METERS)}]"
    ),
]
ModelOption = Annotated[
    Path | None, typer.Option("--model", help="An exported network (.onnx) instead of the one that ships.")
]
BiasOption = Annotated[float, typer.Option("--bias", min=-3, max=3, help="EV compensation: +1 is one stop brighter.")]
MainsOption = Annotated[int, typer.Option("--mains", help="Mains frequency for anti-flicker: 50, 60, or 0 for off.")]
SlowOption = Annotated[bool, typer.Option("--allow-slow-frames", help="Let exposure times exceed the frame interval.")]
ProfileOption = Annotated[
    Path | None,
    typer.Option("--camera-profile", help="A profile (see 'probe') to use instead of the camera's own."),
]
MeterFromOption = Annotated[
    str,
    typer.Option(
        "--meter-from",
        help="Only set the camera, whose pictures another program takes, and meter these: a file, a URL or a camera.",
    ),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log more, with tracebacks.")]
