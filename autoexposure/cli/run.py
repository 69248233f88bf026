"""The command ``run``: a camera controlled without a window."""

from __future__ import annotations

from functools import partial
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
    SlowOption,
)
from autoexposure.files.writable import check_file
from autoexposure.metering.meters import ATTENTION

if TYPE_CHECKING:
    from autoexposure.recording.sink import Consumer, QueuedSink


def run(
    camera: CameraOption = "",
    meter: MeterOption = ATTENTION,
    model: ModelOption = None,
    bias: BiasOption = 0.0,
    mains: MainsOption = 0,
    allow_slow_frames: SlowOption = False,
    camera_profile: ProfileOption = None,
    meter_from: MeterFromOption = "",
    preset: PresetOption = "",
    seconds: Annotated[float | None, typer.Option(min=0, help="End after this many seconds, else at Ctrl+C.")] = None,
    frames: Annotated[int | None, typer.Option(min=1, help="End after this many frames.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write one JSON line a frame here; - is stdout.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No live view.")] = False,
    record: Annotated[
        Path | None, typer.Option("--record", help="Record every picture here; play it with --camera replay:FILE.")
    ] = None,
    lossless: Annotated[bool, typer.Option("--lossless", help="Record as PNG: no loss, five times the size.")] = False,
    virtual_camera: Annotated[
        bool, typer.Option("--virtual-camera", help="Show the picture as a camera to other programs (Linux).")
    ] = False,
    virtual_camera_device: Annotated[
        str, typer.Option("--virtual-camera-device", help="On this device, /dev/video9, instead of the first.")
    ] = "",
) -> None:
    """Control a camera without a window, with a live view in the terminal."""
    from autoexposure.cli.headless import run_headless
    from autoexposure.library import make_loop
    from autoexposure.recording.virtual_camera import virtual_camera_sink
    from autoexposure.recording.writer import PictureFormat, recording_sink

    for file in filter(None, (json, record)):
        check_file(file)
    sinks: list[QueuedSink[Consumer]] = []
    if record is not None:
        sinks.append(recording_sink(record, PictureFormat.PNG if lossless else PictureFormat.JPEG))
    if virtual_camera or virtual_camera_device:
        from drivers.v4l2.loopback import open_loopback

        sinks.append(virtual_camera_sink(partial(open_loopback, which=virtual_camera_device)))

    shown = bool(sinks)  # to people: the live view in the terminal is coarser than any picture
    loop = make_loop(
        camera, meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from, preset, shown=shown
    )
    run_headless(loop, seconds=seconds, frames=frames, lines=json, quiet=quiet, sinks=sinks)
