"""Controls as firmware has them: broken, reset, disobedient, odd ranges, other numbers."""

import math

import pytest

from tests.rig.playing import AUTOMATIC, CAMERA, CLOSE_EV, FRAMES, RIGHT_EV, Seen, playing, run

pytestmark = pytest.mark.rig

BROKEN = ("exposure:DEF", "exposure:MAX", "gain:MIN", "gain:CUR", "mode:CUR")


@playing(*(f"--broken {control}" for control in BROKEN), before=AUTOMATIC)
def test_a_control_that_can_not_be_asked_takes_nothing_else_away(seen: Seen) -> None:
    seen.in_order()
    assert len(seen.lines) == FRAMES
    assert abs(seen.true_ev - RIGHT_EV) <= CLOSE_EV, str(seen)


@playing("--broken exposure:SET", before=AUTOMATIC)
def test_a_control_that_can_not_be_written_is_said(seen: Seen) -> None:
    seen.in_order()
    assert "exposure" in seen.said, str(seen)
    assert abs(seen.true_ev - RIGHT_EV) <= CLOSE_EV, str(seen)


FOUND = {"auto_exposure": 1, "exposure_time_absolute": 42, "gain": 60, "brightness": 7, "power_line_frequency": 2}


@playing("--reset-on-start", "--reset-on-start --frozen-readback", before=FOUND, argv=run(frames=20))
def test_what_the_start_of_the_stream_resets_is_put_back(seen: Seen) -> None:
    seen.in_order()
    assert {name: seen.after[name] for name in FOUND} == FOUND, str(seen)


@playing(
    *(f"--reset-on-start --broken exposure:{request}" for request in ("DEF", "CUR")),
    before={name: value for name, value in FOUND.items() if name != "exposure_time_absolute"},
    argv=run(frames=20),
)
def test_without_an_exposure_time_a_manual_mode_is_put_back_too(seen: Seen) -> None:
    seen.in_order()
    assert not any(picture["auto"] for picture in seen.truth[1:]), str(seen)
    assert (seen.after["auto_exposure"], seen.after["gain"], seen.after["brightness"]) == (1, 60, 7), str(seen)


@playing("--reset-on-start", before=FOUND, argv=("controls", "-c", CAMERA))
def test_a_camera_that_is_only_looked_at_is_not_reset(seen: Seen) -> None:
    seen.in_order()
    assert seen.truth == [], "its stream was not started"
    assert {name: seen.after[name] for name in FOUND} == FOUND, str(seen)
    assert [line.split()[1] for line in seen.out.splitlines() if line.startswith("brightness")] == ["7"], str(seen)


@playing(
    "--reset-on-start --exposure-in-auto ignore --frozen-readback",
    argv=run(frames=100),
    meanwhile=[(30, "halt")],
)
def test_control_is_taken_again_after_the_stream_was_restarted(seen: Seen) -> None:
    assert seen.code == 0, str(seen)
    assert seen.lines[-1]["state"] == "converged", str(seen)
    assert seen.lines[-1]["notice"] == "", str(seen)
    assert abs(seen.true_ev - RIGHT_EV) <= CLOSE_EV, str(seen)
    assert not seen.truth[-10]["auto"], str(seen)


@playing(
    "--exposure-in-auto accept",
    "--exposure-in-auto accept --frozen-readback",
    argv=run("--bias", "-1", frames=220),
    automatic_at=70,
)
def test_an_automatic_that_comes_back_in_secret_is_found_out_and_ended(seen: Seen) -> None:
    assert seen.code == 0, str(seen)
    assert any(one["auto"] for one in seen.truth[70:]), str(seen)
    assert "automatic" in seen.said, str(seen)
    assert seen.lines[-1]["state"] == "converged", str(seen)
    assert abs(seen.lines[-1]["ev"] - seen.true_ev) <= CLOSE_EV, str(seen)
    assert not seen.truth[-10]["auto"], str(seen)


@playing(
    "--reset-on-start --exposure-in-auto accept",
    "--reset-on-start --exposure-in-auto accept --frozen-readback",
    argv=run("--bias", "-1", frames=220),
    meanwhile=[(70, "halt")],
)
def test_one_that_comes_back_with_a_stream_that_was_restarted_is_ended_too(seen: Seen) -> None:
    assert seen.code == 0, str(seen)
    assert seen.lines[-1]["state"] == "converged", str(seen)
    assert abs(seen.lines[-1]["ev"] - seen.true_ev) <= CLOSE_EV, str(seen)
    assert not seen.truth[-10]["auto"], str(seen)


@playing(
    "--need-toggle --start-manual --exposure-start 20",
    "--need-toggle --start-manual --exposure-start 20 --frozen-readback",
    before={},
    argv=run(frames=90),
)
def test_a_camera_that_obeys_only_after_its_automatic_was_on_is_brought_to_obey(seen: Seen) -> None:
    assert seen.code == 0, str(seen)
    assert abs(seen.true_ev - RIGHT_EV) <= CLOSE_EV, str(seen)
    assert abs(seen.lines[-1]["ev"] - seen.true_ev) <= CLOSE_EV, str(seen)
    assert seen.writes_at_the_end == 0, str(seen)


@playing(shims=["obeyslate"], argv=run(frames=70))
def test_a_camera_that_obeys_only_after_some_pictures_is_set(seen: Seen) -> None:
    assert seen.code == 0, str(seen)
    assert abs(seen.true_ev - RIGHT_EV) <= CLOSE_EV, str(seen)


@playing(
    "--res0",
    "--gain-min 300",
    "--ct-bits 0x08 --start-manual",
    "--slow-control 60",
)
def test_what_is_left_of_the_controls_is_used(seen: Seen) -> None:
    seen.settled()


@playing("--exposure-min 3000", before=AUTOMATIC)
def test_without_an_exposure_time_to_set_the_automatic_stays_on(seen: Seen) -> None:
    seen.in_order()
    assert seen.truth[-10]["auto"], str(seen)


@playing("--on-manual restore --frozen-readback", before=AUTOMATIC)
def test_taking_over_from_the_automatic_ends_at_the_right_exposure(seen: Seen) -> None:
    seen.in_order()
    assert abs(seen.true_ev - RIGHT_EV) <= CLOSE_EV, str(seen)
    assert not seen.truth[-10]["auto"], str(seen)


@playing("--gain-start 300", before={"auto_exposure": 1, "exposure_time_absolute": 42})
def test_a_value_that_can_not_be_put_back_is_said(seen: Seen) -> None:
    assert seen.before["gain"] == 300
    assert seen.after["gain"] == 255
    assert "gain" in seen.said, str(seen)
    assert "255" in seen.said, str(seen)


@playing(shims=["pseye"])
def test_exposure_time_by_its_older_number_is_used(seen: Seen) -> None:
    seen.in_order()
    assert abs(seen.true_ev - RIGHT_EV) <= CLOSE_EV, str(seen)


@playing(shims=["noevents,auto0"])
def test_controls_of_other_drivers_are_used(seen: Seen) -> None:
    seen.settled()


@playing(shims=["greyed", "readonly", "nomenu"], before=AUTOMATIC)
def test_a_control_without_effect_leaves_the_automatic_on_and_is_said(seen: Seen) -> None:
    seen.in_order()
    assert seen.notices, str(seen)
    assert seen.truth[-10]["auto"], str(seen)
    assert abs(seen.true_ev - RIGHT_EV) <= CLOSE_EV, str(seen)


@playing(shims=["lost"], argv=run(frames=80))
def test_a_camera_lost_within_a_request_is_found_again(seen: Seen) -> None:
    seen.settled()


@playing(shims=["holds"], argv=run(frames=170), meanwhile=[(60, "light", 0.2)], longest_s=300)
def test_a_time_that_holds_is_told_from_the_gain_that_moves_along_with_it(seen: Seen) -> None:
    assert seen.code == 0, str(seen)
    assert "exposure time" in seen.said, str(seen)
    rested = [line for line in seen.lines[110:] if line["state"] == "converged"]
    assert rested, str(seen)
    assert abs(rested[-1]["delta_ev"]) <= CLOSE_EV, str(seen)
    used = {round(math.log2(one["exposure_us"] * 1e-6 * one["gain"]), 2) for one in seen.truth[110:]}
    assert min(abs(rested[-1]["ev"] - ev) for ev in used) <= 0.2, str(seen)


@playing("--snap-exposure --frozen-readback --exposure-max 5000")
def test_steps_and_ends_that_are_not_announced_are_lived_with(seen: Seen) -> None:
    seen.in_order()
    assert abs(seen.true_ev - RIGHT_EV) <= CLOSE_EV + math.log2(2), str(seen)
    assert seen.writes_at_the_end == 0, str(seen)
