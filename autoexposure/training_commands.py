"""The command line of training: pretrain, export, evaluate. Part of the composition root, like cli.py."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from autoexposure.errors import ConfigError

if TYPE_CHECKING:
    from models.report import Report

PhotosOption = Annotated[list[Path], typer.Option("--photos", help="A folder of photographs; may be given again.")]
SubjectsOption = Annotated[
    list[Path] | None,
    typer.Option("--subjects", help="A folder of photographs X.jpg with masks X.mask.png of their subject."),
]
HdrOption = Annotated[
    list[Path] | None,
    typer.Option("--hdr", help="A folder of scenes in linear light (.exr, .hdr); may be given again."),
]


def pretrain(
    photos: PhotosOption,
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and the log.")],
    subjects: SubjectsOption = None,
    hdr: HdrOption = None,
    init: Annotated[Path | None, typer.Option(help="SqueezeNet 1.0 weights (.npz) to start from.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Batches to train for.")] = 12000,
    minutes: Annotated[float | None, typer.Option(help="Time to train for, if that is shorter.")] = None,
    batch: Annotated[int, typer.Option(min=1, help="Photographs in a batch.")] = 32,
    seed: Annotated[int, typer.Option(help="What chance starts from.")] = 1,
    paper: Annotated[
        bool, typer.Option("--paper", help="Train by the paper's recipe: SGD, halved every 15 epochs.")
    ] = False,
) -> None:
    """Train the network on photographs; killed and started again, it goes on where it was."""
    require_torch("pretrain")
    from models.pretrain import PretrainConfig, TrainingReport
    from models.pretrain import pretrain as train
    from models.training_log import FILE_LIST, read_file_list

    config = PretrainConfig(
        photos=tuple(photos),
        subjects=tuple(subjects or ()),
        hdr=tuple(hdr or ()),
        out=out,
        init=init,
        resume=True,
        steps=steps,
        minutes=minutes,
        batch=batch,
        seed=seed,
        recipe="paper" if paper else "default",
    )
    console = Console(stderr=True)
    with progress_bar(console) as bar:
        task = bar.add_task("looking at the photographs", total=1.0)

        def tell(report: TrainingReport) -> None:
            words = "shrinking photographs"
            if report.stage == "training":
                error = "" if report.train_error_ev is None else f", error {report.train_error_ev:.3f} EV"
                checked = report.validation_error_ev
                words = f"step {report.step}{error}" + ("" if checked is None else f", validation {checked:.3f} EV")
            bar.update(task, completed=report.fraction, description=words)

        folder = train(config, tell)
    used, refused = read_file_list(folder / FILE_LIST)
    console.print(f"{used} files used")
    _say_refused(console, [(file.path, file.reason) for file in refused])
    console.print(f"Done. Now: autoexposure export {folder} --out my.onnx")


def export(
    run: Annotated[Path, typer.Argument(help="The folder that pretrain wrote.")],
    out: Annotated[Path, typer.Option(help="The .onnx file to write; weights and a note with its hash go beside it.")],
) -> None:
    """Turn a training run into a model file that the program can use."""
    require_torch("export")
    from models.export import export_checkpoint

    exported = export_checkpoint(run, out)
    typer.echo(f"{exported.onnx} differs from the trained network by at most {exported.parity_ev:.1e} EV")
    typer.echo(f"sha256 {exported.sha256}")


def evaluate(
    model: Annotated[Path, typer.Argument(help="The .onnx file to judge.")],
    photos: PhotosOption,
    subjects: SubjectsOption = None,
    part: Annotated[str, typer.Option(help="Part of the split: test, validation or train.")] = "test",
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures here as well.")] = None,
) -> None:
    """Measure a model on photographs it was not trained on, with classical meters in the same table."""
    from models.evaluate import EvaluateConfig
    from models.evaluate import evaluate as measure

    if part not in ("train", "validation", "test"):
        raise ConfigError(f"--part is train, validation or test, given {part!r}")
    console = Console()
    config = EvaluateConfig(photos=tuple(photos), subjects=tuple(subjects or ()), part=part)  # type: ignore[arg-type]
    with progress_bar(Console(stderr=True)) as bar:
        task = bar.add_task("evaluating", total=1.0)
        report = measure(model, config, lambda fraction: bar.update(task, completed=fraction))
    if json is not None:
        try:
            json.write_text(json_format.dumps(report.as_json(), indent=1) + "\n")
        except OSError as error:
            raise ConfigError(
                f"{json} can't be written ({error.strerror}): name a file in a folder that exists"
            ) from error
    _say_report(console, report)


def _say_report(console: Console, report: Report) -> None:
    table = Table("mean absolute error, EV", "ladder", "at -2", "at 0", "at +2", box=None, header_style="bold")
    for name, error in {"this model": report.ladder, **report.baselines}.items():
        steps = (f"{error.mae_per_step[key]:.3f}" for key in ("-2.0", "+0.0", "+2.0"))
        table.add_row(name, f"{error.mae_ev:.3f}", *steps)
    console.print(f"{report.photographs} photographs and {report.subjects} subjects of the {report.part} part")
    console.print(table)
    if report.attention is not None:
        mass, area = report.attention.mass_on_subject, report.attention.area_of_subject
        console.print(f"attention on the subject {mass:.1%}, area of the subject {area:.1%}")
    if report.subject_error_ev:
        table = Table("backlit subjects, EV off where it settles", "median", "p90", box=None, header_style="bold")
        for name, off in report.subject_error_ev.items():
            table.add_row(name, f"{off.median:.2f}", f"{off.p90:.2f}")
        console.print(table)
    _say_refused(console, [(refused.path, refused.reason) for refused in report.refused])


def _say_refused(console: Console, refused: list[tuple[Path, str]]) -> None:
    """Name files that could not be used; look-alikes are many and ordinary, so they are only counted."""
    odd = [(path, reason) for path, reason in refused if "like" not in reason]
    for path, reason in odd[:20]:
        console.print(f"  not used: {path.name}: {reason}", highlight=False)
    more = f", {len(odd) - 20} more not named here" if len(odd) > 20 else ""
    console.print(f"{len(odd)} files refused{more}, {len(refused) - len(odd)} look-alikes left out")


def progress_bar(console: Console) -> Progress:
    """A bar with the time left."""
    columns: list[Any] = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()]
    return Progress(*columns, TextColumn("left"), TimeRemainingColumn(), console=console)


def require_torch(command: str) -> None:
    """Raise ConfigError unless the training packages are installed."""
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise ConfigError(
            f"'{command}' needs the training packages: install them with .venv/bin/pip install -e '.[learn]'"
        )
