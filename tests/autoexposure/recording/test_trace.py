import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from autoexposure.abilities.playable import Playback
from autoexposure.camera import Capabilities, ControlRange
from autoexposure.control.snapshot import Snapshot, Timings
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.policy import Decision
from autoexposure.motion.trade import SeenMotion
from autoexposure.recording.trace import trace_line, trace_record
from autoexposure.states import AeState

KEYS = [
    "timestamp_s",
    "taken_at",
    "sequence",
    "stream",
    "camera",
    "time_s",
    "gain",
    "ev",
    "reported",
    "delta_ev",
    "doubt_ev",
    "metered",
    "target_ev",
    "commanded_ev",
    "state",
    "wrote",
    "meter",
    "bias_ev",
    "scene_ev",
    "night_ev",
    "ramp_ev",
    "motion_px_s",
    "blur_px",
    "dropped",
    "frame_rate",
    "wait_s",
    "age_s",
    "decide_s",
    "apply_s",
    "notice",
]


def test_one_line_with_the_documented_keys() -> None:
    frame = Frame(np.zeros((2, 2, 3), np.uint8), 1.5, 9, Exposure(0.01, 4.0))
    text = trace_line(Snapshot(frame=frame, decision=Decision(-0.5), ae_state=AeState.SEARCHING, wrote=True))
    assert text.count("\n") == 1
    values = json.loads(text)
    assert list(values) == KEYS
    assert (values["time_s"], values["gain"], values["delta_ev"], values["state"]) == (0.01, 4.0, -0.5, "searching")
    assert values["ev"] == pytest.approx(np.log2(0.04))


def test_the_time_of_day_is_when_the_picture_was_taken() -> None:
    snapshot = Snapshot(frame=Frame(np.zeros((2, 2, 3), np.uint8), 1.5, 9), timings=Timings(age_s=60.0))
    before = datetime.now(UTC)
    taken = datetime.fromisoformat(str(trace_record(snapshot)["taken_at"]))
    after = datetime.now(UTC)
    a_minute, rounded = timedelta(seconds=60), timedelta(milliseconds=1)
    assert before - a_minute - rounded <= taken <= after - a_minute
    replayed = replace(snapshot, playback=Playback(0, 2, 0.0, 1.0, playing=True))
    assert trace_record(replayed)["taken_at"] is None  # nobody knows when that was


def test_how_sure_the_meter_is_stands_beside_its_answer() -> None:
    frame = Frame(np.zeros((2, 2, 3), np.uint8), 1.5, 9)
    assert trace_record(Snapshot(frame=frame, decision=Decision(-0.5, doubt_ev=0.25)))["doubt_ev"] == 0.25
    assert trace_record(Snapshot(frame=frame, decision=Decision(-0.5)))["doubt_ev"] is None


def test_unknown_is_null_and_no_frame_is_no_record() -> None:
    values = trace_record(Snapshot(frame=Frame(np.zeros((2, 2, 3), np.uint8), 0.0, 0)))
    assert values["ev"] is values["delta_ev"] is values["commanded_ev"] is None
    with pytest.raises(ValueError, match="without a frame"):
        trace_record(Snapshot())


def test_a_time_that_can_not_be_set_is_null() -> None:
    frame = Frame(np.zeros((2, 2, 3), np.uint8), 0.0, 0, Exposure(0.01, 4.0))
    gain_alone = Capabilities(gain=ControlRange(1, 16))
    commanded = Exposure(1 / 30, 8.0)
    values = trace_record(Snapshot(frame=frame, capabilities=gain_alone, commanded=commanded, target_ev=-2.0))
    assert (values["time_s"], values["gain"]) == (None, 4.0)
    assert values["ev"] is values["target_ev"] is values["commanded_ev"] is None


def test_motion_is_in_it_where_it_is_heeded() -> None:
    frame = Frame(np.zeros((2, 2, 3), np.uint8), 0.0, 0)
    values = trace_record(Snapshot(frame=frame, motion=SeenMotion(400.0, 4.0, 1.0)))
    assert (values["motion_px_s"], values["blur_px"]) == (400.0, 4.0)
    values = trace_record(Snapshot(frame=frame))
    assert (values["motion_px_s"], values["blur_px"]) == (None, None)
