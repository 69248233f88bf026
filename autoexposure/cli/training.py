"""The commands ``pretrain``, ``ablation``, ``export`` and ``doubt``: from photographs to a model file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.console import Console

from autoexposure.cli.options import (
    ANY_LICENCE,
    FREE_LICENCE,
    HdrOption,
    LicenceOption,
    MasksOption,
    PartOption,
    PhotosOption,
    SubjectsOption,
    ThreadsOption,
    chosen_part,
)
from autoexposure.errors import ConfigError
from autoexposure.extras import first_missing, not_installed
from autoexposure.files.writable import check_file, check_folder
from autoexposure.plain_text import plain
from autoexposure.process.long_work import EVERYTHING, NOTHING, LongWork
from autoexposure.process.terminal import console

if TYPE_CHECKING:
    from models.training.pretrain import Callback, TrainingReport


SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Another setting of the pictures or the network by name, as in mix.relit_share=0.5,0.2 or"
        " balance.subject_weight=0.9; repeatable. A wrong name lists the right ones.",
    ),
]


def pretrain(
    context: typer.Context,
    photos: PhotosOption,
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and the log.")],
    subjects: SubjectsOption = None,
    masks: MasksOption = None,
    hdr: HdrOption = None,
    licence: LicenceOption = ANY_LICENCE,
    init: Annotated[
        Path | None,
        typer.Option(help="SqueezeNet 1.0 weights (.npz) to start from, or a model (.onnx) to train further."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Batches to train for.")] = 16_000,
    rate: Annotated[float, typer.Option(help="Highest learning rate; use less to train a model further.")] = 5e-4,
    relit: Annotated[
        tuple[float, float], typer.Option(help="Share of pictures that are relit subjects: at the start, at the end.")
    ] = (0.55, 0.3),
    guidance: Annotated[
        tuple[float, float],
        typer.Option(help="How strongly attention is drawn to known subjects: at the start, at the end."),
    ] = (1.0, 0.2),
    minutes: Annotated[
        float | None, typer.Option(help="Stop after this time, if it comes before the last step.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Photographs in a batch.")] = 32,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 1,
    threads: ThreadsOption = 2,
    recipe: Annotated[
        str,
        typer.Option(
            help="default, or paper: the paper's network, labels and training and nothing else; what is given beside it"
            " wins."
        ),
    ] = "default",
    set_: SetOption = None,
) -> None:
    """Train the network on photographs; started again after it ended, with more minutes too, it goes on from there."""
    require_torch("pretrain")
    from models.data.batches import MixConfig
    from models.evaluation.plots import plot_training
    from models.training.log import FILE_LIST, LOG, read_file_list
    from models.training.optimiser import Recipe
    from models.training.paper import paper_recipe
    from models.training.pretrain import PretrainConfig
    from models.training.pretrain import pretrain as train
    from models.training.settings import with_settings

    if recipe not in get_args(Recipe):
        raise ConfigError(f"--recipe is {' or '.join(get_args(Recipe))}, given {recipe!r}")
    check_folder(out)
    config = PretrainConfig(
        photos=tuple(photos),
        subjects=tuple(subjects or ()),
        masks=tuple(masks or ()),
        free_only=licence == FREE_LICENCE,
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
    if recipe == "paper":
        own = _given(context, ("batch", "rate", "guidance", "relit"))
        beside = {name: getattr(config, name) for name in own if name != "relit"}
        config = replace(paper_recipe(config), **beside)
        if "relit" in own:
            config = replace(config, mix=replace(config.mix, relit_share=relit))
        told = [*(f"--{name}" for name in own), *(f"--set {text}" for text in set_ or ())]
        if told and first:
            words = f"The paper's recipe, but for what was asked otherwise: {plain(', '.join(told))}"
            screen.print(words, markup=False, highlight=False)
    config = with_settings(config, set_ or ())
    with LongWork(EVERYTHING, screen, quiet=not first) as work:
        folder = train(config, _training_words(work))
    if not first:
        return
    plot_training({"this training": folder / LOG}, folder / "training.png")
    used, refused = read_file_list(folder / FILE_LIST)
    screen.print(f"{used} files used")
    say_refused(screen, [(file.path, file.reason) for file in refused])
    screen.print(f"Done. Now: autoexposure export {folder} --out my.onnx")


def ablation(
    name: Annotated[
        str,
        typer.Argument(
            help="attention, pooling, init, trunk, sparse, classification, relighting or masks; or a setting,"
            " NAME=VALUE as --set takes it."
        ),
    ],
    photos: PhotosOption,
    out: Annotated[Path, typer.Option(help="Folder for the trainings; interrupted ones go on from there.")],
    subjects: SubjectsOption = None,
    masks: MasksOption = None,
    licence: LicenceOption = ANY_LICENCE,
    init: Annotated[Path | None, typer.Option(help="SqueezeNet 1.0 weights (.npz) to start from.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Batches of every training.")] = 1000,
    batch: Annotated[int, typer.Option(min=1, help="Photographs in a batch.")] = 32,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings with and without it, each.")] = 3,
    threads: ThreadsOption = 2,
    part: PartOption = "test",
    results: Annotated[Path | None, typer.Option(help="A Markdown file to put the table into.")] = None,
    set_: SetOption = None,
) -> None:
    """Measure what a part of the network or of its training is worth, by training with and without it."""
    require_torch("ablation")
    from models.evaluation.ablations import run_ablation, sides, variants
    from models.evaluation.plots import plot_training
    from models.evaluation.report import write_section
    from models.evaluation.trained_figures import ablation_table, judged_on
    from models.training.log import LOG
    from models.training.pretrain import PretrainConfig
    from models.training.settings import with_settings

    variants(name)  # a wrong name is told before anything is written
    judged_part = chosen_part(part)
    check_folder(out)
    if results is not None:
        check_file(results)
    usual = PretrainConfig(
        photos=tuple(photos),
        subjects=tuple(subjects or ()),
        masks=tuple(masks or ()),
        free_only=licence == FREE_LICENCE,
        out=out,
        init=init,
        steps=steps,
        batch=batch,
        threads=threads,
    )
    usual = with_settings(usual, set_ or ())
    with LongWork(EVERYTHING) as work:
        found = run_ablation(name, usual, range(1, seeds + 1), _training_words(work), judged_part, work.tell)
    plot_training({side: runs[0].out / LOG for side, runs in sides(name, usual, (1,)).items()}, out / f"{name}.png")
    told = f"{judged_on(found, judged_part)}\n\n{ablation_table(found)}"
    typer.echo(told)
    if results is not None:
        where, title = ("", "") if part == "test" else (f" --part {part}", f", {part} part")
        command = f"autoexposure ablation {name} --steps {steps} --batch {batch} --seeds {seeds}{where}"
        command = " ".join([command, *(f"--set {text}" for text in set_ or ())])
        command = f"{command} --photos FOLDER --subjects FOLDER{' --masks FOLDER' if masks else ''} --init FILE"
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
    typer.echo(f"It does not say yet how sure it is: autoexposure doubt {out} --out {out} --photos FOLDER")


def doubt(
    model: Annotated[Path, typer.Argument(help="The .onnx file, with its weights beside it.")],
    photos: PhotosOption,
    out: Annotated[Path, typer.Option(help="The .onnx file to write; it may be the same one.")],
    subjects: SubjectsOption = None,
    masks: MasksOption = None,
    licence: LicenceOption = ANY_LICENCE,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 1,
    threads: ThreadsOption = 2,
) -> None:
    """Teach a model how sure it is of each answer, from the photographs it was trained with; its answers stay."""
    require_torch("doubt")
    check_file(out, folder_may_be_missing=True)
    from models.data.dataset import open_photos
    from models.evaluation.evaluate import EvaluateConfig
    from models.files.export import ModelNotes, export_network
    from models.files.model_file import load_model
    from models.training.doubt import DoubtConfig, learn_doubt
    from models.training.trainable import load_trainable

    config = EvaluateConfig(tuple(photos), tuple(subjects or ()), tuple(masks or ()), licence == FREE_LICENCE)
    network, notes = load_trainable(model), ModelNotes.of(load_model(model).metadata)
    with LongWork(NOTHING) as work:
        _, cache = open_photos(
            config.photos,
            config.subjects,
            config.cache,
            tell=work.tell,
            masks=config.masks,
            free_only=config.free_only,
        )
        found = learn_doubt(network, cache, DoubtConfig(seed=seed, threads=threads), work.tell)
    exported = export_network(network, out, notes)
    if found.photos:
        typer.echo(
            f"calibrated on {found.photos} photographs that no training saw: 68 % of the errors lie within the doubt,"
            f" 95 % within {found.ratio_95:.2f} times as much"
        )
    else:
        typer.echo("too few photographs to calibrate it on: it says what it learned")
    typer.echo(f"sha256 {exported.sha256}")


def _given(context: typer.Context, names: tuple[str, ...]) -> list[str]:
    """Which options were written on the command line, as against the defaults."""
    sources = {name: context.get_parameter_source(name) for name in names}
    # By name: newer typer brings a click of its own, whose sources are none of click's.
    return [name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]


def say_refused(screen: Console, refused: list[tuple[Path, str]]) -> None:
    """Print which files could not be used; those not free and look-alikes are many, so they are only counted."""
    from models.data.manifest import NOT_FREE

    free = [(path, reason) for path, reason in refused if reason != NOT_FREE]
    if len(free) < len(refused):
        screen.print(f"{len(refused) - len(free)} files are {NOT_FREE}")
    odd = [(path, reason) for path, reason in free if "like" not in reason]
    for path, reason in odd[:20]:
        screen.print(f"  not used: {plain(path.name)}: {plain(reason)}", highlight=False)
    more = f", {len(odd) - 20} more not named here" if len(odd) > 20 else ""
    screen.print(f"{len(odd)} files refused{more}, {len(free) - len(odd)} look-alikes left out")


def _training_words(work: LongWork) -> Callback:
    """Return what shows a training's reports: its error, and what would be left after a kill."""
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
