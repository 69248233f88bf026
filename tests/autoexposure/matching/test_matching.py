"""Cameras that are exposed alike: closed loops on simulated cameras, each with a simulated clock."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.control.commands import LetGo, Lock, Pause, SetBias, SetExposure, SetProgram, UseNativeAuto
from autoexposure.control.loop import ControlLoop
from autoexposure.control.program import ProgramConfig
from autoexposure.custody.journal import Journal
from autoexposure.errors import ConfigError
from autoexposure.exposure import Exposure
from autoexposure.matching.matching import Matching
from autoexposure.metering.classical import AverageMeter
from autoexposure.simulation.scene import StillScene
from autoexposure.states import AeState
from autoexposure.trust.obedience import values_of
from drivers.simulated.camera import SimulatedCamera
from drivers.simulated.config import parse_simulated

BRIGHT, DARK = "bright:", "dark:"
LIGHT = {"bright": 40.0, "dark": 5.0}
"""Shares of a sensor's range that fill in a second: three stops apart."""
SMALL = "width=64,height=48,noise=off"
NEAR_EV = 0.12
"""Two searches that begin elsewhere may end at either side of the dead band, 0.1 EV."""


class Rig:
    """Loops that take turns, a frame each."""

    def __init__(self, folder: Path, *texts: str, lead: str = "leader") -> None:
        matching = Matching(lead)
        self.cameras: list[SimulatedCamera] = []
        self.loops = []
        for text in texts:
            clock = SimulatedClock()
            light, _, settings = text.partition(":")
            config = parse_simulated(f"{SMALL},{settings}".rstrip(","))
            scene = StillScene(np.full((48, 64, 3), LIGHT[light], np.float32))
            camera = SimulatedCamera(config, scene, clock, f"sim:{text}")
            self.cameras.append(camera)
            self.loops.append(
                ControlLoop(
                    partial(self._open, camera), AverageMeter, journal=Journal(folder), match=matching, clock=clock
                )
            )

    @staticmethod
    def _open(camera: SimulatedCamera) -> SimulatedCamera:
        camera._closed = False
        return camera

    def run(self, frames: int = 60) -> None:
        for _ in range(frames):
            for loop in self.loops:
                loop.turn()

    @property
    def set_to(self) -> list[Exposure]:
        return [loop.latest().commanded for loop in self.loops]

    @property
    def follows(self) -> list[bool]:
        return [loop.latest().follows for loop in self.loops]

    @property
    def states(self) -> list[AeState]:
        return [loop.latest().ae_state for loop in self.loops]


@pytest.fixture
def rig(tmp_path: Path) -> Callable[..., Rig]:
    return partial(Rig, tmp_path / "journal")


def alone_ev(rig: Callable[..., Rig], text: str) -> object:
    one = rig(text)
    one.run()
    return pytest.approx(one.set_to[0].ev, abs=NEAR_EV)


def test_all_take_the_first_cameras_exposure(rig: Callable[..., Rig]) -> None:
    both = rig(BRIGHT, DARK, DARK)
    both.run()
    first, *others = both.set_to
    assert others == [first, first]
    assert first.ev == alone_ev(rig, BRIGHT)
    assert first.ev != alone_ev(rig, DARK)
    assert both.follows == [False, True, True]
    assert both.states == [AeState.CONVERGED] * 3
    writes = [0, 0, 0]
    for _ in range(30):
        for number, loop in enumerate(both.loops):
            writes[number] += loop.turn().wrote
    assert writes == [0, 0, 0]


def test_the_mean_lies_between(rig: Callable[..., Rig]) -> None:
    both = rig(BRIGHT, DARK, lead="mean")
    both.run(120)
    assert both.set_to[0] == both.set_to[1]
    mean_ev = (alone_ev(rig, BRIGHT).expected + alone_ev(rig, DARK).expected) / 2
    assert both.set_to[0].ev == pytest.approx(mean_ev, abs=NEAR_EV)


def test_a_word_that_is_none() -> None:
    with pytest.raises(ConfigError, match="leader, mean"):
        Matching("median")


def test_the_most_constrained_camera_sets_the_limits(rig: Callable[..., Rig]) -> None:
    both = rig(DARK, f"{DARK}max_gain=1,max_time=0.01")
    both.run(120)
    assert both.set_to == [Exposure(0.01, 1.0)] * 2
    assert both.states == [AeState.CONVERGED] * 2


def test_limits_that_come_later_move_a_leader_at_rest(rig: Callable[..., Rig]) -> None:
    both = rig(DARK, DARK)
    both.run()
    before = both.set_to[0]
    both.loops[1].send(SetProgram(ProgramConfig(max_time_s=before.time_s, max_gain=before.gain * 0.92)))
    both.run()
    assert both.set_to[0] == both.set_to[1]
    assert before.ev - 0.25 < both.set_to[0].ev < before.ev, "too little for a calm controller to move by itself"
    both.loops[1].send(SetProgram(ProgramConfig(max_time_s=before.time_s / 2)))
    both.run()
    assert both.set_to[0] == both.set_to[1], "time and gain are the same, not their product alone"
    assert both.set_to[0].time_s <= before.time_s / 2


def test_where_no_exposure_suits_both_each_comes_as_near_as_it_can(rig: Callable[..., Rig]) -> None:
    both = rig(BRIGHT, DARK)
    both.loops[0].send(SetProgram(ProgramConfig(min_time_s=0.01)))
    both.loops[1].send(SetProgram(ProgramConfig(max_time_s=0.001, max_gain=1)))
    both.run(120)
    assert both.set_to == [Exposure(0.01, 1.0), Exposure(0.001, 1.0)]
    assert both.states[0] is AeState.CONVERGED


def test_each_adds_its_own_bias(rig: Callable[..., Rig]) -> None:
    both = rig(BRIGHT, DARK)
    both.loops[0].send(SetBias(-0.5))
    both.loops[1].send(SetBias(0.5))
    both.run(120)
    assert both.set_to[1].ev - both.set_to[0].ev == pytest.approx(1.0, abs=0.04)


def test_the_next_leads_where_the_leader_is_lost_and_takes_over_what_was_set(rig: Callable[..., Rig]) -> None:
    three = rig(BRIGHT, DARK, BRIGHT)
    three.run()
    with_first = three.set_to[0]
    three.cameras[0].unplug()
    three.run()
    assert three.follows[1:] == [False, True]
    assert three.set_to[1] == three.set_to[2] != with_first
    assert three.set_to[1].ev == alone_ev(rig, DARK)
    three.cameras[0].replug()
    before = three.set_to[1]
    seen = []
    for _ in range(60):
        three.run(1)
        if three.loops[0].latest().commanded is not None and not three.follows[0]:
            seen.append(three.set_to)
    assert seen[0][1] == before, "nothing jumped when the first came back"
    assert three.follows == [False, True, True]
    assert three.set_to == [three.set_to[0]] * 3
    assert three.set_to[0].ev == alone_ev(rig, BRIGHT)


@pytest.mark.parametrize(
    ("aside", "back"),
    [(Pause(True), Pause(False)), (Lock(True), Lock(False)), (UseNativeAuto(True), UseNativeAuto(False))],
)
def test_a_follower_stands_aside_and_comes_back(rig: Callable[..., Rig], aside: object, back: object) -> None:
    both = rig(BRIGHT, f"{DARK}max_gain=1.5,max_time=0.001")
    both.run()
    assert both.set_to[0] == both.set_to[1]
    both.loops[1].send(aside)
    both.run()
    assert both.follows == [False, False]
    assert both.set_to[0].ev == alone_ev(rig, BRIGHT), "its limits count no more"
    both.loops[1].send(back)
    both.run()
    assert both.follows == [False, True]
    assert both.set_to[0] == both.set_to[1]


def test_a_leader_that_is_locked_by_hand_holds_all(rig: Callable[..., Rig]) -> None:
    both = rig(BRIGHT, DARK)
    both.run()
    both.loops[0].send(SetExposure(Exposure(0.001, 2.0)))
    both.run()
    assert [set_to.ev for set_to in both.set_to] == [pytest.approx(Exposure(0.001, 2.0).ev, abs=0.05)] * 2
    assert both.states[0] is AeState.LOCKED
    assert both.follows == [False, True]


@pytest.mark.parametrize("aside", [Pause(True), UseNativeAuto(True), LetGo()])
def test_the_second_leads_while_the_first_stands_aside(rig: Callable[..., Rig], aside: object) -> None:
    both = rig(BRIGHT, DARK)
    both.run()
    both.loops[0].send(aside)
    both.run()
    assert both.follows == [False, False]
    assert both.set_to[1].ev == alone_ev(rig, DARK)


def test_a_loop_that_is_stopped_takes_no_part(rig: Callable[..., Rig]) -> None:
    both = rig(BRIGHT, DARK)
    both.run()
    both.loops[0].stop()
    for _ in range(60):
        both.loops[1].turn()
    assert not both.loops[1].latest().follows
    assert both.loops[1].latest().commanded.ev == alone_ev(rig, DARK)


def test_a_camera_that_refuses_is_not_asked_with_every_frame(rig: Callable[..., Rig]) -> None:
    both = rig(BRIGHT, DARK)
    asked = []

    def refuse(exposure: Exposure) -> Exposure:
        from autoexposure.errors import CameraError

        asked.append(exposure)
        raise CameraError("not now")

    both.run(1)
    both.cameras[1].set_exposure = refuse  # type: ignore[method-assign]  # a camera that refuses
    both.run(60)
    assert 1 <= len(asked) <= 3, "a second lies between two tries"


@pytest.mark.parametrize(("lead", "heard"), [("leader", False), ("mean", True)])
def test_a_meter_that_is_not_heard_looks_no_further_ahead(
    rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch, lead: str, heard: bool
) -> None:
    monkeypatch.setattr(AverageMeter, "coarse", True)
    both = rig(BRIGHT, DARK, lead=lead)
    both.run()
    asked: list[int] = []
    decide = AverageMeter.decide

    def counted(meter: AverageMeter, preview: object) -> object:
        asked.append(1)
        return decide(meter, preview)  # type: ignore[arg-type]  # as it is given

    monkeypatch.setattr(AverageMeter, "decide", counted)
    both.cameras[1]._scene = StillScene(np.full((48, 64, 3), 2.0, np.float32))  # so that what was found is not known
    for _ in range(5):
        both.loops[1].turn()
    assert (len(asked) > 5) is heard


def test_a_leader_that_exchanged_time_for_gain_is_back_within_the_limits_of_all(tmp_path: Path) -> None:
    rig = Rig(tmp_path, BRIGHT, BRIGHT)
    rig.loops[1].send(SetProgram(ProgramConfig(max_time_s=0.001)))
    rig.run()
    assert [exposure.time_s for exposure in rig.set_to] == pytest.approx([0.001, 0.001])
    session = rig.loops[0]._connection.session
    assert session is not None
    session.obedience._doubted = values_of(rig.set_to[0])
    rig.run(30)
    assert not session.obedience.doubted
    assert [exposure.time_s for exposure in rig.set_to] == pytest.approx([0.001, 0.001])
    assert [loop.latest().ae_state for loop in rig.loops] == [AeState.CONVERGED] * 2
