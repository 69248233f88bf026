"""The console script: its options before any command, how errors become exit codes, and the list of all commands.

A new command is a function in a file of this folder and a line at the end of this one. Heavy imports stay inside the
command that needs them.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from autoexposure import __version__
from autoexposure.cli import bench, cameras, evaluate, experiment, feedback, personal, preset, probe, training
from autoexposure.cli.benchmarks.loop import loop as bench_loop
from autoexposure.cli.evidence import study
from autoexposure.cli.evidence.figures import figures
from autoexposure.cli.options import (
    BiasOption,
    CamerasOption,
    MainsOption,
    MatchOption,
    MeterFromOption,
    MeterOption,
    ModelOption,
    MotionOption,
    PresetOption,
    ProfileOption,
    SlowOption,
    VerboseOption,
    chosen_cameras,
    chosen_match,
    hand_on,
)
from autoexposure.cli.photographs.bracket import bracket
from autoexposure.cli.photographs.still import still
from autoexposure.cli.recordings.convert import convert
from autoexposure.cli.recordings.replay import replay
from autoexposure.cli.run import run
from autoexposure.errors import AutoexposureError, CameraNotFound, ConfigError, SceneError, Stopped
from autoexposure.files.own_folders import look_after_all
from autoexposure.files.private_files import OTHERS
from autoexposure.metering.meters import ATTENTION
from autoexposure.plain_text import LONGEST_LINE, plain
from autoexposure.process.ending import SIGNALLED
from autoexposure.process.terminal import never_fail_over_a_letter
from autoexposure.spec_text import quiet_stderr

log = logging.getLogger(__name__)
app = typer.Typer(
    name="autoexposure",
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    help="Real-time camera exposure control with an attention network. Without a command: the window.",
)


def main() -> None:
    """Run the console script.

    An error becomes one sentence and an exit code: 2 for a wrong call, 1 for anything else, and 128 plus the number of
    the signal that ended long work.
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
        sys.exit(SIGNALLED + stopped.signal)
    except AutoexposureError as error:
        if log.isEnabledFor(logging.DEBUG):
            traceback.print_exc()
        print(f"autoexposure: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2 if isinstance(error, (ConfigError, CameraNotFound, SceneError)) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        _print_no_more()  # the reader of our output is gone
        sys.exit(1)
    except OSError as error:
        if error.errno not in FULL:
            raise
        _print_no_more()
        print(f"autoexposure: the output can't be written ({error.strerror}): free some space", file=sys.stderr)  # noqa: T201
        sys.exit(1)


FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""The disk, the quota or the file is full. Writers of files report it themselves; here it is the one behind ``>``."""


def _print_no_more() -> None:
    """Discard what is left to print, which would fail again when the program ends."""
    if sys.stdout is not None:  # None: the parent process closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"autoexposure {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def window(
    context: typer.Context,
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
    motion: MotionOption = None,
    verbose: VerboseOption = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Open the window; without a display, the live view in this terminal."""
    if context.invoked_subcommand is not None:
        _log(verbose)
        hand_on(context, context.invoked_subcommand)
        return
    arguments = camera, meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from, preset, match
    raise typer.Exit(_open_window(*arguments, motion=motion, verbose=verbose, given=_given(context)))


def _open_window(
    camera: list[str] | None = None,
    meter: str | None = None,
    model: Path | None = None,
    bias: float | None = None,
    mains: int | None = None,
    allow_slow_frames: bool = False,
    camera_profile: Path | None = None,
    meter_from: str = "",
    preset: str = "",
    match: str | None = None,
    *,
    motion: str | None = None,
    verbose: bool = False,
    given: frozenset[str] = frozenset(),
) -> int:
    """Open the window, or the live view where there can't be one; return the exit code."""
    _log(verbose)
    from gui.platform_check import qt_problem

    if problem := qt_problem():
        print(f"autoexposure: {problem} The live view runs in this terminal instead.", file=sys.stderr)  # noqa: T201
        arguments = camera, meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from, preset, match
        run(*arguments, motion=motion)
        return 0
    from autoexposure.library import make_loop
    from autoexposure.motion.trade import Motion
    from autoexposure.presets.preset import Beside
    from autoexposure.presets.shelf import use_preset
    from gui.app import run_window

    cameras = chosen_cameras(camera)
    if len(cameras) > 1 and meter_from:
        raise ConfigError("--meter-from is for one camera: leave it out, or name one camera")
    matching = chosen_match(match, cameras, motion)
    rules = (meter, model, bias, mains, allow_slow_frames, camera_profile, meter_from)
    loops = [make_loop(one, *rules, match=matching, motion=motion) for one in cameras]
    beside = Beside(bias, meter, mains, allow_slow_frames, motion=Motion(motion) if motion else None)
    begin = partial(use_preset, preset, beside=beside) if preset else None
    return run_window(*loops, model=model, cameras=cameras, meter=meter or ATTENTION, given=given, begin=begin)


def _log(verbose: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_PlainLines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.WARNING, handlers=[handler])


class _PlainLines(logging.Formatter):
    """Log lines stripped of terminal control sequences, since they quote devices and servers."""

    def format(self, record: logging.LogRecord) -> str:
        lines = super().format(record).split("\n")
        return "\n".join(
            line[: -len(text)] + plain(text, LONGEST_LINE) if (text := line.lstrip()) else "" for line in lines
        )


def _given(context: typer.Context) -> frozenset[str]:
    """Name what the user asked for on the command line, as against the defaults."""
    options = {"camera": "camera", "meter": "meter", "mains": "program", "allow_slow_frames": "program"}
    options |= {"motion": "program", "meter_from": "camera", "model": "meter"}  # who names a network wants it to meter
    sources = {name: context.get_parameter_source(name) for name in options}
    # By name: newer typer brings a click of its own, whose sources are none of click's.
    return frozenset(options[name] for name, source in sources.items() if source and source.name == "COMMANDLINE")


benchmarks = typer.Typer(name="bench", rich_markup_mode=None)
benchmarks.callback(invoke_without_command=True)(bench.bench)
benchmarks.command("loop")(bench_loop)

app.command()(run)
app.command()(still)
app.command()(bracket)
app.command()(replay)
app.command()(convert)
app.command("list")(cameras.list_)
app.command()(cameras.controls)
app.command()(cameras.restore)
app.command()(probe.probe)
app.command()(training.pretrain)
app.command()(training.ablation)
app.command()(training.export)
app.command()(training.doubt)
app.command()(evaluate.quantise)
app.command()(evaluate.evaluate)
app.command()(personal.personalise)
app.command()(experiment.experiment)
app.add_typer(benchmarks)
app.add_typer(feedback.app)
app.add_typer(preset.app)
app.add_typer(study.app)
app.command()(figures)
