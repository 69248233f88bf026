"""Night kept dark and ramps, in the closed loop."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from autoexposure.control.commands import SetBias, SetGoal, UseNativeAuto
from autoexposure.control.config import LoopConfig
from autoexposure.control.program import ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.evaluation.scores import trace_of
from autoexposure.goal.goal import GoalConfig
from autoexposure.goal.night import goal_offset_ev
from autoexposure.metering.classical import AverageMeter
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from autoexposure.simulation.light import Drifting, Light, Steady, Switched
from autoexposure.simulation.scene import Layer, LitScene
from autoexposure.states import AeState

Make = Callable[..., Any]
SMALL = "light=steady,width=64,height=48"
LONG = ProgramConfig(allow_slow_frames=True)
NIGHT = GoalConfig(keep_night_dark=True)
DUSK_EV, DUSK_S, PICTURE_EVERY_S = -8.0, 2400.0, 4.0


class Half:
    """Asks for half of what is missing, as a network does far from its goal."""

    name, coarse = "half", False

    def decide(self, preview: Preview) -> Decision:
        return Decision(0.5 * AverageMeter().decide(preview).delta_ev)


class Nervous:
    """The average meter, give or take a third of a stop with every picture; as unsure as that it says it is."""

    name, coarse = "nervous", False

    def __init__(self) -> None:
        self._random = np.random.default_rng(1)

    def decide(self, preview: Preview) -> Decision:
        decision = AverageMeter().decide(preview)
        return replace(decision, delta_ev=decision.delta_ev + self._random.normal(0, 0.33), doubt_ev=0.33)


def lit(bench: Any, light: Light) -> Any:
    """The same loop with its scene in this light."""
    bench.camera._scene = LitScene((Layer(bench.camera._scene, light),))
    bench.camera._power_on()
    return bench


def dusk(closed_loop: Make, policy: Callable[[], Any], goal: GoalConfig, light: Light | None = None) -> Any:
    """A picture every few seconds while it gets dark, on a camera without steps of its own."""
    spec = f"{SMALL},fps={1 / PICTURE_EVERY_S},max_time=4,time_step=0,gain_steps=0,noise=off"
    bench = closed_loop(spec, policy, config=LoopConfig(goal=goal, frame_timeout_s=20.0))
    return lit(bench, light or Drifting(DUSK_EV, 100.0, DUSK_S, 1e6))


def steps_ev(bench: Any, seen: list[Snapshot]) -> Any:
    """(N - 1,) what the exposure really moved by between two pictures."""
    return np.diff([bench.camera.truth(point.sequence).ev for point in trace_of(seen)])


@pytest.mark.parametrize("delay", [0, 8])
@pytest.mark.parametrize("light_ev", [2, -6, -10], ids=["sun", "dim", "dark"])
def test_a_scene_rests_where_its_light_belongs(closed_loop: Make, light_ev: int, delay: int) -> None:
    ends, offsets = [], []
    for goal in (GoalConfig(), NIGHT):
        config = LoopConfig(program=LONG, goal=goal)
        bench = lit(
            closed_loop(f"{SMALL},delay={delay},max_time=30", AverageMeter, config=config), Steady(2.0**light_ev)
        )
        seen = bench.run(40 + 5 * delay)
        assert seen[-1].ae_state is AeState.CONVERGED
        assert not any(snapshot.wrote for snapshot in seen[-10:])
        ends.append(bench.truth_ev(seen[-1]))
        offsets.append(seen[-1].night_ev)
        assert seen[-1].night_ev == pytest.approx(goal_offset_ev(seen[-1].scene_ev) if goal is NIGHT else 0.0)
    assert ends[1] - ends[0] == pytest.approx(offsets[1], abs=0.2)
    assert abs(offsets[1]) > 0.1


@pytest.mark.parametrize("start_ev", [-5.0, 3.0])
def test_from_either_side_it_comes_to_the_same_exposure_without_swinging(closed_loop: Make, start_ev: float) -> None:
    config = LoopConfig(program=LONG, goal=NIGHT)
    bench = lit(closed_loop(f"{SMALL},delay=4,max_time=30,start_ev={start_ev}", Half, config=config), Steady(2.0**-9))
    seen = bench.run(120)
    moves = [move for move in steps_ev(bench, seen) if move]
    assert seen[-1].ae_state is AeState.CONVERGED
    # The meter alone rests at +1.4 EV; half of its answers make twice of the offset that they meet.
    rest_ev = bench.truth_ev(seen[-1])
    assert rest_ev == pytest.approx(-1.4, abs=0.4)
    assert sum(a * b < 0 for a, b in pairwise(moves)) <= 1


def test_the_night_can_be_kept_and_lifted_while_it_runs(closed_loop: Make) -> None:
    bench = lit(closed_loop(f"{SMALL},max_time=30", AverageMeter, config=LoopConfig(program=LONG)), Steady(2.0**-9))
    meter_ev = bench.truth_ev(bench.run(40)[-1])
    bench.loop.send(SetGoal(NIGHT))
    dark = bench.run(40)[-1]
    assert bench.truth_ev(dark) - meter_ev == pytest.approx(dark.night_ev, abs=0.15)
    assert dark.night_ev < -0.5
    assert dark.goal == NIGHT
    bench.loop.send(SetBias(0.5))
    assert bench.truth_ev(bench.run(40)[-1]) - bench.truth_ev(dark) == pytest.approx(0.5, abs=0.15)
    bench.loop.send(SetBias(0.0))
    bench.loop.send(SetGoal(GoalConfig()))
    assert bench.truth_ev(bench.run(40)[-1]) == pytest.approx(meter_ev, abs=0.15)


@pytest.mark.parametrize("keep", [False, True], ids=["lifted", "kept"])
@pytest.mark.parametrize("policy", [AverageMeter, Nervous])
def test_a_dusk_has_no_visible_steps(closed_loop: Make, policy: Callable[[], Any], keep: bool) -> None:
    bench = dusk(closed_loop, policy, GoalConfig(keep, 0.5))
    bench.run(20)
    seen = bench.run(int(DUSK_S / PICTURE_EVERY_S) + 40)
    moves = steps_ev(bench, seen)
    assert np.abs(moves).max() < 0.1
    asked_ev = -DUSK_EV + (seen[-1].night_ev - seen[0].night_ev)
    assert moves.sum() == pytest.approx(asked_ev, abs=0.5), "it arrives in the night"
    assert all(snapshot.decision is not None for snapshot in seen)


def test_without_a_ramp_the_same_dusk_has_steps(closed_loop: Make) -> None:
    bench = dusk(closed_loop, AverageMeter, GoalConfig())
    bench.run(20)
    assert np.abs(steps_ev(bench, bench.run(int(DUSK_S / PICTURE_EVERY_S)))).max() > 0.2


def test_a_lamp_is_followed_at_the_pace_of_the_ramp(closed_loop: Make) -> None:
    lamp = Switched(first=1.0, second=0.25, steady_s=100.0, every_s=1e6)
    bench = dusk(closed_loop, AverageMeter, GoalConfig(ramp_ev_per_minute=1.0), lamp)
    bench.run(20)
    seen = bench.run(50)
    moves = steps_ev(bench, seen)
    assert np.abs(moves).max() < 0.1
    assert moves.sum() == pytest.approx(2.0, abs=0.1)
    assert max(snapshot.ramp_ev for snapshot in seen) <= 0.01
    assert min(snapshot.ramp_ev for snapshot in seen) == pytest.approx(-2.0, abs=0.2), "how far it is behind is said"


def test_a_person_does_not_wait_for_the_ramp(closed_loop: Make) -> None:
    config = LoopConfig(goal=GoalConfig(ramp_ev_per_minute=0.5))
    bench = closed_loop(SMALL, AverageMeter, config=config)
    start_ev = bench.truth_ev(bench.run(40)[-1])
    bench.loop.send(SetBias(1.0))
    assert bench.truth_ev(bench.run(15)[-1]) - start_ev == pytest.approx(1.0, abs=0.1)
    bench.loop.send(SetBias(0.0))
    bench.loop.send(UseNativeAuto(True))
    bench.run(40)
    bench.loop.send(UseNativeAuto(False))
    assert bench.truth_ev(bench.run(30)[-1]) == pytest.approx(start_ev, abs=0.1)


def test_without_the_ramp_the_usual_calm_is_back(closed_loop: Make) -> None:
    bench = closed_loop(SMALL, AverageMeter, config=LoopConfig(goal=GoalConfig(ramp_ev_per_minute=0.5)))
    usual = bench.loop.config.controller
    bench.run(40)
    assert bench.loop._actuator.controller.config != usual
    bench.loop.send(SetGoal(GoalConfig()))
    bench.run(5)
    assert bench.loop._actuator.controller.config == usual
