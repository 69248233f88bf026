"""How often a camera that obeys is accused, and how soon one that does not is found out.

    python -m tests.campaign.obedience [SECONDS]

Closed loops on the simulated camera, in light that moves: each row is one kind of light, over scenes, meters, delays
and starts. A camera here does not know its own delay, as webcams don't.
"""

from __future__ import annotations

import math
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from autoexposure.camera import Capabilities
from autoexposure.clock import SimulatedClock
from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.metering.meters import METERS
from autoexposure.simulation.light import Drifting, Light, Steady, Switched
from autoexposure.simulation.scene import Layer, LitScene
from autoexposure.states import LoopState
from drivers.simulated.camera import SimulatedCamera, make_scene
from drivers.simulated.config import parse_simulated

SCENES, DELAYS = ("cat", "portrait"), (0, 3, 8)
GOOD = ("", "start_ev=5", "max_time=0.002,max_gain=1", "max_time=0.004,max_gain=1,start_ev=3")
DISOBEDIENT = ("deaf=time,echo=on", "deaf=time", "deaf=both,echo=on", "deaf=both", "deaf=both,echo=on,start_ev=3")


@dataclass(frozen=True, slots=True)
class Restless:
    """People walk by and lamps go on and off: another light at random, ``every_s``."""

    every_s: float
    spread_ev: float

    def factor(self, time_s: float) -> float:
        """As Light.factor."""
        return 2.0 ** random.Random(int(time_s / self.every_s)).gauss(0.0, self.spread_ev)


@dataclass(frozen=True, slots=True)
class Swelling:
    """Up and down in a sine: clouds, a crowd that sways."""

    ev: float
    period_s: float

    def factor(self, time_s: float) -> float:
        """As Light.factor."""
        return 2.0 ** (self.ev * math.sin(2 * math.pi * time_s / self.period_s))


LIGHTS: dict[str, Light] = {
    "steady": Steady(),
    "lamp switched every second": Switched(1.0, 1 / 6, 1.0, 1.0),
    "lamp switched every 0.3 s": Switched(1.0, 1 / 4, 1.0, 0.3),
    "drifts 5 EV in 3 s": Drifting(-5.0, 1.0, 3.0, 0.5),
    "drifts 4 EV in 1 s": Drifting(-4.0, 1.0, 1.0, 0.3),
    "jumps by 1 EV every 0.5 s": Restless(0.5, 1.0),
    "jumps by 0.5 EV every 0.25 s": Restless(0.25, 0.5),
    "swells by 1.5 EV in 2 s": Swelling(1.5, 2.0),
    "swells by 0.7 EV in 0.7 s": Swelling(0.7, 0.7),
}


class Vague(SimulatedCamera):
    """Does not know its own delay."""

    @property
    def capabilities(self) -> Capabilities:
        """As Camera.capabilities."""
        return replace(super().capabilities, delay_frames=(0, 8))


def accused_after_s(spec: str, light: Light, meter: str, seconds: float) -> float:
    """Play a camera for so long; the time of the picture with which it is said not to obey, infinite if it never is."""
    settings, clock = parse_simulated(spec), SimulatedClock()
    scene = LitScene((Layer(make_scene(settings), light),))
    camera = Vague(settings, scene, clock, f"sim:{spec}")
    with tempfile.TemporaryDirectory() as folder:
        loop = ControlLoop(lambda: camera, METERS[meter].make, journal=Journal(Path(folder)), clock=clock)
        try:
            while clock.now() < seconds:
                snapshot = loop.turn()
                if snapshot.loop_state is LoopState.FAILED:
                    raise snapshot.error or RuntimeError(snapshot.notice)
                if any(word in snapshot.notice for word in ("obey", "no effect", "regulating")):
                    return clock.now()
        finally:
            loop.stop()
    return math.inf


def specs(kinds: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every camera, with its meter."""
    for scene, delay, kind, meter in product(SCENES, DELAYS, kinds, ("average", "matrix")):
        yield f"scene={scene},light=steady,width=64,height=48,delay={delay}" + (f",{kind}" if kind else ""), meter


def main(seconds: float) -> None:
    """Print the two tables."""
    print(f"{'light':32}accused, of those that obey    found, of those that do not   after: median, 90 %")
    for name, light in LIGHTS.items():
        good = [accused_after_s(spec, light, meter, seconds) for spec, meter in specs(GOOD)]
        bad = sorted(accused_after_s(spec, light, meter, seconds) for spec, meter in specs(DISOBEDIENT))
        accused, found = sum(map(math.isfinite, good)), sum(map(math.isfinite, bad))
        median_s, late_s = bad[len(bad) // 2], bad[len(bad) * 9 // 10]
        print(
            f"{name:32}{accused:4} of {len(good):4} x {seconds:g} s {found:13} of {len(bad):4}"
            f" {median_s:18.1f} {late_s:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
