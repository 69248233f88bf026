"""Tap to expose and the painted mask, through the closed loop."""

from collections.abc import Callable, Container
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autoexposure.control.active_meter import FAILURES_TOLD, RETRIED_EVERY
from autoexposure.control.commands import SetBias, UseCamera, UseMask, UsePolicy
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError, ModelFileError, PolicyError
from autoexposure.metering.classical import MatrixMeter, SpotMeter
from autoexposure.metering.meters import METERS
from autoexposure.metering.policy import MAP_SIDE, Decision, Policy
from autoexposure.metering.preview import Preview
from autoexposure.metering.spot import Spot
from autoexposure.states import AeState, LoopState
from drivers.discovery import open_camera
from drivers.simulated.camera import SimulatedCamera

Make = Callable[..., Any]
ROOM = "light=steady,width=160,height=120"
"""A person before a bright window at the left."""

WINDOW = Spot(0.2, 0.3, 0.05)
SUIT = Spot(0.5, 0.85, 0.05)


def test_a_tap_exposes_for_that_place_and_says_where_it_looks(closed_loop: Make) -> None:
    bench = closed_loop(ROOM, METERS["average"].make)
    assert bench.run(30)[-1].spot is None
    exposed_ev = []
    for spot in (WINDOW, SUIT):
        bench.loop.send(UsePolicy(lambda spot=spot: SpotMeter(spot.x, spot.y, spot.radius)))
        seen = bench.run(40)[-1]
        assert (seen.meter, seen.spot) == ("spot", spot)
        assert seen.ae_state is AeState.CONVERGED
        exposed_ev.append(bench.truth_ev(seen))
    assert exposed_ev[1] - exposed_ev[0] > 1.5


@pytest.mark.parametrize("meter", ["average", "matrix"])
def test_a_mask_moves_the_exposure_to_what_it_lets_through_and_back(closed_loop: Make, meter: str) -> None:
    bench = closed_loop(ROOM, METERS[meter].make)
    plain_ev = bench.truth_ev(bench.run(30)[-1])
    bench.loop.send(UseMask(WINDOW.weights()))
    window = bench.run(40)
    assert window[-1].mask is not None
    assert window[-1].meter == meter
    assert window[-1].ae_state is AeState.CONVERGED
    assert bench.truth_ev(window[-1]) < plain_ev - 0.5
    bench.loop.send(UseMask(None))
    whole = bench.run(40)[-1]
    assert whole.mask is None
    assert bench.truth_ev(whole) == pytest.approx(plain_ev, abs=0.15)


class FailsLater:
    """A policy with maps that ask for nothing; the tenth picture is too much for it."""

    name, coarse = "fails later", True

    def __init__(self) -> None:
        self.seen = 0

    def decide(self, preview: Preview) -> Decision:
        self.seen += 1
        if self.seen > 10:
            raise PolicyError("a picture too many")
        even = np.ones((MAP_SIDE, MAP_SIDE), np.float32)
        return Decision(0.0, even, 0 * even)


def test_the_meter_that_takes_over_keeps_the_mask(closed_loop: Make) -> None:
    bench = closed_loop(ROOM, FailsLater)
    bench.loop.send(UseMask(WINDOW.weights()))
    seen = bench.run(20)
    assert seen[-1].meter == "matrix"
    assert seen[-1].decision.attention[10:].max() == 0, "nothing is painted there"


class FailsOn:
    """Wants nothing of any picture, and can't judge those of these numbers."""

    name, coarse = "fails on some", False

    def __init__(self, pictures: Container[int]) -> None:
        self.pictures = pictures
        self.asked = 0

    def decide(self, preview: Preview) -> Decision:
        self.asked += 1
        if self.asked in self.pictures:
            raise PolicyError("odd picture")
        return Decision(0.0)


def judges(seen: list[Snapshot]) -> list[str]:
    return [
        f"{snapshot.meter} for {snapshot.instead_of}" if snapshot.instead_of else snapshot.meter for snapshot in seen
    ]


def test_a_meter_that_fails_on_one_picture_judges_the_next_one_again(closed_loop: Make) -> None:
    bench = closed_loop(ROOM, lambda: FailsOn({4}))
    seen = bench.run(8)
    assert judges(seen) == ["fails on some"] * 3 + ["matrix for fails on some"] + ["fails on some"] * 4
    assert seen[3].decision.delta_ev != 0
    assert {snapshot.chosen_meter for snapshot in seen} == {"fails on some"}
    assert not any(snapshot.notice for snapshot in seen)


def test_repeated_failure_is_said_and_tried_again_now_and_then_until_it_works(closed_loop: Make) -> None:
    policy = FailsOn(range(3, 3 + FAILURES_TOLD + 1))  # and once more when it is tried again
    bench = closed_loop(ROOM, lambda: policy)
    seen = bench.run(2 + FAILURES_TOLD)
    assert seen[-2].notice == ""
    assert f"failed on {FAILURES_TOLD} pictures in a row (odd picture); matrix metering took over" in seen[-1].notice
    bench.loop.send(SetBias(0.5))
    seen = bench.run(RETRIED_EVERY)
    assert policy.asked == 2 + FAILURES_TOLD + 1
    assert {snapshot.meter for snapshot in seen} == {"matrix"}
    assert all("took over" in snapshot.notice for snapshot in seen), "also after another command"
    seen = bench.run(RETRIED_EVERY)
    assert policy.asked == 2 + FAILURES_TOLD + 2
    assert (seen[-1].meter, seen[-1].instead_of, seen[-1].notice) == ("fails on some", "", "")


def test_repeated_failure_is_said_also_after_a_command_that_came_to_nothing(closed_loop: Make) -> None:
    def no_model() -> Policy:
        raise ModelFileError("There is no model here.")

    bench = closed_loop(ROOM, lambda: FailsOn(range(4, 1000)))
    bench.run(2)
    bench.loop.send(UsePolicy(no_model))
    assert bench.run(1)[-1].notice.startswith("There is no model here.")
    assert "took over" in bench.run(FAILURES_TOLD)[-1].notice


def test_a_meter_chosen_while_another_stands_in_begins_well(closed_loop: Make) -> None:
    bench = closed_loop(ROOM, lambda: FailsOn(range(1000)))
    assert "took over" in bench.run(10)[-1].notice
    bench.loop.send(UsePolicy(METERS["average"].make))
    seen = bench.run(1)[-1]
    assert (seen.meter, seen.instead_of, seen.notice) == ("average", "", "")


def test_a_policy_meant_for_one_meter_leaves_another_alone(closed_loop: Make) -> None:
    bench = closed_loop(ROOM, METERS["average"].make)
    bench.run(2)
    bench.loop.send(UsePolicy(METERS["matrix"].make, instead_of="attention"))
    assert bench.run(2)[-1].meter == "average"
    bench.loop.send(UsePolicy(METERS["matrix"].make, instead_of="average"))
    assert bench.run(2)[-1].meter == "matrix"


def test_what_is_tried_again_after_a_failed_start_is_the_meter_asked_for_last(closed_loop: Make) -> None:
    def no_model() -> Policy:
        raise ModelFileError("there is no model here")

    bench = closed_loop(ROOM, METERS["average"].make)
    bench.loop.send(UsePolicy(lambda: MatrixMeter() if made else no_model()))
    made: list[bool] = []
    assert bench.loop.turn().loop_state is LoopState.FAILED
    made.append(True)
    bench.loop.send(UseCamera(bench.open))
    assert bench.run(2)[-1].meter == "matrix"


def test_a_mask_ends_with_the_camera_it_was_painted_on(closed_loop: Make) -> None:
    bench = closed_loop(ROOM, METERS["average"].make)
    bench.loop.send(UseMask(SUIT.weights()))
    assert bench.run(5)[-1].mask is not None
    bench.loop.send(UseCamera(lambda: open_camera(f"sim:{ROOM}", clock=bench.clock)))
    assert bench.run(5)[-1].mask is None


def test_a_mask_that_lets_nothing_count_never_reaches_the_loop() -> None:
    with pytest.raises(ConfigError, match="nothing"):
        UseMask(np.zeros((MAP_SIDE, MAP_SIDE), np.float32))


def test_a_placeholder_is_not_metered(closed_loop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A phone's camera shows the code to scan until it has pictures; another camera must not be set by that."""
    meter = FailsOn(())
    bench = closed_loop(f"{ROOM},start_ev=3", lambda: meter)
    read = SimulatedCamera.read
    monkeypatch.setattr(SimulatedCamera, "read", lambda *given: replace(read(*given), placeholder=True))
    seen = bench.run(20)
    assert seen[-1].frame is not None
    assert meter.asked == 0
    assert not any(snapshot.wrote for snapshot in seen)


class OfAModel:
    """A policy from a file, whose answers have nothing to do with the picture."""

    name, coarse, sha256 = "worthless", True, "0" * 64

    def decide(self, preview: Preview) -> Decision:
        return Decision(0.9)


def test_a_worthless_model_is_told_and_the_matrix_meter_goes_on(closed_loop: Make) -> None:
    spec = f"{ROOM},fps=10,start_ev=-0.5"
    usual = closed_loop(spec, MatrixMeter)
    right_ev = usual.truth_ev(usual.run(60)[-1])
    bench = closed_loop(spec, OfAModel)
    seen = bench.run(250)[-1]
    assert (seen.meter, seen.instead_of) == ("matrix", "worthless")
    assert "answers alike" in seen.notice
    assert bench.truth_ev(seen) == pytest.approx(right_ev, abs=0.2)
    bench.loop.send(UsePolicy(METERS["average"].make))
    seen = bench.run(10)[-1]
    assert (seen.meter, seen.instead_of, seen.notice) == ("average", "", "")
