"""The command ``probe``: measure a camera and keep what was found."""

from __future__ import annotations

import json as json_format
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from autoexposure.errors import CameraNotFound, ConfigError
from autoexposure.files.private_files import private
from autoexposure.files.writable import check_file
from autoexposure.process.terminal import console, described

if TYPE_CHECKING:
    from autoexposure.camera import Camera
    from autoexposure.profiles.profile import CameraProfile


def probe(
    camera: Annotated[str, typer.Argument(help="Which camera: v4l2:/dev/video0, ... Empty: the first real one.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the calibration here instead of among your own.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="Draw the measurements here (.png, .svg, .pdf); needs matplotlib."),
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Also write the figures as JSON; - is stdout.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar and no report.")] = False,
) -> None:
    """Measure what a camera's settings really do, and keep it as a calibration that every later run uses.

    It takes one to two minutes. Point the camera at something that stands still, in steady light, with dark and
    bright parts; daylight is better than lamps. Ctrl+C ends it and puts the camera back as it was.
    """
    from autoexposure.probe.measure import probe as measure
    from autoexposure.probe.plot import check_plotting, plot_profile
    from autoexposure.process.ending import Ending
    from autoexposure.profiles.files import profile_path, write_profile

    if plot is not None:
        check_plotting(plot)
        check_file(plot)
    if json is not None:
        check_file(json)
    if out is not None:
        check_file(out, folder_may_be_missing=True)
    screen = console(stderr=True)
    with Ending(farewell=screen.show_cursor) as ending, _opened(camera) as device, _bar(screen, quiet) as bar:
        path = out or profile_path(device.info.stable_id)
        check_file(path, folder_may_be_missing=True)
        task = bar.add_task("opening", total=1.0)
        profile = measure(device, lambda now: bar.update(task, completed=now.done, description=now.doing), ending.told)
        bar.update(task, completed=1.0, description="done")
    write_profile(profile, path)
    if plot is not None:
        plot_profile(profile, plot)
    if json is not None:
        _write_json(profile, json)
    if not quiet:
        _show(screen, profile, path, kept=out is None)


def _opened(camera: str) -> Camera:
    """Open the camera that is meant; without a name a real one, never the simulated one."""
    from autoexposure.family import Kind
    from drivers.discovery import find_family, list_cameras, open_camera

    if camera.strip():
        return open_camera(camera)
    listed = [(info.spec, find_family(info.spec)) for info in list_cameras()]
    real = [spec for spec, family in listed if family is not None and not family.always_listed]
    if not real:
        raise CameraNotFound(
            "no camera is plugged in: plug one in, name one, or try it on the simulated one with "
            "'autoexposure probe sim:light=steady'"
        )
    opened = open_camera() if len(real) > 1 else open_camera(real[0])
    family = find_family(opened.info.spec)
    if family is None or family.kind is not Kind.SIMULATION:
        return opened
    opened.close()
    return open_camera(real[0])  # it raises what is wrong with the camera


def _bar(screen: Console, quiet: bool) -> Progress:
    columns = (described(34), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=screen, disable=quiet or not screen.is_terminal)


def _show(screen: Console, profile: CameraProfile, path: Path, *, kept: bool) -> None:
    from autoexposure.probe.report import report

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for line in report(profile):
        table.add_row(line.what, line.found)
    title = f"{profile.name}, {profile.detail}: measured in {profile.took_s:.0f} s"
    screen.print(title, highlight=False, soft_wrap=True)
    screen.print(table, highlight=False)
    use = "every run with this camera uses it" if kept else "use it with --camera-profile"
    screen.print(f"The calibration is in {path}; {use}.", highlight=False, soft_wrap=True)


def _write_json(profile: CameraProfile, path: Path) -> None:
    import tomllib

    from autoexposure.profiles.storage import to_toml

    figures = tomllib.loads(to_toml(profile))  # the same keys as in the profile
    text = json_format.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    if str(path) == "-":
        sys.stdout.write(text)
        return
    try:
        with open(path, "w", encoding="utf-8", opener=private) as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"{path} can't be written ({error.strerror}): name a file in a folder that exists") from error
