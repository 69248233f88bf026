"""A bracket in the closed loop: the subject and the window behind it are both well exposed once."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from autoexposure.bracketing.bracket import COUNTS, Bracket
from autoexposure.control.commands import SetProgram, TakeInTurn, UseMask
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import CameraError, ConfigError
from autoexposure.evaluation.scores import well_exposed, well_exposed_share
from autoexposure.metering.classical import AverageMeter
from autoexposure.metering.policy import MAP_SIDE, Decision
from autoexposure.metering.preview import Preview
from autoexposure.response import srgb
from tests.autoexposure.conftest import ClosedLoop

Make = Callable[..., ClosedLoop]

SIM = "scene=portrait,light=steady,width=160,height=120"


class LeftHalf(AverageMeter):
    """Attends to the left half, and asks for nothing of any place."""

    def decide(self, preview: Preview) -> Decision:
        attention = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
        attention[:, : MAP_SIDE // 2] = 1
        return Decision(super().decide(preview).delta_ev, attention, np.zeros_like(attention))


def taken_by(loop: ClosedLoop, count: int) -> Bracket:
    loop.run(40)
    bracket = Bracket(count)
    loop.loop.send(TakeInTurn(bracket))
    loop.run(60)
    assert bracket.over.is_set()
    assert bracket.reason == ""
    return bracket


@pytest.mark.parametrize("count", range(COUNTS[0], COUNTS[1] + 1))
def test_it_takes_as_many_as_asked_for_each_another(closed_loop: Make, count: int) -> None:
    bracket = taken_by(closed_loop(SIM, LeftHalf), count)
    evs = [each.ev for each in bracket.by_ev]
    assert len(evs) == count
    assert all(after - before > 0.05 for before, after in pairwise(evs))
    for each in bracket.taken:
        assert each.snapshot.exposure is not None
        assert each.snapshot.exposure.ev == each.ev


def test_what_matters_is_well_exposed_once_and_better_with_more(closed_loop: Make) -> None:
    shares = []
    for count in (2, 5):
        loop = closed_loop(SIM, LeftHalf)
        pictures = [each.snapshot.frame.pixels for each in taken_by(loop, count).taken if each.snapshot.frame]
        area = np.zeros(pictures[0].shape[:2], np.bool_)
        area[:, : area.shape[1] * 7 // 15] = True
        assert well_exposed_share(pictures, area) > max(float(well_exposed(each)[area].mean()) for each in pictures)
        shares.append(well_exposed_share(pictures, area))
        loop.loop.stop()
    assert shares[1] > shares[0]
    assert shares[1] > 0.9


def test_a_painted_mask_says_what_matters(closed_loop: Make) -> None:
    """Only the window counts, which is four stops brighter than the person before it."""
    evs = []
    for columns in (slice(1, 4), slice(7, 9)):
        mask = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
        mask[2:6, columns] = 1
        loop = closed_loop(SIM, AverageMeter)
        loop.loop.send(UseMask(mask))
        evs.append(np.mean([each.ev for each in taken_by(loop, 2).taken]))
        loop.loop.stop()
    assert evs[0] < evs[1] - 1


@pytest.mark.parametrize("count", [-1, 0, 1, 6])
def test_a_number_of_pictures_that_makes_no_sense_is_refused(count: int) -> None:
    with pytest.raises(ConfigError, match="2 to 5 pictures"):
        Bracket(count)


def test_without_a_picture_there_is_nothing_to_choose_by() -> None:
    with pytest.raises(CameraError, match="no picture"):
        Bracket().next_ev(Snapshot(), (-9.0, 0.0), srgb())


def test_a_range_too_narrow_for_so_many_gives_fewer(closed_loop: Make) -> None:
    loop = closed_loop(SIM, LeftHalf)
    loop.run(40)
    now = loop.run(1)[-1].commanded
    assert now is not None
    program = replace(loop.loop.latest().program, min_time_s=now.time_s, max_time_s=now.time_s, max_gain=now.gain)
    loop.loop.send(SetProgram(replace(program, min_gain=now.gain)))
    loop.run(10)
    bracket = Bracket(3)
    loop.loop.send(TakeInTurn(bracket))
    loop.run(40)
    assert bracket.over.is_set()
    assert len(bracket.taken) == 1
    assert "no room" in bracket.reason
