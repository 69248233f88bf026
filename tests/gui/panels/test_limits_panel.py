import math
from dataclasses import replace

import pytest

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.control.commands import SetDamping, SetProgram
from autoexposure.control.program import MAINS_AUTO, ProgramConfig
from autoexposure.motion.trade import Motion
from gui.panels.limits_panel import MAINS, iso_choices, shutter_choices
from gui.text import texts


def asked(loop):
    return [command.config for command in loop.sent if isinstance(command, SetProgram)]


def pick(choice, text):
    index = choice.findText(text)
    assert index >= 0, [choice.itemText(i) for i in range(choice.count())]
    choice.setCurrentIndex(index)
    choice.activated.emit(index)


def test_choices_run_between_the_cameras_true_ends():
    times = shutter_choices(ControlRange(0.0003, 0.2047))
    assert [text for text, _ in times] == [
        "1/3333 s",
        "1/2000 s",
        "1/1000 s",
        "1/500 s",
        "1/250 s",
        "1/125 s",
        "1/60 s",
        "1/30 s",
        "1/15 s",
        "1/8 s",
        "1/4.89 s",
    ]
    assert times[0][1] == 0.0003
    assert times[5][1] == 1 / 125
    gains = iso_choices(ControlRange(1.0, 6.0), base_iso=50)
    assert [text for text, _ in gains] == ["50", "100", "200", "300"]
    assert shutter_choices(None) == iso_choices(None, 100) == ()


def test_a_limit_goes_out_and_the_cameras_own_end_means_none(window, loop):
    pick(window.limits._longest, "1/60 s")
    pick(window.limits._highest, "800")
    pick(window.limits._shortest, "1/500 s")
    assert asked(loop)[-1] == ProgramConfig(min_time_s=1 / 500, max_time_s=1 / 60, max_gain=8.0)
    pick(window.limits._longest, "1/30 s")
    assert asked(loop)[-1].max_time_s == math.inf
    pick(window.limits._shortest, "1/10000 s")
    assert asked(loop)[-1].min_time_s == 0.0


def test_a_limit_passed_by_its_partner_moves_along(window, loop):
    pick(window.limits._longest, "1/250 s")
    pick(window.limits._shortest, "1/60 s")
    assert (asked(loop)[-1].min_time_s, asked(loop)[-1].max_time_s) == (1 / 60, 1 / 60)
    pick(window.limits._highest, "200")
    pick(window.limits._lowest, "400")
    assert (asked(loop)[-1].min_gain, asked(loop)[-1].max_gain) == (4.0, 4.0)


def test_guard_flicker_and_speed(window, loop):
    window.actions_["keep_rate"].trigger()
    assert asked(loop)[-1].allow_slow_frames
    for index, hz in enumerate(MAINS):
        window.limits._mains.chosen.emit(index)
        assert asked(loop)[-1].mains_hz == hz
    window.limits._slider.setValue(4)
    assert loop.sent[-1] == SetDamping(0.4)


def test_motion_is_chosen_shown_and_not_for_matched_cameras(window, see, loop):
    see(window, program=ProgramConfig(motion=Motion.SPORTS))
    assert window.limits._motion._group.checkedId() == list(Motion).index(Motion.SPORTS)
    for index, motion in enumerate(Motion):
        window.limits._motion.chosen.emit(index)
        assert asked(loop)[-1].motion is motion
    see(window, follows=True)
    assert not window.limits._motion.isEnabled()
    assert window.limits._motion.toolTip() == texts.MOTION_MATCHED


def test_the_loops_own_rules_are_shown_and_nothing_is_sent(window, see, loop):
    rules = ProgramConfig(max_time_s=1 / 125, min_gain=2.0, allow_slow_frames=True, mains_hz=MAINS_AUTO)
    see(window, program=rules, damping=0.3)
    assert window.limits._longest.currentText() == "1/125 s"
    assert window.limits._lowest.currentText() == "200"
    assert not window.actions_["keep_rate"].isChecked()
    assert window.limits._slider.value() == 3
    assert loop.sent == []


def test_a_rule_on_its_way_is_not_thrown_back(window, see):
    pick(window.limits._longest, "1/60 s")
    see(window)
    assert window.limits._longest.currentText() == "1/60 s"


@pytest.mark.parametrize(("lacking", "reason"), [("time_s", texts.NO_TIME), ("gain", texts.NO_GAIN)])
def test_what_the_camera_lacks_is_disabled_with_the_reason(window, see, running, lacking, reason):
    see(window, capabilities=replace(running.capabilities, **{lacking: None}))
    lower = window.limits._shortest if lacking == "time_s" else window.limits._lowest
    assert (lower.isEnabled(), lower.toolTip()) == (False, reason)
    assert window.limits._mains.isEnabled() == (lacking == "gain")
    see(window, capabilities=running.capabilities)
    assert lower.isEnabled()
    assert lower.toolTip() not in ("", reason)


def test_without_a_camera_there_are_no_limits_and_with_another_its_own(window, see, running):
    see(window, camera=None, capabilities=None)
    assert window.limits._shortest.toolTip() == texts.NOT_READY
    see(window, camera=running.camera, capabilities=Capabilities(ControlRange(1e-3, 1.0), ControlRange(1, 2)))
    assert window.limits._shortest.itemText(0) == "1/1000 s"
    assert window.limits._highest.count() == 2


def test_the_key_opens_the_group(window):
    window.side.show()
    window.limits.fold(True)
    window.actions_["limits"].trigger()
    assert not window.limits.folded
