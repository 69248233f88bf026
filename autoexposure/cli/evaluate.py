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
from autoexposure.plain_text import plain
from autoexposure.process.long_work import NOTHING, LongWork
from autoexposure.process.terminal import console

if TYPE_CHECKING:
    from autoexposure.camera import Camera
    from autoexposure.clock import SimulatedClock
    from models.evaluation.closed_loop import OpenView
    from models.evaluation.report import Report


def quantise(
    model: Annotated[Path, typer.Argument(help="The .onnx file to try in 8-bit integers.")],
    photos: PhotosOption,
    out: Annotated[Path, typer.Option(help="The .onnx file to write if it is kept.")],
    subjects: SubjectsOption = None,
    masks: MasksOption = None,
    hdr: HdrOption = None,
    licence: LicenceOption = ANY_LICENCE,
) -> None:
    """Try a model in 8-bit integers; keep it only if it is faster and nothing is noticeably worse."""
    require_torch("quantise")
    check_file(out, folder_may_be_missing=True)
    from models.data.dataset import open_photos
    from models.evaluation.evaluate import EvaluateConfig
    from models.evaluation.int8 import WORSE_AT_MOST, keep_int8, try_int8

    config = EvaluateConfig(tuple(photos), tuple(subjects or ()), tuple(masks or ()), licence == FREE_LICENCE)
    with LongWork(NOTHING) as work:
        _, cache = open_photos(
            config.photos,
            config.subjects,
            config.cache,
            tell=work.tell,
            masks=config.masks,
            free_only=config.free_only,
        )
        scenes = _unseen_scenes(hdr, free_only=config.free_only) if hdr else []
        trial = try_int8(model, cache, config, [_scene_view(scene) for scene in scenes], work.tell)
    typer.echo(trial.as_table())
    if trial.worth_keeping:
        keep_int8(trial, out)
        typer.echo(f"{out} is faster, and no figure is worse by more than {WORSE_AT_MOST}")
        return
    typer.echo(f"not kept: it must be faster, and no figure worse by more than {WORSE_AT_MOST}")
    for row in trial.worse:
        typer.echo(f"worse: {row.words}")


def evaluate(
    model: Annotated[Path, typer.Argument(help="The .onnx file to measure.")],
    photos: PhotosOption,
    subjects: SubjectsOption = None,
    masks: MasksOption = None,
    hdr: HdrOption = None,
    stacks: Annotated[
        list[Path] | None,
        typer.Option("--stacks", help="A folder of real exposure stacks, for the closed loop; may be given again."),
    ] = None,
    licence: LicenceOption = ANY_LICENCE,
    part: PartOption = "test",
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind", help="Only subjects of this kind: people, animals, objects or other; may be given again."
        ),
    ] = None,
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
        kinds=tuple(kind or ()),
    )
    with LongWork(NOTHING) as work:
        report = measure(model, config, work.tell)
        if hdr or stacks:
            scenes = _unseen_scenes(hdr, free_only=config.free_only) if hdr else []
            report = _in_the_loop(report, model, scenes, stacks or [], work)
    if json is not None:
        try:
            atomic_write(json, json_format.dumps(report.as_json(), indent=1) + "\n")
        except OSError as error:
            raise ConfigError(f"{json} can't be written ({error.strerror}): name another file with --json") from error
    if plots is not None:
        from models.evaluation.plots import plot_doubt, plot_ladder, plot_subjects

        plot_ladder(report, plots / "ladder.png")
        if report.subject_error_ev:
            plot_subjects(report, plots / "subjects.png")
        if report.doubt:
            plot_doubt(report, plots / "doubt.png")
    _say_report(screen, report)


def _in_the_loop(report: Report, model: Path, hdr: list[Path], stacks: list[Path], work: LongWork) -> Report:
    """Add the closed loop and its rests, before HDR scenes and before stacks, as far as they are given."""
    from models.evaluation.closed_loop import run_closed_loop
    from models.evaluation.rests import SceneView, count_rests
    from models.inference.onnx_policy import OnnxPolicy

    policy, loops, rests = OnnxPolicy(model), {}, {}
    if hdr:
        loops["hdr_scenes"] = run_closed_loop(policy, [_scene_view(path) for path in hdr], work.tell)
        rests["hdr_scenes"] = count_rests(policy, map(SceneView, hdr), len(hdr), work.tell)
    if stacks:
        from models.data.stacks import open_stacks
        from models.evaluation.stack_camera import stack_view

        work.tell("reading the stacks", 0.0)
        found = open_stacks(stacks)
        loops["stacks"] = run_closed_loop(policy, [stack_view(stack) for stack in found], work.tell)
        rests["stacks"] = count_rests(policy, found, len(found), work.tell)
    return replace(report, closed_loop=loops, rests=rests)


def _unseen_scenes(hdr: list[Path], *, free_only: bool) -> list[Path]:
    """The scenes that no training sees: those kept for the test and for validation."""
    from models.data.hdr_views import find_hdr

    found = find_hdr(hdr, free_only=free_only)
    scenes = [*found.of("test"), *found.of("validation")]
    if not scenes:
        raise ConfigError("none of the HDR scenes is kept out of training: give more of them")
    return scenes


def _scene_view(scene: Path) -> OpenView:
    from drivers.simulated.camera import open_simulated

    def opened(delay_frames: int, start_ev: float, clock: SimulatedClock) -> Camera:
        simulated = f"light=steady,width=320,height=240,delay={delay_frames},start_ev={start_ev}"
        return open_simulated(f"scene={scene},{simulated}", clock)

    return opened


def _say_report(screen: Console, report: Report) -> None:
    from models.evaluation.figures import FAR_EV, LOST_FROM_EV
    from models.evaluation.report import SHOWN
    from models.evaluation.verdict import verdict

    def table(title: str, *columns: str) -> Table:
        return Table(title, *columns, box=None, header_style="bold")

    screen.print(f"{report.photographs} photographs and {report.subjects} subjects of the {report.part} part")
    ladder = table("ladders, EV off", "mean", "median", "p90", "at -2", "at 0", "at +2")
    for name, error in report.ladders.items():
        steps = (f"{error.mae_per_step[key]:.3f}" for key in ("-2.0", "+0.0", "+2.0"))
        ladder.add_row(SHOWN[name], *(f"{ev:.3f}" for ev in (error.mae_ev, error.median_ev, error.p90_ev)), *steps)
    screen.print(ladder)
    for title, moves in (("one answer", report.left_alone), ("in the loop", report.left_alone_in_loop)):
        alone = table(title, "moves what is right, EV", "p90", "far", "leaves of what is far off, EV", "p90")
        for name, found in moves.items():
            moved, missed = (found.moved_median_ev, found.moved_p90_ev), (found.missed_median_ev, found.missed_p90_ev)
            moves_far = f"{found.moved_far:.0%}"
            alone.add_row(SHOWN[name], *(f"{ev:.2f}" for ev in moved), moves_far, *(f"{ev:.2f}" for ev in missed))
        screen.print(alone)
    screen.print(f"far: moved by more than {FAR_EV} EV; far off: {LOST_FROM_EV:.0f} EV and more")
    _say_subjects(screen, report)
    _say_doubt(screen, report)
    screen.print(f"one decision takes {report.decision_ms:.1f} ms here")
    _say_loop(screen, report)
    for sentence in verdict(report):
        screen.print(sentence)
    say_refused(screen, [(refused.path, refused.reason) for refused in report.refused])


def _say_subjects(screen: Console, report: Report) -> None:
    """The subjects by kind: where the meters settle against the light, and what the model looks at."""
    from models.evaluation.figures import SubjectsOfKind
    from models.evaluation.kinds import SHOWN as KIND_SHOWN
    from models.evaluation.report import SHOWN

    if report.attention is None:
        return
    together = SubjectsOfKind(report.subjects, report.attention, report.subject_error_ev, report.relit_ladder)
    kinds = {KIND_SHOWN[kind]: found for kind, found in report.kinds.items()} | {"all": together}
    off = Table("backlit, settled at EV", *kinds, box=None, header_style="bold")
    for name in report.subject_error_ev:
        cells = (found.off_ev[name] for found in kinds.values())
        off.add_row(SHOWN[name], *(f"{error.median:.2f} / {error.p90:.2f}" for error in cells))
    screen.print(off)
    ladder = Table("relit ladders, EV off", *kinds, box=None, header_style="bold")
    for name in report.relit_ladder:
        errors = (found.ladder[name] for found in kinds.values())
        ladder.add_row(SHOWN[name], *(f"{error.median_ev:.2f} / {error.p90_ev:.2f}" for error in errors))
    screen.print(ladder)
    look = Table("this model's attention", *kinds, box=None, header_style="bold")
    look.add_row("pictures", *(str(found.pictures) for found in kinds.values()))
    look.add_row("on the subject", *(f"{found.attention.mass_on_subject:.1%}" for found in kinds.values()))
    look.add_row("area of the subject", *(f"{found.attention.area_of_subject:.1%}" for found in kinds.values()))
    look.add_row("first by second", *(f"{found.attention.ratio:.2f}" for found in kinds.values()))
    screen.print(look)
    screen.print("backlit: before backgrounds 1 to 4 EV too bright; median / 90th percentile (p90)")


def _say_doubt(screen: Console, report: Report) -> None:
    if not report.doubt:
        screen.print("this model does not say how sure it is")
        return
    columns = ("answers", "within 68 %", "within 95 %", "by third of doubt", "median doubt, EV", "goes with error")
    table = Table("doubt holds", *columns, box=None, header_style="bold")
    for name, found in report.doubt.items():
        thirds = " ".join(f"{third.share_68:.0%}/{third.share_95:.0%}" for third in found.by_third)
        table.add_row(
            {"ladder": "photographs", "relit_ladder": "relit subjects"}[name],
            f"{found.answers}",
            f"{found.within.share_68:.1%}",
            f"{found.within.share_95:.1%}",
            thirds,
            f"{found.median_doubt_ev:.2f}",
            f"{found.rank_correlation:.2f}",
        )
    screen.print(table)


def _say_loop(screen: Console, report: Report) -> None:
    columns = ("in time", "soon", "frames, median", "p90", "overshoot EV", "at most", "reversals", "as it should")
    for name, loop in report.closed_loop.items():
        words = {"hdr_scenes": "HDR scenes", "stacks": "real exposure stacks"}[name]
        table = Table("delay", *columns, box=None, header_style="bold")
        for found in loop.by_delay:
            table.add_row(
                str(found.delay_frames),
                f"{found.settled_share:.0%}",
                f"{found.soon_share:.0%}",
                f"{found.median_frames:.0f}",
                f"{found.p90_frames:.0f}",
                f"{found.median_overshoot_ev:.2f}",
                f"{found.most_overshoot_ev:.2f}",
                str(found.most_reversals),
                "yes" if found.is_met else "no",
            )
        screen.print(f"closed loop, steps of 3 EV before {loop.views} {words}")
        screen.print(table)
        rests = report.rests[name]
        several = ", ".join(f"{plain(view)} ({count})" for view, count in rests.several.items()) or "none"
        screen.print(f"of {rests.views} {words} swept over all exposures, content at more than one: {several}")
        if rests.none:
            screen.print(f"content at none of the exposures there are: {', '.join(map(plain, rests.none))}")
    if report.closed_loop:
        screen.print(
            "in time: 95 % within 2 x delay + 5 frames; soon: half within delay + 2; at most 0.4 EV over, 1 reversal"
        )
