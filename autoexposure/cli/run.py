"""The command ``run``: a camera controlled without a window."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoexposure.cli.options import (
    BiasOption,
    CamerasOption,
    MainsOption,
    MatchOption,
    MeterFromOption,
    MeterOption,
    ModelOption,
    MotionOption,
    NightOption,
    PresetOption,
    ProfileOption,
    RampOption,
    SetOption,
    SlowOption,
    adjustments_given,
    chosen_cameras,
    chosen_match,
)
from autoexposure.errors import ConfigError
from autoexposure.files.writable import check_file
from autoexposure.plain_text import plain
from autoexposure.spec_text import shown as without_login

if TYPE_CHECKING:
    from autoexposure.recording.sink import Consumer, QueuedSink


def run(
    camera: CamerasOption = None,
    meter: MeterOption = None,
    model: ModelOption = None,
    bias: BiasOption = None,
    mains: MainsOption = None,
    allow_slow_frames: SlowOption = False,
    camera_profile: ProfileOption = None,
    meter_from: MeterFromOption = "",
    preset: PresetOption = "",
    match: MatchOption = None,
    set_: SetOption = None,
    hold_white_balance: Annotated[
        bool,
        typer.Option("--hold-white-balance", help="Hold it while the exposure is searched, where the two disturb."),
    ] = False,
    keep_night_dark: NightOption = False,
    ramp: RampOption = None,
    motion: MotionOption = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="End after this many seconds, else at Ctrl+C.")] = None,
    frames: Annotated[int | None, typer.Option(min=1, help="End after this many frames.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write one JSON line a frame here; - is stdout.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No live view.")] = False,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record",
            help="Record every picture here; play it with --camera replay:FILE. Several cameras: FILE-1, FILE-2, ...",
        ),
    ] = None,
    lossless: Annotated[bool, typer.Option("--lossless", help="Record as PNG: no loss, five times the size.")] = False,
    virtual_camera: Annotated[
        bool, typer.Option("--virtual-camera", help="Show the picture as a camera to other programs (Linux).")
    ] = False,
    virtual_camera_device: Annotated[
        str, typer.Option("--virtual-camera-device", help="On this device, /dev/video9, instead of the first.")
    ] = "",
) -> None:
    """Control a camera without a window, or several at once, with a live view in the terminal."""
    from autoexposure.cli.headless import run_headless
    from autoexposure.library import make_loop
    from autoexposure.recording.virtual_camera import virtual_camera_sink
    from autoexposure.recording.writer import PictureFormat, recording_sink

    cameras = chosen_cameras(camera)
    adjust = adjustments_given(set_ or [])
    several = len(cameras) > 1
    if several and (meter_from or virtual_camera or virtual_camera_device):
        raise ConfigError("--meter-from and --virtual-camera are for one camera: leave them out, or name one camera")
    matching = chosen_match(match, cameras, motion)
    recordings = numbered(record, len(cameras)) if record is not None else []
    for file in filter(None, (json, *recordings)):
        check_file(file)
    sinks: list[list[QueuedSink[Consumer]]] = [[] for _ in cameras]
    for own, path in zip(sinks, recordings, strict=False):
        own.append(recording_sink(path, PictureFormat.PNG if lossless else PictureFormat.JPEG))
    if virtual_camera or virtual_camera_device:
        from drivers.v4l2.loopback import open_loopback

        sinks[0].append(virtual_camera_sink(partial(open_loopback, which=virtual_camera_device)))

    shown = any(sinks)  # to people: the live view in the terminal is coarser than any picture
    rules = (meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from, preset, adjust)
    loops = [
        make_loop(
            one,
            *rules,
            match=matching,
            hold_white_balance=hold_white_balance,
            keep_night_dark=keep_night_dark,
            ramp_ev_per_minute=ramp,
            motion=motion,
            shown=shown,
        )
        for one in cameras
    ]
    names = [without_login(one) for one in cameras] if several else []
    run_headless(*loops, seconds=seconds, frames=frames, lines=json, quiet=quiet, names=names, sinks=sinks)


def numbered(path: Path, count: int) -> list[Path]:
    """``path`` itself for one camera; for several a file for each: clip-1.tar, clip-2.tar in the order of --camera.

    Raises ConfigError for several cameras and a folder, beside which the files would come to lie.
    """
    if count == 1:
        return [path]
    if os.path.isdir(path):
        raise ConfigError(f"--record {plain(path)} is a folder: name a file in it, which gets a number for each camera")
    return [path.with_stem(f"{path.stem}-{number}") for number in range(1, count + 1)]
