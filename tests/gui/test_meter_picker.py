"""The night beside the meter: what it shows, what it asks for, and what answers count from."""

import pytest

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.control.commands import SetGoal, Teach
from autoexposure.goal.goal import GoalConfig
from gui.text import texts
from tests.gui.conftest import ABLE


def test_the_moon_keeps_the_night_dark_and_leaves_a_ramp_alone(window, loop, see):
    see(window, goal=GoalConfig(ramp_ev_per_minute=0.5))
    night = window.actions_["night"]
    assert (night.isChecked(), night.isEnabled()) == (False, True)
    night.trigger()
    assert loop.sent == [SetGoal(GoalConfig(True, 0.5))]
    see(window)
    assert night.isChecked(), "before the loop has done it"


def test_it_follows_what_a_preset_or_a_command_has_set(window, loop, see):
    for on in (True, False):
        see(window, goal=GoalConfig(keep_night_dark=on))
        assert window.actions_["night"].isChecked() is on
    assert not loop.sent, "showing is not asking"


@pytest.mark.parametrize(
    ("can", "reason"),
    [
        (Capabilities(), texts.NO_CONTROL),
        (Capabilities(gain=ABLE.gain), texts.NO_LIGHT),
        (Capabilities(time_s=ControlRange(1, 9, unit_known=False)), texts.NO_LIGHT),
        (ABLE, ""),
    ],
    ids=["nothing to set", "gain alone", "no unit", "a webcam"],
)
def test_a_camera_that_does_not_tell_the_light_says_why(window, see, can, reason):
    see(window, capabilities=can)
    night = window.actions_["night"]
    assert night.isEnabled() is not bool(reason)
    assert reason[:20] in night.toolTip()


def test_an_answer_counts_from_where_the_night_keeps_the_picture(window, loop, see, qtbot):
    see(window, ev_bias=0.5, night_ev=-1.2, ramp_ev=0.1)
    window.actions_["over"].trigger()
    qtbot.waitUntil(lambda: any(isinstance(command, Teach) for command in loop.sent))
    (lesson,) = [command for command in loop.sent if isinstance(command, Teach)]
    assert lesson.bias_ev == pytest.approx(-0.6)
