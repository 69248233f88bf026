import math

import numpy as np
import pytest

from autoexposure.errors import PolicyError
from autoexposure.metering.policy import Decision, ask
from autoexposure.metering.preview import make_preview

PREVIEW = make_preview(np.full((60, 80, 3), 90, np.uint8))


class Says:
    name = "says"
    coarse = False

    def __init__(self, decision):
        self.decision = decision

    def decide(self, preview):
        return self.decision


@pytest.mark.parametrize("doubt_ev", [None, 0.0, 0.4, 3.0])
def test_a_doubt_is_a_width_in_ev_or_not_said(doubt_ev):
    assert ask(Says(Decision(0.1, doubt_ev=doubt_ev)), PREVIEW).doubt_ev == doubt_ev


@pytest.mark.parametrize("doubt_ev", [math.nan, math.inf, -0.1])
def test_a_doubt_that_is_no_width_is_refused(doubt_ev):
    with pytest.raises(PolicyError, match="doubt_ev"):
        ask(Says(Decision(0.1, doubt_ev=doubt_ev)), PREVIEW)
