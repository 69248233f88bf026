"""The commands ``list``, ``controls`` and ``restore``: cameras, what they have, and those that were left changed."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import typer
from rich.table import Column, Table

from autoexposure.cli.options import CameraOption
from autoexposure.errors import CameraError, ConfigError
from autoexposure.plain_text import LONGEST_LINE, plain
from autoexposure.process.terminal import console
from autoexposure.spec_text import shown

if TYPE_CHECKING:
    from autoexposure.custody.journal import Entry, Journal


def list_() -> None:
    """List the cameras that can be opened, and what they can do."""
    from autoexposure.profiles.lookup import known_in_words
    from drivers.discovery import families, find_family, list_cameras

    table = Table("open with", "camera", "detail", box=None, header_style="bold", pad_edge=False)
    found = list_cameras()
    for info in found:
        detail = info.trouble or "; ".join(filter(None, (info.detail, known_in_words(info))))
        table.add_row(shown(info.spec), info.name, detail)
    console().print(table)
    real = [info for info in found if (family := find_family(info.spec)) is None or not family.always_listed]
    if all(info.trouble for info in real):
        none = "No camera here can be used" if real else "No camera is plugged in"
        typer.echo(f"\n{none}. The simulated ones above always work; others are opened by name:", err=True)
        for family in families():
            if family.list is None and family.hint:
                typer.echo(f"  {plain(family.hint)}", err=True)


def controls(camera: CameraOption = "") -> None:
    """List what can be set on a camera beside its exposure: white balance, focus, tone."""
    from autoexposure.abilities.abilities import Abilities
    from drivers.common.controls_only import CONTROLS
    from drivers.discovery import open_camera

    with open_camera(f"{CONTROLS}:{camera}") as opened:  # some firmware resets them when a stream starts
        adjustments = Abilities(opened).adjustments()
        name = opened.info.name
    if not adjustments:
        typer.echo(plain(f"{name} has no controls beside its exposure."))
        return
    table = Table(Column("control", no_wrap=True), "is", "can be", "default", "", box=None, pad_edge=False)
    table.header_style = "bold"
    for each in adjustments:
        default = each.value_text(each.default) if each.default is not None else ""
        held = "" if each.active else "automatic now"
        table.add_row(each.name, each.value_text(each.value), each.range_text, default, held)
    console().print(table)
    typer.echo("\n'autoexposure run --set NAME=VALUE' sets them while it runs, and puts them back.", err=True)


def restore() -> None:
    """Restore cameras that an earlier run could not put back (killed, power lost, unplugged)."""
    from autoexposure.custody.journal import Journal
    from autoexposure.process.ending import Ending

    journal = Journal()
    with Ending() as ending:
        entries = journal.entries()
        failed = _say_set_aside(journal)
        nothing = not (entries or failed)
        for entry in entries:
            if ending.told():
                typer.echo("The other cameras were not looked at.")
                raise typer.Exit(1)
            said, done = _put_back(entry, journal)
            failed = _say_set_aside(journal) or failed or not done
            typer.echo(plain(f"{entry.name} {said}", LONGEST_LINE))  # other programs can write notes too
    if nothing:
        typer.echo("Nothing left to put back.")
    if failed:
        raise typer.Exit(1)


def _say_set_aside(journal: Journal) -> bool:
    """Print which notes could not be used since the last call; return whether there were any."""
    notices = journal.take_notices()
    for notice in notices:
        typer.echo(plain(notice, LONGEST_LINE))
    return bool(notices)


def _put_back(entry: Entry, journal: Journal) -> tuple[str, bool]:
    """Put one camera back unless a program uses it; return what happened, in words, and whether it is as it was."""
    from drivers.discovery import open_camera, open_same

    try:
        with closing(journal.lock(entry.info)):
            if journal.find(entry.stable_id) is None:
                return "was put back by another program meanwhile", True
            with open_same(entry.info, partial(open_camera, entry.spec)) as camera:
                if entry.stable_id in (camera.info.stable_id, camera.info.former_id) and journal.put_back(camera):
                    return "is as it was again", True
            return f"is no longer at {shown(entry.spec)}: plug it in where it was", False
    except (CameraError, ConfigError) as error:  # ConfigError: its family's plug-in is gone; go on with the others
        return f"could not be put back: {error}", False
