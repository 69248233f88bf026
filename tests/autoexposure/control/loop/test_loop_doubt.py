"""An unsure meter in the closed loop: what is found right stays, and what a person asks for happens."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autoexposure.control.commands import Lock, Pause, SetBias, SetProgram, UseMask, UseNativeAuto, UsePolicy
from autoexposure.control.config import LoopConfig
from autoexposure.control.controller import ControllerConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.metering.classical import AverageMeter
from autoexposure.metering.mask import weigh
from autoexposure.metering.policy import MAP_SIDE, Decision
from autoexposure.metering.preview import Preview
from autoexposure.states import AeState

Make = Callable[..., Any]
NEAR = "light=steady,width=160,height=120,start_ev=0.4,max_time=0.2"


class Unsure:
    """The average meter, which says that it may be half a stop off."""

    name, coarse = "unsure", False

    def decide(self, preview: Preview) -> Decision:
        return replace(AverageMeter().decide(preview), doubt_ev=0.5)


def moved_ev(bench: Any, seen: list[Snapshot]) -> float:
    return bench.truth_ev(seen[-1]) - bench.truth_ev(seen[0])


def test_what_is_found_right_within_the_doubt_stays_and_is_said(closed_loop: Make) -> None:
    bench = closed_loop(NEAR, Unsure)
    seen = bench.run(25)
    assert not any(snapshot.wrote for snapshot in seen)
    assert (seen[-1].ae_state, seen[-1].left_alone) == (AeState.CONVERGED, True)
    assert seen[-1].target_ev == pytest.approx(seen[-1].commanded.ev)


def test_the_setting_turns_it_off(closed_loop: Make) -> None:
    config = LoopConfig(controller=ControllerConfig(doubt=0.0))
    bench = closed_loop(NEAR, Unsure, config=config)
    seen = bench.run(25)
    assert moved_ev(bench, seen) == pytest.approx(-0.4, abs=0.15)
    assert not any(snapshot.left_alone for snapshot in seen)


@pytest.mark.parametrize(
    "commands",
    [
        [Lock(True), Lock(False)],
        [Pause(True), Pause(False)],
        [UsePolicy(Unsure)],
    ],
    ids=["lock", "pause", "meter"],
)
def test_what_a_person_does_is_followed(closed_loop: Make, commands: list[Any]) -> None:
    bench = closed_loop(NEAR, Unsure)
    seen = bench.run(15)
    for command in commands:
        bench.loop.send(command)
        seen += bench.run(3)
    assert moved_ev(bench, seen + bench.run(25)) == pytest.approx(-0.4, abs=0.15)


def test_a_mask_is_followed_though_the_meter_was_unsure_of_the_whole(closed_loop: Make) -> None:
    bench = closed_loop(NEAR, Unsure)
    bench.run(15)
    bench.loop.send(UseMask(np.ones((MAP_SIDE, MAP_SIDE), np.float32)))
    seen = bench.run(25)
    assert any(snapshot.wrote for snapshot in seen)
    assert not any(snapshot.left_alone for snapshot in seen)


def test_the_cameras_own_automatic_hands_over_to_the_meter(closed_loop: Make) -> None:
    bench = closed_loop(NEAR, Unsure)
    first = bench.run(15)
    bench.loop.send(UseNativeAuto(True))
    bench.run(30)
    bench.loop.send(UseNativeAuto(False))
    assert moved_ev(bench, first + bench.run(30)) == pytest.approx(-0.4, abs=0.2)


def test_a_compensation_moves_what_was_left_alone_by_itself(closed_loop: Make) -> None:
    bench = closed_loop(NEAR, Unsure)
    seen = bench.run(15)
    bench.loop.send(SetBias(-2 / 3))
    assert moved_ev(bench, seen + bench.run(25)) == pytest.approx(-2 / 3, abs=0.12)


def test_other_rules_alone_move_nothing(closed_loop: Make) -> None:
    bench = closed_loop(NEAR, Unsure)
    seen = bench.run(15)
    bench.loop.send(SetProgram(replace(seen[-1].program, max_gain=8.0)))
    assert moved_ev(bench, seen + bench.run(25)) == pytest.approx(0.0, abs=0.05)


def test_a_mask_ends_a_doubt_that_was_about_the_whole_picture() -> None:
    even = np.ones((MAP_SIDE, MAP_SIDE), np.float32)
    assert weigh(Decision(0.3, even, 0.3 * even, doubt_ev=0.5), even).doubt_ev is None
