"""The command ``still``: one picture, once its exposure is at rest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
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
    ProfileOption,
    SlowOption,
)
from autoexposure.errors import ConfigError
from autoexposure.metering.meters import ATTENTION
from autoexposure.plain_text import plain

if TYPE_CHECKING:
    from autoexposure.control.snapshot import Snapshot

WAIT_S = 10.0
"""Webcams are at rest after one to three seconds, slow network cameras after eight."""

PATIENCE_S = 5.0
"""Waited on top of that where no picture came at all."""

UNCONTROLLED_PICTURES = 30
"""Where nothing is controlled, the camera's own automatic has settled after so many."""


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
    meter: MeterOption = ATTENTION,
    model: ModelOption = None,
    bias: BiasOption = 0.0,
    mains: MainsOption = 0,
    allow_slow_frames: SlowOption = False,
    camera_profile: ProfileOption = None,
    meter_from: MeterFromOption = "",
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the exposure to come to rest.")] = WAIT_S,
    overlay: Annotated[bool, typer.Option("--overlay", help="Save it once more with the maps over it.")] = False,
    maps: Annotated[bool, typer.Option("--maps", help="Save the maps as numbers too, in an .npz file.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No live view.")] = False,
) -> None:
    """Save one picture with its exposure in EXIF, as soon as the exposure is at rest."""
    from autoexposure.cli.headless import run_headless
    from autoexposure.files.own_folders import exports_folder
    from autoexposure.files.private_files import own_folder
    from autoexposure.files.writable import check_file, check_folder
    from autoexposure.library import make_loop
    from autoexposure.recording.still import check_ending

    if where is None:
        try:
            own_folder(where := exports_folder())
        except OSError as error:
            raise ConfigError(f"{where} can't be made ({error.strerror}): name a file elsewhere") from error
    if where.is_dir():
        check_folder(where)
    else:
        check_ending(where)
        if where.exists():
            raise ConfigError(f"{plain(where)} exists already and is left alone: name another file")
        check_file(where)
    loop = make_loop(camera, meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from)
    shot = _Shot(wait)
    with _saved(shot, where, overlay=overlay, maps=maps):
        run_headless(loop, seconds=wait + PATIENCE_S, frames=None, lines=None, quiet=quiet, until=shot.is_taken)


class _Shot:
    """Waits for a picture at rest, and takes the next one when it has waited long enough."""

    def __init__(self, wait_s: float) -> None:
        self._end_s = time.monotonic() + wait_s
        self._uncontrolled = 0
        self.at_rest = False
        self.snapshot: Snapshot | None = None
        self.seen: datetime | None = None

    def is_taken(self, snapshot: Snapshot) -> bool:
        """Whether this picture is the one."""
        from autoexposure.states import AeState

        if snapshot.ae_state is AeState.INACTIVE:
            self._uncontrolled += 1
        self.at_rest = snapshot.ae_state.settled or self._uncontrolled >= UNCONTROLLED_PICTURES
        if not self.at_rest and time.monotonic() < self._end_s:
            return False
        self.snapshot, self.seen = snapshot, datetime.now().astimezone()
        return True


@contextmanager
def _saved(shot: _Shot, where: Path, *, overlay: bool, maps: bool) -> Iterator[None]:
    """Save what was taken within the block, also where it ends in an error: the camera could not be put back."""
    from autoexposure.recording.still import save_still, taken_at, with_maps

    try:
        yield
    finally:
        if (snapshot := shot.snapshot) is not None and shot.seen is not None:
            drawn = with_maps(snapshot) if overlay else None
            taken = taken_at(snapshot, shot.seen)
            for path in save_still(snapshot, where, taken=taken, overlay=drawn, maps=maps):
                typer.echo(plain(path))
            if not shot.at_rest:
                typer.echo("The exposure was not at rest yet: --wait gives it more time.", err=True)
            if (overlay and drawn is None) or (
                maps and not (snapshot.decision and snapshot.decision.attention is not None)
            ):
                typer.echo(f"The meter {snapshot.meter} has no maps to save.", err=True)
    if shot.snapshot is None:
        typer.echo("Stopped before the exposure was at rest: nothing was saved.", err=True)
        raise typer.Exit(1)
