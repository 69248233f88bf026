"""Presets: what is kept of a camera's use, and what a loop is told when one is used."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.abilities.adjustable import NAMES, Adjustment, AdjustmentKind
from autoexposure.control.commands import (
    Adjust,
    HoldWhiteBalance,
    Lock,
    SetBias,
    SetDamping,
    SetGoal,
    SetProgram,
    UsePolicy,
)
from autoexposure.control.program import ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError
from autoexposure.goal.goal import GoalConfig
from autoexposure.metering.classical import MatrixMeter
from autoexposure.motion.trade import Motion
from autoexposure.presets.preset import STARTERS, Beside, Preset
from autoexposure.presets.shelf import MOST, PresetShelf
from autoexposure.presets.storage import from_toml, to_toml

NIGHT = GoalConfig(True, 0.5)
PROGRAM = ProgramConfig(max_gain=4.0, min_time_s=0.001, mains_hz=50, motion=Motion.AUTO)
WHITE = Adjustment("white_balance_automatic", AdjustmentKind.SWITCH, 1)
WARMTH = Adjustment("white_balance_temperature", AdjustmentKind.NUMBER, 4600, 2800, 6500, 10, unit="K", active=False)
CONTRAST = Adjustment("contrast", AdjustmentKind.NUMBER, 32, 0, 95, 1)


def test_it_keeps_what_is_in_use_but_not_what_an_automatic_moves():
    snapshot = Snapshot(
        ev_bias=0.5, meter="matrix", program=PROGRAM, damping=0.7, goal=NIGHT, adjustments=(WHITE, WARMTH, CONTRAST)
    )
    assert Preset.of("Desk", snapshot) == Preset(
        "Desk", 0.5, "matrix", PROGRAM, 0.7, {"white_balance_automatic": 1, "contrast": 32}, False, NIGHT
    )
    assert Preset.of("Desk", replace(snapshot, holds_white_balance=True)).hold_white_balance
    assert Preset.of("Desk", replace(snapshot, adjustments=(CONTRAST,))).hold_white_balance is None, "it has no such"


def test_the_chosen_meter_is_kept_not_the_one_that_stands_in():
    assert Preset.of("Desk", Snapshot(meter="average", instead_of="attention")).meter == "attention"


def test_an_automatic_goes_off_before_the_value_that_obeys_only_then():
    preset = Preset(
        "Desk", adjustments={"white_balance_temperature": 4600, "contrast": 3, "white_balance_automatic": 0}
    )
    told = [(command.name, command.value) for command in preset.commands(_none) if isinstance(command, Adjust)]
    assert told == [("white_balance_automatic", 0), ("white_balance_temperature", 4600), ("contrast", 3)]


def test_a_value_that_its_automatic_moves_is_left_to_it():
    preset = Preset("Desk", adjustments={"white_balance_temperature": 4600, "white_balance_automatic": 1})
    assert [c.name for c in preset.commands(_none) if isinstance(c, Adjust)] == ["white_balance_automatic"]


def test_using_it_sets_all_it_names_and_lets_go_of_a_locked_exposure():
    preset = Preset("Desk", -1.0, "matrix", PROGRAM, 0.5, hold_white_balance=True, goal=NIGHT)
    program, goal, damping, bias, policy, calm, lock = preset.commands(lambda _name: MatrixMeter())
    assert (program, damping, bias, lock) == (SetProgram(PROGRAM), SetDamping(0.5), SetBias(-1.0), Lock(False))
    assert goal == SetGoal(NIGHT)
    assert calm == HoldWhiteBalance(True)
    assert isinstance(policy, UsePolicy)
    assert isinstance(policy.make_policy(), MatrixMeter)


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({}, True),
        ({"ev_bias": 0.5}, False),
        ({"meter": "average", "instead_of": "matrix"}, True),
        ({"meter": "average"}, False),
        ({"program": ProgramConfig()}, False),
        ({"damping": 1.0}, False),
        ({"goal": GoalConfig(keep_night_dark=True)}, False),
        ({"adjustments": (WHITE, replace(CONTRAST, value=33))}, False),
        ({"adjustments": (WHITE, replace(CONTRAST, value=32.4))}, True),
        ({"adjustments": (replace(WHITE, value=0), CONTRAST)}, False),
        ({"adjustments": (WHITE, replace(CONTRAST, active=False))}, False),
        ({"adjustments": (WHITE, WARMTH, CONTRAST)}, True),
        ({"adjustments": (WHITE,)}, True),
        ({"locked": True}, True),
        ({"holds_white_balance": False}, False),
        ({"holds_white_balance": False, "adjustments": (CONTRAST,)}, True),
    ],
)
def test_it_holds_while_all_it_names_is_so_on_a_camera_that_has_it(changed, holds):
    controls = {"white_balance_automatic": 1, "white_balance_temperature": 4600, "contrast": 32}
    preset = Preset("Desk", -1.0, "matrix", PROGRAM, 0.5, controls, True, NIGHT)
    snapshot = Snapshot(
        ev_bias=-1.0,
        meter="matrix",
        program=PROGRAM,
        damping=0.5,
        adjustments=(WHITE, CONTRAST),
        holds_white_balance=True,
        goal=NIGHT,
    )
    assert preset.holds(replace(snapshot, **changed)) is holds
    assert not Preset("Nothing but a name").holds(replace(snapshot, **changed))


def test_what_it_does_not_name_stays():
    assert list(Preset("Nothing").commands(_none)) == [Lock(False)]


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": " Desk"},
        {"name": "x" * 41},
        {"name": "a\x1b[2J"},
        {"bias_ev": 99.0},
        {"bias_ev": float("nan")},
        {"damping": 0.0},
        {"meter": "moon"},
        {"adjustments": {"warp": 1.0}},
    ],
)
def test_one_that_can_not_be_used_is_refused_when_it_is_made(values):
    with pytest.raises(ConfigError):
        Preset(**{"name": "Desk", **values})


numbers = st.floats(-1e6, 1e6)
presets = st.builds(
    Preset,
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40),
    st.none() | st.floats(-20, 20),
    st.sampled_from(["", "matrix", "attention"]),
    st.none()
    | st.builds(ProgramConfig, st.floats(0, 1), st.floats(1, 9), st.floats(0, 1), st.floats(1, 64), st.booleans()),
    st.none() | st.floats(0.01, 1),
    st.dictionaries(st.sampled_from(list(NAMES)), numbers),
    st.none() | st.booleans(),
    st.none() | st.builds(GoalConfig, st.booleans(), st.floats(0.01)),
)


@given(st.lists(presets, max_size=5, unique_by=lambda preset: preset.key))
def test_what_is_written_is_read_again(kept):
    assert from_toml(to_toml(kept)) == tuple(kept)


def test_every_camera_begins_with_the_same_few(tmp_path):
    assert PresetShelf("usb-1", tmp_path).all() == STARTERS
    assert not list(tmp_path.iterdir())


def test_saving_replaces_the_one_of_that_name_and_keeps_the_others_of_this_camera_only(tmp_path):
    shelf = PresetShelf("usb-1", tmp_path)
    night = replace(STARTERS[2], name="night", bias_ev=-2.0)
    shelf.save(night)
    assert shelf.all() == (*STARTERS[:2], night, *STARTERS[3:])
    assert shelf.find("NIGHT") == night
    assert PresetShelf("usb-2", tmp_path).all() == STARTERS


def test_deleted_ones_stay_away_even_the_last(tmp_path):
    shelf = PresetShelf("usb-1", tmp_path)
    for preset in STARTERS:
        shelf.delete(preset.name)
    assert PresetShelf("usb-1", tmp_path).all() == ()
    with pytest.raises(ConfigError, match="no preset 'Night'; it has none yet"):
        shelf.delete("Night")


def test_what_others_save_at_the_same_time_is_not_lost(tmp_path):
    def save(number):
        PresetShelf("v4l2:one", tmp_path).save(Preset(f"Desk {number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(24)))
    assert len(PresetShelf("v4l2:one", tmp_path).all()) == len(STARTERS) + 24


def test_what_a_killed_process_left_half_written_is_swept(tmp_path):
    left = tmp_path / "tmpabcdefgh.part"
    left.touch()
    PresetShelf("v4l2:one", tmp_path).save(Preset("Desk"))
    assert not left.exists()


def test_a_folder_that_can_not_be_made_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="can't be written"):
        PresetShelf("v4l2:one", tmp_path / "file" / "presets").save(Preset("Desk"))


def test_a_shelf_has_an_end(tmp_path):
    shelf = PresetShelf("usb-1", tmp_path)
    shelf.path.parent.mkdir(exist_ok=True)
    shelf.path.write_text(to_toml(Preset(f"P{n}") for n in range(MOST)))
    with pytest.raises(ConfigError, match="at most 100"):
        shelf.save(Preset("one more"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format = 2", "its format is 2"),
        ("format", "no TOML"),
        ("format = 1\npreset = 3", "preset should be"),
        ("format = 1\n[[preset]]\nbias_ev = 0.0", r"preset\[0\].name is missing"),
        ("format = 1\n[[preset]]\nname = 'a'\nbais_ev = 0.0", "bais_ev"),
        ("format = 1\n[[preset]]\nname = 'a'\n[[preset]]\nname = 'A'", "two presets are called 'A'"),
        ("format = 1\n[[preset]]\nname = 'a'\nlimits = {mains_hz = 55}", "mains frequency"),
        ("format = 1\n[[preset]]\nname = 'a'\nlimits = {motion = 'fast'}", "motion"),
        ("format = 1\n[[preset]]\nname = 'a'\ngoal = {ramp_ev_per_minute = 0}", "EV a minute"),
        ("format = 1\n[[preset]]\nname = 'a'\ngoal = {moon = true}", "moon"),
    ],
)
def test_a_damaged_file_is_named_and_left_alone(tmp_path, text, said):
    shelf = PresetShelf("usb-1", tmp_path)
    shelf.path.write_text(text)
    with pytest.raises(ConfigError, match=said) as refused:
        shelf.save(Preset("Desk"))
    assert str(shelf.path) in str(refused.value)
    assert shelf.path.read_text() == text


@pytest.mark.parametrize(
    ("kept", "beside", "goal"),
    [
        (None, Beside(), None),
        (NIGHT, Beside(), NIGHT),
        (None, Beside(keep_night_dark=True), GoalConfig(keep_night_dark=True)),
        (NIGHT, Beside(ramp_ev_per_minute=2.0), GoalConfig(True, 2.0)),
        (GoalConfig(ramp_ev_per_minute=2.0), Beside(keep_night_dark=True), GoalConfig(True, 2.0)),
    ],
)
def test_night_and_ramp_asked_for_beside_it_win_each_alone(kept, beside, goal):
    assert Preset("Desk", goal=kept).but(beside).goal == goal


def test_motion_asked_for_beside_it_wins_and_leaves_the_other_limits():
    moving = Preset("Desk", program=PROGRAM).but(Beside(motion=Motion.SPORTS)).program
    assert moving == replace(PROGRAM, motion=Motion.SPORTS)
    assert Preset("Desk").but(Beside(motion=Motion.OFF)).program == ProgramConfig()
    assert Preset("Desk", program=PROGRAM).but(Beside(mains_hz=60)).program == replace(PROGRAM, mains_hz=60)


def _none(name: str):
    raise AssertionError(name)


def test_presets_of_a_former_id_are_found_until_there_are_own_ones(tmp_path):
    PresetShelf("usb-1", tmp_path).save(Preset("Desk"))
    left, right = (PresetShelf(f"usb-1-at-{port}", tmp_path, "usb-1") for port in (1, 2))
    left.save(Preset("Left"))
    names = [[preset.name for preset in shelf.all()][len(STARTERS) :] for shelf in (left, right)]
    assert names == [["Desk", "Left"], ["Desk"]]
