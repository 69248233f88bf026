"""A click on the running loop's picture: the picture moves as asked, at once, and back when it is taken back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.control.commands import SetBias, Teach, Unteach, UsePolicy
from autoexposure.control.loop import ControlLoop
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from autoexposure.errors import PolicyError
from autoexposure.feedback.answer import Label
from autoexposure.metering.classical import MatrixMeter
from autoexposure.personal.known_people import known_people
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.states import AeState
from drivers.simulated.camera import open_simulated
from models.inference.onnx_policy import OnnxPolicy

DELAY = 2


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[ControlLoop]:
    clock = SimulatedClock()
    camera = open_simulated(f"light=steady,width=160,height=120,delay={DELAY}", clock)
    network = OnnxPolicy()
    people = known_people(network.path, network.sha256)
    with ControlLoop(
        lambda: camera, lambda: LiveLayer(network, people=people), journal=Journal(tmp_path), clock=clock
    ) as control:
        yield control


@pytest.fixture
def settled(loop: ControlLoop) -> Callable[[], Snapshot]:
    """Turns the loop until the exposure has stood still for a while; gives the last Snapshot."""

    def turn() -> Snapshot:
        seen = [loop.turn() for _ in range(40)]
        assert seen[-1].ae_state is AeState.CONVERGED, seen[-1].notice
        return seen[-1]

    return turn


def ev(snapshot: Snapshot) -> float:
    assert snapshot.commanded is not None
    return snapshot.commanded.ev


@pytest.mark.parametrize(("label", "sign"), [(Label.UNDER, 1), (Label.OVER, -1)])
def test_a_click_moves_the_running_picture_as_asked_and_undo_moves_it_back(
    loop: ControlLoop, settled: Callable[[], Snapshot], label: Label, sign: int
) -> None:
    before = settled()
    assert before.frame is not None
    loop.send(Teach(before.frame.pixels, label))
    turns = [loop.turn() for _ in range(DELAY + 2)]
    assert turns[0].wrote  # with the very next picture
    assert sign * (ev(turns[-1]) - ev(before)) > 0.1
    after = settled()
    assert 0.1 < sign * (ev(after) - ev(before)) < 1.5
    loop.send(Unteach())
    assert ev(settled()) == pytest.approx(ev(before), abs=0.26)


@pytest.mark.parametrize("bias_ev", [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
def test_well_at_rest_moves_nothing_whatever_the_bias(
    loop: ControlLoop, settled: Callable[[], Snapshot], bias_ev: float
) -> None:
    loop.send(SetBias(bias_ev))
    settled()
    before = settled()
    assert before.frame is not None
    loop.send(Teach(before.frame.pixels, Label.WELL, before.ev_bias))
    turns = [loop.turn() for _ in range(40)]
    loop.send(Unteach())
    turns += [loop.turn() for _ in range(40)]
    assert not any(turn.wrote for turn in turns), "neither when it is said nor when it is taken back"
    assert ev(turns[-1]) == ev(before)


@pytest.mark.parametrize("bias_ev", [-1.0, 1.0])
@pytest.mark.parametrize(("label", "sign"), [(Label.UNDER, 1), (Label.OVER, -1)])
def test_a_click_with_a_bias_moves_the_picture_as_asked(
    loop: ControlLoop, settled: Callable[[], Snapshot], label: Label, sign: int, bias_ev: float
) -> None:
    loop.send(SetBias(bias_ev))
    before = settled()
    assert before.frame is not None
    loop.send(Teach(before.frame.pixels, label, before.ev_bias))
    assert 0.1 < sign * (ev(settled()) - ev(before)) < 1.5


def test_an_answer_that_is_known_already_is_not_learned_twice(
    loop: ControlLoop, settled: Callable[[], Snapshot]
) -> None:
    before = settled()
    assert before.frame is not None
    for _ in range(2):
        loop.send(Teach(before.frame.pixels, Label.UNDER, answer=7))
    once = settled()
    loop.send(Unteach(answer=8))
    assert not loop.turn().wrote
    loop.send(Unteach(answer=7))
    assert ev(settled()) < ev(once) - 0.1


def test_resetting_forgets_everything(loop: ControlLoop, settled: Callable[[], Snapshot]) -> None:
    before = settled()
    assert before.frame is not None
    for _ in range(2):
        loop.send(Teach(before.frame.pixels, Label.OVER))
    assert ev(settled()) < ev(before) - 0.1
    loop.send(Unteach(everything=True))
    assert ev(settled()) == pytest.approx(ev(before), abs=0.26)


def test_a_meter_that_does_not_learn_is_left_alone(loop: ControlLoop, settled: Callable[[], Snapshot]) -> None:
    loop.send(UsePolicy(MatrixMeter))
    before = settled()
    assert before.frame is not None
    loop.send(Teach(before.frame.pixels, Label.UNDER))
    loop.send(Unteach())
    turn = loop.turn()
    assert not turn.wrote
    assert turn.notice == ""


def test_a_lesson_that_fails_is_said_and_pictures_go_on(
    loop: ControlLoop, settled: Callable[[], Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = settled()
    assert before.frame is not None

    def fail(*_: object) -> None:
        raise PolicyError("odd picture")

    monkeypatch.setattr(LiveLayer, "click", fail)
    loop.send(Teach(before.frame.pixels, Label.UNDER))
    turn = loop.turn()
    assert "could not learn from your answer (odd picture)" in turn.notice
    assert turn.meter == "attention"
