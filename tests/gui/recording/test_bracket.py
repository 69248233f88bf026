import json
from dataclasses import replace

import pytest

from autoexposure.control.commands import TakeInTurn
from autoexposure.response import srgb
from autoexposure.states import LoopState
from gui.text import texts

REACH_EV = (-12.0, 0.0)


def give(bracket, snapshot, frames, reason=""):
    """Play the loop: show it these pictures, then end it."""
    for frame in frames:
        bracket.next_ev(replace(snapshot, frame=frame), REACH_EV, srgb())
    bracket.end(reason)


def frames_of(make_frame, running, count):
    return [make_frame(60 + 60 * number, sequence=number) for number in range(count)]


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
    give(bracket, running, frames_of(make_frame, running, 4))
    with qtbot.waitSignal(window.saver.said):
        see(window, frame=make_frame(sequence=9))
    (folder,) = (tmp_path / "exports").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["1.jpg", "2.jpg", "3.jpg", "bracket.json", "fused.jpg"]
    assert str(folder) in window.notices.text
    assert window.actions_["bracket"].isEnabled()


def test_what_was_taken_before_it_failed_is_saved_and_said(window, loop, see, make_frame, running, qtbot, tmp_path):
    see(window, frame=make_frame())
    window.actions_["bracket"].trigger()
    give(asked_of(loop), running, frames_of(make_frame, running, 2), "the camera was lost")
    with qtbot.waitSignal(window.saver.said):
        see(window, frame=make_frame(sequence=9))
    (folder,) = (tmp_path / "exports").iterdir()
    assert json.loads((folder / "bracket.json").read_text())["ended_early"] == "the camera was lost"
    window.notices.say("saved", None)
    assert "1 of 3 exposures were taken: the camera was lost" in window.notices.text


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
