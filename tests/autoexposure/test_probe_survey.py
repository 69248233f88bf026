"""Samples of one scene under many settings: light that changes meanwhile, and what they say together."""

import math

import numpy as np
import pytest

from autoexposure.exposure import Exposure
from autoexposure.probe_stand import Sample
from autoexposure.probe_survey import Survey


class Window:
    """Stands for a camera in a room whose light a test sets, in code values of every place."""

    def __init__(self) -> None:
        self.level, self.asked, self.back_at = 100.0, 0, math.inf

    def sample(self, exposure: Exposure) -> Sample:
        self.asked += 1
        if self.asked >= self.back_at:
            self.level = 100.0
        places = np.full((1200, 3), self.level, np.float32)
        return Sample(exposure, exposure, None, (), places, places * 0, 1.0, 1 / 30, self.asked / 3)


@pytest.mark.parametrize(("codes", "changes"), [(7.5, 0), (8.5, 1), (30.0, 1), (-8.5, 1)])
def test_light_that_changes_by_more_than_eight_codes_is_waited_for(codes: float, changes: int) -> None:
    window = Window()
    survey = Survey(window, Exposure(0.01), 1.0, timed=True)  # type: ignore[arg-type]
    survey.look_at(Exposure(0.005))
    window.level, window.back_at = 100.0 + codes, window.asked + 4
    repeated = survey.check_light()
    assert survey.changes == changes
    assert [sample.asked for sample in repeated] == [Exposure(0.005)]
    assert window.level == (100.0 if changes else 100.0 + codes)
