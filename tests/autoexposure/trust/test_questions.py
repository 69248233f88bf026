"""What is set so that the pictures tell whether a camera obeys."""

import pytest

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.exposure import Exposure, Limits
from autoexposure.trust.obedience import Control
from autoexposure.trust.questions import exchange, question

CAMERA = Capabilities(time_s=ControlRange(0.001, 0.5), gain=ControlRange(1.0, 16.0))
LIMITS = Limits(0.001, 1 / 30, 1.0, 16.0)


@pytest.mark.parametrize(
    ("now", "asked"),
    [
        pytest.param(Exposure(0.02, 4.0), Exposure(0.01, 8.0), id="less time, more gain"),
        pytest.param(Exposure(0.01, 16.0), Exposure(0.02, 8.0), id="more time where there is no more gain"),
        pytest.param(Exposure(1 / 30, 16.0), None, id="neither where both are at their end"),
        pytest.param(Exposure(0.02, 16.0), None, id="nor beyond the frame rate"),
    ],
)
def test_an_exchange_leaves_the_light_as_it_is(now: Exposure, asked: Exposure | None) -> None:
    assert exchange(now, CAMERA, LIMITS) == asked


def test_an_exchange_is_made_of_steps_that_the_camera_has() -> None:
    stepped = Capabilities(time_s=ControlRange(0.001, 0.5, 0.001), gain=ControlRange(1.0, 16.0, 0.25))
    assert exchange(Exposure(0.005, 2.0), stepped, LIMITS) == Exposure(0.003, 3.25)


def test_a_question_is_a_darker_picture_if_there_is_one() -> None:
    assert question(Control.TIME, Exposure(0.01, 4.0), CAMERA).ev < Exposure(0.01, 4.0).ev
    assert question(Control.GAIN, Exposure(0.01, 1.0), CAMERA).ev > Exposure(0.01, 1.0).ev
