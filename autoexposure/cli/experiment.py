"""The command ``experiment``: the paper's experiments, repeated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from autoexposure.cli.options import ANY_LICENCE, FREE_LICENCE, LicenceOption, MasksOption, RewardOption
from autoexposure.cli.training import require_torch
from autoexposure.errors import ConfigError
from autoexposure.feedback.reward import FIGURE_6, RewardConfig
from autoexposure.files.writable import check_file, check_folder
from autoexposure.process.long_work import EVERYTHING, LongWork
from autoexposure.process.terminal import console

if TYPE_CHECKING:
    from models.experiments.run import Ran
    from models.experiments.study import StudyConfig


def experiment(
    name: Annotated[
        str,
        typer.Argument(help="table3 to 6, figure7 to 9, bracket, native, clicks, people, prior, personalise; tables."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for results; run again with the same folder, it goes on.")],
    photos: Annotated[list[Path] | None, typer.Option("--photos", help="A folder of photographs; may repeat.")] = None,
    subjects: Annotated[
        list[Path] | None, typer.Option("--subjects", help="A folder of photographs X.jpg with masks X.mask.png.")
    ] = None,
    masks: MasksOption = None,
    hdr: Annotated[
        list[Path] | None, typer.Option("--hdr", help="A folder of HDR scenes, for bracket; may be given again.")
    ] = None,
    licence: LicenceOption = ANY_LICENCE,
    fivek: Annotated[Path | None, typer.Option("--fivek", help="MIT-Adobe FiveK, instead of simulated people.")] = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="The base model (.onnx) instead of the one that ships.")
    ] = None,
    init: Annotated[Path | None, typer.Option(help="SqueezeNet weights (.npz) for training from scratch.")] = None,
    reward: RewardOption = FIGURE_6,
    size: Annotated[str, typer.Option("--size", help="full, small for a quick trial, or converged: a day.")] = "full",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
    json: Annotated[Path | None, typer.Option("--json", help="Also write the figures here.")] = None,
) -> None:
    """Repeat an experiment of the paper: tables and figures of attention and personalisation, with their sizes."""
    require_torch("experiment")
    if size not in ("small", "full", "converged"):
        raise ConfigError(f"--size is small, full or converged, given {size!r}")
    check_folder(out)
    if json is not None:
        check_file(json)
    from models.experiments.run import experiments, run_experiment
    from models.experiments.study import StudyConfig

    config = StudyConfig(
        out=out,
        photos=tuple(photos or ()),
        subjects=tuple(subjects or ()),
        masks=tuple(masks or ()),
        hdr=tuple(hdr or ()),
        free_only=licence == FREE_LICENCE,
        fivek=fivek,
        init=init,
        reward=RewardConfig(name=reward),
        size=size,  # type: ignore[arg-type]  # checked above, which narrows no str
        threads=threads,
    )
    if model is not None:
        config = replace(config, model=model)
    names = experiments(name)
    if json is not None and len(names) > 1:
        raise ConfigError(f"{name} is several experiments, whose figures lie in --out: leave out --json")
    for each in names:
        with LongWork(EVERYTHING) as work:
            ran = run_experiment(each, config, json, work.tell)
        _show(each, ran, config)


def _show(name: str, ran: Ran, config: StudyConfig) -> None:
    head, *rows = ran.outcome.table
    table = Table(*head, box=None, header_style="bold")
    for row in rows:
        table.add_row(*row)
    sizes = config.sizes
    shown = console()
    shown.print(
        f"{name}, {config.size}: {ran.world.people}; {len(ran.world.train)} pictures to learn from,"
        f" {len(ran.world.test)} measured on, {sizes.steps} steps of {sizes.batch}"
        f" ({sizes.scratch_steps} from scratch), {sizes.each}",
        highlight=False,
    )
    shown.print(table)
    shown.print(ran.outcome.summary, highlight=False)
