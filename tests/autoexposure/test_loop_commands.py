from collections.abc import Callable
from typing import Any

import pytest

from autoexposure.commands import LetGo, Pause, SetDamping, SetProgram, UseCamera
from autoexposure.errors import ConfigError
from autoexposure.metering import METERS
from autoexposure.program import ProgramConfig
from autoexposure.snapshot import AeState, LoopState
from drivers.simulated import open_simulated

Make = Callable[..., Any]
"""The ``closed_loop`` fixture."""

STEADY = "light=steady,width=320,height=240"


def test_a_calmer_loop_takes_more_writes_to_the_same_place(closed_loop: Make) -> None:
    fast = closed_loop(STEADY, METERS["average"])
    calm = closed_loop(STEADY, METERS["average"])
    calm.loop.send(SetDamping(0.3))
    fast_seen, calm_seen = fast.run(120), calm.run(120)
    assert calm_seen[-1].damping == 0.3
    assert sum(turn.wrote for turn in calm_seen) > sum(turn.wrote for turn in fast_seen)
    assert calm_seen[-1].ae_state is AeState.CONVERGED
    assert calm_seen[-1].commanded.ev == pytest.approx(fast_seen[-1].commanded.ev, abs=0.3)


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5, float("nan")])
def test_a_share_that_makes_no_sense_is_refused(share: float) -> None:
    with pytest.raises(ConfigError):
        SetDamping(share)


def test_the_rules_in_force_are_shown(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"])
    rules = ProgramConfig(min_time_s=0.001, max_gain=4.0, mains_hz=50)
    bench.loop.send(SetProgram(rules))
    assert bench.run(5)[-1].program == rules


def test_new_limits_hold_at_once_though_the_picture_is_well_exposed(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"])
    before = bench.run(40)[-1]
    assert before.ae_state is AeState.CONVERGED
    bench.loop.send(SetProgram(ProgramConfig(max_time_s=before.commanded.time_s / 2)))
    after = bench.run(8)[-1]
    assert after.frame.exposure.time_s <= before.commanded.time_s / 2 + 1e-9
    assert after.frame.exposure.ev == pytest.approx(before.commanded.ev, abs=0.25), "gain makes up for the time"


def test_new_limits_leave_a_paused_camera_alone(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"])
    before = bench.run(40)[-1]
    bench.loop.send(Pause(True))
    bench.loop.send(SetProgram(ProgramConfig(max_time_s=before.commanded.time_s / 2)))
    assert bench.run(8)[-1].commanded == before.commanded


def test_a_camera_let_go_of_is_put_back_and_stays_free_until_it_is_asked_for(closed_loop: Make) -> None:
    bench = closed_loop(f"{STEADY},native=on", METERS["average"], lasting=True)
    bench.run(20)
    assert bench.journal.entries() != []
    bench.loop.send(LetGo())
    free = [bench.loop.turn() for _ in range(5)]
    assert {turn.loop_state for turn in free} == {LoopState.STOPPED}
    assert free[-1].camera is None
    assert bench.journal.entries() == []
    bench.loop.send(UseCamera(lambda: open_simulated(STEADY, clock=bench.clock)))
    assert bench.run(30)[-1].ae_state is AeState.CONVERGED
