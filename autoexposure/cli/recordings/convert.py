"""The command ``convert``: a recording as a video, or as a WebDataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autoexposure.cli.recordings.replay import RecordingArgument, open_recording
from autoexposure.files.writable import check_file
from autoexposure.process.long_work import NOTHING, LongWork


def convert(
    recording: RecordingArgument,
    out: Annotated[
        Path, typer.Argument(help="The file to write: .mp4, .mkv (without loss), or .tar for a WebDataset.")
    ],
) -> None:
    """Write a recording as a video, or as a WebDataset to train on."""
    from autoexposure.recording.conversion import convert as write

    check_file(out)
    with open_recording(recording) as opened, LongWork(NOTHING) as work:
        done = write(opened, out, work.tell)
    damaged = f", {done.damaged} damaged ones left out" if done.damaged else ""
    typer.echo(f"{done.pictures} pictures written to {out}{damaged}")
