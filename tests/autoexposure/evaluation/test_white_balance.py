"""The comparison of a white balance that is held while the exposure is searched with one that is not."""

from functools import partial

import pytest

from autoexposure.evaluation.white_balance import Stretch, measure
from autoexposure.metering.classical import AverageMeter
from drivers.simulated.camera import open_simulated

SWITCHES_S = (35.0, 45.0, 47.0)


def rows(looks: str) -> dict:
    spec = f"scene=coffee,light=switch,fps=10,start_ev=4,width=64,height=48,{looks}"
    return {row.name: row for row in measure([partial(open_simulated, spec)], AverageMeter, SWITCHES_S)}


def test_where_nothing_hunts_there_is_no_difference() -> None:
    measured = rows("wb_speed=0")
    assert list(measured) == list(Stretch.__dataclass_fields__)
    assert all(row.difference == (0, 0, 0) for row in measured.values())
    assert measured["colour_path_mired"].without == (0, 0)
    assert measured["settling_frames"].without[0] > 0


def test_where_it_hunts_the_figures_are_of_both() -> None:
    measured = rows("wb_speed=0.3")
    path = measured["colour_path_mired"]
    assert path.without[0] > 0
    assert path.held[0] > 0
    mean, low, high = path.difference
    assert low <= mean <= high
    assert mean == pytest.approx(path.held[0] - path.without[0])
    assert mean != 0
