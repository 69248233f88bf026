"""The command ``still``: one picture, once its exposure is at rest."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

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
from autoexposure.errors import ConfigError
from autoexposure.plain_text import plain


def still(
    where: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="A new file, .jpg or .png, or a folder; else among your documents, named by its time.",
            show_default=False,
        ),
    ] = None,
    camera: CameraOption = "",
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
    overlay: Annotated[bool, typer.Option("--overlay", help="Save it once more with the maps over it.")] = False,
    maps: Annotated[bool, typer.Option("--maps", help="Save the maps as numbers too, in an .npz file.")] = False,
) -> None:
    """Save one picture with its exposure in EXIF, as soon as the exposure is at rest."""
    from autoexposure.files.writable import check_file, check_folder
    from autoexposure.library import make_loop
    from autoexposure.recording.still import check_ending, in_the_way

    adjust = adjustments_given(set_ or [])
    if where is None:
        where = documents_folder()
    if os.path.isdir(where):  # a name too long for the disk is no folder either
        check_folder(where)
    else:
        check_ending(where)
        if (there := in_the_way(where, overlay=overlay, maps=maps)) is not None:
            raise ConfigError(f"{plain(there)} exists already and is left alone: name another file")
        check_file(where)
    rules = (meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from, preset, adjust)
    loop = make_loop(camera, *rules)
    shot = Shot(wait)
    try:
        turn_until(shot.look, loop, wait)
    finally:  # what was taken is saved, also where the camera can't be put back
        if shot.snapshot is not None:
            _save(shot, where, overlay=overlay, maps=maps)
    if shot.snapshot is None:
        typer.echo("Stopped before the exposure was at rest: nothing was saved.", err=True)
        raise typer.Exit(1)


def _save(shot: Shot, where: Path, *, overlay: bool, maps: bool) -> None:
    from autoexposure.recording.still import save_still, taken_at, with_maps

    snapshot, seen = shot.snapshot, shot.seen
    assert snapshot is not None
    assert seen is not None
    drawn = with_maps(snapshot) if overlay else None
    written = save_still(snapshot, where, taken=taken_at(snapshot, seen), overlay=drawn, maps=maps)
    for path in written:
        typer.echo(plain(path))
    if not shot.at_rest:
        typer.echo("The exposure was not at rest yet: --wait gives it more time.", err=True)
    if len(written) < 1 + overlay + maps:
        typer.echo(f"The meter {snapshot.meter} has no maps to save.", err=True)
