"""Steering one camera session, turn by turn, on a camera that does as it is told and can be made to refuse."""

import logging
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autoexposure.camera import ControlRange
from autoexposure.clock import SimulatedClock
from autoexposure.control.actuator import Steering
from autoexposure.control.config import LoopConfig
from autoexposure.control.delay import Attribution
from autoexposure.control.program import ProgramConfig
from autoexposure.control.session import CameraSession
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraDisconnected, CameraError, ControlTaken
from autoexposure.exposure import Exposure
from autoexposure.metering.policy import Decision
from autoexposure.response import srgb
from autoexposure.states import AeState
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
def steering(clock: SimulatedClock) -> Steering:
    return Steering(LoopConfig(), clock)


def steer(steering: Steering, session: CameraSession, delta_ev: float) -> Snapshot:
    """One picture, made by what is commanded, that the meter wants so much brighter."""
    timeline = session.timeline
    assert timeline is not None
    return steering.steer(session, timeline, Attribution(timeline.commanded), Decision(delta_ev), Snapshot())


def meddle(steering: Steering, session: CameraSession, camera: Scripted) -> None:
    """Another program changes something just before our turn."""
    camera.foreign = MEDDLED
    steering.guard(session)
    camera.foreign = ""


def test_a_picture_that_is_off_is_corrected_and_the_turn_says_so(steering: Steering, session: CameraSession) -> None:
    seen = steer(steering, session, 1.0)
    assert seen.ae_state is AeState.SEARCHING
    assert seen.target_ev == pytest.approx(FIRST.ev + 1)
    assert seen.commanded is not None
    assert seen.commanded.ev == pytest.approx(FIRST.ev + 1)
    assert seen.wrote
    assert seen.write is not None
    assert seen.write.really == seen.commanded == session.wanted
    assert steering.notice == ""


def test_it_goes_no_further_than_the_camera_can(steering: Steering, session: CameraSession) -> None:
    session.use_program(ProgramConfig(max_time_s=0.02, max_gain=1.0))
    assert steer(steering, session, 4.0).target_ev == pytest.approx(math.log2(0.02))
    session.use_program(ProgramConfig(min_time_s=0.008))
    assert steer(steering, session, -4.0).target_ev == pytest.approx(math.log2(0.008))


def test_a_good_picture_comes_to_rest_without_a_write(
    steering: Steering, session: CameraSession, camera: Scripted
) -> None:
    seen = [steer(steering, session, 0.05) for _ in range(3)]
    assert [turn.ae_state for turn in seen] == [AeState.SEARCHING, AeState.CONVERGED, AeState.CONVERGED]
    assert not any(turn.wrote or turn.write for turn in seen)
    assert camera.done == []


def test_what_the_camera_is_set_to_already_is_not_written_and_counts_as_calm(
    steering: Steering, session: CameraSession, camera: Scripted
) -> None:
    coarse = ControlRange(0.01, 0.1, values=(0.01, 0.1))
    camera.capabilities = replace(camera.capabilities, time_s=coarse, gain=None)
    session.use_program(ProgramConfig())
    seen = steer(steering, session, 0.5)
    assert (seen.ae_state, seen.wrote, seen.write) == (AeState.SEARCHING, False, None)
    assert steer(steering, session, 0.0).ae_state is AeState.CONVERGED, "the second calm picture in a row"
    assert camera.done == []


def test_after_a_refusal_it_is_tried_again_a_second_later(
    steering: Steering,
    session: CameraSession,
    camera: Scripted,
    clock: SimulatedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock.sleep(3.0)
    camera.fails = CameraError("not today")
    refused = steer(steering, session, 1.0)
    assert not refused.wrote
    assert refused.write is not None
    assert refused.write.reason == steering.notice == "not today"
    assert refused.commanded == FIRST
    assert "not today" in caplog.text
    camera.fails = None
    clock.sleep(0.999)
    waiting = steer(steering, session, 1.0)
    assert (waiting.wrote, waiting.write, steering.notice) == (False, None, "not today")
    assert waiting.ae_state is AeState.SEARCHING
    clock.sleep(1.0 - 0.999)
    caplog.clear()
    assert steer(steering, session, 1.0).wrote
    assert steering.notice == caplog.text == ""


def test_another_camera_owes_nothing_to_the_refusals_and_meddlers_of_the_last(
    steering: Steering, session: CameraSession, camera: Scripted
) -> None:
    camera.fails = CameraError("not today")
    steer(steering, session, 1.0)
    camera.fails = None
    steering.begin()
    assert steering.notice == ""
    assert steer(steering, session, 1.0).wrote
    for _ in range(2):
        steering.controller.step(Attribution(FIRST), 0.0, FIRST.ev, in_flight=False)
    assert steering.controller.stirs_at_ev > 0
    steering.paused = True
    meddle(steering, session, camera)
    assert steering.notice
    steering.begin()
    assert steering.notice == ""
    assert steering.controller.stirs_at_ev == 0


def test_what_another_program_did_is_set_back_at_once(
    steering: Steering, session: CameraSession, camera: Scripted, clock: SimulatedClock
) -> None:
    for _ in range(2):
        steer(steering, session, 0.0)
    meddle(steering, session, camera)
    assert camera.done == ["taken", "set 0.01"]
    assert session.timeline is not None
    assert steering.notice == "Another program set gain to 7; it was set back."
    assert steering.controller.stirs_at_ev == 0, "what was found before does not hold any more"
    clock.sleep(5.0)
    steering.guard(session)
    assert camera.done == ["taken", "set 0.01"]
    assert steering.notice == ""


def test_while_paused_it_is_heard_and_set_back_afterwards(
    steering: Steering, session: CameraSession, camera: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    steering.paused = True
    for _ in range(3):
        meddle(steering, session, camera)
    assert camera.done == []
    assert session.timeline is None, "nobody knows what it is set to"
    assert steering.notice == "Another program set gain to 7; it will be set back."
    assert [record.levelno for record in caplog.records] == [logging.WARNING], "once, not with every picture"
    steering.paused = False
    steering.guard(session)
    assert camera.done == ["taken", "set 0.01"]


def test_a_camera_that_can_not_be_set_back_is_tried_once_a_second_until_the_tries_are_used_up(
    steering: Steering, session: CameraSession, camera: Scripted, clock: SimulatedClock
) -> None:
    camera.fails = CameraError("it is stuck")
    meddle(steering, session, camera)
    assert steering.notice == "It is stuck; it will be set back."
    camera.fails = None
    clock.sleep(0.5)
    steering.guard(session)
    assert camera.done == [], "not before a second has passed"
    camera.fails = CameraError("it is stuck")
    for _ in range(3):
        clock.sleep(1.0)
        steering.guard(session)
    assert "wins" in steering.notice
    camera.fails = CameraDisconnected("gone")
    clock.sleep(60.0)
    with pytest.raises(CameraDisconnected):
        steering.guard(session)


def test_the_user_gets_it_back_from_the_winner(
    steering: Steering, session: CameraSession, camera: Scripted, clock: SimulatedClock
) -> None:
    for _ in range(4):
        meddle(steering, session, camera)
        clock.sleep(1.0)
    assert "wins" in steering.notice
    camera.done.clear()
    steering.guard(session)
    assert camera.done == []
    steering.insist()
    steering.guard(session)
    assert camera.done == ["taken", "set 0.01"]
    steering.insist()  # in peace there is nothing to insist on
    meddle(steering, session, camera)
    assert camera.done == ["taken", "set 0.01"], "still once a second"


def test_a_camera_switched_to_automatic_by_another_program_is_inactive_until_it_is_set_back(
    steering: Steering, session: CameraSession, camera: Scripted
) -> None:
    camera.fails = ControlTaken("another program switched the automatic exposure on")
    seen = steer(steering, session, 1.0)
    assert (seen.ae_state, seen.wrote, seen.write) == (AeState.INACTIVE, False, None)
    assert session.timeline is None
    assert steering.notice == "Another program switched the automatic exposure on; it will be set back."
    camera.fails = None
    steering.guard(session)
    assert camera.done == ["taken", "set 0.02"]


def test_what_was_asked_for_early_is_written_first(steering: Steering, session: CameraSession) -> None:
    assert steering.catch_up(session) is None
    session.set_when_possible(Exposure(0.02))
    write = steering.catch_up(session)
    assert write is not None
    assert write.really == Exposure(0.02)
    assert steering.catch_up(session) is None


@pytest.mark.parametrize("held", ["paused", "locked", ""])
def test_what_is_ruled_out_is_changed_unless_it_is_held(steering: Steering, session: CameraSession, held: str) -> None:
    assert steering.catch_up(session) is None
    steering.paused, steering.controller.locked = held == "paused", held == "locked"
    session.use_program(ProgramConfig(max_time_s=0.005))
    write = steering.catch_up(session)
    if held:
        assert write is None
        steering.paused = steering.controller.locked = False
        write = steering.catch_up(session)
    assert write is not None
    assert write.really == Exposure(0.005, 2.0)
    assert steering.catch_up(session) is None


def test_rules_are_followed_where_something_can_be_set(
    steering: Steering, session: CameraSession, camera: Scripted, clock: SimulatedClock, tmp_path: Path
) -> None:
    assert steering.follow_rules(session) is None, "they are kept already"
    session.use_program(ProgramConfig(max_time_s=0.005))
    write = steering.follow_rules(session)
    assert write is not None
    assert write.really == Exposure(0.005, 2.0)
    session.use_native(True)
    assert steering.follow_rules(session) is None, "the firmware has it"
    without_picture = CameraSession(
        Scripted(), Journal(tmp_path / "other"), ProgramConfig(max_time_s=0.005), srgb(), clock
    )
    assert steering.follow_rules(without_picture) is None
    without_picture.close()
