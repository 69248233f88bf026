import sys

import pytest

from autoexposure.process.turns import SWITCH_INTERVAL_S, take_short_turns


def test_turns_are_shorter_than_usual() -> None:
    usual_s = sys.getswitchinterval()
    try:
        take_short_turns()
        assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL_S)
        assert usual_s > SWITCH_INTERVAL_S
    finally:
        sys.setswitchinterval(usual_s)
