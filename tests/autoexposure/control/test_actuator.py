"""The actuator on one camera session, turn by turn, on a camera that does as it is told and can be made to refuse."""

import logging
import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from autoexposure.camera import ControlRange
from autoexposure.clock import SimulatedClock
from autoexposure.control.actuator import Actuator, Steered
from autoexposure.control.config import LoopConfig
from autoexposure.control.program import ProgramConfig
from autoexposure.control.session import CameraSession
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraDisconnected, CameraError, ControlTaken
from autoexposure.exposure import Exposure
from autoexposure.response import srgb
from autoexposure.states import AeState
from autoexposure.trust.delay import Attribution
from tests.autoexposure.scripted_camera import FIRST, Scripted, frame

MEDDLED = "another program set gain to 7"


@pytest.fixture
def camera() -> Scripted:
    stepped = Scripted()
    times, gains = ControlRange(0.001, 0.1, 0.001), ControlRange(1.0, 8.0, 1 / 16)
    stepped.capabilities = replace(stepped.capabilities, time_s=times, gain=gains)
    return stepped


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def session(camera: Scripted, clock: SimulatedClock, tmp_path: Path) -> Iterator[CameraSession]:
    """Opened, one picture read."""
    opened = CameraSession(camera, Journal(tmp_path), ProgramConfig(), srgb(), clock)
    camera.frames.append(frame(1))
    opened.read(1.0)
    camera.done.clear()
    yield opened
    opened.close()


@pytest.fixture
def actuator(clock: SimulatedClock) -> Actuator:
    return Actuator(LoopConfig(), clock)


def steer(actuator: Actuator, session: CameraSession, delta_ev: float) -> Steered:
    """One picture, made by what is commanded, that the meter wants so much brighter."""
    delayed = session.delayed
    assert delayed is not None
    return actuator.steer(session, delayed, Attribution(delayed.commanded), delta_ev)


def wrote(steered: Steered) -> bool:
    """Whether the camera took a write."""
    return steered.write is not None and steered.write.confirmed


def meddle(actuator: Actuator, session: CameraSession, camera: Scripted) -> None:
    """Another program changes something just before our turn."""
    camera.foreign = MEDDLED
    actuator.guard(session)
    camera.foreign = ""


def test_a_picture_that_is_off_is_corrected_and_the_turn_says_so(actuator: Actuator, session: CameraSession) -> None:
    seen = steer(actuator, session, 1.0)
    assert seen.ae_state is AeState.SEARCHING
    assert seen.target_ev == pytest.approx(FIRST.ev + 1)
    assert seen.write is not None
    assert seen.write.confirmed
    assert seen.write.really.ev == pytest.approx(FIRST.ev + 1)
    assert session.delayed is not None
    assert seen.write.really == session.delayed.commanded == session.wanted
    assert actuator.notice == ""


def test_it_goes_no_further_than_the_camera_can(actuator: Actuator, session: CameraSession) -> None:
    session.use_program(ProgramConfig(max_time_s=0.02, max_gain=1.0))
    assert steer(actuator, session, 4.0).target_ev == pytest.approx(math.log2(0.02))
    session.use_program(ProgramConfig(min_time_s=0.008))
    assert steer(actuator, session, -4.0).target_ev == pytest.approx(math.log2(0.008))


def test_a_good_picture_comes_to_rest_without_a_write(
    actuator: Actuator, session: CameraSession, camera: Scripted
) -> None:
    seen = [steer(actuator, session, 0.05) for _ in range(3)]
    assert [turn.ae_state for turn in seen] == [AeState.SEARCHING, AeState.CONVERGED, AeState.CONVERGED]
    assert not any(turn.write for turn in seen)
    assert camera.done == []


def test_what_the_camera_is_set_to_already_is_not_written_and_counts_as_calm(
    actuator: Actuator, session: CameraSession, camera: Scripted
) -> None:
    coarse = ControlRange(0.01, 0.1, values=(0.01, 0.1))
    camera.capabilities = replace(camera.capabilities, time_s=coarse, gain=None)
    session.use_program(ProgramConfig())
    seen = steer(actuator, session, 0.5)
    assert (seen.ae_state, seen.write) == (AeState.SEARCHING, None)
    assert steer(actuator, session, 0.0).ae_state is AeState.CONVERGED, "the second calm picture in a row"
    assert camera.done == []


def test_after_a_refusal_it_is_tried_again_a_second_later(
    actuator: Actuator,
    session: CameraSession,
    camera: Scripted,
    clock: SimulatedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock.sleep(3.0)
    camera.fails = CameraError("not today")
    refused = steer(actuator, session, 1.0)
    assert not wrote(refused)
    assert refused.write is not None
    assert refused.write.reason == actuator.notice == "not today"
    assert session.delayed is not None
    assert refused.write.really == session.delayed.commanded == FIRST
    assert "not today" in caplog.text
    camera.fails = None
    clock.sleep(0.999)
    waiting = steer(actuator, session, 1.0)
    assert (waiting.write, actuator.notice) == (None, "not today")
    assert waiting.ae_state is AeState.SEARCHING
    clock.sleep(1.0 - 0.999)
    caplog.clear()
    assert wrote(steer(actuator, session, 1.0))
    assert actuator.notice == caplog.text == ""


def test_another_camera_owes_nothing_to_the_refusals_and_meddlers_of_the_last(
    actuator: Actuator, session: CameraSession, camera: Scripted
) -> None:
    camera.fails = CameraError("not today")
    steer(actuator, session, 1.0)
    camera.fails = None
    actuator.begin(session)
    assert actuator.notice == ""
    assert wrote(steer(actuator, session, 1.0))
    for _ in range(2):
        actuator.controller.step(Attribution(FIRST), 0.0, FIRST.ev, in_flight=False)
    assert actuator.controller.wake_threshold_ev > 0
    actuator.paused = True
    meddle(actuator, session, camera)
    assert actuator.notice
    actuator.begin(session)
    assert actuator.notice == ""
    assert actuator.controller.wake_threshold_ev == 0


def test_what_another_program_did_is_set_back_at_once(
    actuator: Actuator, session: CameraSession, camera: Scripted, clock: SimulatedClock
) -> None:
    for _ in range(2):
        steer(actuator, session, 0.0)
    meddle(actuator, session, camera)
    assert camera.done == ["taken", "set 0.01"]
    assert session.delayed is not None
    assert actuator.notice == "Another program set gain to 7; it was set back."
    assert actuator.controller.wake_threshold_ev == 0, "what was found before does not hold any more"
    clock.sleep(5.0)
    actuator.guard(session)
    assert camera.done == ["taken", "set 0.01"]
    assert actuator.notice == ""


def test_while_paused_it_is_heard_and_set_back_afterwards(
    actuator: Actuator, session: CameraSession, camera: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    actuator.paused = True
    for _ in range(3):
        meddle(actuator, session, camera)
    assert camera.done == []
    assert session.delayed is None, "nobody knows what it is set to"
    assert actuator.notice == "Another program set gain to 7; it will be set back."
    assert [record.levelno for record in caplog.records] == [logging.WARNING], "once, not with every picture"
    actuator.paused = False
    actuator.guard(session)
    assert camera.done == ["taken", "set 0.01"]


def test_a_camera_that_can_not_be_set_back_is_tried_once_a_second_until_the_tries_are_used_up(
    actuator: Actuator, session: CameraSession, camera: Scripted, clock: SimulatedClock
) -> None:
    camera.fails = CameraError("it is stuck")
    meddle(actuator, session, camera)
    assert actuator.notice == "It is stuck; it will be set back."
    camera.fails = None
    clock.sleep(0.5)
    actuator.guard(session)
    assert camera.done == [], "not before a second has passed"
    camera.fails = CameraError("it is stuck")
    for _ in range(3):
        clock.sleep(1.0)
        actuator.guard(session)
    assert "wins" in actuator.notice
    camera.fails = CameraDisconnected("gone")
    clock.sleep(60.0)
    with pytest.raises(CameraDisconnected):
        actuator.guard(session)


def test_the_user_gets_it_back_from_the_winner(
    actuator: Actuator, session: CameraSession, camera: Scripted, clock: SimulatedClock
) -> None:
    for _ in range(4):
        meddle(actuator, session, camera)
        clock.sleep(1.0)
    assert "wins" in actuator.notice
    camera.done.clear()
    actuator.guard(session)
    assert camera.done == []
    actuator.insist()
    actuator.guard(session)
    assert camera.done == ["taken", "set 0.01"]
    actuator.insist()  # in peace there is nothing to insist on
    meddle(actuator, session, camera)
    assert camera.done == ["taken", "set 0.01"], "still once a second"


def test_a_camera_switched_to_automatic_by_another_program_is_inactive_until_it_is_set_back(
    actuator: Actuator, session: CameraSession, camera: Scripted
) -> None:
    camera.fails = ControlTaken("another program switched the automatic exposure on")
    seen = steer(actuator, session, 1.0)
    assert (seen.ae_state, seen.write) == (AeState.INACTIVE, None)
    assert session.delayed is None
    assert actuator.notice == "Another program switched the automatic exposure on; it will be set back."
    camera.fails = None
    actuator.guard(session)
    assert camera.done == ["taken", "set 0.02"]


def test_what_was_asked_for_early_is_written_first(actuator: Actuator, session: CameraSession) -> None:
    assert actuator.catch_up(session) is None
    session.set_when_possible(Exposure(0.02))
    write = actuator.catch_up(session)
    assert write is not None
    assert write.really == Exposure(0.02)
    assert actuator.catch_up(session) is None


@pytest.mark.parametrize("held", ["paused", "locked", ""])
def test_what_is_ruled_out_is_changed_unless_it_is_held(actuator: Actuator, session: CameraSession, held: str) -> None:
    assert actuator.catch_up(session) is None
    actuator.paused, actuator.controller.locked = held == "paused", held == "locked"
    session.use_program(ProgramConfig(max_time_s=0.005))
    write = actuator.catch_up(session)
    if held:
        assert write is None
        actuator.paused = actuator.controller.locked = False
        write = actuator.catch_up(session)
    assert write is not None
    assert write.really == Exposure(0.005, 2.0)
    assert actuator.catch_up(session) is None


def test_rules_are_followed_where_something_can_be_set(
    actuator: Actuator, session: CameraSession, camera: Scripted, clock: SimulatedClock, tmp_path: Path
) -> None:
    assert actuator.follow_rules(session) is None, "they are kept already"
    session.use_program(ProgramConfig(max_time_s=0.005))
    write = actuator.follow_rules(session)
    assert write is not None
    assert write.really == Exposure(0.005, 2.0)
    session.use_native(True)
    assert actuator.follow_rules(session) is None, "the firmware has it"
    without_picture = CameraSession(
        Scripted(), Journal(tmp_path / "other"), ProgramConfig(max_time_s=0.005), srgb(), clock
    )
    assert actuator.follow_rules(without_picture) is None
    without_picture.close()


def test_a_refusal_is_no_longer_shown_when_nothing_is_wanted_any_more(
    actuator: Actuator, session: CameraSession, camera: Scripted, clock: SimulatedClock
) -> None:
    camera.fails = CameraError("not today")
    steer(actuator, session, 1.0)
    camera.fails = None
    for _ in range(49):
        clock.sleep(0.1)
        actuator.guard(session)
        assert actuator.notice == "not today"
    clock.sleep(0.2)
    actuator.guard(session)
    assert actuator.notice == ""


def test_the_users_own_automatic_ends_every_fight_over_the_exposure(
    actuator: Actuator, session: CameraSession, camera: Scripted, clock: SimulatedClock
) -> None:
    for _ in range(4):
        camera.foreign = MEDDLED
        actuator.guard(session)
        camera.foreign = ""
        clock.sleep(1.0)
        actuator.guard(session)
    assert "wins" in actuator.notice
    session.use_native(True)
    actuator.insist()  # as whatever the user does to the exposure
    camera.done.clear()
    actuator.guard(session)
    clock.sleep(100.0)
    actuator.guard(session)
    assert actuator.notice == ""
    assert camera.done == []


def test_what_kept_control_away_is_no_longer_said_once_it_is_had(session: CameraSession) -> None:
    session.notice = "it keeps its exposure automatic"
    session.reassert()
    assert session.notice == "a note"


def test_one_that_reads_back_as_before_is_not_asked_with_every_picture(
    actuator: Actuator, session: CameraSession, camera: Scripted, clock: SimulatedClock
) -> None:
    asked = []

    def stays(exposure: Exposure) -> Exposure:
        asked.append(clock.now())
        return FIRST

    camera.set_exposure = stays  # type: ignore[method-assign]  # a camera at the end of its range
    for _ in range(600):
        steer(actuator, session, 1.0)
        clock.sleep(0.1)
    assert [round(later - sooner) for sooner, later in pairwise(asked)] == [1, 1, 1, 2, 4, 8, 16]
