"""The command ``bracket``: pictures in a few exposures, in which all that matters is well exposed once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoexposure.cli.options import (
    BiasOption,
    CameraOption,
    MainsOption,
    MeterFromOption,
    MeterOption,
    ModelOption,
    PresetOption,
    ProfileOption,
    SetOption,
    SlowOption,
    adjustments_given,
)
from autoexposure.cli.photographs.waiting import WAIT_S, Shot, documents_folder, turn_until
from autoexposure.errors import CameraError
from autoexposure.plain_text import plain

if TYPE_CHECKING:
    from autoexposure.bracketing.bracket import Bracket
    from autoexposure.control.loop import ControlLoop
    from autoexposure.control.snapshot import Snapshot


def bracket(
    where: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]",
            help="In which a new folder is made, named by its time; among your documents without it.",
            show_default=False,
        ),
    ] = None,
    camera: CameraOption = "",
    count: Annotated[int, typer.Option("--count", "-n", min=2, max=5, help="How many pictures.")] = 3,
    fuse: Annotated[bool, typer.Option("--fuse/--no-fuse", help="Also make one picture of all.")] = True,
    light: Annotated[
        str,
        typer.Option("--light", metavar="[hdr|exr]", help="Also save the scene's linear light.", show_default=False),
    ] = "",
    png: Annotated[bool, typer.Option("--png", help="Save PNG instead of JPEG.")] = False,
    meter: MeterOption = None,
    model: ModelOption = None,
    bias: BiasOption = None,
    mains: MainsOption = None,
    allow_slow_frames: SlowOption = False,
    camera_profile: ProfileOption = None,
    meter_from: MeterFromOption = "",
    preset: PresetOption = "",
    set_: SetOption = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the exposure to come to rest.")] = WAIT_S,
) -> None:
    """Save a few exposures, chosen so that all that matters is well exposed in one of them, and one picture of all."""
    from autoexposure.bracketing.bracket import Bracket
    from autoexposure.bracketing.files import check_light, new_folder, save_bracket
    from autoexposure.control.holding import PATIENCE_S
    from autoexposure.files.writable import check_folder
    from autoexposure.library import make_loop

    light = check_light(f".{light.removeprefix('.')}") if light else ""
    adjust = adjustments_given(set_ or [])
    if where is None:
        where = documents_folder()
    check_folder(where)
    loop = make_loop(camera, meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from, preset, adjust)
    series = Bracket(count)
    try:
        turn_until(_Series(series, loop, wait).look, loop, wait + (count + 2) * PATIENCE_S)
    finally:  # what was taken is saved, also where the camera can't be put back
        if series.taken:
            folder = new_folder(where, datetime.now())
            for path in save_bracket(series, folder, ending=".png" if png else ".jpg", fuse=fuse, light=light):
                typer.echo(plain(path))
    if len(series.taken) == count:
        return
    reason = series.reason if series.over.is_set() else "it was stopped before"
    if not series.taken:
        raise CameraError(f"no picture was taken: {reason}")
    typer.echo(f"{len(series.taken)} of {count} pictures were taken: {reason}.", err=True)
    raise typer.Exit(1)


class _Series:
    """Begins the bracket once the exposure is at rest, and sees when it is over."""

    def __init__(self, bracket: Bracket, loop: ControlLoop, wait_s: float) -> None:
        self._bracket = bracket
        self._loop = loop
        self._first = Shot(wait_s)

    def look(self, snapshot: Snapshot) -> bool:
        """Whether there is nothing more to wait for."""
        from autoexposure.control.commands import TakeInTurn

        if self._first.snapshot is None and self._first.look(snapshot):
            self._loop.send(TakeInTurn(self._bracket))
        return self._bracket.over.is_set()
