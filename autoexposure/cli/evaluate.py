"""The commands ``evaluate`` and ``quantise``: how good a model is, as it stands and in 8-bit integers."""

from __future__ import annotations

import json as json_format
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from autoexposure.cli.options import (
    ANY_LICENCE,
    FREE_LICENCE,
    HdrOption,
    LicenceOption,
    MasksOption,
    PartOption,
    PhotosOption,
    SubjectsOption,
    chosen_part,
)
from autoexposure.cli.training import require_torch, say_refused
from autoexposure.errors import ConfigError
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.writable import check_file, check_folder
from autoexposure.process.long_work import NOTHING, LongWork, Tell
from autoexposure.process.terminal import console

if TYPE_CHECKING:
    from models.evaluation.closed_loop import ClosedLoop
    from models.evaluation.report import Report


def quantise(
    model: Annotated[Path, typer.Argument(help="The .onnx file to try in 8-bit integers.")],
    photos: PhotosOption,
    out: Annotated[Path, typer.Option(help="The .onnx file to write if it is kept.")],
    subjects: SubjectsOption = None,
    masks: MasksOption = None,
    licence: LicenceOption = ANY_LICENCE,
) -> None:
    """Try a model in 8-bit integers; keep it only if it is faster and hardly worse."""
    require_torch("quantise")
    check_file(out, folder_may_be_missing=True)
    from models.data.dataset import open_photos
    from models.evaluation.evaluate import EvaluateConfig
    from models.evaluation.int8 import WORTH_EV, keep_int8, try_int8

    with LongWork(NOTHING) as work:
        kept_in = EvaluateConfig(tuple(photos)).cache
        _, cache = open_photos(
            photos,
            subjects or (),
            kept_in,
            tell=work.tell,
            masks=masks or (),
            free_only=licence == FREE_LICENCE,
        )
        trial = try_int8(model, cache, work.tell)
    typer.echo(trial.as_table())
    if trial.worth_keeping:
        keep_int8(trial, out)
        typer.echo(f"{out} is faster and hardly worse")
    else:
        typer.echo(f"not kept: it must be faster and at most {WORTH_EV} EV worse")


def evaluate(
    model: Annotated[Path, typer.Argument(help="The .onnx file to measure.")],
    photos: PhotosOption,
    subjects: SubjectsOption = None,
    masks: MasksOption = None,
    hdr: HdrOption = None,
    licence: LicenceOption = ANY_LICENCE,
    part: PartOption = "test",
    json: Annotated[Path | None, typer.Option("--json", help="Also write the figures here.")] = None,
    plots: Annotated[Path | None, typer.Option("--plots", help="Folder to draw the plots into.")] = None,
) -> None:
    """Measure a model on photographs it was not trained on, with classical meters in the same table."""
    from models.evaluation.evaluate import EvaluateConfig
    from models.evaluation.evaluate import evaluate as measure

    if json is not None:
        check_file(json)
    if plots is not None:
        check_folder(plots)
    screen = console()
    config = EvaluateConfig(
        photos=tuple(photos),
        subjects=tuple(subjects or ()),
        masks=tuple(masks or ()),
        free_only=licence == FREE_LICENCE,
        part=chosen_part(part),
    )
    with LongWork(NOTHING) as work:
        report = measure(model, config, work.tell)
        if hdr:
            report = replace(report, closed_loop=_closed_loop(model, hdr, config.free_only, work.tell))
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


def _closed_loop(model: Path, hdr: list[Path], free_only: bool, tell: Tell) -> ClosedLoop:
    """Run on the scenes that no training sees: those kept for the test and for validation."""
    from drivers.simulated.camera import open_simulated
    from models.data.hdr_views import find_hdr
    from models.evaluation.closed_loop import DELAY_FRAMES, run_closed_loop
    from models.inference.onnx_policy import OnnxPolicy

    found = find_hdr(hdr, free_only=free_only)
    scenes = (*found.of("test"), *found.of("validation"))
    if not scenes:
        raise ConfigError("none of the HDR scenes is kept out of training: give more of them")
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
    say_refused(screen, [(refused.path, refused.reason) for refused in report.refused])
