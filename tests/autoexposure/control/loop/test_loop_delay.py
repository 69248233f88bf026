"""A camera whose delay changes while it runs, as with its frame rate or a busy bus, and that says 0..8 of it.

Judged by the exposures that really made the pictures. The lamp is switched every second, so that there is always
something to correct, and so to attribute.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from autoexposure.metering.meters import METERS
from autoexposure.simulation.light import Switched
from autoexposure.simulation.scene import Layer, LitScene
from autoexposure.states import AeState

Make = Callable[..., Any]
"""The ``closed_loop`` fixture."""

LAMP = Switched(first=1.0, second=1 / 6, steady_s=1.0, every_s=1.0)
"""Often enough for a delay to be learned within so few pictures."""

FRAMES = 250
SWITCHES = FRAMES / 30 / LAMP.every_s
ALLOWED_WRITES = 2 * SWITCHES
"""A correction for each switch, and as many again to refine it."""


@pytest.fixture
def bench(closed_loop: Make) -> Any:
    bench = closed_loop("scene=cat,light=steady,width=64,height=48,delay=0", METERS["average"].make, vague=True)
    bench.camera._scene = LitScene((Layer(bench.camera._scene, LAMP),))
    return bench


def play(bench: Any, delay: int, jitter: int = 0) -> tuple[int, int, int]:
    """Run on; returns how many pictures were attributed wrong, how many writes there were, and how many were calm."""
    wrong = writes = calm = 0
    chance = random.Random(delay)
    for _ in range(FRAMES):
        now = delay + chance.choice((-jitter, 0, jitter))
        bench.camera.config = replace(bench.camera.config, delay=now)
        (snapshot,) = bench.run(1)
        wrong += abs(snapshot.frame.exposure.ev - bench.truth_ev(snapshot)) > 0.05
        writes += snapshot.wrote
        calm += snapshot.ae_state is AeState.CONVERGED
    return wrong, writes, calm


@pytest.mark.parametrize(
    ("delays", "jitter"),
    [
        *(((1, 4), 0), ((4, 1), 0), ((2, 6), 0), ((0, 8), 0), ((8, 0), 0), ((1, 4, 1, 6), 0)),
        *(((3, 3, 3), 1), ((3, 3), 2), ((3, 5, 3), 1)),
    ],
)
def test_a_delay_that_changes_is_followed(bench: Any, delays: tuple[int, ...], jitter: int) -> None:
    follow(bench, delays, jitter)


@pytest.mark.parametrize("delays", [(1, 4), (4, 1), (2, 3), (0, 8)])
def test_so_is_one_that_leaves_what_was_announced(closed_loop: Make, delays: tuple[int, ...]) -> None:
    bench = closed_loop(f"scene=cat,light=steady,width=64,height=48,delay={delays[0]}", METERS["average"].make)
    bench.camera._scene = LitScene((Layer(bench.camera._scene, LAMP),))
    assert bench.camera.capabilities.delay_frames == (delays[0], delays[0])
    follow(bench, delays, 0)


@pytest.mark.parametrize(("announced", "delay"), [(1, 4), (0, 8), (2, 3)])
def test_so_is_one_that_was_never_what_was_announced(closed_loop: Make, announced: int, delay: int) -> None:
    bench = closed_loop(f"scene=cat,light=steady,width=64,height=48,delay={announced}", METERS["average"].make)
    bench.camera._scene = LitScene((Layer(bench.camera._scene, LAMP),))
    follow(bench, (delay,), 0)


def follow(bench: Any, delays: tuple[int, ...], jitter: int) -> None:
    """Play these delays one after the other: nothing may be attributed wrong, nothing hunt."""
    for delay in delays:
        wrong, writes, calm = play(bench, delay, jitter)
        assert wrong == 0
        assert writes <= ALLOWED_WRITES
        assert calm >= 0.6 * FRAMES
