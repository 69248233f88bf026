"""What commands do to connection, meter and actuator, one by one, without a loop around them."""

from pathlib import Path

import numpy as np
import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.control.active_meter import ActiveMeter
from autoexposure.control.actuator import Actuator
from autoexposure.control.commands import (
    Command,
    Lock,
    Pause,
    SetExposure,
    SetProgram,
    Teach,
    Unteach,
    UseMask,
    UseNativeAuto,
    UsePolicy,
)
from autoexposure.control.config import LoopConfig
from autoexposure.control.connection import Connection
from autoexposure.control.obey import obey
from autoexposure.control.program import ProgramConfig
from autoexposure.custody.journal import Journal
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import Label
from autoexposure.metering.classical import AverageMeter, MatrixMeter
from autoexposure.motion.trade import Motion
from autoexposure.states import LoopState
from autoexposure.trust.delay import Attribution
from tests.autoexposure.scripted_camera import FIRST, Scripted, frame


class Bench:
    """A scripted camera that is open and has shown one picture, and a controller at rest."""

    def __init__(self, folder: Path) -> None:
        config, clock = LoopConfig(), SimulatedClock()
        self.camera = Scripted()
        self.connection = Connection(lambda: self.camera, None, Journal(folder), None, config, clock)
        self.meter = ActiveMeter(AverageMeter, config.lookahead, clock)
        self.actuator = Actuator(config, clock)
        self.meter.make()
        session = self.connection.open(lambda: False)
        assert session is not None
        self.camera.frames.append(frame(1))
        session.read(1.0)
        self.camera.done.clear()
        while not self.at_rest:
            self.actuator.controller.step(Attribution(FIRST), 0.0, FIRST.ev, in_flight=False)

    @property
    def at_rest(self) -> bool:
        return self.actuator.controller.wake_threshold_ev > 0

    def obey(self, command: Command, state: LoopState = LoopState.RUNNING) -> LoopState:
        return obey(command, state, self.connection, self.meter, self.actuator)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    "command", [UsePolicy(MatrixMeter), UseMask(None), Pause(True), UseNativeAuto(True), SetProgram(ProgramConfig())]
)
def test_what_changes_the_goal_begins_a_new_search(bench: Bench, command: Command) -> None:
    bench.obey(command)
    assert not bench.at_rest


@pytest.mark.parametrize("command", [Lock(True), UseNativeAuto(True), SetExposure(Exposure(0.02))])
def test_whoever_touches_the_exposure_gets_it_back_from_another_program(
    bench: Bench, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    insisted: list[bool] = []
    monkeypatch.setattr(bench.actuator, "insist", lambda: insisted.append(True))
    bench.obey(command)
    assert insisted == [True]


def test_new_rules_are_followed_at_once_unless_it_is_paused(bench: Bench) -> None:
    bench.obey(SetProgram(ProgramConfig(max_time_s=0.005)))
    assert len(bench.camera.done) == 1
    bench.obey(Pause(True))
    bench.obey(SetProgram(ProgramConfig(max_time_s=0.002)))
    assert len(bench.camera.done) == 1


def test_what_was_set_by_hand_stays_under_new_rules_that_allow_it(bench: Bench) -> None:
    by_hand = Exposure(0.002, 2.0)
    bench.obey(SetExposure(by_hand))
    written = len(bench.camera.done)
    bench.obey(SetProgram(ProgramConfig(motion=Motion.AUTO)))
    assert len(bench.camera.done) == written
    bench.obey(SetProgram(ProgramConfig(max_time_s=0.001)))
    assert len(bench.camera.done) == written + 1


@pytest.mark.parametrize("command", [Teach(np.zeros((2, 2, 3), np.uint8), Label.UNDER), Unteach()])
@pytest.mark.parametrize("changed", [True, False])
def test_a_lesson_begins_a_new_search_if_it_changed_the_meter(
    bench: Bench, command: Command, changed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for lesson in ("teach", "unteach"):
        monkeypatch.setattr(bench.meter, lesson, lambda _: changed)
    bench.obey(command)
    assert bench.at_rest is not changed


@pytest.mark.parametrize(
    ("before", "after"), [(LoopState.FAILED, LoopState.STARTING), (LoopState.RUNNING, LoopState.RUNNING)]
)
def test_another_meter_is_a_new_attempt_where_the_loop_had_failed(
    bench: Bench, before: LoopState, after: LoopState
) -> None:
    assert bench.obey(UsePolicy(MatrixMeter), before) is after


def test_an_exposure_is_written_at_once_where_a_picture_has_come(bench: Bench) -> None:
    bench.obey(SetExposure(Exposure(0.02)))
    assert len(bench.camera.done) == 1
