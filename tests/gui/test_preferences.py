import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from autoexposure.abilities.playable import Playback
from autoexposure.camera import CameraInfo
from autoexposure.control.commands import HoldWhiteBalance, SetDamping, SetGoal, SetProgram, UseCamera, UsePolicy
from autoexposure.control.program import MAINS_AUTO, ProgramConfig
from autoexposure.errors import ConfigError
from autoexposure.goal.goal import GoalConfig
from autoexposure.metering.spot import Spot
from autoexposure.motion.trade import Motion
from autoexposure.states import LoopState
from drivers.discovery import find_family
from gui.app import window_settings
from gui.bridge.services import MeterChoice
from gui.preferences import KeptCamera, Preferences, first_commands, open_again

RULES = ProgramConfig(min_time_s=0.001, max_gain=8.0, allow_slow_frames=True, mains_hz=MAINS_AUTO, motion=Motion.SPORTS)
METERS = (MeterChoice("attention", lambda: None), MeterChoice("spot", lambda: None))


@pytest.fixture
def kept(running, settings):
    preferences = Preferences(settings)
    preferences.note(replace(running, meter="spot", program=RULES, damping=0.4))
    settings.sync()
    return Preferences(settings)


def commands(preferences, given=()):
    made = first_commands(
        preferences,
        given=frozenset(given),
        meters=METERS,
        find_family=find_family,
        list_cameras=list,
        opener=lambda stable_id: str,
    )
    return {type(command): command for command in made}


def test_what_was_in_use_comes_back(kept):
    assert kept.camera == KeptCamera("v4l2:/dev/video0", "usb-1-2")
    assert (kept.meter, kept.program, kept.damping) == ("spot", RULES, SetDamping(0.4))
    made = commands(kept)
    assert made[SetProgram] == SetProgram(RULES)
    assert made[UsePolicy].make_policy is METERS[1].make_policy
    assert UseCamera in made


def test_what_is_asked_for_now_wins(kept):
    assert set(commands(kept, ("camera", "meter", "program"))) == {SetDamping}


def test_a_night_that_was_kept_dark_is_again_and_a_ramp_is_for_one_day(running, settings):
    preferences = Preferences(settings)
    for on in (True, False):
        preferences.note(replace(running, goal=GoalConfig(on, 0.5)))
        made = commands(Preferences(settings)).get(SetGoal)
        assert made == (SetGoal(GoalConfig(keep_night_dark=True)) if on else None)


def test_a_white_balance_that_was_held_in_searches_is_held_again_until_it_is_not_wanted(running, settings):
    preferences = Preferences(settings)
    for on in (True, False):
        preferences.note(replace(running, holds_white_balance=on))
        settings.sync()
        assert commands(Preferences(settings)).get(HoldWhiteBalance) == (HoldWhiteBalance(True) if on else None)


def test_the_first_start_asks_for_nothing(settings):
    assert commands(Preferences(settings)) == {}


def test_recordings_and_troubles_are_not_kept(running, settings):
    preferences = Preferences(settings)
    preferences.note(replace(running, playback=Playback(0, 2, 0.0, 1.0, playing=True)))
    preferences.note(replace(running, loop_state=LoopState.FAILED))
    preferences.note(replace(running, camera=None))
    assert preferences.camera is None


def test_a_meter_that_only_stands_in_is_not_remembered(running, settings):
    preferences = Preferences(settings)
    preferences.note(replace(running, meter="matrix", instead_of="attention"))
    assert preferences.meter == "attention"


def test_a_spot_looks_where_it_was_pointed(running, settings):
    preferences = Preferences(settings)
    preferences.note(replace(running, meter="spot", spot=Spot(0.2, 0.7)))
    make = commands(preferences)[UsePolicy].make_policy
    assert (make().spot.x, make().spot.y) == (0.2, 0.7)
    settings.setValue("spot/x", "nan")
    assert commands(preferences)[UsePolicy].make_policy is METERS[1].make_policy


def test_the_meter_to_begin_with_is_the_one_asked_for_then_the_remembered_one_then_the_usual(kept, settings):
    def meter_of(preferences, meter, given=()):
        made = first_commands(
            preferences,
            given=frozenset(given),
            meters=METERS,
            find_family=find_family,
            list_cameras=list,
            opener=lambda stable_id: str,
            meter=meter,
        )
        return next(command.make_policy for command in made if isinstance(command, UsePolicy))

    attention, spot = (choice.make_policy for choice in METERS)
    assert meter_of(kept, "attention") is spot
    assert meter_of(kept, "attention", ("meter",)) is attention
    settings.setValue("meter", "one that a plug-in had")
    assert meter_of(kept, "attention") is attention
    settings.clear()
    assert meter_of(Preferences(settings), "spot") is spot


def test_nonsense_in_the_file_counts_as_nothing(kept, settings):
    for key, value in {"program/max_gain": "-3", "program/mains_hz": "fifty", "damping": "7"}.items():
        settings.setValue(key, value)
    assert kept.program is None
    assert kept.damping is None
    settings.setValue("program/max_gain", "4.0")
    assert kept.program == replace(RULES, max_gain=4.0, mains_hz=0)


class TestOpenAgain:
    KEPT = KeptCamera("v4l2:/dev/video0", "usb-1-2")

    def test_the_same_camera_at_another_node(self):
        there = [CameraInfo("v4l2:/dev/video0", "other", "usb-7"), CameraInfo("v4l2:/dev/video4", "it", "usb-1-2")]
        assert open_again(self.KEPT, find_family, lambda: there, lambda spec: spec) == "v4l2:/dev/video4"

    def test_gone_means_the_first_that_there_is(self):
        assert open_again(self.KEPT, find_family, list, lambda spec: spec) == ""

    def test_a_name_that_always_means_the_same_is_not_looked_up(self):
        kept = KeptCamera("sim:scene=cat", "sim:scene=cat")
        assert open_again(kept, find_family, lambda: pytest.fail("looked up"), lambda spec: spec) == "sim:scene=cat"


def test_the_windows_settings_are_private_and_stay_so(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir(0o755)
    for _ in range(2):
        settings = window_settings(folder)
        settings.setValue("camera/spec", "sim:")
        settings.sync()
        assert [path.name for path in folder.iterdir()] == ["window.ini"]
        assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "window.ini")] == [0o700, 0o600]
        (folder / "window.ini").chmod(0o644)


def test_settings_that_can_not_be_kept_are_said_and_cost_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    window_settings(tmp_path / "file" / "below").setValue("camera/spec", "sim:")
    assert "the window's settings can't be kept in" in caplog.text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_place_of_the_settings_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "window.ini")
    reader = os.open(tmp_path / "window.ini", os.O_RDWR)  # so that the mistake would not hang the tests
    try:
        with pytest.raises(ConfigError, match="no regular file"):
            window_settings(tmp_path)
    finally:
        os.close(reader)
