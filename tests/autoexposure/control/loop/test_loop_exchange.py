"""Time exchanged for gain over a doubt, beside all else that sets the exposure: holding, a hand, motion."""

from collections.abc import Callable

import pytest

from autoexposure.control.commands import Lock, SetExposure, SetProgram, TakeInTurn
from autoexposure.control.program import ProgramConfig
from autoexposure.control.session import CameraSession
from autoexposure.control.snapshot import Snapshot
from autoexposure.exposure import Exposure
from autoexposure.metering.classical import AverageMeter
from autoexposure.metering.policy import Decision, Policy
from autoexposure.metering.preview import Preview
from autoexposure.motion.trade import Motion
from autoexposure.response import ResponseCurve
from autoexposure.states import AeState
from autoexposure.trust.obedience import values_of
from autoexposure.trust.recovery import MOST_EXCHANGES
from tests.autoexposure.conftest import ClosedLoop

Make = Callable[..., ClosedLoop]

SIM = "scene=cat,light=steady,width=64,height=48,delay=2"
SAME_EV = 0.1
"""Splits of one light, rounded to the camera's steps."""


class BrighterOnce:
    """Asks for one exposure, two EV brighter than before."""

    def __init__(self) -> None:
        self.seen: list[Snapshot] = []

    def next_ev(self, shown: Snapshot, reach_ev: tuple[float, float], response: ResponseCurve) -> float | None:
        assert shown.exposure is not None
        self.seen.append(shown)
        return shown.exposure.ev + 2.0 if len(self.seen) == 1 else None

    def end(self, reason: str) -> None:
        assert reason == ""


class Unsure:
    """Asks for less light than would wake the loop if it were sure, and more than its dead band."""

    name = "unsure"
    coarse = False

    def decide(self, preview: Preview) -> Decision:
        return Decision(0.4, doubt_ev=1.0)


def in_doubt(closed_loop: Make, make_policy: Callable[[], Policy] = AverageMeter) -> tuple[ClosedLoop, CameraSession]:
    """At rest, with pictures that speak against both controls."""
    loop = closed_loop(SIM, make_policy)
    assert loop.run(40)[-1].ae_state is AeState.CONVERGED
    session = loop.loop._connection.session
    assert session is not None
    assert session.delayed is not None
    session.obedience._doubted = values_of(session.delayed.commanded)
    return loop, session


def until_written(loop: ClosedLoop) -> Snapshot:
    return next(seen for seen in (loop.run(1)[0] for _ in range(5)) if seen.wrote)


def test_a_doubt_is_settled_with_one_exchange_of_the_same_light(closed_loop: Make) -> None:
    loop, session = in_doubt(closed_loop)
    before = loop.truth_ev(loop.run(1)[-1])
    seen = loop.run(20)
    assert not session.obedience.doubted
    assert seen[-1].ae_state is AeState.CONVERGED
    assert loop.truth_ev(seen[-1]) == pytest.approx(before, abs=SAME_EV)


def test_what_is_held_meanwhile_is_not_exchanged_and_costs_no_try(closed_loop: Make) -> None:
    loop, session = in_doubt(closed_loop)
    assert session.delayed is not None
    before_ev = session.delayed.commanded.ev
    series = BrighterOnce()
    loop.loop.send(TakeInTurn(series))
    while len(series.seen) < 2 or loop.loop._actuator.holding.active:
        loop.run(1)
        assert loop.loop._actuator._recovery._exchanges == 0
    for seen in loop.run(30):
        if seen.write is not None:
            assert seen.write.asked.ev == pytest.approx(before_ev, abs=SAME_EV)
    assert loop.loop._actuator._recovery._exchanges < MOST_EXCHANGES


def test_a_locked_exposure_is_not_exchanged(closed_loop: Make) -> None:
    loop, _ = in_doubt(closed_loop)
    loop.loop.send(Lock(True))
    assert not any(seen.write for seen in loop.run(20))


def test_a_hand_that_sets_the_exposure_during_an_exchange_wins(closed_loop: Make) -> None:
    loop, session = in_doubt(closed_loop)
    until_written(loop)
    by_hand = Exposure(0.002, 4.0)
    assert session.program.split(by_hand.ev) != by_hand
    loop.loop.send(SetExposure(by_hand))
    after = loop.run(20)[-1]
    assert after.ae_state is AeState.LOCKED
    assert after.commanded is not None
    assert after.commanded.time_s == pytest.approx(by_hand.time_s, rel=0.02)
    assert after.commanded.gain == pytest.approx(by_hand.gain, rel=0.02)


def test_motion_waits_until_an_exchange_was_judged(closed_loop: Make) -> None:
    loop, session = in_doubt(closed_loop)
    loop.loop.send(SetProgram(ProgramConfig(motion=Motion.SPORTS)))
    until_written(loop)
    session.prefer(0.0005)
    loop.loop._actuator.motion.due = True
    judged = 0
    while session.obedience.under_way:
        seen = loop.run(1)[-1]
        judged += 1
        assert seen.write is None or not session.obedience.under_way
    assert judged > 2
    assert not session.obedience.doubted
    loop.run(10)
    assert not loop.loop._actuator.motion.due


def test_a_picture_that_is_left_alone_is_at_rest_too(closed_loop: Make) -> None:
    loop, session = in_doubt(closed_loop, Unsure)
    assert loop.loop.latest().left_alone
    loop.run(20)
    assert not session.obedience.doubted
