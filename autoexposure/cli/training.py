"""The command line of training: pretrain, export, evaluate. Part of the composition root, like cli.py."""

from __future__ import annotations

import json as json_format
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.console import Console
from rich.table import Table

from autoexposure.errors import ConfigError
from autoexposure.extras import first_missing, not_installed
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.writable import check_file, check_folder
from autoexposure.plain_text import plain
from autoexposure.process.long_work import EVERYTHING, NOTHING, LongWork, Tell
from autoexposure.process.terminal import console

if TYPE_CHECKING:
    from models.data.photo_files import Part
    from models.evaluation.closed_loop import ClosedLoop
    from models.evaluation.report import Report
    from models.training.pretrain import Callback, TrainingReport

PhotosOption = Annotated[list[Path], typer.Option("--photos", help="A folder of photographs; may be given again.")]
SubjectsOption = Annotated[
    list[Path] | None,
    typer.Option("--subjects", help="A folder of photographs X.jpg with masks X.mask.png of their subject."),
]
HdrOption = Annotated[
    list[Path] | None,
    typer.Option("--hdr", help="A folder of scenes in linear light (.exr, .hdr); may be given again."),
]

PartOption = Annotated[
    str, typer.Option("--part", help="Photographs to judge on: test; validation where a setting is chosen; or train.")
]
ThreadsOption = Annotated[
    int, typer.Option("--threads", min=1, help="CPU threads; one fewer leaves the machine usable.")
]


def _chosen(part: str) -> Part:
    from models.data.photo_files import PARTS

    if part not in PARTS:
        raise ConfigError(f"--part is one of {', '.join(PARTS)}, given {part!r}")
    return part


def pretrain(
    photos: PhotosOption,
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and the log.")],
    subjects: SubjectsOption = None,
    hdr: HdrOption = None,
    init: Annotated[
        Path | None, typer.Option(help="SqueezeNet 1.0 weights (.npz) to start from, or a model (.onnx) to train on.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Batches to train for.")] = 8000,
    rate: Annotated[float, typer.Option(help="Learning rate at its highest; less to train a model on.")] = 5e-4,
    relit: Annotated[
        tuple[float, float], typer.Option(help="Share of relit subjects, of pictures drawn: at the start, at the end.")
    ] = (0.4, 0.1),
    guidance: Annotated[
        tuple[float, float],
        typer.Option(help="How strongly attention is drawn to known subjects: at the start, at the end."),
    ] = (0.5, 0.05),
    minutes: Annotated[float | None, typer.Option(help="Time to train for, if that is shorter.")] = None,
    batch: Annotated[int, typer.Option(min=1, help="Photographs in a batch.")] = 32,
    seed: Annotated[int, typer.Option(help="What chance starts from.")] = 1,
    threads: ThreadsOption = 2,
    recipe: Annotated[
        str, typer.Option(help="default, or paper: SGD, halved every 15 of 35 epochs, squared error.")
    ] = "default",
) -> None:
    """Train the network on photographs; ended and started again, with more minutes too, it goes on where it was."""
    require_torch("pretrain")
    from models.data.batches import MixConfig
    from models.evaluation.plots import plot_training
    from models.training.log import FILE_LIST, LOG, read_file_list
    from models.training.optimiser import Recipe
    from models.training.pretrain import PretrainConfig
    from models.training.pretrain import pretrain as train

    if recipe not in get_args(Recipe):
        raise ConfigError(f"--recipe is {' or '.join(get_args(Recipe))}, given {recipe!r}")
    check_folder(out)
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
        threads=threads,
        recipe=recipe,  # type: ignore[arg-type]  # checked above, which narrows no str
        rate=rate,
        guidance=guidance,
        mix=MixConfig(relit_share=relit),
    )
    screen = console(stderr=True)
    first = os.environ.get("RANK", "0") == "0"  # under torchrun one process speaks for all
    with LongWork(EVERYTHING, screen, quiet=not first) as work:
        folder = train(config, _training_words(work))
    if not first:
        return
    plot_training({"this training": folder / LOG}, folder / "training.png")
    used, refused = read_file_list(folder / FILE_LIST)
    screen.print(f"{used} files used")
    _say_refused(screen, [(file.path, file.reason) for file in refused])
    screen.print(f"Done. Now: autoexposure export {folder} --out my.onnx")


def ablation(
    name: Annotated[str, typer.Argument(help="attention, pooling, init, trunk, sparse, classification or relighting.")],
    photos: PhotosOption,
    out: Annotated[Path, typer.Option(help="Folder for the trainings; interrupted ones go on from here.")],
    subjects: SubjectsOption = None,
    init: Annotated[Path | None, typer.Option(help="SqueezeNet 1.0 weights (.npz) to start from.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Batches that every training has.")] = 1000,
    batch: Annotated[int, typer.Option(min=1, help="Photographs in a batch.")] = 32,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each side.")] = 3,
    threads: ThreadsOption = 2,
    part: PartOption = "test",
    results: Annotated[Path | None, typer.Option(help="A Markdown file to put the table into.")] = None,
) -> None:
    """Measure what a part of the network or of its training is worth: the same training with and without it."""
    require_torch("ablation")
    from models.evaluation.ablations import ABLATIONS, ablation_table, judged_on, run_ablation, sides
    from models.evaluation.plots import plot_training
    from models.evaluation.report import write_section
    from models.training.log import LOG
    from models.training.pretrain import PretrainConfig

    if name not in ABLATIONS:
        raise ConfigError(f"there is no ablation {name!r}; choose one of {', '.join(ABLATIONS)}")
    judged_part = _chosen(part)
    check_folder(out)
    if results is not None:
        check_file(results)
    folders = tuple(photos), tuple(subjects or ())
    usual = PretrainConfig(
        folders[0], out, subjects=folders[1], init=init, steps=steps, batch=batch, threads=threads, patience=0
    )
    with LongWork(EVERYTHING) as work:
        found = run_ablation(name, usual, range(1, seeds + 1), _training_words(work), judged_part, work.tell)
    plot_training({side: runs[0].out / LOG for side, runs in sides(name, usual, (1,)).items()}, out / f"{name}.png")
    told = f"{judged_on(found, judged_part)}\n\n{ablation_table(found)}"
    typer.echo(told)
    if results is not None:
        where, title = ("", "") if part == "test" else (f" --part {part}", f", {part} part")
        command = f"autoexposure ablation {name} --steps {steps} --batch {batch} --seeds {seeds}{where}"
        command = f"{command} --photos FOLDER --subjects FOLDER --init FILE"
        write_section(results, f"Ablation: {name}{title}", command, told)


def export(
    run: Annotated[Path, typer.Argument(help="The folder that pretrain wrote.")],
    out: Annotated[Path, typer.Option(help="The .onnx file to write; weights and a note with its hash go beside it.")],
) -> None:
    """Turn a training run into a model file that the program can use."""
    require_torch("export")
    check_file(out, folder_may_be_missing=True)
    from models.files.export import export_checkpoint

    exported = export_checkpoint(run, out)
    typer.echo(f"{exported.onnx} differs from the trained network by at most {exported.parity_ev:.1e} EV")
    typer.echo(f"sha256 {exported.sha256}")


def bench_training(photos: list[Path]) -> None:
    """Print what training on the photographs of some folders costs here, and with a thousand times as many."""
    require_torch("bench --photos")
    from models.evaluation.training_bench import measure_training

    with LongWork(NOTHING) as work:
        cost = measure_training(photos, tell=work.tell)
    typer.echo(
        f"a second: {cost.scanned:.0f} photographs scanned, {cost.compared / 1e6:.0f} million pairs compared, "
        f"{cost.shrunk:.0f} shrunk, {cost.drawn:.0f} samples drawn, {cost.trained:.0f} pictures trained on"
    )
    typer.echo(cost.as_table())


def quantise(
    model: Annotated[Path, typer.Argument(help="The .onnx file to try in 8-bit integers.")],
    photos: PhotosOption,
    out: Annotated[Path, typer.Option(help="The .onnx file to write, if it is worth it.")],
    subjects: SubjectsOption = None,
) -> None:
    """Try a model in 8-bit integers; it is kept only if it is faster and hardly worse."""
    require_torch("quantise")
    check_file(out, folder_may_be_missing=True)
    from models.data.dataset import open_photos
    from models.evaluation.evaluate import EvaluateConfig
    from models.evaluation.int8 import WORTH_EV, keep_int8, try_int8

    with LongWork(NOTHING) as work:
        _, cache = open_photos(photos, subjects or (), EvaluateConfig(tuple(photos)).cache, tell=work.tell)
        trial = try_int8(model, cache, work.tell)
    typer.echo(trial.as_table())
    if trial.worth_keeping:
        keep_int8(trial, out)
        typer.echo(f"{out} is faster and hardly worse")
    else:
        typer.echo(f"not kept: it must be faster and at most {WORTH_EV} EV worse")


def evaluate(
    model: Annotated[Path, typer.Argument(help="The .onnx file to judge.")],
    photos: PhotosOption,
    subjects: SubjectsOption = None,
    hdr: HdrOption = None,
    part: PartOption = "test",
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures here as well.")] = None,
    plots: Annotated[Path | None, typer.Option("--plots", help="Folder to draw the figures into.")] = None,
) -> None:
    """Measure a model on photographs it was not trained on, with classical meters in the same table."""
    from models.evaluation.evaluate import EvaluateConfig
    from models.evaluation.evaluate import evaluate as measure

    if json is not None:
        check_file(json)
    if plots is not None:
        check_folder(plots)
    screen = console()
    config = EvaluateConfig(photos=tuple(photos), subjects=tuple(subjects or ()), part=_chosen(part))
    with LongWork(NOTHING) as work:
        report = measure(model, config, work.tell)
        if hdr:
            report = replace(report, closed_loop=_closed_loop(model, hdr, work.tell))
    if json is not None:
        try:
            atomic_write(json, json_format.dumps(report.as_json(), indent=1) + "\n")
        except OSError as error:
            raise ConfigError(f"{json} can't be written ({error.strerror}): name another file with --json") from error
    if plots is not None:
        from models.evaluation.plots import plot_ladder, plot_subjects

        plot_ladder(report, plots / "ladder.png")
        if report.subject_error_ev:
            plot_subjects(report, plots / "subjects.png")
    _say_report(screen, report)


def _closed_loop(model: Path, hdr: list[Path], tell: Tell) -> ClosedLoop:
    """On the scenes that no training sees: those kept for the test and for validation."""
    from drivers.simulated.camera import open_simulated
    from models.data.hdr_views import find_hdr
    from models.evaluation.closed_loop import DELAY_FRAMES, run_closed_loop
    from models.inference.onnx_policy import OnnxPolicy

    found = find_hdr(hdr)
    scenes = (*found.of("test"), *found.of("validation"))
    if not scenes:
        raise ConfigError("none of the HDR scenes is kept from training; give more of them")
    simulated = f"light=steady,width=320,height=240,delay={DELAY_FRAMES}"
    return run_closed_loop(
        OnnxPolicy(model),
        scenes,
        lambda scene, start_ev, clock: open_simulated(f"scene={scene},{simulated},start_ev={start_ev}", clock),
        tell,
    )


def _say_report(screen: Console, report: Report) -> None:
    table = Table("mean absolute error, EV", "ladder", "at -2", "at 0", "at +2", box=None, header_style="bold")
    for name, error in {"this model": report.ladder, **report.baselines}.items():
        steps = (f"{error.mae_per_step[key]:.3f}" for key in ("-2.0", "+0.0", "+2.0"))
        table.add_row(name, f"{error.mae_ev:.3f}", *steps)
    screen.print(f"{report.photographs} photographs and {report.subjects} subjects of the {report.part} part")
    screen.print(table)
    if report.attention is not None:
        mass, area = report.attention.mass_on_subject, report.attention.area_of_subject
        screen.print(f"attention on the subject {mass:.1%}, area of the subject {area:.1%}")
    screen.print(f"one decision takes {report.decision_ms:.1f} ms here")
    if (loop := report.closed_loop) is not None:
        screen.print(
            f"closed loop, {loop.steps} steps of 3 EV in {loop.scenes} HDR scenes: {loop.settled_share:.0%} settle "
            f"in time, median {loop.median_frames:.0f} frames, overshoot up to {loop.most_overshoot_ev:.2f} EV, "
            f"at most {loop.most_reversals} reversals"
        )
    if report.subject_error_ev:
        table = Table("backlit subjects, EV off where it settles", "median", "p90", box=None, header_style="bold")
        for name, off in report.subject_error_ev.items():
            table.add_row(name, f"{off.median:.2f}", f"{off.p90:.2f}")
        screen.print(table)
    _say_refused(screen, [(refused.path, refused.reason) for refused in report.refused])


def _say_refused(screen: Console, refused: list[tuple[Path, str]]) -> None:
    """Name files that could not be used; look-alikes are many and ordinary, so they are only counted."""
    odd = [(path, reason) for path, reason in refused if "like" not in reason]
    for path, reason in odd[:20]:
        screen.print(f"  not used: {plain(path.name)}: {plain(reason)}", highlight=False)
    more = f", {len(odd) - 20} more not named here" if len(odd) > 20 else ""
    screen.print(f"{len(odd)} files refused{more}, {len(refused) - len(odd)} look-alikes left out")


def _training_words(work: LongWork) -> Callback:
    """Shows a training's reports: its error, and what a kill would leave."""
    from models.training.pretrain import TRAINING

    def tell(report: TrainingReport) -> None:
        if report.stage != TRAINING:
            work.tell(report.stage, report.fraction)
            return
        error = "" if report.train_error_ev is None else f", error {report.train_error_ev:.3f} EV"
        checked = report.validation_error_ev
        words = f"step {report.step}{error}" + ("" if checked is None else f", validation {checked:.3f} EV")
        saved = report.checkpoint_step
        kept = "no checkpoint yet" if saved is None else f"checkpoint at step {saved}"
        work.tell(report.which, report.fraction, words=words, kept=kept)

    return tell


def require_torch(command: str) -> None:
    """Raise ConfigError unless the training packages are installed."""
    # onnxscript is what torch exports by
    if missing := first_missing("torch", "onnx", "onnxscript", "safetensors"):
        raise ConfigError(not_installed(f"'{command}' needs {missing}", "learn"))
