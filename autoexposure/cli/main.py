"""The command line: composition root of everything that runs without a window. Heavy imports stay in their command."""

from __future__ import annotations

import errno
import logging
import os
import sys
import traceback
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from autoexposure import __version__
from autoexposure.cli import experiment as experiment_commands
from autoexposure.cli import feedback as feedback_commands
from autoexposure.cli import personal as personal_commands
from autoexposure.cli import probe as probe_command
from autoexposure.cli import training as training_commands
from autoexposure.errors import AutoexposureError, CameraNotFound, ConfigError, SceneError, Stopped
from autoexposure.files.own_folders import look_after_all
from autoexposure.files.private_files import OTHERS
from autoexposure.files.writable import check_file
from autoexposure.metering.meters import ATTENTION, METERS
from autoexposure.plain_text import plain
from autoexposure.process.terminal import console, never_fail_over_a_letter
from autoexposure.spec_text import quiet_stderr, shown

if TYPE_CHECKING:
    from autoexposure.custody.journal import Entry, Journal
    from autoexposure.recording.sink import Consumer, QueuedSink

log = logging.getLogger(__name__)
app = typer.Typer(
    name="autoexposure",
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    help="Real-time camera exposure control with an attention network. Without a command: the window.",
)


LONGEST_LOGGED = 2000
"""Characters of one line of the log."""


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
    typer.Option("--camera-profile", help="A calibration (see 'probe') to use instead of the camera's own."),
]
MeterFromOption = Annotated[
    str,
    typer.Option(
        "--meter-from",
        help="Only set the camera, whose pictures another program takes, and meter these: a file, a URL or a camera.",
    ),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log more, with tracebacks.")]


def main() -> None:
    """Console script.

    An error becomes one sentence and exit code 2 (how it was called), 1 (anything else) or 128 and the number of the
    signal that ended long work.
    """
    never_fail_over_a_letter()
    os.umask(OTHERS)  # also what libraries write (plots, checkpoints, caches) is for this user alone
    look_after_all()
    with quiet_stderr(sys.argv[1:]):
        _run_command()


def _run_command() -> None:
    try:
        if len(sys.argv) == 1:  # the usual start: reading no options takes typer a quarter of a second
            sys.exit(_open_window())
        app()
    except Stopped as stopped:
        print(f"autoexposure: {stopped}", file=sys.stderr)  # noqa: T201
        sys.exit(128 + stopped.signal)
    except AutoexposureError as error:
        if log.isEnabledFor(logging.DEBUG):
            traceback.print_exc()
        print(f"autoexposure: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2 if isinstance(error, (ConfigError, CameraNotFound, SceneError)) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        _print_no_more()  # whoever read our output is gone
        sys.exit(1)
    except OSError as error:
        if error.errno not in FULL:
            raise
        _print_no_more()
        print(f"autoexposure: what was to be written can't be ({error.strerror}): free some space", file=sys.stderr)  # noqa: T201
        sys.exit(1)


FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""A disk, a share of it or a file takes no more; where no writer says so itself it is the one behind ``>``."""


def _print_no_more() -> None:
    """Send to nowhere what is left to print, which would fail again when the program ends."""
    if sys.stdout is not None:  # closed by whoever started us
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"autoexposure {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def window(
    context: typer.Context,
    camera: CameraOption = "",
    meter: MeterOption = ATTENTION,
    model: ModelOption = None,
    bias: BiasOption = 0.0,
    mains: MainsOption = 0,
    allow_slow_frames: SlowOption = False,
    camera_profile: ProfileOption = None,
    meter_from: MeterFromOption = "",
    verbose: VerboseOption = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Open the window; without a display, the live view in this terminal."""
    if context.invoked_subcommand is not None:
        _log(verbose)
        _hand_on(context, context.invoked_subcommand)
        return
    wishes = camera, meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from
    raise typer.Exit(_open_window(*wishes, verbose=verbose, given=_given(context)))


def _open_window(
    camera: str = "",
    meter: str = ATTENTION,
    model: Path | None = None,
    bias: float = 0.0,
    mains: int = 0,
    allow_slow_frames: bool = False,
    camera_profile: Path | None = None,
    meter_from: str = "",
    *,
    verbose: bool = False,
    given: frozenset[str] = frozenset(),
) -> int:
    """The window, or the terminal where there can't be one; returns the exit code."""
    _log(verbose)
    from gui.platform_check import qt_problem

    if problem := qt_problem():
        print(f"autoexposure: {problem} The live view runs in this terminal instead.", file=sys.stderr)  # noqa: T201
        run(camera, meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from)
        return 0
    from autoexposure.library import make_loop
    from gui.app import run_window

    loop = make_loop(camera, meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from)
    return run_window(loop, model=model, camera=camera, meter=meter, given=given)


def _log(verbose: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_PlainLines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.WARNING, handlers=[handler])


class _PlainLines(logging.Formatter):
    """Log lines without anything a terminal would obey: they quote devices and servers too."""

    def format(self, record: logging.LogRecord) -> str:
        lines = super().format(record).split("\n")
        return "\n".join(
            line[: -len(text)] + plain(text, LONGEST_LOGGED) if (text := line.lstrip()) else "" for line in lines
        )


def _hand_on(context: typer.Context, name: str) -> None:
    """Give options that stand before a command to it, as its defaults: one that stands behind it wins.

    Raises ConfigError for one that the command doesn't take.
    """
    command: Any = context.command
    takes: dict[str, str] = {}  # how it is written (or, for an argument, named) -> the command's own name for it
    for parameter in getattr(command.commands[name], "params", ()):
        takes |= dict.fromkeys((*parameter.opts, parameter.name), parameter.name)
    handed: dict[str, object] = {}
    for parameter in command.params:
        source = context.get_parameter_source(parameter.name)
        if parameter.name in ("verbose", "version") or source is None or source.name != "COMMANDLINE":
            continue
        written = parameter.opts[0]
        if written not in takes and parameter.name not in takes:
            raise ConfigError(f"{written} before '{name}' does nothing, since '{name}' does not take it: leave it out")
        handed[takes.get(written, parameter.name)] = context.params[parameter.name]
    context.default_map = {name: handed}


def _given(context: typer.Context) -> frozenset[str]:
    """What the user asked for on the command line, as against what is simply the default."""
    options = {"camera": "camera", "meter": "meter", "mains": "program", "allow_slow_frames": "program"}
    options |= {"meter_from": "camera", "model": "meter"}  # a network is named to meter by it, whatever metered last
    sources = {name: context.get_parameter_source(name) for name in options}
    # By name: newer typer brings a click of its own, whose sources are none of click's.
    return frozenset(options[name] for name, source in sources.items() if source and source.name == "COMMANDLINE")


@app.command()
def run(
    camera: CameraOption = "",
    meter: MeterOption = ATTENTION,
    model: ModelOption = None,
    bias: BiasOption = 0.0,
    mains: MainsOption = 0,
    allow_slow_frames: SlowOption = False,
    camera_profile: ProfileOption = None,
    meter_from: MeterFromOption = "",
    seconds: Annotated[float | None, typer.Option(min=0, help="End after so long; otherwise at Ctrl+C.")] = None,
    frames: Annotated[int | None, typer.Option(min=1, help="End after so many frames.")] = None,
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

    shown = bool(sinks)  # the live view in the terminal is coarser than any picture
    loop = make_loop(camera, meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from, shown=shown)
    run_headless(loop, seconds=seconds, frames=frames, lines=json, quiet=quiet, sinks=sinks)


@app.command("list")
def list_() -> None:
    """Name the cameras that can be opened, and what they can do."""
    from autoexposure.profiles.lookup import known_in_words
    from drivers.discovery import families, find_family, list_cameras

    table = Table("open with", "camera", "detail", box=None, header_style="bold", pad_edge=False)
    found = list_cameras()
    for info in found:
        detail = "; ".join(filter(None, (info.detail, known_in_words(info))))
        table.add_row(shown(info.spec), info.name, detail)
    console().print(table)
    if all((family := find_family(info.spec)) is not None and family.always_listed for info in found):
        typer.echo("\nNo camera is plugged in. Those above always work; others are opened by name:", err=True)
        for family in families():
            if family.list is None and family.hint:
                typer.echo(f"  {plain(family.hint)}", err=True)


@app.command()
def restore() -> None:
    """Put cameras right that an earlier run could not put back (killed, power lost, unplugged)."""
    from autoexposure.custody.journal import Journal
    from autoexposure.process.ending import Ending

    journal = Journal()
    with Ending() as ending:
        entries = journal.entries()
        set_aside = journal.take_notices()
        failed = bool(set_aside)
        for notice in set_aside:
            typer.echo(plain(notice, LONGEST_LOGGED))
        for entry in entries:
            if ending.told():
                typer.echo("The rest was not looked at.")
                raise typer.Exit(1)
            said, done = _put_back(entry, journal)
            failed = failed or not done
            typer.echo(plain(f"{entry.name} {said}", LONGEST_LOGGED))  # a note is a file that anybody may have written
    if not (entries or set_aside):
        typer.echo("Nothing left to put back.")
    if failed:
        raise typer.Exit(1)


def _put_back(entry: Entry, journal: Journal) -> tuple[str, bool]:
    """Put one camera right, unless a program has it; what became of it in words, and whether it is right."""
    from autoexposure.errors import CameraError
    from drivers.discovery import open_camera, open_same

    try:
        with closing(journal.lock(entry.info)):
            if journal.find(entry.stable_id) is None:
                return "was put back by another program meanwhile", True
            with open_same(entry.info, partial(open_camera, entry.spec)) as camera:
                if camera.info.stable_id == entry.stable_id and journal.put_back(camera):
                    return "is as it was again", True
            return f"is not at {shown(entry.spec)} any more; plug it in where it was", False
    except (CameraError, ConfigError) as error:  # the latter for a family whose plug-in is gone: the others go on
        return f"could not be put back: {error}", False


app.command()(probe_command.probe)
app.command()(training_commands.pretrain)
app.command()(training_commands.ablation)
app.command()(training_commands.export)
app.command()(training_commands.quantise)
app.command()(training_commands.evaluate)
app.command()(personal_commands.personalise)
app.command()(experiment_commands.experiment)
app.add_typer(feedback_commands.app)


@app.command()
def bench(
    model: ModelOption = None,
    rounds: Annotated[int, typer.Option(min=10, help="Calls of each.")] = 200,
    photos: Annotated[
        list[Path] | None, typer.Option("--photos", help="Measure training instead, on the photographs of this folder.")
    ] = None,
) -> None:
    """Time one decision of every meter here, as ratios measured in one run; or what training would cost."""
    if photos:
        training_commands.bench_training(photos)
        return
    import numpy as np

    from autoexposure.evaluation.bench import bench as measure
    from autoexposure.library import make_meter

    policies = {name: make_meter(name, model) for name in METERS}
    pixels = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    table = Table("640x480", "median", "p99", "share of a frame at 30/s", "x preview", box=None, header_style="bold")
    for row in measure(policies, pixels, rounds):
        table.add_row(
            row.name,
            f"{row.median_s * 1e3:.2f} ms",
            f"{row.p99_s * 1e3:.2f} ms",
            f"{row.share_of_frame:.1%}",
            f"{row.against_preview:.1f}",
        )
    console().print(table)
