"""Control-only mode: on a played V4L2 device that another program streams, on Windows, and on the simulated camera."""

import os
import struct
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError, CameraNotFound, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.classical import AverageMeter
from autoexposure.states import AeState, LoopState
from drivers.common.stream_camera import Closing
from drivers.discovery import open_camera, open_metered_elsewhere, open_same, same_camera
from drivers.external.metered_elsewhere import DETOUR_FRAMES, MeteredElsewhere
from drivers.external.picture_source import ImageFile, Video
from drivers.opencv import devices as opencv_devices
from drivers.opencv.capture import DSHOW
from tests.autoexposure.files.bombs import after_a_marker, png
from tests.drivers.opencv.fake_opencv import FakeMachine

TIMEOUT_S = 5.0


def write_image(path, level):
    """As programs do it: whole, under another name first."""
    part = path.with_suffix(".part.png")
    cv2.imwrite(str(part), np.full((48, 64, 3), level, np.uint8))
    os.replace(part, path)


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "what obs sees.png"
    write_image(path, 100)
    return path


@pytest.fixture
def busy(webcam):
    """Another program streams: it may be set, and not streamed a second time."""

    def refuse(_arg):
        raise OSError(16, "Device or resource busy")

    webcam.s_fmt = refuse
    return webcam


def test_a_camera_whose_stream_another_program_owns_is_set_and_put_back(busy, image):
    with pytest.raises(CameraBusy):
        open_camera(f"v4l2:{busy.path}")
    before = busy.named_values()
    with open_metered_elsewhere(f"v4l2:{busy.path}", str(image)) as camera:
        settings = camera.settings()
        camera.take_control()
        assert busy.named_values()["auto_exposure"] == 1
        assert camera.set_exposure(Exposure(0.005)).time_s == 0.005
        assert busy.named_values()["exposure_time_absolute"] == 50
        assert camera.read(TIMEOUT_S).pixels.mean() == 100
        camera.restore(settings)
    assert busy.named_values() == before
    assert "STREAMON" not in busy.requests
    assert "REQBUFS" not in busy.requests


def test_the_journal_can_put_it_back_without_a_stream(busy, image, tmp_path):
    """As ``autoexposure restore`` does after a crash, while the other program still streams."""
    journal, before = Journal(tmp_path / "journal"), busy.named_values()
    with open_metered_elsewhere(f"v4l2:{busy.path},fps=30", str(image)) as camera:
        journal.note(camera.info, camera.settings())
        camera.take_control()
        camera.set_exposure(Exposure(0.005))
        info = camera.info
    assert same_camera(info) == f"controls:v4l2:{info.stable_id}"
    (entry,) = journal.entries()
    with open_same(entry.info, lambda: pytest.fail("found by its identity, not by its path")) as camera:
        assert journal.put_back(camera)
    assert busy.named_values() == before


def test_only_controls_have_no_pictures_and_say_where_to_get_some(busy):
    with (
        open_camera(f"controls:v4l2:{busy.path}") as camera,
        pytest.raises(CameraError, match="--meter-from"),
    ):
        camera.read(TIMEOUT_S)
    with pytest.raises(CameraError, match="closed"):
        camera.take_control()


def test_a_windows_camera_is_set_without_opening_its_stream(image, monkeypatch):
    machine = FakeMachine()
    device = machine.plug(cv2.CAP_DSHOW, automatic=True)
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: pytest.fail("another program owns the stream"))
    monkeypatch.setitem(opencv_devices.DEFAULTS, sys.platform, DSHOW)
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", None)
    monkeypatch.setitem(sys.modules, "duvc_ctl", machine.duvc())
    with open_metered_elsewhere("opencv:0", str(image)) as camera:
        before = camera.settings()
        camera.take_control()
        camera.set_exposure(Exposure(2.0**-9))
        assert (device.time, device.automatic) == (-9, False)
        camera.restore(before)
        assert (device.time, device.automatic) == (-6, True)
    monkeypatch.setitem(sys.modules, "duvc_ctl", None)
    with pytest.raises(CameraError, match="without its pictures needs duvc-ctl, which"):
        open_camera("controls:opencv:0")


class Detour(Closing):
    """What another program shows of a camera: its pictures, later, and another frame rate written on them."""

    def __init__(self, camera, late):
        self.info = replace(camera.info, spec="loopback", name="Virtual camera", stable_id="loopback")
        self.frame_interval_s = camera.frame_interval_s
        self.closed = 0
        self._camera, self._held, self._late = camera, [], late

    def read(self, timeout_s):
        while len(self._held) <= self._late:
            self._held.append(self._camera.read(timeout_s))
        late = self._held.pop(0)
        newest = self._held[-1] if self._held else late
        return Frame(late.pixels, newest.timestamp_s, newest.sequence, Exposure(1.0, 1.0), reported=True)

    def close(self):
        self.closed += 1


def test_the_loop_settles_on_pictures_that_come_by_a_detour(tmp_path):
    """Six pictures later than the camera itself would show them, and with an exposure that is not the camera's."""
    clock = SimulatedClock()
    real = open_camera("sim:start_ev=-3", clock=clock)
    detour = Detour(real, late=6)
    camera = MeteredElsewhere(real, detour)
    assert camera.capabilities.delay_frames[1] == real.capabilities.delay_frames[1] + DETOUR_FRAMES
    assert not camera.capabilities.reports_exposure
    with ControlLoop(lambda: camera, AverageMeter, journal=Journal(tmp_path), clock=clock) as loop:
        states = []
        for _ in range(120):
            snapshot = loop.turn()
            states.append(snapshot.ae_state)
        assert snapshot.loop_state is LoopState.RUNNING
        assert states[-30:] == [AeState.CONVERGED] * 30
        assert snapshot.camera.detail.startswith("metered from Virtual camera")
        assert snapshot.frame.pixels.mean() > 60
    assert detour.closed


@pytest.mark.parametrize("controls", ["few", "none"])
def test_its_controls_beside_exposure_are_those_of_the_camera(controls, image):
    with open_metered_elsewhere(f"sim:controls={controls}", str(image)) as camera:
        names = [each.name for each in camera.adjustments()]
        assert names == (["white_balance_automatic", "white_balance_temperature"] if controls == "few" else [])
        if controls == "few":
            assert camera.adjust("white_balance_automatic", 0) == 0
        with pytest.raises(UnsupportedControl):
            camera.adjust("hue", 1)


def test_a_rewritten_image_is_a_stream_of_pictures(image):
    with open_metered_elsewhere("sim:", str(image)) as camera:
        first = camera.read(TIMEOUT_S)
        write_image(image, 200)
        second = camera.read(TIMEOUT_S)
        assert (first.pixels.mean(), second.pixels.mean()) == (100, 200)
        assert second.sequence == first.sequence + 1


def test_a_half_written_image_is_waited_for(image):
    with open_metered_elsewhere("sim:", str(image)) as camera:
        camera.read(TIMEOUT_S)
        whole = image.read_bytes()
        image.write_bytes(whole[: len(whole) // 2])
        image.write_bytes(whole + b"\0")
        assert camera.read(TIMEOUT_S).pixels.mean() == 100


def test_a_video_is_played_again_from_its_beginning(tmp_path):
    path = tmp_path / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 100, (64, 48))
    for level in (50, 150):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    with open_metered_elsewhere("sim:", str(path)) as camera:
        levels = [round(camera.read(TIMEOUT_S).pixels.mean(), -1) for _ in range(4)]
    assert set(levels) == {50, 150}


@pytest.mark.parametrize("size_px", [(16_000, 16_000), (64, 48)])
def test_a_still_picture_is_no_video_however_large(tmp_path, size_px):
    """FFmpeg decodes it before it says how large it is."""
    path = tmp_path / "video.mp4"
    path.write_bytes(png(*size_px, rows=48))
    with pytest.raises(CameraDisconnected, match="can't be opened as a video"):
        Video("video.mp4", str(path))


def test_a_video_with_pictures_too_large_is_not_opened(tmp_path):
    path = tmp_path / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (64, 48))
    for _ in range(3):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    Video("video.avi", str(path)).close()
    claims = path.read_bytes().replace(struct.pack("<II", 64, 48), struct.pack("<II", 16_000, 16_000))
    path.write_bytes(claims.replace(struct.pack(">HH", 48, 64), struct.pack(">HH", 16_000, 16_000)))
    with pytest.raises(CameraDisconnected, match="can't be opened as a video"):
        Video("video.avi", str(path))


def test_an_image_file_that_is_a_bomb_is_passed_over(tmp_path):
    path = tmp_path / "picture.png"
    source = ImageFile(path)
    for data in (png(50_000, 50_000, rows=1), after_a_marker(0x01), b"", b"GIF89a"):
        path.write_bytes(data)
        assert source.next() is None
    path.write_bytes(png(64, 48))
    assert source.next().shape == (48, 64, 3)


def test_another_camera_can_be_the_source():
    clock = SimulatedClock()
    with open_metered_elsewhere("sim:", "sim:scene=cat", clock=clock) as camera:
        frame = camera.read(TIMEOUT_S)
        assert frame.exposure is None
        assert not frame.reported


@pytest.mark.parametrize("source", ["/no/such/picture.png", "./nothing.mp4"])
def test_a_file_that_is_not_there(source):
    with pytest.raises(CameraNotFound, match="to meter from"):
        open_metered_elsewhere("sim:", source)


def test_nothing_stays_open_when_the_camera_is_not_there(image, kernel):
    with pytest.raises(CameraNotFound):
        open_metered_elsewhere("v4l2:/dev/nothing", str(image))


def test_in_another_window_of_the_terminal(tmp_path, image, monkeypatch):
    """The command line: the simulated camera is set by what the image shows."""
    from typer.testing import CliRunner

    from autoexposure.cli.main import app

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    lines = tmp_path / "lines.jsonl"
    command = ["run", "--camera", "sim:", "--meter-from", str(image), "--meter", "average", "--frames", "1", "--quiet"]
    done = CliRunner().invoke(app, [*command, "--json", str(lines)])
    assert done.exit_code == 0, done.output
    assert len(lines.read_text().splitlines()) == 1
