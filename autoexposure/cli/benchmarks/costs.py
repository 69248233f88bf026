"""What ``bench`` measures without further options: each part of the program, the loop, several cameras, the window."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from itertools import count, cycle
from pathlib import Path

import cv2
import numpy as np
from rich.table import Table

from autoexposure import __version__
from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.control.config import LoopConfig
from autoexposure.control.loop import ControlLoop
from autoexposure.errors import AutoexposureError
from autoexposure.evaluation.arithmetic import MULTIPLICATIONS, SIDE, MatrixProducts
from autoexposure.evaluation.costs import (
    FRAME_RATE,
    Cost,
    LoopTurns,
    Measured,
    ProcessCost,
    process_cost,
    take_turns,
    timed,
)
from autoexposure.extras import first_missing
from autoexposure.feedback.answer import Label
from autoexposure.files.decoding import decode_jpeg
from autoexposure.frame import Pixels
from autoexposure.library import make_meter
from autoexposure.metering.lookahead import look_ahead, re_exposer
from autoexposure.metering.meters import ATTENTION, METERS
from autoexposure.metering.policy import MAP_SIDE, Decision, Policy
from autoexposure.metering.preview import LEAST_PX, Preview, make_preview
from autoexposure.metering.reuse import ReuseConfig
from autoexposure.motion.speed import SpeedMeter
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.process.long_work import Tell, part_of
from autoexposure.response import srgb
from autoexposure.simulation.builtin_scenes import shipped_photograph

SIZES_PX = ((640, 480), (1280, 720), (1920, 1080), (3840, 2160))
"""(width, height) of what webcams send, VGA to 4K."""

JPEG_QUALITY = 85
"""As of most webcams; docs/tools/reduced_decoding.py takes the same."""

DARK_EV = -3.0
"""So far under-exposed a search begins with several answers: the simulated camera starts so, too."""

SEVERAL = (2, 4, 8)
ALONE = "1 camera, at rest"
ASKING = "1 camera, always asking"
ANSWER = "onnxruntime"
PRODUCT = f"sgemm {SIDE}"
WINDOW = "640x480 shown"
MOTION = "speed of what moves"
CAMERA = "sim:light=steady,width=640,height=480"


@dataclass(frozen=True, slots=True)
class Bill:
    """Everything that was measured in one run.

    Attributes
    ----------
    groups : the rows, by what they are about.
    processes : what whole processes took.
    limit_ratio : time of one answer of the network divided by that of as many multiplications in a matrix product on
        one thread, by the least and by the median of each; None for a model that was given, which may have others.
    """

    groups: dict[str, dict[str, Cost]]
    processes: tuple[ProcessCost, ...]
    limit_ratio: tuple[float, float] | None

    def as_json(self) -> str:
        """All of it, times in seconds."""
        return json.dumps(
            {
                "version": __version__,
                "python": platform.python_version(),
                "machine": platform.machine(),
                "frame_rate": FRAME_RATE,
                "rows": [
                    {"group": group, **asdict(cost), "share_of_core": cost.share_of_core}
                    for group, costs in self.groups.items()
                    for cost in costs.values()
                ],
                "processes": [asdict(process) for process in self.processes],
                "against_arithmetic_limit": self.limit_ratio
                and dict(zip(("least", "median"), self.limit_ratio, strict=True)),
            },
            indent=1,
        )

    def tables(self) -> Iterator[Table]:
        """A table for each group, and one of the processes."""
        for group, costs in self.groups.items():
            table = Table(group, "least", "median", "mean", f"of a core at {FRAME_RATE}/s", box=None)
            table.header_style = "bold"
            for cost in costs.values():
                times = (f"{time_s * 1e3:.2f} ms" for time_s in (cost.least_s, cost.median_s, cost.mean_s))
                table.add_row(cost.name, *times, f"{cost.share_of_core:.1%}")
            if self.limit_ratio is not None and PRODUCT in costs:
                table.add_row("onnxruntime / its sgemm", *(f"x {x:.2f}" for x in self.limit_ratio))
            yield table
        if self.processes:
            table = Table("processes", "processor time", "memory at most", box=None, header_style="bold")
            for process in self.processes:
                peak = "-" if process.peak_bytes is None else f"{process.peak_bytes / 2**20:.0f} MiB"
                table.add_row(process.name, f"{process.cpu_s:.2f} s", peak)
            yield table


def measure_all(model: Path | None, rounds: int, tell: Tell) -> Bill:
    """Measure everything. Raises AutoexposureError if a part of it can't be run."""
    cv2.setNumThreads(1)  # what OpenCV gave to other threads, processor time of this one would not count
    photograph = shipped_photograph("coffee.png")
    preview = make_preview(photograph)
    with MatrixProducts() as products, ExitStack() as ends:

        def turning(cameras: int, reuse: ReuseConfig | None = None) -> Measured:
            """Loops of their own for every row: shared ones would ask the network in some rows and never in others."""
            turns = LoopTurns(partial(_loop, model, reuse or ReuseConfig()), cameras)
            ends.callback(turns.close)
            return turns.turn

        loops = {ALONE: turning(1), ASKING: turning(1, ReuseConfig(on=False))}
        groups = {
            "JPEG pictures": dict(_pictures(photograph)),
            "meters": dict(_meters(model, preview)),
            "the network": dict(_inference(model, preview)) | {PRODUCT: products.product_s},
            "the loop, 640x480": loops | {f"{cameras} cameras, at rest": turning(cameras) for cameras in SEVERAL},
        }
        every = {name: measure for rows in groups.values() for name, measure in rows.items()}
        costs = take_turns(every, rounds, part_of(tell, "measuring"))
    measured = {group: {name: costs[name] for name in rows} for group, rows in groups.items()}
    processes = (process_cost("start to the first answer", _FIRST_ANSWER),)
    if not first_missing("PyQt6", "pyqtgraph"):
        tell("the window", 0.0)
        measured["the window"] = {WINDOW: Cost.of(WINDOW, _window(rounds))}
    return Bill(measured, processes, _limit_ratio(costs) if model is None else None)


_FIRST_ANSWER = """
import autoexposure as ae
with ae.open("sim:") as camera:
    assert next(camera).decision is not None
"""


def _pictures(photograph: Pixels) -> Iterator[tuple[str, Measured]]:
    for width, height in SIZES_PX:
        pixels = np.asarray(cv2.resize(photograph, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
        jpeg = cv2.imencode(".jpg", pixels[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))[1].tobytes()
        yield f"{width}x{height} decoded", timed(partial(decode_jpeg, jpeg))
        yield f"{width}x{height} decoded small", timed(partial(decode_jpeg, jpeg, LEAST_PX))
        yield f"{width}x{height} shrunk", timed(partial(make_preview, pixels))


class _Counted:
    """A policy that counts how often it is asked."""

    coarse = True

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.name = policy.name
        self.asked = 0

    def decide(self, preview: Preview) -> Decision:
        self.asked += 1
        return self._policy.decide(preview)


def _meters(model: Path | None, preview: Preview) -> Iterator[tuple[str, Measured]]:
    for name in METERS:
        yield name, timed(partial(make_meter(name, model).decide, preview))
    dark = re_exposer(preview, srgb(), darker=True)(DARK_EV)
    counted = _Counted(make_meter(ATTENTION, model))

    def search(policy: Policy) -> Decision:
        return look_ahead(policy, dark, policy.decide(dark), srgb())

    search(counted)
    yield f"attention, {counted.asked} answers ahead", timed(partial(search, make_meter(ATTENTION, model)))
    taught = make_meter(ATTENTION, model)
    assert isinstance(taught, LiveLayer)
    taught.click(preview, Label.UNDER)
    yield "attention, taught", timed(partial(taught.decide, preview))
    yield MOTION, timed(_motion(preview))


def _motion(preview: Preview) -> Callable[[], object]:
    """What measures the motion of a preview that is shaken."""
    meter, number, attention = SpeedMeter(), count(), np.ones((MAP_SIDE, MAP_SIDE), np.float32)
    shaken = cycle([preview, np.ascontiguousarray(np.roll(preview, 2, axis=3))])
    return lambda: meter.look(next(shaken), next(number) / FRAME_RATE, SIZES_PX[0], attention)


def _inference(model: Path | None, preview: Preview) -> Iterator[tuple[str, Measured]]:
    from models.engines import engines
    from models.files.model_file import default_model_path, int8_path
    from models.inference.onnx_policy import OnnxPolicy

    path = model or default_model_path()
    yield ANSWER, timed(partial(OnnxPolicy(path).decide, preview))
    if int8_path(path).is_file():
        yield "onnxruntime, int8", timed(partial(OnnxPolicy(int8_path(path)).decide, preview))
    for name, answer in engines(path, preview):
        yield name, timed(answer)


def _limit_ratio(costs: dict[str, Cost]) -> tuple[float, float]:
    from models.engines import MULTIPLICATIONS as of_the_network

    answer, product, share = costs[ANSWER], costs[PRODUCT], of_the_network / MULTIPLICATIONS
    return answer.least_s / (product.least_s * share), answer.median_s / (product.median_s * share)


def _loop(model: Path | None, reuse: ReuseConfig, seed: int, watched: Callable[[Camera], Camera]) -> ControlLoop:
    """One loop on a simulated camera of its own, whose clock stands while this thread is elsewhere."""
    from drivers.discovery import open_camera

    clock = SimulatedClock()
    return ControlLoop(
        lambda: watched(open_camera(f"{CAMERA},seed={seed}", clock=clock)),
        partial(make_meter, ATTENTION, model),
        config=LoopConfig(reuse=reuse),
        clock=clock,
    )


def _window(rounds: int) -> list[float]:
    """Seconds of each picture in the window, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "gui.window_cost", str(rounds)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise AutoexposureError(
            f"the window can't be measured: {(ran.stderr.strip().splitlines() or ['it failed'])[-1]}"
        )
    return [float(cost_s) for cost_s in json.loads(ran.stdout)]
