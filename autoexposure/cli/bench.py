"""The command ``bench``: what the program, several cameras or training cost; what some options of ``run`` do."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from autoexposure.cli.options import ModelOption, hand_on
from autoexposure.cli.training import require_torch
from autoexposure.process.long_work import NOTHING, LongWork
from autoexposure.process.terminal import console


def bench(
    context: typer.Context,
    model: ModelOption = None,
    rounds: Annotated[int, typer.Option(min=10, help="How often each row is measured, in turns.")] = 45,
    cameras: Annotated[
        int, typer.Option("--cameras", min=0, max=64, help="Run this many simulated cameras in one process instead.")
    ] = 0,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="How long the cameras are counted.")] = 10,
    photos: Annotated[
        list[Path] | None, typer.Option("--photos", help="Measure training instead, on the photographs of this folder.")
    ] = None,
    white_balance: Annotated[
        bool,
        typer.Option("--white-balance", help="Measure instead what 'run --hold-white-balance' does, on simulations."),
    ] = False,
    motion: Annotated[
        bool, typer.Option("--motion", help="Measure instead what 'run --motion' does, on simulations.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the costs as JSON.")] = False,
) -> None:
    """Measure what the loop, its parts and the window cost in processor time; or several cameras, or training."""
    if context.invoked_subcommand is not None:
        hand_on(context, context.invoked_subcommand)
        return
    if motion:
        _bench_motion()
        return
    if white_balance:
        _bench_white_balance(model)
        return
    if cameras:
        _bench_cameras(cameras, seconds, model)
        return
    if photos:
        _bench_training(photos)
        return
    from autoexposure.cli.benchmarks.costs import measure_all

    with LongWork(NOTHING) as work:
        bill = measure_all(model, rounds, work.tell)
    if as_json:
        typer.echo(bill.as_json())
        return
    for table in bill.tables():
        console().print(table)


def _bench_cameras(most: int, seconds: float, model: Path | None) -> None:
    """Print how one simulated camera and how ``most`` of them fare, with the attention meter."""
    from autoexposure.evaluation.bench import serve
    from autoexposure.library import make_loop
    from autoexposure.process.malloc import keep_freed_memory
    from autoexposure.process.turns import take_short_turns

    keep_freed_memory()
    take_short_turns()
    columns = ("640x480", "pictures/s", "p10", "worst", "dropped", "cores", "ms of a core each", "x one camera")
    table = Table(*columns, box=None, header_style="bold")
    alone_s = 0.0
    for count in sorted({1, most}):
        specs = [f"sim:width=640,height=480,fps=30,light=steady,seed={number}" for number in range(count)]
        served = serve([make_loop(spec, model=model, shown=False) for spec in specs], seconds)
        alone_s = alone_s or served.picture_s
        table.add_row(
            f"{count} cameras" if count > 1 else "1 camera",
            f"{served.median_fps:.1f}",
            f"{served.p10_fps:.1f}",
            f"{served.worst_fps:.1f}",
            f"{served.dropped:.1%}",
            f"{served.cores:.2f}",
            f"{served.picture_s * 1e3:.1f}",
            f"{served.picture_s / alone_s:.1f}",
        )
    console().print(table)


def _bench_training(photos: list[Path]) -> None:
    """Print what training on photographs costs on this machine, and with a thousand times as many of them."""
    require_torch("bench --photos")
    from models.evaluation.training_bench import measure_training

    with LongWork(NOTHING) as work:
        cost = measure_training(photos, tell=work.tell)
    typer.echo(
        f"a second: {cost.scanned:.0f} photographs scanned, {cost.compared / 1e6:.0f} million pairs compared, "
        f"{cost.shrunk:.0f} shrunk, {cost.drawn:.0f} samples drawn, {cost.trained:.0f} pictures trained on"
    )
    typer.echo(cost.as_table())


SEEDS = 3
SPEEDS = 0.05, 0.3
"""Of a slow and a fast automatic white balance: a time constant of 20 and of 3 pictures."""

SWITCHES_S = (35.0, 45.0, 55.0)
"""Of the simulated lamp, after those from which the hold is learned; the last ends it."""


def _bench_white_balance(model: Path | None) -> None:
    """Print what holding the automatic white balance changes, on a simulated camera whose balance hunts."""
    from autoexposure.evaluation.white_balance import measure
    from autoexposure.library import make_meter
    from autoexposure.metering.meters import ATTENTION
    from autoexposure.simulation.builtin_scenes import GALLERY
    from drivers.simulated.camera import open_simulated

    policy = make_meter(ATTENTION, model)
    for speed in SPEEDS:
        looks = f"light=switch,fps=10,wb_speed={speed},width=160,height=120"
        specs = [f"scene={scene},{looks},seed={seed}" for scene in GALLERY for seed in range(SEEDS)]
        rows = measure([partial(open_simulated, spec) for spec in specs], lambda: policy, SWITCHES_S)
        title = f"white balance corrects {speed:.0%} of its error a frame"
        table = Table(title, "not held", "p90", "held", "p90", "difference", "p10 to p90", box=None)
        table.header_style = "bold"
        for row in rows:
            difference, low, high = row.difference
            table.add_row(
                row.name.replace("_", " "),
                *(f"{value:.2f}" for value in (*row.without, *row.held)),
                f"{difference:+.2f}",
                f"{low:+.2f} to {high:+.2f}",
            )
        console().print(table)


MOTION_SCENES = ("portrait", "coffee", "cat")
"""Backgrounds with mid-tones above the subject, where noise is measured."""

MOTION_SPEEDS_PX_S = (0.0, 100.0, 400.0, 1600.0)
"""Of the subject, in a picture of 640x480: still, a person who speaks, one who walks by, and sports."""

EVENING = 1 / 16
"""Light of a room in the evening, beside one in daylight: the longest time and some gain."""


def _bench_motion() -> None:
    """Print blur and noise of a moving subject under fixed programs and under those that heed motion."""
    import numpy as np

    from autoexposure.clock import Clock
    from autoexposure.control.program import ProgramConfig
    from autoexposure.evaluation.motion import shoot
    from autoexposure.exposure import shutter_text
    from autoexposure.metering.classical import AverageMeter
    from autoexposure.motion.trade import Motion
    from autoexposure.simulation.scene import VGA, Scene
    from drivers.simulated.camera import SimulatedCamera
    from drivers.simulated.config import SimulatedConfig

    def open_camera(scene: Scene, clock: Clock) -> SimulatedCamera:
        return SimulatedCamera(SimulatedConfig(), scene, clock)

    programs = {
        "least gain": ProgramConfig(),
        "1/125 s": ProgramConfig(max_time_s=1 / 125),
        "motion auto": ProgramConfig(motion=Motion.AUTO),
        "motion sports": ProgramConfig(motion=Motion.SPORTS),
    }
    head = ("px/s", "program", "time", "gain", "blur px", "detail lost", "noise", "predicted", "EV", "writes")
    table = Table(*head, box=None, header_style="bold")
    for px_s in MOTION_SPEEDS_PX_S:
        for name, program in programs.items():
            shots = [shoot(scene, VGA, px_s, EVENING, open_camera, AverageMeter, program) for scene in MOTION_SCENES]
            table.add_row(
                f"{px_s:g}",
                name,
                shutter_text(float(np.exp(np.mean([np.log(shot.exposure.time_s) for shot in shots])))),
                f"{np.mean([shot.exposure.gain for shot in shots]):.1f}",
                f"{np.mean([shot.blur_px for shot in shots]):.1f}",
                f"{np.mean([shot.detail_lost for shot in shots]):.0%}",
                f"{np.mean([shot.noise for shot in shots]):.1f}",
                f"{np.mean([shot.predicted for shot in shots]):.1f}",
                f"{np.mean([shot.ev for shot in shots]):.2f}",
                f"{np.mean([shot.writes for shot in shots]):.1f}",
            )
    console().print(table)
