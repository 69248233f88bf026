"""The command ``still``: one picture, once its exposure is at rest."""

from __future__ import annotations

import os
import time
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
from autoexposure.errors import CameraDisconnected, CameraError, ConfigError
from autoexposure.plain_text import plain
from autoexposure.process.ending import Ending
from autoexposure.process.malloc import keep_freed_memory
from autoexposure.states import AeState, LoopState

if TYPE_CHECKING:
    from autoexposure.control.loop import ControlLoop
    from autoexposure.control.snapshot import Snapshot

WAIT_S = 10.0
"""Webcams are at rest after one to three seconds, slow network cameras after eight."""

PATIENCE_S = 5.0
"""Waited on top of that where no picture came at all."""

AWAY_S = 3.0
"""A camera that only restarts is back within two seconds; for one that was unplugged nobody waits."""

UNCONTROLLED_PICTURES = 30
"""Frames after which the camera's own automatic has settled, where nothing is controlled."""


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
    from autoexposure.files.own_folders import exports_folder
    from autoexposure.files.private_files import own_folder
    from autoexposure.files.writable import check_file, check_folder
    from autoexposure.library import make_loop
    from autoexposure.recording.still import check_ending, in_the_way

    adjust = adjustments_given(set_ or [])
    if where is None:
        try:
            own_folder(where := exports_folder())
        except OSError as error:
            raise ConfigError(f"{where} can't be made ({error.strerror}): name a file elsewhere") from error
    if os.path.isdir(where):  # a name too long for the disk is no folder either
        check_folder(where)
    else:
        check_ending(where)
        if (there := in_the_way(where, overlay=overlay, maps=maps)) is not None:
            raise ConfigError(f"{plain(there)} exists already and is left alone: name another file")
        check_file(where)
    rules = (meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from, preset, adjust)
    loop = make_loop(camera, *rules)
    shot = _Shot(wait)
    try:
        _take(shot, loop, wait)
    finally:  # what was taken is saved, also where the camera can't be put back
        if shot.snapshot is not None:
            _save(shot, where, overlay=overlay, maps=maps)
    if shot.snapshot is None:
        typer.echo("Stopped before the exposure was at rest: nothing was saved.", err=True)
        raise typer.Exit(1)


class _Shot:
    """Waits for a picture at rest, and takes the next one when it has waited long enough."""

    def __init__(self, wait_s: float) -> None:
        self._end_s = time.monotonic() + wait_s
        self._uncontrolled = 0
        self._last: tuple[int, int] | None = None
        self.at_rest = False
        self.snapshot: Snapshot | None = None
        self.seen: datetime | None = None

    def look(self, snapshot: Snapshot) -> bool:
        """Whether the newest picture is the one."""
        frame = snapshot.frame
        if frame is None or frame.placeholder or snapshot.picture == self._last:
            return False
        self._last = snapshot.picture
        if snapshot.ae_state is AeState.INACTIVE:
            self._uncontrolled += 1
        self.at_rest = snapshot.ae_state.settled or self._uncontrolled >= UNCONTROLLED_PICTURES
        if not self.at_rest and time.monotonic() < self._end_s:
            return False
        self.snapshot, self.seen = snapshot, datetime.now().astimezone()
        return True


def _take(shot: _Shot, loop: ControlLoop, wait_s: float) -> None:
    """Turn the loop until the picture is taken, or the end is asked for. Raises AutoexposureError."""
    from autoexposure.cli.headless import without_a_picture

    keep_freed_memory()
    with Ending(loop.leave) as ending:
        ending.expect_in(wait_s + PATIENCE_S)
        end_s = time.monotonic() + wait_s + PATIENCE_S
        here_s = time.monotonic()
        with loop:
            while not ending.told() and not shot.look(snapshot := loop.turn()):
                if snapshot.failure is not None:
                    raise snapshot.failure
                now_s = time.monotonic()
                if snapshot.loop_state is not LoopState.RECONNECTING:
                    here_s = now_s
                elif now_s - here_s >= AWAY_S:
                    name = snapshot.camera.name if snapshot.camera is not None else "The camera"
                    raise CameraDisconnected(f"{name} was disconnected and did not come back: connect it and try again")
                if now_s >= end_s:
                    raise without_a_picture(snapshot)
            ending.tell()  # the watch over the end begins
            loop.stop(quiet=True)  # what could not be put back is raised below
    if loop.left_changed:
        raise CameraError(loop.left_changed)


def _save(shot: _Shot, where: Path, *, overlay: bool, maps: bool) -> None:
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
