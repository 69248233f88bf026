"""The table of meters, and the two constrained ones in a closed loop before a backlit scene."""

from collections.abc import Callable

import numpy as np
import pytest

from autoexposure.errors import ConfigError
from autoexposure.metering.meters import ATTENTION, CLIPPED_SHARE, METERS, find_meter
from autoexposure.states import AeState

BACKLIT = "scene=portrait,light=steady,width=160,height=120,noise=off,delay=2"


def test_every_meter_goes_by_its_own_name() -> None:
    for name, row in METERS.items():
        assert row.name == name
        assert row.make is None or row.make().name == name
        assert row.label
        assert row.tip
    assert list(METERS) == ["attention", "average", "centre", "spot", "matrix", "highlight", "shadow"]


def test_only_the_network_is_made_elsewhere() -> None:
    assert [name for name, row in METERS.items() if row.make is None] == [ATTENTION]
    assert [name for name, row in METERS.items() if not row.averages_light] == [ATTENTION]


def test_a_name_that_no_meter_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"attention, average.*shadow; given 'Matrix'"):
        find_meter("Matrix")


def settled(closed_loop: Callable, name: str, start_ev: float) -> np.ndarray:
    """The picture at which this meter comes to rest; fails if it does not."""
    bench = closed_loop(f"{BACKLIT},start_ev={start_ev}", METERS[name].make)
    seen = bench.run(60)
    assert all(snapshot.ae_state is AeState.CONVERGED for snapshot in seen[-10:])
    assert len({snapshot.commanded for snapshot in seen[-10:]}) == 1
    return seen[-1].frame.pixels


@pytest.mark.parametrize("start_ev", [-3, 3])
def test_the_highlight_meter_keeps_what_matrix_lets_clip(closed_loop: Callable, start_ev: float) -> None:
    clipped = {
        name: float(np.mean(settled(closed_loop, name, start_ev).max(axis=2) >= 250))
        for name in ("matrix", "highlight")
    }
    assert clipped["matrix"] > 3 * CLIPPED_SHARE
    assert clipped["highlight"] <= 1.5 * CLIPPED_SHARE


@pytest.mark.parametrize("start_ev", [-3, 3])
def test_the_shadow_meter_lifts_what_matrix_leaves_dark(closed_loop: Callable, start_ev: float) -> None:
    dark = {}
    for name in ("matrix", "shadow"):
        pixels = settled(closed_loop, name, start_ev)
        dark[name] = float(np.mean(np.sort(pixels.mean(axis=2), axis=None)[: pixels.shape[0] * pixels.shape[1] // 2]))
    assert dark["shadow"] > dark["matrix"] + 15
