"""Tap to expose and the painted mask, through the closed loop."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autoexposure.commands import UseCamera, UseMask, UsePolicy
from autoexposure.errors import ConfigError, PolicyError
from autoexposure.metering import METERS, SpotMeter
from autoexposure.policy import MAP_SIDE, Decision
from autoexposure.preview import Preview
from autoexposure.snapshot import AeState
from autoexposure.spot import Spot
from drivers.discovery import open_camera

Make = Callable[..., Any]
ROOM = "light=steady,width=160,height=120"
"""A person before a bright window at the left."""

WINDOW = Spot(0.2, 0.3, 0.05)
SUIT = Spot(0.5, 0.85, 0.05)


def test_a_tap_exposes_for_that_place_and_says_where_it_looks(closed_loop: Make) -> None:
    bench = closed_loop(ROOM, METERS["average"])
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
    bench = closed_loop(ROOM, METERS[meter])
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


def test_a_mask_ends_with_the_camera_it_was_painted_on(closed_loop: Make) -> None:
    bench = closed_loop(ROOM, METERS["average"])
    bench.loop.send(UseMask(SUIT.weights()))
    assert bench.run(5)[-1].mask is not None
    bench.loop.send(UseCamera(lambda: open_camera(f"sim:{ROOM}", clock=bench.clock)))
    assert bench.run(5)[-1].mask is None


def test_a_mask_that_lets_nothing_count_never_reaches_the_loop() -> None:
    with pytest.raises(ConfigError, match="nothing"):
        UseMask(np.zeros((MAP_SIDE, MAP_SIDE), np.float32))
