"""How bright a picture is, and which exposure would make it so."""

import numpy as np
import pytest

from autoexposure.trust.brightness import brightness_ev, exposed, exposure_between

ROOM = (2.0 ** np.random.default_rng(1).normal(-5, 1.5, (1, 3, 24, 32))).astype(np.float32)


@pytest.mark.parametrize(("came_ev", "most_ev"), [(1.2, 3.0), (-0.8, -3.0), (0.0, 2.0), (2.0, 2.0), (-1.0, -1.0)])
def test_how_far_an_exposure_came_is_traced_back(came_ev: float, most_ev: float) -> None:
    seen_ev = brightness_ev(exposed(ROOM, came_ev))
    assert exposure_between(ROOM, seen_ev, most_ev) == pytest.approx(came_ev, abs=0.03)
