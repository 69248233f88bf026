import json
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.camera import CameraInfo, Capabilities, ControlRange
from autoexposure.clock import SimulatedClock
from autoexposure.control.commands import SetBias, SetExposure, UseNativeAuto
from autoexposure.control.loop import ControlLoop
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from autoexposure.errors import RecordingError
from autoexposure.evaluation.comparison import (
    LATE_TURNS,
    Choice,
    Comparison,
    Phase,
    SettleConfig,
    SettleGuard,
    Side,
    Tally,
    Verdict,
    hindrance,
    shuffled_left,
)
from autoexposure.evaluation.comparison_log import keep_verdict, verdict_record
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.classical import AverageMeter
from autoexposure.metering.lookahead import level_ev
from autoexposure.metering.preview import make_preview
from autoexposure.response import srgb
from autoexposure.states import AeState, LoopState
from drivers.discovery import open_camera

ABLE = Capabilities(time_s=ControlRange(1e-4, 0.03), gain=ControlRange(1, 16), native_auto=True)
CAMERA = CameraInfo("sim:", "A camera", "sim:")
OTHER = CameraInfo("v4l2:/dev/video0", "Another", "usb-1")
BLACK = np.zeros((4, 4, 3), np.uint8)


def turn(at_s, *, native=False, state=AeState.CONVERGED, **changes):
    snapshot = Snapshot(
        loop_state=LoopState.RUNNING,
        ae_state=AeState.INACTIVE if native else state,
        capabilities=ABLE,
        frame=Frame(BLACK, at_s, round(at_s * 30), None if native else Exposure(0.01, 2)),
        meter="attention",
        native_auto=native,
    )
    return replace(snapshot, **changes)


class TestSettleGuard:
    def times(self, guard, levels, *, step_s=0.1):
        """When it first says that all is at rest; levels is a function of time."""
        for number in range(200):
            at_s = number * step_s
            if guard.at_rest(at_s, levels(at_s)):
                return at_s
        return None

    def test_a_still_picture_waits_only_for_the_least_time(self):
        assert self.times(SettleGuard(SettleConfig(least_s=1.0, still_s=0.5)), lambda _: -3) == pytest.approx(1.0)

    def test_movement_starts_the_calm_stretch_again(self):
        guard = SettleGuard(SettleConfig(least_s=0.2, still_s=0.5, still_ev=0.1))
        assert self.times(guard, lambda at_s: min(at_s, 2.0)) == pytest.approx(2.5, abs=0.11)

    def test_a_slow_drift_is_movement(self):
        guard = SettleGuard(SettleConfig(still_s=1.0, still_ev=0.1))
        assert self.times(guard, lambda at_s: 0.2 * at_s) is None

    def test_noise_is_not(self):
        noise = random.Random(1)
        assert self.times(SettleGuard(), lambda _: noise.gauss(-3, 0.01)) is not None

    def test_overdue(self):
        guard = SettleGuard(SettleConfig(longest_s=3))
        guard.at_rest(10.0, 0.0)
        assert not guard.overdue(12.9)
        assert guard.overdue(13.0)


class TestComparison:
    def until_ready(self, comparison, *, native=False, limit_s=60.0):
        """Play a loop that obeys at once and stands still; returns the commands it was sent."""
        sent, at_s = [comparison.begin(turn(0.0, native=native))], 0.0
        while comparison.phase is Phase.SETTLING and at_s < limit_s:
            native = sent[-1].on if sent[-1] is not None else native
            at_s += 1 / 30
            if command := comparison.see(turn(at_s, native=native), -3.0):
                sent.append(command)
        return sent

    def test_both_are_taken_and_ours_has_the_camera_again(self):
        comparison = Comparison()
        assert self.until_ready(comparison) == [UseNativeAuto(False), UseNativeAuto(True), UseNativeAuto(False)]
        assert comparison.phase is Phase.READY
        ours, native = comparison.taken[Side.OURS], comparison.taken[Side.NATIVE]
        assert ours.settled
        assert native.settled
        assert ours.frame.timestamp_s < native.frame.timestamp_s
        assert (ours.meter, native.meter) == ("attention", "")

    def test_whoever_had_the_camera_comes_first_and_gets_it_back(self):
        comparison = Comparison()
        sent = self.until_ready(comparison, native=True)
        assert sent == [UseNativeAuto(True), UseNativeAuto(False), UseNativeAuto(True)]

    def test_a_picture_made_before_the_hand_over_is_not_taken(self):
        comparison = Comparison(SettleConfig(least_s=0.1, still_s=0.1))
        comparison.begin(turn(0.0))
        for at_s in (0.1, 0.2, 0.3):
            command = comparison.see(turn(at_s), -3.0)
            if command:
                break
        assert comparison.side is Side.NATIVE
        for number in range(60):
            assert comparison.see(turn(1 + number / 30), -3.0) is None, "the loop has not obeyed yet"
        assert Side.NATIVE not in comparison.taken

    def test_ours_is_not_taken_while_it_searches(self):
        comparison = Comparison()
        comparison.begin(turn(0.0))
        for number in range(90):
            comparison.see(turn(number / 30, state=AeState.SEARCHING), -3.0)
        assert comparison.taken == {}
        comparison.see(turn(3.1), -3.0)
        assert comparison.taken[Side.OURS].settled

    def test_what_never_stands_still_is_taken_at_last_and_marked(self):
        comparison = Comparison(SettleConfig(longest_s=2.0))
        comparison.begin(turn(0.0))
        at_s = 0.0
        while Side.OURS not in comparison.taken:
            at_s += 1 / 30
            comparison.see(turn(at_s), at_s)
        assert not comparison.taken[Side.OURS].settled
        assert at_s == pytest.approx(2.0, abs=0.1)

    def test_a_camera_that_keeps_its_exposure_to_itself(self):
        comparison = Comparison(SettleConfig(longest_s=2.0))
        comparison.begin(turn(0.0))
        command, at_s = None, 0.0
        while comparison.phase is Phase.SETTLING:
            at_s += 1 / 30
            command = comparison.see(turn(at_s), -3.0) or command
        assert (comparison.phase, comparison.failure) == (Phase.FAILED, "not_handed_over")
        assert command == UseNativeAuto(False)

    @pytest.mark.parametrize("changes", [{"loop_state": LoopState.RECONNECTING}, {"frame": None}])
    def test_a_camera_that_leaves(self, changes):
        comparison = Comparison()
        comparison.begin(turn(0.0))
        comparison.see(replace(turn(0.5), **changes), -3.0)
        assert (comparison.phase, comparison.failure) == (Phase.FAILED, "camera_left")

    def test_another_clock_is_another_camera(self):
        comparison = Comparison()
        comparison.begin(turn(100.0))
        comparison.see(turn(100.1), -3.0)
        comparison.see(turn(3.0), -3.0)
        assert comparison.failure == "camera_left"

    def test_given_up_in_the_middle_the_camera_is_as_before(self):
        comparison = Comparison()
        comparison.begin(turn(0.0))
        at_s = 0.0
        while comparison.side is Side.OURS:
            at_s += 1 / 30
            comparison.see(turn(at_s), -3.0)
        assert comparison.end() == UseNativeAuto(False)
        assert comparison.phase is Phase.IDLE
        assert comparison.end() is None

    @pytest.mark.parametrize("native", [False, True])
    def test_a_camera_that_was_let_go_of_is_put_back_by_that_and_the_next_is_left_alone(self, native):
        for changes in (
            {"loop_state": LoopState.STARTING, "frame": None, "capabilities": None, "camera": None},
            {"camera": OTHER},
            {"loop_state": LoopState.STOPPED},
            {"loop_state": LoopState.FAILED},
        ):
            comparison = Comparison()
            comparison.begin(turn(0.0, native=native, camera=CAMERA))
            at_s, first = 0.0, comparison.side
            while comparison.side is first:
                at_s += 1 / 30
                comparison.see(turn(at_s, native=native, camera=CAMERA), -3.0)
            assert comparison.see(replace(turn(at_s + 0.1, native=not native, camera=CAMERA), **changes), -3.0) is None
            assert (comparison.phase, comparison.failure) == (Phase.FAILED, "camera_left")
            assert comparison.end() is None

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({}, ""),
            ({"frame": None}, "no_picture"),
            ({"loop_state": LoopState.FAILED}, "no_picture"),
            ({"capabilities": Capabilities()}, "no_control"),
            ({"capabilities": replace(ABLE, native_auto=False)}, "no_native"),
            ({"paused": True}, "paused"),
        ],
    )
    def test_hindrances(self, changes, reason):
        snapshot = replace(turn(0.0), **changes)
        assert hindrance(snapshot) == reason
        if reason:
            with pytest.raises(ValueError, match=reason):
                Comparison().begin(snapshot)


class LateLoop:
    """A loop that obeys some turns after a command was sent; a window that sees only some of its turns."""

    def __init__(self, native, lag):
        self.native, self.lag, self.number = native, lag, 0
        self.queue = []

    def send(self, command):
        if command is not None:
            self.queue.append((self.number + self.lag, command))

    def turn(self):
        self.number += 1
        while self.queue and self.queue[0][0] < self.number:
            self.native = self.queue.pop(0)[1].on
        return turn(self.number / 30, native=self.native, camera=CAMERA, turn=self.number)


@pytest.mark.parametrize("native", [False, True])
@given(
    lag=st.integers(0, LATE_TURNS - 1),
    deeds=st.lists(st.tuples(st.sampled_from(["begin", "end"]), st.integers(0, 80)), max_size=8),
)
def test_however_often_it_is_begun_and_ended_the_camera_is_as_before(native, lag, deeds):
    loop, comparison = LateLoop(native, lag), Comparison(SettleConfig(least_s=0.2, still_s=0.2, longest_s=1.0))
    snapshot = loop.turn()
    for deed, turns in deeds:
        loop.send(comparison.end())
        if deed == "begin":
            loop.send(comparison.begin(snapshot))
        for _ in range(turns):
            snapshot = loop.turn()
            loop.send(comparison.see(snapshot, -3.0))
    loop.send(comparison.end())
    for _ in range(LATE_TURNS + 2):
        snapshot = loop.turn()
        comparison.see(snapshot, -3.0)
    assert loop.native is native


def test_a_turn_from_before_the_commands_proves_nothing():
    loop, comparison = LateLoop(False, 3), Comparison(SettleConfig(least_s=0.2, still_s=0.2, longest_s=1.0))
    loop.send(comparison.begin(loop.turn()))
    while comparison.side is Side.OURS:
        loop.send(comparison.see(loop.turn(), -3.0))
    comparison.see(loop.turn(), -3.0)
    loop.send(comparison.end())  # both hand-overs are on their way now
    snapshot = loop.turn()
    comparison.see(snapshot, -3.0)
    assert not snapshot.native_auto
    while not snapshot.native_auto:
        snapshot = loop.turn()
        comparison.see(snapshot, -3.0)
    assert comparison.begin(snapshot) == UseNativeAuto(False)


def test_what_the_user_chose_since_is_what_was_before_the_next():
    loop, comparison = LateLoop(False, 1), Comparison(SettleConfig(least_s=0.2, still_s=0.2, longest_s=1.0))
    loop.send(comparison.begin(loop.turn()))
    while comparison.phase is Phase.SETTLING:
        loop.send(comparison.see(loop.turn(), -3.0))
    for _ in range(LATE_TURNS + 3):
        comparison.see(loop.turn(), -3.0)
    loop.native = True  # by hand
    snapshot = loop.turn()
    comparison.see(snapshot, -3.0)
    assert comparison.begin(snapshot) == UseNativeAuto(True)


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_second_comparison_in_the_middle_of_the_first_leaves_the_camera_as_it_was(tmp_path, by_hand):
    """The whole loop: begun again while the camera's own automatic exposes; also with an exposure set by hand."""
    clock = SimulatedClock()
    make = lambda: open_camera("sim:width=64,height=48,light=steady", clock=clock)  # noqa: E731
    comparison, before = Comparison(), Exposure(0.002, 2.0)
    with ControlLoop(make, AverageMeter, journal=Journal(tmp_path), clock=clock) as loop:

        def until(done):
            for _ in range(900):
                snapshot = loop.turn()
                level = level_ev(make_preview(snapshot.frame.pixels), srgb()) if snapshot.frame is not None else 0.0
                if (command := comparison.see(snapshot, level)) is not None:
                    loop.send(command)
                if done(snapshot):
                    return snapshot
            raise AssertionError("it never came to that")

        until(lambda snapshot: snapshot.frame is not None)
        if by_hand:
            loop.send(SetExposure(before))
        snapshot = until(lambda snapshot: snapshot.ae_state in (AeState.CONVERGED, AeState.LOCKED))
        loop.send(comparison.begin(snapshot))
        snapshot = until(lambda snapshot: snapshot.native_auto)
        if (command := comparison.end()) is not None:
            loop.send(command)
        loop.send(comparison.begin(snapshot))
        until(lambda _: comparison.phase is Phase.READY)
        after = [loop.turn() for _ in range(60)][-1]
    assert not after.native_auto
    assert after.ae_state is (AeState.LOCKED if by_hand else AeState.CONVERGED)
    if by_hand:
        assert after.frame.exposure.ev == pytest.approx(before.ev, abs=0.05)


def test_on_the_simulated_camera_both_settle_and_differ(tmp_path):
    """The whole loop, on the simulated clock: a stop brighter than the camera's firmware wants it."""
    clock = SimulatedClock()
    spec = "sim:width=64,height=48,light=steady,report=on"
    make = lambda: open_camera(spec, clock=clock)  # noqa: E731
    comparison = Comparison()
    with ControlLoop(make, AverageMeter, journal=Journal(tmp_path), clock=clock) as loop:
        loop.send(SetBias(1.0))
        while (snapshot := loop.turn()).frame is None:
            pass
        loop.send(comparison.begin(snapshot))
        for _ in range(900):
            snapshot = loop.turn()
            command = comparison.see(snapshot, level_ev(make_preview(snapshot.frame.pixels), srgb()))
            if command is not None:
                loop.send(command)
            if comparison.phase is not Phase.SETTLING:
                break
        for _ in range(60):
            snapshot = loop.turn()
    assert comparison.phase is Phase.READY
    assert all(frozen.settled for frozen in comparison.taken.values())
    assert all(frozen.waited_s < 4 for frozen in comparison.taken.values())
    ours, native = (comparison.taken[side].frame.exposure for side in (Side.OURS, Side.NATIVE))
    assert ours.ev - native.ev == pytest.approx(1.0, abs=0.4), "each rests somewhere within its band"
    assert not snapshot.native_auto
    assert snapshot.ae_state is AeState.CONVERGED, "ours has the camera again and is content"


class TestVerdicts:
    @pytest.mark.parametrize("left", list(Side))
    @pytest.mark.parametrize("choice", list(Choice))
    def test_preferred(self, left, choice):
        preferred = Verdict(left, choice).preferred
        expected = {Choice.LEFT: left, Choice.EQUAL: None, Choice.RIGHT: left.other}
        assert preferred is expected[choice]

    def test_tally(self):
        tally = Tally()
        for left, choice in ((Side.OURS, Choice.LEFT), (Side.NATIVE, Choice.RIGHT), (Side.OURS, Choice.EQUAL)):
            tally = tally.with_(Verdict(left, choice))
        assert tally == Tally(ours=2, equal=1, native=0)

    def test_both_sides_come_to_stand_left(self):
        chance = random.Random(3)
        assert {shuffled_left(chance) for _ in range(20)} == set(Side)

    def taken(self):
        comparison = Comparison()
        TestComparison().until_ready(comparison)
        return comparison.taken

    def test_they_are_kept_as_lines(self, tmp_path):
        path = tmp_path / "new" / "comparisons.jsonl"
        camera = CameraInfo("v4l2:/dev/video0", "A webcam", "usb-1-2")
        for choice in (Choice.LEFT, Choice.EQUAL):
            keep_verdict(verdict_record(camera, self.taken(), Verdict(Side.NATIVE, choice), blind=True), path)
        first, second = (json.loads(line) for line in path.read_text().splitlines())
        assert (first["preferred"], second["preferred"]) == ("native", None)
        assert (first["camera"], first["meter"], first["blind"], first["left"]) == (
            "usb-1-2",
            "attention",
            True,
            "native",
        )
        assert first["ours"] == {"time_s": 0.01, "gain": 2, "ev": Exposure(0.01, 2).ev, "settled": True}
        assert first["native"] == {"time_s": None, "gain": None, "ev": None, "settled": True}
        assert first["seconds_apart"] > 0.5

    def test_a_place_that_cannot_be_written(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(RecordingError, match="was not kept"):
            keep_verdict({}, tmp_path / "file" / "x.jsonl")
