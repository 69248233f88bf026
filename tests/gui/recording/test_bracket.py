import json
from dataclasses import replace

import numpy as np
import pytest

from autoexposure.control.commands import TakeInTurn
from autoexposure.exposure import Exposure
from autoexposure.response import srgb
from autoexposure.states import LoopState
from gui.text import texts

REACH_EV = (-12.0, 0.0)


def give(bracket, snapshot, frames, reason=""):
    """Play the loop: show it these pictures, each as if made by what it asked for, then end it."""
    exposure = frames[0].exposure if frames else None
    for frame in frames:
        asked_ev = bracket.next_ev(replace(snapshot, frame=replace(frame, exposure=exposure)), REACH_EV, srgb())
        exposure = Exposure(2.0**asked_ev) if asked_ev is not None else None
    bracket.end(reason)


def frames_of(make_frame, count):
    """Of a scene from dark to bright."""
    ramp = np.repeat(np.linspace(0, 255, 64, dtype=np.uint8)[np.newaxis], 48, axis=0)
    pixels = np.repeat(ramp[..., np.newaxis], 3, axis=2)
    return [replace(make_frame(sequence=number), pixels=pixels) for number in range(count)]


def asked_of(loop):
    (command,) = (each for each in loop.sent if isinstance(each, TakeInTurn))
    return command.series


def test_the_key_takes_three_exposures_and_saves_them(window, loop, see, make_frame, running, qtbot, tmp_path):
    see(window, frame=make_frame())
    window.actions_["bracket"].trigger()
    bracket = asked_of(loop)
    assert bracket.count == 3
    assert not window.actions_["bracket"].isEnabled()
    assert texts.BRACKET_TAKING in window.actions_["bracket"].toolTip()
    give(bracket, running, frames_of(make_frame, 4))
    with qtbot.waitSignal(window.saver.said):
        see(window, frame=make_frame(sequence=9))
    (folder,) = (tmp_path / "exports").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["1.jpg", "2.jpg", "3.jpg", "bracket.json", "fused.jpg"]
    assert str(folder) in window.notices.text
    assert window.actions_["bracket"].isEnabled()


def test_what_was_taken_before_it_failed_is_saved_and_said(window, loop, see, make_frame, running, qtbot, tmp_path):
    see(window, frame=make_frame())
    window.actions_["bracket"].trigger()
    give(asked_of(loop), running, frames_of(make_frame, 2), "the camera was lost")
    with qtbot.waitSignal(window.saver.said):
        see(window, frame=make_frame(sequence=9))
    (folder,) = (tmp_path / "exports").iterdir()
    assert json.loads((folder / "bracket.json").read_text())["ended_early"] == "the camera was lost"
    window.notices.say("saved", None)
    assert "1 of 3 exposures were taken: the camera was lost" in window.notices.text


def test_a_window_that_closes_keeps_what_was_taken(window, loop, see, make_frame, running, tmp_path):
    see(window, frame=make_frame())
    window.actions_["bracket"].trigger()
    bracket = asked_of(loop)
    for frame in frames_of(make_frame, 2):
        bracket.next_ev(replace(running, frame=frame), REACH_EV, srgb())
    window.close()
    (folder,) = (tmp_path / "exports").iterdir()
    assert (folder / "1.jpg").is_file()


def test_nothing_taken_is_said_and_leaves_no_folder(window, loop, see, make_frame, running, tmp_path):
    see(window, frame=make_frame())
    window.actions_["bracket"].trigger()
    give(asked_of(loop), running, [], "another program has it")
    see(window, frame=make_frame(sequence=9))
    assert "0 of 3" in window.notices.text
    assert not (tmp_path / "exports").exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"native_auto": True}, texts.BRACKET_NO_CONTROL),
        ({"paused": True}, texts.BRACKET_PAUSED),
        ({"loop_state": LoopState.RECONNECTING}, texts.STILL_NO_PICTURE),
        ({"frame": None}, texts.STILL_NO_PICTURE),
    ],
)
def test_it_says_why_it_can_not_be_taken(window, loop, see, make_frame, changes, reason):
    see(window, **({"frame": make_frame()} | changes))
    assert not window.actions_["bracket"].isEnabled()
    assert reason in window.actions_["bracket"].toolTip()
    assert not loop.sent
