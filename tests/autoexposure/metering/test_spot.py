import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.errors import ConfigError
from autoexposure.metering.spot import Spot


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(1e-6, 1))
def test_any_spot_has_weight_and_most_of_it_where_it_was_tapped(x: float, y: float, radius: float) -> None:
    weights = Spot(x, y, radius).weights()
    row, column = min(int(y * 15), 14), min(int(x * 15), 14)
    assert weights.sum() > 0
    near = weights[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
    assert near.max() == weights.max()


def test_a_spot_covers_the_area_of_its_disc() -> None:
    assert Spot(0.5, 0.5, 0.2).weights().sum() / 225 == pytest.approx(np.pi * 0.2**2, rel=0.02)


@pytest.mark.parametrize(("x", "y", "radius"), [(1.01, 0.5, 0.1), (0.5, -0.1, 0.1), (0.5, 0.5, 0), (0.5, 0.5, 1.1)])
def test_a_spot_lies_in_the_picture(x: float, y: float, radius: float) -> None:
    with pytest.raises(ConfigError, match="a spot needs"):
        Spot(x, y, radius)
