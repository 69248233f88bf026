"""The command ``bench loop``: exposure laws side by side, over the same scenes and cameras."""

from __future__ import annotations

import json as json_format
import shlex
import sys
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from autoexposure import __version__
from autoexposure.cli.options import HdrOption, ModelOption, SubjectsOption
from autoexposure.errors import ConfigError, PictureError
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.writable import check_file, check_folder
from autoexposure.process.long_work import NOTHING, LongWork, Tell
from autoexposure.process.terminal import console

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from autoexposure.camera import Camera
    from autoexposure.clock import SimulatedClock
    from autoexposure.evaluation.side_by_side.contest import Contender, Result
    from autoexposure.evaluation.side_by_side.html_report import Run
    from autoexposure.evaluation.side_by_side.programme import Programme, Wanted
    from autoexposure.evaluation.side_by_side.trial import OpenTrial, Setup, Trial
    from autoexposure.evaluation.side_by_side.verdict import Verdict
    from autoexposure.frame import Pixels
    from autoexposure.simulation.scene import Scene
    from models.data.stacks import Stack

IN_FIRST_TABLE = 8
"""Columns on how a law moves; those on where it rests stand in a second table, as a terminal has 80 columns."""

MOST_SUBJECTS, MOST_PANS = 24, 4
"""Of the user's folders: enough for a 90th percentile, and for a look around; the first by a fixed, mixed order."""


def loop(
    model: ModelOption = None,
    laws: Annotated[str, typer.Option("--laws", help="Only these laws, with commas between; 'list' names them.")] = "",
    scenes: Annotated[str, typer.Option("--scenes", help="Only scenes of these kinds, with commas between.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="Fewer scenes, steps and cameras: minutes.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the cameras' noise.")] = 0,
    json: Annotated[Path | None, typer.Option("--json", help="Also write the figures here.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also write a report here, one page.")] = None,
    plots: Annotated[Path | None, typer.Option("--plots", help="Folder to draw plots into, as SVG.")] = None,
    hdr: HdrOption = None,
    subjects: SubjectsOption = None,
    stacks: Annotated[
        list[Path] | None, typer.Option("--stacks", help="A folder of real exposure stacks; may be given again.")
    ] = None,
) -> None:
    """Compare exposure laws in closed loops: the network, the meters, and what others publish."""
    from autoexposure.evaluation.side_by_side.contest import chosen, compete, contenders
    from autoexposure.evaluation.side_by_side.programme import Programme
    from autoexposure.evaluation.side_by_side.trial import KINDS
    from models.files.model_file import live_model_path
    from models.inference.onnx_policy import OnnxPolicy

    for file in (json, html):
        if file is not None:
            check_file(file)
    if plots is not None:
        check_folder(plots)
    network_file = live_model_path(model)
    if laws == "list":
        _list(contenders(partial(OnnxPolicy, network_file)).values())
        return
    kinds = _names(scenes)
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise ConfigError(f"there are no scenes of the kind {unknown[0]!r}; choose from {', '.join(KINDS)}")
    network = OnnxPolicy(network_file)
    wanted = chosen(contenders(lambda: network), _names(laws))
    with LongWork(NOTHING) as work:
        programme = Programme(open_scene, seed, quick=quick)
        trials, skipped = _trials(programme, hdr or [], subjects or [], stacks or [], work.tell)
        trials = [trial for trial in trials if not kinds or trial.kind in kinds]
        if not trials:
            raise ConfigError(f"of the kind {scenes} there is nothing without folders: give --hdr or --stacks")
        results = compete(wanted, trials, work.tell)
    run = _run_of(f"{network_file.name} {network.sha256[:12]}", trials, skipped)
    judged = _judged(results)
    _say(results, skipped, judged)
    if json is not None:
        _write(json, json_format.dumps(_as_json(run, seed, quick, results, judged), indent=1) + "\n", "--json")
    if html is not None:
        from autoexposure.evaluation.side_by_side.html_report import page

        _write(html, page(run, results, judged), "--html")
    if plots is not None:
        _draw(plots, results)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def open_scene(scene: Scene, wanted: Wanted, clock: SimulatedClock) -> Camera:
    """A webcam's time steps of 100 us and gains up to 16; it keeps its frame rate."""
    from autoexposure.evaluation.side_by_side.scenes import VIEW
    from autoexposure.evaluation.side_by_side.trial import FRAMES_PER_S
    from drivers.simulated.camera import SimulatedCamera
    from drivers.simulated.config import SimulatedConfig

    config = SimulatedConfig(
        width=VIEW.width_px,
        height=VIEW.height_px,
        fps=FRAMES_PER_S,
        delay=wanted.setup.delay_frames,
        start_ev=wanted.start_ev,
        slow_frames=False,
        seed=wanted.seed,
        mains=wanted.mains_hz,
        report=True,
        controls="none",
    )
    return SimulatedCamera(config, scene, clock)


def _trials(
    programme: Programme, hdr: Sequence[Path], subjects: Sequence[Path], stacks: Sequence[Path], tell: Tell
) -> tuple[list[Trial], list[str]]:
    """Everything that can be played, and a sentence on what can't for want of a folder."""
    from autoexposure.evaluation.side_by_side.scenes import shipped_subjects

    tell("preparing scenes", 0.0)
    trials, skipped = programme.builtin(), []
    trials += programme.subjects(shipped_subjects())
    if subjects:
        trials += programme.subjects(_subjects_of(subjects, tell))
    else:
        skipped.append("subjects beside the three that ship: give --subjects")
    if hdr:
        trials += _hdr_trials(programme, hdr)
    else:
        skipped.append("scenes of high dynamic range, and panoramas to look around in: give --hdr")
    if stacks:
        trials += _stack_trials(programme, stacks)
    else:
        skipped.append("pictures of real cameras: give --stacks")
    return trials, skipped


def _hdr_trials(programme: Programme, hdr: Sequence[Path]) -> list[Trial]:
    """Of the scenes that no training sees."""
    from autoexposure.evaluation.side_by_side.programme import PAN_DEG_PER_S
    from autoexposure.evaluation.side_by_side.scenes import VIEW
    from autoexposure.simulation.panorama import PanoramaScene
    from autoexposure.simulation.scene_files import load_scene
    from models.data.hdr_views import find_hdr

    found = find_hdr(hdr)
    paths = [*found.of("test"), *found.of("validation")]
    if not paths:
        raise ConfigError("none of the HDR scenes is kept out of training: give more of them")
    trials, pans = [], 0
    for path in paths:
        scene = load_scene(path, VIEW, PAN_DEG_PER_S)
        trials.append(programme.high_range(path.stem, scene))
        if isinstance(scene, PanoramaScene) and pans < MOST_PANS:
            trials.append(programme.pan(path.stem, scene))
            pans += 1
    return trials


def _subjects_of(folders: Sequence[Path], tell: Tell) -> dict[str, tuple[Pixels, NDArray[np.uint8]]]:
    """Photographs that no training sees, each with the mask of its subject."""
    from platformdirs import user_cache_path

    from models.data.dataset import SCAN_INDEX
    from models.data.photo_files import find_photos, read_picture

    selection = find_photos((), folders, user_cache_path("autoexposure") / SCAN_INDEX, tell)
    found = {}
    for photo in selection.of("test")[:MOST_SUBJECTS]:  # in the order of their hashes, which mixes them
        assert photo.mask is not None
        try:
            found[photo.path.stem] = (read_picture(photo.path), read_picture(photo.mask)[..., 0])
        except (OSError, PictureError) as error:
            raise ConfigError(f"{photo.path} or its mask can't be used ({error}): leave it out") from error
    if not found:
        raise ConfigError("none of the subjects is kept out of training: give more of them")
    return found


def _stack_trials(programme: Programme, folders: Sequence[Path]) -> list[Trial]:
    from models.data.stacks import open_stacks

    return [trial for stack in open_stacks(folders) for trial in programme.stack(stack.name, _stack_opener(stack))]


def _stack_opener(stack: Stack) -> Callable[[float], OpenTrial]:
    from models.evaluation.stack_camera import stack_view

    view = stack_view(stack)

    def at(start_ev: float) -> OpenTrial:
        def opened(setup: Setup, clock: SimulatedClock) -> Camera:
            return view(setup.delay_frames, start_ev, clock)

        return opened

    return at


def _run_of(model: str, trials: Sequence[Trial], skipped: Sequence[str]) -> Run:
    from autoexposure.evaluation.side_by_side.html_report import Run
    from autoexposure.evaluation.side_by_side.programme import kinds_of

    counts = {kind: sum(len(trial.setups) for trial in trials if trial.kind == kind) for kind in kinds_of(trials)}
    return Run(f"autoexposure {shlex.join(_without_outputs(sys.argv[1:]))}", __version__, model, counts, tuple(skipped))


def _without_outputs(words: Sequence[str]) -> list[str]:
    """A command's words without the files that it wrote, which change no figure and are nobody else's affair."""
    kept = list(words)
    for option in ("--json", "--html", "--plots"):
        kept = [word for word in kept if not word.startswith(f"{option}=")]
        if option in kept:
            place = kept.index(option)
            del kept[place : place + 2]
    return kept


def _judged(results: Sequence[Result]) -> Verdict | None:
    from autoexposure.evaluation.side_by_side.contest import NETWORK
    from autoexposure.evaluation.side_by_side.verdict import verdict

    own = [result for result in results if result.contender.group == NETWORK]
    return verdict(own[0], results) if own and len(results) > 1 else None


def _as_json(run: Run, seed: int, quick: bool, results: Sequence[Result], judged: Verdict | None) -> dict[str, object]:
    laws = {
        result.contender.name: {
            "label": result.contender.label,
            "group": result.contender.group,
            "source": result.contender.source,
            "assumed": result.contender.assumed,
            **result.figures.as_json(),
        }
        for result in results
    }
    said = {"first": judged.first, "behind": judged.behind} if judged is not None else None
    return {
        "version": run.version,
        "network": run.model,
        "seed": seed,
        "quick": quick,
        "runs": dict(run.scenes),
        "skipped": run.skipped,
        "verdict": said,
        "laws": laws,
    }


def _say(results: Sequence[Result], skipped: Sequence[str], judged: Verdict | None) -> None:
    from autoexposure.evaluation.side_by_side.verdict import COLUMNS, full_title

    screen = console()
    for numbers in (range(IN_FIRST_TABLE), range(IN_FIRST_TABLE, len(COLUMNS))):
        table = Table("law", box=None, header_style="bold", padding=(0, 1, 0, 0))
        for number in numbers:
            table.add_column("\n".join(full_title(number).split()), justify="right")
        for result in results:
            table.add_row(result.contender.name, *(COLUMNS[number].text(result.figures) for number in numbers))
        screen.print(table)
    screen.print(
        "frames count from the first picture in the new light, less the camera's delay: the least possible is 1"
    )
    if judged is not None:
        screen.print(f"the network is first, or as good as the first, in: {', '.join(judged.first) or 'nothing'}")
        for sentence in judged.behind:
            screen.print(f"not first in {sentence}")
    for sentence in skipped:
        screen.print(f"left out: {sentence}")


def _list(laws: Collection[Contender]) -> None:
    from autoexposure.evaluation.laws.table import LEFT_OUT

    table = Table("law", "", "published in", box=None, header_style="bold")
    for law in laws:
        table.add_row(law.name, law.label, law.source)
    console().print(table)
    for sentence in LEFT_OUT:
        typer.echo(f"left out: {sentence}")


def _draw(folder: Path, results: Sequence[Result]) -> None:
    from autoexposure.evaluation.side_by_side.drawing import alone
    from autoexposure.evaluation.side_by_side.html_report import drawings

    for drawing in drawings(results):
        _write(folder / f"{drawing.name}.svg", alone(drawing.svg), "--plots")


def _write(path: Path, text: str, option: str) -> None:
    try:
        atomic_write(path, text)
    except OSError as error:
        raise ConfigError(f"{path} can't be written ({error.strerror}): name another place with {option}") from error
