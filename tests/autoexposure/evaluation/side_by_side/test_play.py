"""What a law is told of a camera, and what is noted of the pictures."""

from __future__ import annotations

import numpy as np
import pytest

from autoexposure.cli.benchmarks.loop import open_scene
from autoexposure.clock import SimulatedClock
from autoexposure.evaluation.laws.law import Facts
from autoexposure.evaluation.laws.table import PublishedLaw
from autoexposure.evaluation.side_by_side.play import play_law, play_policy
from autoexposure.evaluation.side_by_side.programme import Wanted
from autoexposure.evaluation.side_by_side.scenes import VIEW, in_steps
from autoexposure.evaluation.side_by_side.trial import STAGE_S, Setup, Stage, Trial
from autoexposure.exposure import Exposure
from autoexposure.metering.classical import AverageMeter

LIGHT = np.random.default_rng(2).lognormal(np.log(6), 0.7, (VIEW.height_px, VIEW.width_px, 3)).astype(np.float32)


def trial(*levels_ev: float, frames: int) -> Trial:
    scene = in_steps(LIGHT, levels_ev)

    def opened(setup: Setup, clock: SimulatedClock):
        return open_scene(scene, Wanted(setup), clock)

    return Trial("steps", "noise", opened, frames, [Stage(level) for level in levels_ev])


class Noting:
    """Sets a new exposure once, and notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Facts] = []

    def next_exposure(self, facts: Facts) -> Exposure | None:
        self.told.append(facts)
        return facts.program.split(facts.set_to.ev - 1) if len(self.told) == 3 else None


def noted(setup: Setup, reckons_frames: int = 1) -> tuple[list[Facts], list[float], frozenset[int]]:
    law = Noting()
    published = PublishedLaw("noting", "", "", "", reckons_frames, lambda: law)
    played = play_law(published, trial(0.0, frames=12), setup)
    return law.told, [shot.ev for shot in played.shots], played.wrote


@pytest.mark.parametrize("delay", [0, 2, 5])
def test_where_the_delay_is_known_a_law_is_told_what_made_a_picture(delay: int) -> None:
    told, evs, wrote = noted(Setup(delay))
    assert [facts.made_with.ev for facts in told] == evs
    changed = next(number for number, ev in enumerate(evs) if ev != evs[0])
    assert changed == 2 + 1 + delay
    assert [facts.arrived for facts in told].index(False) == 3 if delay else all(facts.arrived for facts in told)
    assert all(facts.arrived == (number < 3 or number >= changed) for number, facts in enumerate(told))
    assert len(wrote) == 1


def test_where_it_is_not_a_law_reckons_with_its_own() -> None:
    told, evs, _ = noted(Setup(5, known=False), reckons_frames=1)
    believed = [facts.made_with.ev for facts in told]
    assert next(number for number, ev in enumerate(believed) if ev != believed[0]) == 2 + 1 + 1
    assert evs[7] == evs[0]  # it still shows the old one
    assert {facts.delay_frames for facts in told} == {1}
    assert not any(facts.capabilities.reports_exposure for facts in told)


def test_the_loop_of_this_program_is_told_no_more() -> None:
    for setup in (Setup(3), Setup(3, known=False)):
        played = play_policy(AverageMeter, trial(0.0, 2.0, frames=150), setup)
        assert len(played.shots) == 150
        evs = [shot.ev for shot in played.shots]
        assert evs[-1] == pytest.approx(evs[70] - 2, abs=0.25)
        assert [shot.middle_s for shot in played.shots] == sorted(shot.middle_s for shot in played.shots)
        assert played.wrote
        assert played.cpu_s > 0


def test_the_same_seed_gives_the_same_pictures() -> None:
    first, second = (play_policy(AverageMeter, trial(0.0, -2.0, frames=110), Setup(2)) for _ in range(2))
    assert first.shots == second.shots
    assert first.wrote == second.wrote


def test_the_light_changes_when_it_should() -> None:
    played = play_policy(AverageMeter, trial(0.0, 3.0, frames=80), Setup(8))
    codes = [shot.code for shot in played.shots]
    first = next(number for number, shot in enumerate(played.shots) if shot.middle_s >= STAGE_S)
    assert codes[first] > codes[first - 1] + 50
    assert played.shots[first].highlights > played.shots[first - 1].highlights
