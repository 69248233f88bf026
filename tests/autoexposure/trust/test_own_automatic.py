"""Whether a camera's own automatic takes back what is set, by pictures of known light."""

import numpy as np
import pytest

from autoexposure.response import srgb
from autoexposure.trust.own_automatic import OwnAutomatic

RADIANCE = (2.0 ** np.random.default_rng(1).normal(-4.0, 1.0, (1, 3, 32, 32))).astype(np.float32)
ASKED_EV = 0.5


def watch(steps, asked_ev: float, times: int = 3) -> OwnAutomatic:
    """Pictures whose light moves by these steps, again and again; the last of each turn is that of our setting."""
    own, ev, sequence = OwnAutomatic(srgb()), 0.0, 0
    for _ in range(times):
        for number, step_ev in enumerate(steps, 1):
            ev += step_ev
            picture = np.rint(srgb().encode(np.minimum(RADIANCE * np.float32(2.0**ev), 1))).astype(np.float32)
            own.saw(sequence, picture, asked_ev if number == len(steps) else 0.0)
            sequence += 1
    return own


@pytest.mark.parametrize("sign", [1, -1])
def test_a_walk_that_is_taken_back_by_the_next_setting_betrays_it(sign: int) -> None:
    steps = [0.0, -0.4 * sign, -0.4 * sign, -0.4 * sign, 0.0, 1.7 * sign]
    once = watch(steps, ASKED_EV * sign, times=2)
    assert once.suspected
    assert not once.sure
    often = watch(steps, ASKED_EV * sign)
    assert often.sure
    often.begin_anew()
    assert not often.suspected


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([0.0, -0.4, -0.4, -0.4, 0.0, 0.5], id="light that drifts, and a camera that obeys"),
        pytest.param([0.0, -0.4, -0.4, -0.4, 0.0, 0.75], id="the same with an unknown gain law"),
        pytest.param([0.0, -1.2, 0.0, 0.0, 0.0, 1.7], id="a lamp off, and on again with our setting"),
        pytest.param([0.0, -0.1, -0.1, -0.1, 0.0, 1.7], id="a lamp switched on alone"),
        pytest.param([0.0, 0.4, 0.4, 0.4, 0.0, 1.7], id="light that goes on the way we went"),
        pytest.param([0.0, -0.4, -0.4, -0.4, 1.7, 0.0], id="while nothing was asked for"),
    ],
)
def test_light_is_not_taken_for_it(steps) -> None:
    assert not watch(steps, ASKED_EV).suspected


def test_what_was_seen_long_ago_or_across_an_interruption_does_not_count() -> None:
    own = watch([0.0, -0.4, -0.4, -0.4, 0.0, 1.7], ASKED_EV, times=2)
    picture = np.full((1, 3, 32, 32), 90, np.float32)
    own.interrupt()
    own.saw(own.config.remembered_pictures + 10, picture, 0.0)
    assert not own.suspected
