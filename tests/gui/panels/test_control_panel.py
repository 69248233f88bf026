import math
from dataclasses import replace

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.control.commands import SetExposure
from autoexposure.exposure import Exposure
from gui.text import texts


def labels(widget):
    return [label.text() for label in widget.findChildren(QLabel)]


def test_time_and_iso_follow_the_camera_also_when_another_program_sets_it(window, see, loop):
    assert {"1/60 s", "200"} <= set(labels(window.control))
    at = window.control.time.value()
    see(window, commanded=Exposure(1 / 30, 8.0))
    assert {"1/30 s", "800"} <= set(labels(window.control))
    assert window.control.time.value() == at + 6, "one stop is six steps"
    assert loop.sent == [], "showing is not asking"


def test_a_time_that_can_not_be_set_is_shown_nowhere(window, see):
    see(window, capabilities=Capabilities(gain=ControlRange(1, 16)))
    assert "1/60 s" not in {*labels(window.control), *labels(window.exposure)}
    assert labels(window.exposure).count(texts.UNKNOWN) >= 2, "neither is its EV"
    assert texts.READOUT_GAIN[0] in labels(window.exposure)
    assert "200" in labels(window.control)


def test_the_ends_are_the_cameras_own(window, see, loop):
    window.control.time.setValue(window.control.time.maximum())
    assert loop.sent[-1].exposure == Exposure(1 / 30, 2.0)
    window.control.time.setValue(0)
    assert loop.sent[-1].exposure == Exposure(1e-4, 2.0)
    see(window, capabilities=Capabilities(ControlRange(1e-3, 0.5), ControlRange(1, 4)))
    window.control.gain.setValue(window.control.gain.maximum())
    assert loop.sent[-1].exposure.gain == 4.0


def test_a_value_by_hand_is_one_the_camera_has_and_shows_at_once(window, see, loop):
    steps = ControlRange(0.001, 0.02, values=(0.001, 0.004, 0.02))
    see(window, capabilities=Capabilities(steps, ControlRange(1, 16)), commanded=Exposure(0.004, 2.0))
    window.control.time.setValue(window.control.time.value() + 12)
    assert loop.sent == [SetExposure(Exposure(0.02, 2.0))]
    assert "1/50 s" in labels(window.control)
    see(window, locked=False)
    assert window.actions_["lock"].isChecked(), "setting by hand locks, and that is shown until the loop says so"
    assert "1/50 s" in labels(window.control), "not thrown back by a turn from before"


def test_arrow_keys_move_by_a_third_of_a_stop(window, loop, qtbot):
    qtbot.keyClick(window.control.gain, Qt.Key.Key_Right)
    assert math.log2(loop.sent[-1].exposure.gain / 2.0) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("changes", "time_tip", "gain_tip"),
    [
        ({}, texts.TIME_TIP, texts.GAIN_TIP),
        ({"time_s": None}, texts.NO_TIME, texts.GAIN_TIP),
        ({"gain": None}, texts.TIME_TIP, texts.NO_GAIN),
        ({"time_s": None, "gain": None}, texts.NO_CONTROL, texts.NO_CONTROL),
    ],
)
def test_what_the_camera_lacks_is_disabled_with_the_reason(window, see, running, changes, time_tip, gain_tip):
    see(window, capabilities=replace(running.capabilities, **changes))
    assert (window.control.time.toolTip(), window.control.gain.toolTip()) == (time_tip, gain_tip)
    assert window.control.time.isEnabled() == (time_tip == texts.TIME_TIP)
    assert window.control.gain.isEnabled() == (gain_tip == texts.GAIN_TIP)


def test_the_cameras_own_automatic_leaves_nothing_to_set(window, see):
    see(window, native_auto=True, commanded=None)
    assert window.control.time.toolTip() == texts.NATIVE_IS_ON
    assert not window.control.gain.isEnabled()


def test_unknown_exposure_is_not_invented(window, see, make_frame, loop):
    see(window, commanded=None, frame=make_frame(exposure=None, sequence=5))
    assert labels(window.control).count(texts.UNKNOWN) == 2
    window.control.time.setValue(3)
    assert loop.sent == []
