"""A model whose answers don't follow the exposure is found out, and no other is."""

import numpy as np
import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.metering.classical import AverageMeter, CentreWeightedMeter, MatrixMeter
from autoexposure.metering.lookahead import re_exposer
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import make_preview
from autoexposure.metering.reaction import Reaction, ReactionConfig, parts_of
from autoexposure.response import srgb
from autoexposure.simulation.builtin_scenes import shipped_photograph

FRAME_S = 1 / 30
SECONDS = 40
PHOTOGRAPHS = ("coffee.png", "chelsea.png", "rocket.jpg")


class Answers:
    """A policy that counts its questions."""

    name, coarse = "answers", True

    def __init__(self, answer):
        self.answer = answer
        self.asked = 0

    def decide(self, preview):
        self.asked += 1
        return Decision(self.answer(preview))


def random_answers(seed):
    drawn = np.random.default_rng(seed)
    return lambda preview: float(drawn.normal(0, 0.05) - 0.7)


def of_content(seed):
    """Weights that were never trained: answers go by the content, hardly by how bright it is."""
    weights = np.random.default_rng(seed).normal(0, 1, (3, 128, 128))
    return lambda preview: float(2 * np.tanh((weights * preview[0]).mean() / 40))


WORTHLESS = {
    "constant 0": lambda _: 0.0,
    "constant 2": lambda _: 2.0,
    "random": random_answers(1),
    "of content": of_content(2),
    "turned round": lambda preview: -AverageMeter().decide(preview).delta_ev,
}
USEFUL = {
    "average": AverageMeter(),
    "matrix": MatrixMeter(),
    "centre": CentreWeightedMeter(),
}


def watched(answer, preview, seconds=SECONDS):
    clock = SimulatedClock()
    reaction, policy = Reaction(clock), Answers(answer)
    for _ in range(round(seconds / FRAME_S)):
        reaction.watch(policy, preview, srgb())
        clock.sleep(FRAME_S)
    return reaction, policy


def photograph(name, off_ev=0.0):
    preview = make_preview(shipped_photograph(name))
    return re_exposer(preview, srgb(), darker=off_ev < 0)(off_ev)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("kind", WORTHLESS)
def test_answers_that_do_not_follow_the_exposure_are_found_out(kind, name):
    reaction, _ = watched(WORTHLESS[kind], photograph(name))
    assert reaction.missing


@pytest.mark.parametrize("off_ev", [-3, -1, 0, 1, 3])
@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("kind", USEFUL)
def test_meters_that_follow_it_pass(kind, name, off_ev):
    meter = USEFUL[kind]
    for gain in (1.0, 0.4):  # a timid meter is no worthless one
        reaction, _ = watched(
            lambda preview, gain=gain: gain * meter.decide(preview).delta_ev, photograph(name, off_ev), 15
        )
        assert not reaction.missing


NOTHING = {
    "black": np.zeros((120, 160, 3), np.uint8),
    "white": np.full((120, 160, 3), 255, np.uint8),
    "saturated": np.full((120, 160, 3), (255, 0, 0), np.uint8),
    "noise in the dark": np.random.default_rng(0).integers(0, 3, (120, 160, 3), np.uint8),
}


def blind_to(preview, answer):
    """A useful meter that has no idea of this picture, however it is exposed."""
    versions = [re_exposer(preview, srgb(), darker=ev < 0)(ev) for ev in np.arange(-4, 4, 0.25)]

    def says(seen):
        return 0.0 if any(np.abs(seen - version).mean() < 4 for version in versions) else answer(seen)

    return says


@pytest.mark.parametrize("pixels", NOTHING.values(), ids=NOTHING)
def test_a_picture_that_shows_nothing_proves_nothing(pixels):
    preview = make_preview(pixels)
    useful = blind_to(preview, lambda seen: AverageMeter().decide(seen).delta_ev)
    reaction, policy = watched(useful, preview)
    assert not reaction.missing
    assert policy.asked == 2, "about another picture"


@pytest.mark.parametrize("pixels", NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("kind", WORTHLESS)
def test_a_loop_that_has_run_away_is_found_out_too(kind, pixels):
    reaction, _ = watched(WORTHLESS[kind], make_preview(pixels))
    assert reaction.missing


@pytest.mark.parametrize("answer", [*WORTHLESS.values(), lambda preview: AverageMeter().decide(preview).delta_ev])
def test_it_asks_at_most_once_a_second(answer):
    clock = SimulatedClock()
    reaction, policy = Reaction(clock), Answers(answer)
    preview, times_s = photograph("coffee.png"), []
    while clock.now() < 130:
        before = policy.asked
        reaction.watch(policy, preview, srgb())
        times_s += [clock.now()] * (policy.asked - before)
        clock.sleep(FRAME_S)
    assert 2 <= len(times_s) <= 16
    assert np.diff(times_s).min() >= ReactionConfig().every_s - 1e-9


def test_another_meter_is_tested_anew():
    reaction, _ = watched(WORTHLESS["constant 2"], photograph("coffee.png"))
    reaction.forget()
    assert not reaction.missing
    policy = Answers(lambda preview: AverageMeter().decide(preview).delta_ev)
    reaction.watch(policy, photograph("coffee.png"), srgb())
    assert policy.asked == 1


def test_the_parts_of_a_picture_are_pictures():
    preview = photograph("chelsea.png")
    parts = list(parts_of(preview))
    assert np.array_equal(parts[0], preview)
    assert all(part.shape == preview.shape and part.dtype == np.float32 for part in parts)
    means = [float(part.mean()) for part in parts]
    assert means[1] + means[2] == pytest.approx(2 * means[0], rel=0.01)
    assert means[3] + means[4] == pytest.approx(2 * means[0], rel=0.01)
