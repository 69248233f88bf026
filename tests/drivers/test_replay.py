from dataclasses import replace

import numpy as np
import pytest

from autoexposure.abilities.playable import Playable
from autoexposure.camera import CameraInfo, Capabilities
from autoexposure.clock import SimulatedClock
from autoexposure.control.commands import Play, Seek, UsePolicy
from autoexposure.control.loop import ControlLoop
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraError, CameraNotFound, ConfigError, FrameTimeout
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.classical import AverageMeter, SpotMeter
from autoexposure.recording.writer import PictureFormat, RecordingWriter
from autoexposure.states import AeState, LoopState
from drivers.discovery import open_camera

RATE = 20
COUNT = 10


def record(path, count=COUNT):
    """Pictures as grey as their number (up to 25), each with its own exposure, 20 a second."""
    camera = CameraInfo("v4l2:/dev/video0", "A webcam", "usb-1-2")
    with RecordingWriter(path, PictureFormat.PNG) as writer:
        for number in range(count):
            pixels = np.full((48, 64, 3), min(10 * number, 250), np.uint8)
            frame = Frame(pixels, 50 + number / RATE, 100 + number, Exposure(0.01, 1 + number))
            writer.add(Snapshot(camera=camera, capabilities=Capabilities(base_iso=64), frame=frame))
    return path


@pytest.fixture
def path(tmp_path):
    return record(tmp_path / "a.tar")


@pytest.fixture
def clock():
    return SimulatedClock()


@pytest.fixture
def camera(path, clock):
    with open_camera(f"replay:{path}", clock=clock) as opened:
        yield opened


def grey(frame):
    return int(frame.pixels[0, 0, 0]) // 10


def test_pictures_come_in_their_own_time_with_their_own_exposure(camera, clock):
    for number in range(COUNT):
        frame = camera.read(1)
        assert grey(frame) == number
        assert clock.now() == pytest.approx(number / RATE)
        assert frame.timestamp_s == pytest.approx(number / RATE)
        assert frame.exposure == Exposure(0.01, 1 + number)
        assert not frame.reported, "it was inferred when it was recorded"
        assert frame.sequence == number


def test_it_says_what_it_is(camera, path):
    assert camera.info.name == f"Recording: {path.name}"
    assert camera.info.detail == "10 pictures in 0:00 of A webcam"
    assert camera.capabilities.base_iso == 64
    assert isinstance(camera, Playable)
    assert not isinstance(open_camera("sim:", clock=SimulatedClock()), Playable)


def test_a_slow_reader_gets_the_newest_and_a_gap(camera, clock):
    camera.read(1)
    clock.sleep(3.5 / RATE)
    frame = camera.read(1)
    assert grey(frame) == 3
    assert frame.sequence == 3


def test_too_short_a_wait(camera):
    camera.read(1)
    with pytest.raises(FrameTimeout):
        camera.read(0.01)
    assert grey(camera.read(1)) == 1


def test_at_the_end_the_last_picture_stays(camera, clock):
    frames = [camera.read(1) for _ in range(COUNT + 3)]
    assert [grey(frame) for frame in frames[-4:]] == [COUNT - 1] * 4
    assert frames[-1].sequence == COUNT + 2
    assert camera.playback.ended
    assert camera.playback.position_s == camera.playback.length_s == pytest.approx((COUNT - 1) / RATE)


def test_played_again_after_the_end(camera):
    for _ in range(COUNT):
        camera.read(1)
    camera.play(True)
    assert [grey(camera.read(1)) for _ in range(3)] == [0, 1, 2]


def test_held_and_played_on(camera, clock):
    for _ in range(4):
        camera.read(1)
    camera.play(False)
    held = [camera.read(1) for _ in range(5)]
    assert {grey(frame) for frame in held} == {3}
    assert not camera.playback.playing
    assert not camera.playback.ended
    clock.sleep(10)
    camera.play(True)
    assert [grey(camera.read(1)) for _ in range(3)] == [3, 4, 5], "the pause is not caught up with"


def test_seek_while_playing(camera):
    camera.read(1)
    camera.seek(7)
    assert [grey(camera.read(1)) for _ in range(2)] == [7, 8]
    camera.seek(2)
    assert [grey(camera.read(1)) for _ in range(2)] == [2, 3]


def test_seek_while_held_shows_it_at_once_and_stays(camera, clock):
    camera.read(1)
    camera.play(False)
    camera.read(1)
    before_s = clock.now()
    camera.seek(5)
    assert grey(camera.read(1)) == 5
    assert clock.now() == before_s
    assert grey(camera.read(1)) == 5
    assert camera.playback.index == 5


@pytest.mark.parametrize(("asked", "got"), [(-4, 0), (1000, COUNT - 1)])
def test_seek_beyond_the_ends(camera, asked, got):
    camera.seek(asked)
    assert grey(camera.read(1)) == got


def test_played_on_from_where_was_sought(camera):
    for _ in range(COUNT):
        camera.read(1)
    camera.seek(4)
    camera.play(True)
    assert [grey(camera.read(1)) for _ in range(2)] == [4, 5]


def test_a_damaged_picture_is_passed_over(path, caplog):
    from autoexposure.recording.reader import Recording

    with Recording(path) as read:
        offset = read.pictures[2].offset
    data = bytearray(path.read_bytes())
    data[offset : offset + 40] = bytes(40)
    path.write_bytes(data)
    with open_camera(f"replay:{path}", clock=SimulatedClock()) as camera:
        assert [grey(camera.read(1)) for _ in range(4)] == [0, 1, 1, 3]
    assert "picture 2" in caplog.text


@pytest.mark.parametrize(
    ("rest", "error"), [("", ConfigError), ("/nowhere/at/all.tar", CameraNotFound), (__file__, CameraError)]
)
def test_what_is_no_recording(rest, error):
    with pytest.raises(error):
        open_camera(f"replay:{rest}")


def test_one_picture_is_a_recording_too(tmp_path):
    with open_camera(f"replay:{record(tmp_path / 'one.tar', count=1)}", clock=SimulatedClock()) as camera:
        assert [grey(camera.read(1)) for _ in range(2)] == [0, 0]
        assert camera.playback.ended


class TestInTheLoop:
    @pytest.fixture
    def loop(self, path, clock, tmp_path):
        make = lambda: open_camera(f"replay:{path}", clock=clock)  # noqa: E731
        with ControlLoop(make, AverageMeter, journal=Journal(tmp_path / "journal"), clock=clock) as loop:
            loop.turn()
            yield loop

    def test_a_meter_judges_it_and_nothing_is_written(self, loop, tmp_path):
        seen = [loop.turn() for _ in range(COUNT)]
        assert all(snapshot.loop_state is LoopState.RUNNING for snapshot in seen)
        assert all(snapshot.ae_state is AeState.INACTIVE and not snapshot.wrote for snapshot in seen)
        assert seen[1].decision.delta_ev > seen[8].decision.delta_ev, "the brighter the picture the less light"
        assert [snapshot.frame.exposure.gain for snapshot in seen] == list(range(1, COUNT + 1))
        assert not list(tmp_path.glob("journal/*")), "nothing to put back"

    def test_commands_steer_it(self, loop):
        loop.send(Seek(6))
        assert loop.turn().playback.index == 6
        loop.send(Play(False))
        assert [loop.turn().playback.index for _ in range(3)] == [6, 6, 6]
        loop.send(Play(True))
        assert [loop.turn().playback.index for _ in range(3)] == [6, 7, 8]

    def test_a_held_picture_is_judged_by_another_meter(self, loop):
        loop.send(Play(False))
        assert loop.turn().meter == "average"
        loop.send(UsePolicy(SpotMeter))
        snapshot = loop.turn()
        assert (snapshot.meter, snapshot.decision is not None) == ("spot", True)

    def test_on_a_live_camera_they_mean_nothing(self, tmp_path):
        clock = SimulatedClock()
        make = lambda: open_camera("sim:width=64,height=48", clock=clock)  # noqa: E731
        with ControlLoop(make, AverageMeter, journal=Journal(tmp_path), clock=clock) as loop:
            loop.turn()
            loop.send(Play(False))
            loop.send(Seek(3))
            snapshot = loop.turn()
        assert snapshot.loop_state is LoopState.RUNNING
        assert snapshot.playback is None


def test_recorded_again_from_a_replay_it_is_the_same(camera, tmp_path):
    again = tmp_path / "again.tar"
    with RecordingWriter(again, PictureFormat.PNG) as writer:
        for _ in range(COUNT):
            writer.add(Snapshot(camera=camera.info, capabilities=camera.capabilities, frame=camera.read(1)))
    with open_camera(f"replay:{again}", clock=SimulatedClock()) as second:
        for number in range(COUNT):
            frame = second.read(1)
            assert grey(frame) == number
            assert replace(frame, exposure=None).timestamp_s == pytest.approx(number / RATE)
