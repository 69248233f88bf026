"""The command ``replay``: a recording as it would have been under other laws of exposure."""

from __future__ import annotations

import json as json_format
import shlex
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from autoexposure import __version__
from autoexposure.cli.options import ModelOption
from autoexposure.errors import ConfigError, RecordingError
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.writable import check_file
from autoexposure.process.long_work import NOTHING, LongWork
from autoexposure.process.terminal import console

if TYPE_CHECKING:
    from autoexposure.evaluation.replaying.figures import Outcome
    from autoexposure.evaluation.replaying.footage import Footage
    from autoexposure.recording.reader import Recording
    from autoexposure.response import ResponseCurve

USUAL_LAWS = "attention,matrix"

RecordingArgument = Annotated[Path, typer.Argument(help="A recording: 'run --record' and R in the window make them.")]


def replay(
    recording: RecordingArgument,
    laws: Annotated[
        str,
        typer.Option("--laws", help="Under these, with commas between; 'bench loop --laws list' names all."),
    ] = USUAL_LAWS,
    model: ModelOption = None,
    delay: Annotated[
        int | None,
        typer.Option("--delay", min=0, max=30, help="Frames by which settings show late, if not as recorded."),
    ] = None,
    camera_profile: Annotated[
        Path | None,
        typer.Option("--camera-profile", help="A calibration (see 'probe') whose response curve is used."),
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Also write the figures and curves here.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also write a report here, one page.")] = None,
) -> None:
    """Play a recording as it would have been under other laws of exposure, its pictures re-exposed."""
    from autoexposure.evaluation.replaying.figures import as_recorded, replay
    from autoexposure.evaluation.replaying.footage import look_through
    from autoexposure.evaluation.side_by_side.contest import chosen, contenders
    from autoexposure.library import make_meter
    from autoexposure.metering.meters import ATTENTION

    for file in (json, html):
        if file is not None:
            check_file(file)
    names = [name.strip() for name in laws.split(",") if name.strip()]
    if not names:
        raise ConfigError("--laws names no law: leave it out, or give some, as --laws attention,matrix")
    wanted = chosen(contenders(partial(make_meter, ATTENTION, model)), names)
    with open_recording(recording) as opened, LongWork(NOTHING) as work:
        footage = look_through(opened, _response(opened, camera_profile), delay, work.tell)
        outcomes = [as_recorded(footage)]
        for number, law in enumerate(wanted):
            work.tell(law.label, number / len(wanted))
            outcomes.append(replay(footage, law))
        _say(footage, outcomes)
        if json is not None:
            _write(json, json_format.dumps(_as_json(footage, outcomes)) + "\n", "--json")
        if html is not None:
            from autoexposure.evaluation.replaying.page import page

            _write(html, page(f"autoexposure {shlex.join(sys.argv[1:])}", footage, outcomes), "--html")


def open_recording(path: Path) -> Recording:
    """Open a recording that the command line names. Raises ConfigError if it is not there, RecordingError."""
    from autoexposure.recording.reader import Recording

    if not path.is_file():
        raise ConfigError(f"there is no recording {path}: make one with 'autoexposure run --record FILE'")
    return Recording(path)


def _response(recording: Recording, file: Path | None) -> ResponseCurve:
    """The curve of the calibration that is given, else of the camera's own, else sRGB."""
    from autoexposure.camera import CameraInfo
    from autoexposure.profiles.files import known_path, read_profile
    from autoexposure.response import srgb

    if file is None and recording.camera_id:
        file = known_path(CameraInfo("", recording.camera_name, recording.camera_id))
    measured = read_profile(file).response if file is not None else None
    return measured or srgb()


def _as_json(footage: Footage, outcomes: Sequence[Outcome]) -> dict[str, object]:
    pictures = footage.pictures
    return {
        "version": __version__,
        "recording": footage.recording.path.name,
        "camera": footage.recording.camera_name,
        "pictures": len(pictures),
        "left_out": footage.left_out,
        "inferred": sum(not taken.reported for taken in pictures),
        "delay_frames": footage.delay_frames,
        "delay_from": footage.delay_from,
        "response": footage.response.name,
        "changes_s": [pictures[index].at_s for index in footage.changes],
        "at_s": [taken.at_s for taken in pictures],
        "light_ev": [taken.light_ev for taken in pictures],
        "laws": {outcome.name: outcome.as_json() for outcome in outcomes},
    }


def _say(footage: Footage, outcomes: Sequence[Outcome]) -> None:
    from autoexposure.evaluation.replaying.page import COLUMNS, cells, sentences

    screen = console()
    table = Table("law", box=None, header_style="bold", padding=(0, 1, 0, 0))
    for title in COLUMNS:
        table.add_column("\n".join(title.split()), justify="right")
    for outcome in outcomes:
        table.add_row(outcome.name, *cells(outcome))
    screen.print(table)
    for sentence in sentences(footage):
        screen.print(sentence, highlight=False)


def _write(path: Path, text: str, option: str) -> None:
    try:
        atomic_write(path, text)
    except OSError as error:
        raise RecordingError(f"{path} can't be written ({error.strerror}): name another place with {option}") from error
