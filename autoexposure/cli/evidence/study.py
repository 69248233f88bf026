"""The commands ``study ...``: make a blind study of pairs, ask people, report what they said."""

from __future__ import annotations

import json as json_format
import random
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from autoexposure.errors import ConfigError
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.writable import check_file, check_folder
from autoexposure.plain_text import plain
from autoexposure.process.terminal import console

app = typer.Typer(
    name="study",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="A blind study with people: which exposure of a pair is better?",
)

NAMED = 10
"""How many pictures without a partner are named; more would push the count off the screen."""

FolderArgument = Annotated[Path, typer.Argument(help="The folder of the study.")]


@app.command()
def make(
    folder: FolderArgument,
    ours: Annotated[
        Path | None,
        typer.Option(help="Pictures exposed by autoexposure; else the pairs kept in the window's comparison."),
    ] = None,
    native: Annotated[
        Path | None, typer.Option(help="Pictures of the same names, exposed by the camera's own automatic.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Draws order and sides for every person; else drawn and noted.")
    ] = None,
) -> None:
    """Make a study of two folders whose pictures have the same names, or of the pairs kept in the window."""
    from autoexposure.study.pairs import make_study, pairs_folder

    if (ours is None) != (native is None):
        raise ConfigError("--ours and --native belong together: give both, or neither for the pairs of the window")
    if ours is None or native is None:
        ours, native = pairs_folder() / "ours", pairs_folder() / "native"
        if not ours.is_dir():
            raise ConfigError(
                "no pairs were kept in the window's comparison yet: keep some, or give --ours and --native"
            )
    check_folder(folder)
    made = make_study(folder, ours, native, random.SystemRandom().getrandbits(32) if seed is None else seed)
    typer.echo(f"{len(made.study.pairs)} pairs, seed {made.study.seed}: {plain(folder)}")
    if made.alone:
        named = ", ".join(map(plain, made.alone[:NAMED])) + (", …" if len(made.alone) > NAMED else "")
        typer.echo(f"{len(made.alone)} pictures have no partner of their name and are left out: {named}", err=True)


@app.command()
def run(
    folder: FolderArgument,
    person: Annotated[str, typer.Option("--person", help="Who answers; the same name goes on where it stopped.")],
) -> None:
    """Ask a person about every pair in a window: left, right or equally good. Close it and go on at any time."""
    from autoexposure.study.pairs import open_study
    from autoexposure.study.verdicts import VerdictStore, check_person, still_to_show
    from gui.platform_check import qt_problem

    person = check_person(person)
    study, store = open_study(folder), VerdictStore(folder)
    verdicts, _ = store.read()
    left = len(still_to_show(study, person, verdicts))
    if left:
        if problem := qt_problem():
            raise ConfigError(f"{problem.rstrip('.')}: run the study where a window can be opened")
        from gui.app import make_application
        from gui.comparison.study_window import run_study
        from gui.style.theme import Theme

        application = make_application()
        run_study(application, Theme(application), study, person, store)
        verdicts, _ = store.read()
        left = len(still_to_show(study, person, verdicts))
    answered = len(study.pairs) - left
    more = "; the same command goes on" if left else ""
    typer.echo(f"{person}: {answered} of {len(study.pairs)} pairs answered{more}")


@app.command()
def report(
    folder: FolderArgument,
    html: Annotated[Path | None, typer.Option(help="Also write a report here that loads nothing else.")] = None,
    png: Annotated[Path | None, typer.Option(help="Also draw the paper's Figure 13 here.")] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures here; - prints them alone.")
    ] = None,
) -> None:
    """Say what people preferred: percentages with intervals, their mean, and a sign test."""
    from autoexposure.study.chart import chart, check_drawing
    from autoexposure.study.pairs import open_study
    from autoexposure.study.report import COLUMNS, rows, sentences
    from autoexposure.study.report import html as page
    from autoexposure.study.result import evaluate
    from autoexposure.study.verdicts import VerdictStore

    study = open_study(folder)
    for path in filter(None, (html, png, json)):
        check_file(path)
    if html is not None or png is not None:
        check_drawing()
    verdicts, damaged = VerdictStore(folder).read()
    if not verdicts:
        raise ConfigError(f"nobody has answered yet: ask people with 'autoexposure study run {plain(folder)}'")
    result = evaluate(study, verdicts)
    drawn = chart(result) if html is not None or png is not None else b""
    if png is not None:
        _write(png, drawn)
    if html is not None:
        _write(html, page(result, damaged, drawn))
    figures = json_format.dumps(result.as_json() | {"damaged": damaged}, indent=1) + "\n"
    if json is not None and str(json) != "-":
        _write(json, figures)
    if str(json) == "-":
        typer.echo(figures, nl=False)
        return
    table = Table(*COLUMNS, box=None, header_style="bold")
    for row in rows(result):
        table.add_row(*map(plain, row))
    console().print(table)
    for sentence in sentences(result, damaged):
        typer.echo(plain(sentence, len(sentence)))


def _write(path: Path, content: str | bytes) -> None:
    try:
        atomic_write(path, content)
    except OSError as error:
        raise ConfigError(f"{plain(path)} can't be written ({error.strerror}): name another file") from error
