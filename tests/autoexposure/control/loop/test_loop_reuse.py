"""A network that is not asked again while the picture stands: the loop must do the very same."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autoexposure.control.commands import Command, SetBias, Teach, Unteach, UseCamera, UseMask, UsePolicy
from autoexposure.control.config import LoopConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import PolicyError
from autoexposure.feedback.answer import Label
from autoexposure.metering.classical import WeightedMeter
from autoexposure.metering.meters import METERS
from autoexposure.metering.policy import MAP_SIDE, Decision
from autoexposure.metering.preview import Preview
from autoexposure.metering.reuse import ReuseConfig
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.simulation.builtin_scenes import GALLERY
from autoexposure.simulation.light import Switched
from autoexposure.simulation.scene import Layer, LitScene
from autoexposure.states import AeState
from drivers.simulated.camera import open_simulated
from models.inference.onnx_policy import OnnxPolicy

Make = Callable[..., Any]
"""The ``closed_loop`` fixture."""

STEADY = "light=steady,width=64,height=48"
LARGER = "light=steady,width=320,height=240"
"""A sensor's noise in a cell of so many pixels is that of real cameras, or below."""
ALWAYS_ASK = LoopConfig(reuse=ReuseConfig(on=False))


class Network:
    """Answers as an average meter does, says that it comes from a file, and counts how often it is asked."""

    name, coarse, sha256 = "attention", True, "0" * 64

    def __init__(self) -> None:
        self.meter = METERS["average"].make()
        self.asked = 0
        self.fails = False

    def decide(self, preview: Preview) -> Decision:
        self.asked += 1
        if self.fails:
            raise PolicyError("odd picture")
        return self.meter.decide(preview)


def trace(seen: list[Snapshot]) -> list[tuple[Any, ...]]:
    return [(turn.commanded, turn.wrote, turn.ae_state, turn.meter, turn.notice) for turn in seen]


@pytest.mark.parametrize("scene", GALLERY)
@pytest.mark.parametrize("delay", range(9))
def test_it_changes_nothing_that_is_set_or_said(closed_loop: Make, scene: str, delay: int) -> None:
    spec = f"scene={scene},width=64,height=48,delay={delay},seed={delay}"
    networks = Network(), Network()
    always, reusing = (
        closed_loop(spec, lambda network=network: network, vague=delay % 2 == 0, config=config).run(120)
        for network, config in zip(networks, (ALWAYS_ASK, None), strict=True)
    )
    assert trace(reusing) == trace(always)
    assert networks[1].asked < 0.6 * networks[0].asked


def test_nor_with_the_network_that_ships(closed_loop: Make) -> None:
    spec = "width=160,height=120,delay=3"
    always, reusing = (closed_loop(spec, OnnxPolicy, config=config).run(60) for config in (ALWAYS_ASK, None))
    assert trace(reusing) == trace(always)
    assert reusing[-1].metered < reusing[-1].frame.sequence


@pytest.mark.parametrize("step", [2.0, 0.5, 1.2])
def test_a_light_that_is_switched_is_answered_with_the_first_picture_that_shows_it(
    closed_loop: Make, step: float
) -> None:
    lamp = Switched(first=1.0, second=step, steady_s=3.0, every_s=100.0)
    states = []
    for config in (ALWAYS_ASK, None):
        bench = closed_loop(f"scene=cat,{STEADY}", Network, config=config)
        bench.camera._scene = LitScene((Layer(bench.camera._scene, lamp),))
        states.append(trace(bench.run(160)))
    assert states[0] == states[1]
    writes = [number for number, turn in enumerate(states[1]) if turn[1]]
    assert writes[-1] >= 90, "it was answered at all"


def test_at_rest_it_is_asked_twice_a_second(closed_loop: Make) -> None:
    network = Network()
    bench = closed_loop(LARGER, lambda: network)
    assert bench.run(40)[-1].ae_state is AeState.CONVERGED
    before = network.asked
    seen = bench.run(300)
    assert network.asked - before == pytest.approx(300 / 15, abs=3)  # with what puts it to the test
    assert {turn.frame.sequence - turn.metered for turn in seen} == set(range(15))


def test_a_search_asks_about_every_picture(closed_loop: Make) -> None:
    network = Network()
    bench = closed_loop(f"{STEADY},delay=8", lambda: network)
    for turn in bench.run(60):
        if turn.ae_state is AeState.SEARCHING:
            assert turn.metered == turn.frame.sequence


class Mover:
    """A scene through which something dark passes, small enough to leave the mean as it is."""

    def __init__(self, scene: Any) -> None:
        self.scene = scene

    def radiance(self, time_s: float) -> Any:
        light = np.array(self.scene.radiance(time_s))
        row = int(time_s * 300) % light.shape[0]
        light[row : row + 16, 40:56] = 0
        return light


def test_what_moves_is_asked_about_ten_times_a_second(closed_loop: Make) -> None:
    network = Network()
    bench = closed_loop(LARGER, lambda: network)
    bench.run(40)
    bench.camera._scene = Mover(bench.camera._scene)
    before = network.asked
    seen = bench.run(150)
    assert {turn.ae_state for turn in seen} == {AeState.CONVERGED}
    assert network.asked - before == pytest.approx(150 / 3, abs=6)  # with what puts it to the test
    assert max(turn.frame.sequence - turn.metered for turn in seen) == 2


SEEN = np.full((48, 64, 3), 100, np.uint8)


@pytest.mark.parametrize(
    "command",
    [
        SetBias(0.0),
        UseMask(np.ones((MAP_SIDE, MAP_SIDE), np.float32)),
        UseMask(None),
        UsePolicy(OnnxPolicy),
        Teach(SEEN, Label.WELL, 0.0, answer=1),
        Unteach(everything=True),
    ],
    ids=lambda command: type(command).__name__,
)
def test_every_command_asks_anew(closed_loop: Make, command: Command) -> None:
    bench = closed_loop("width=160,height=120,light=steady", lambda: LiveLayer(OnnxPolicy()))
    (turn,) = bench.run(1)
    while turn.frame.sequence - turn.metered < 5:
        (turn,) = bench.run(1)
    bench.loop.send(command)
    (turn,) = bench.run(1)
    assert turn.metered == turn.frame.sequence


def test_a_click_shows_in_the_next_answer(closed_loop: Make) -> None:
    bench = closed_loop("width=160,height=120,light=steady", lambda: LiveLayer(OnnxPolicy()))
    before = bench.run(40)[-1]
    assert before.metered < before.frame.sequence
    bench.loop.send(Teach(before.frame.pixels, Label.UNDER, 0.0, answer=1))
    (after,) = bench.run(1)
    assert after.decision.delta_ev > before.decision.delta_ev + 0.1


def test_another_camera_is_asked_about_at_once(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, Network)
    bench.run(40)
    bench.loop.send(UseCamera(lambda: open_simulated(STEADY, clock=bench.clock)))
    first = bench.run(1)[0]
    assert first.metered == first.frame.sequence


def test_a_network_that_fails_is_said_to_be_of_its_own_picture(closed_loop: Make) -> None:
    network = Network()
    bench = closed_loop(STEADY, lambda: network)
    bench.run(40)
    network.fails = True
    failed = next(turn for turn in bench.run(20) if turn.meter == "matrix")
    assert failed.metered == failed.frame.sequence


def test_a_classical_meter_judges_every_picture(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    assert isinstance(METERS["average"].make(), WeightedMeter)
    assert all(turn.metered == turn.frame.sequence for turn in bench.run(60))
