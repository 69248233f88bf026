from datetime import UTC, datetime

import pytest

from autoexposure.feedback.agreement import Agreement, agreement
from autoexposure.feedback.store import Label, Sample
from autoexposure.states import AeState


def sample(label, delta_ev, *, state=AeState.CONVERGED, bias_ev=0.0):
    return Sample(
        1, datetime.now(UTC), "default", label, None, False, 0, "usb-1", "attention", "", state, delta_ev, bias_ev
    )


@pytest.mark.parametrize(
    ("label", "delta_ev", "bias_ev", "agreed"),
    [
        (Label.WELL, 0.1, 0.0, 1),
        (Label.WELL, 0.3, 0.0, 0),
        (Label.UNDER, 0.1, 0.0, 0),
        (Label.UNDER, 0.5, 0.0, 1),
        (Label.OVER, -0.5, 0.0, 1),
        (Label.OVER, 0.5, 0.0, 0),
        (Label.WELL, -1.0, 1.0, 1),
    ],
)
def test_an_answer_agrees_if_the_meter_with_its_bias_says_the_same(label, delta_ev, bias_ev, agreed):
    assert agreement([sample(label, delta_ev, bias_ev=bias_ev)]) == Agreement(agreed, 1)


def test_what_says_nothing_is_left_out():
    samples = [
        sample(Label.WELL, 0.0, state=AeState.SEARCHING),
        sample(Label.WELL, None),
        sample(Label.WELL, 0.0, state=AeState.LOCKED),
        sample(Label.OVER, 0.0),
    ]
    assert agreement(samples) == Agreement(1, 2)


def test_nothing():
    assert agreement([]) == Agreement(0, 0)
