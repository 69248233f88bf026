"""A PipeWire node as source of pictures: with a gst-launch-1.0 that is played, and with a PipeWire of our own."""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack

import pytest

from autoexposure.errors import CameraDisconnected, CameraNotFound, UnsupportedControl
from autoexposure.exposure import Exposure
from drivers.discovery import open_camera, open_metered_elsewhere

TIMEOUT_S = 10.0
ONE = Exposure(0.01)

PLAYED = """#!{python}
import os, sys
arguments = sys.argv[1:]
assert arguments[:3] == ["-v", "pipewiresrc", "target-object=desk"], arguments
out = int(next(word for word in arguments if word.startswith("fd="))[3:])
print("Setting pipeline to PLAYING ...", flush=True)
caps = "video/x-raw, format=(string)RGB, width=(int)10, height=(int)4, framerate=(fraction)30/1"
print("/GstPipeline:pipeline0/GstVideoConvert:videoconvert0.GstPad:sink: caps = " + caps.replace("10", "99"))
print("/GstPipeline:pipeline0/GstFdSink:out.GstPad:sink: caps = " + caps, flush=True)
try:
    for level in range(1, {pictures} + 1):
        os.write(out, (bytes([level, 0, 0] * 10) + b"xx") * 4)
except BrokenPipeError:
    pass
"""


@pytest.fixture
def played(tmp_path, monkeypatch):
    """A gst-launch-1.0 that sends so many pictures of 10x4, their rows padded to 32 bytes."""

    def install(pictures):
        program = tmp_path / "gst-launch-1.0"
        program.write_text(PLAYED.format(python=sys.executable, pictures=pictures))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return install


def test_pictures_are_cut_from_the_stream_at_the_size_that_was_agreed(played):
    played(1_000_000)
    with open_metered_elsewhere("sim:", "pipewire:desk") as camera:
        first, second = camera.read(TIMEOUT_S), camera.read(TIMEOUT_S)
    for frame in (first, second):
        assert frame.pixels.shape == (4, 10, 3)
        assert (frame.pixels == frame.pixels[0, 0]).all(), "the padding is no part of the picture"
        assert frame.pixels[0, 0, 1] == 0
    assert second.sequence > first.sequence


def test_a_camera_of_pipewire_can_be_watched_and_says_that_it_can_not_be_set(played):
    played(1_000_000)
    with open_camera("pipewire:desk") as camera:
        assert camera.read(TIMEOUT_S).size_px == (10, 4)
        assert not camera.capabilities.controls_exposure
        assert camera.settings() == {}
        assert camera.exposure is None
        camera.restore({})
        for refused in (camera.take_control, lambda: camera.set_native_auto(True), lambda: camera.set_exposure(ONE)):
            with pytest.raises(UnsupportedControl, match="no exposure control"):
                refused()


def test_a_node_that_is_not_there_is_named(played, monkeypatch):
    monkeypatch.setattr("drivers.external.pipewire.PATIENCE_S", 0.0)
    played(0)
    with (
        open_metered_elsewhere("sim:", "pipewire:desk") as camera,
        pytest.raises(CameraDisconnected, match="node desk delivers no pictures"),
    ):
        camera.read(TIMEOUT_S)


def test_the_program_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CameraNotFound, match="gstreamer1"):
        open_metered_elsewhere("sim:", "pipewire:desk")


@pytest.fixture
def desktop(tmp_path, monkeypatch):
    """A PipeWire of our own with a white camera in it."""
    for program in ("pipewire", "wireplumber", "dbus-run-session", "gst-launch-1.0", "pw-cli"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here")
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    camera = "props,media.class=Video/Source,node.name=white-wall,media.role=Camera"
    picture = "video/x-raw,format=RGB,width=62,height=48,framerate=30/1"
    wall = ["videotestsrc", "is-live=true", "pattern=white", "!", picture, "!", "pipewiresink", "mode=provide"]
    with ExitStack() as stack:

        def start(*command):
            process = subprocess.Popen(command, start_new_session=True, **quiet)
            stack.callback(process.wait)
            stack.callback(lambda: os.killpg(process.pid, 9))

        def wait_for(text):
            for _ in range(300):
                done = subprocess.run(["pw-cli", "ls"], capture_output=True, text=True, check=False)
                if text in done.stdout:
                    return
            pytest.fail(f"PipeWire does not tell of {text}")

        start("pipewire")
        wait_for("Dummy-Driver")
        start("dbus-run-session", "--", "wireplumber")
        start("gst-launch-1.0", "-q", *wall, f"stream-properties={camera}")
        wait_for("white-wall")
        yield


def test_a_real_node(desktop):
    with open_metered_elsewhere("sim:", "pipewire:white-wall") as camera:
        frames = [camera.read(TIMEOUT_S) for _ in range(3)]
    assert all(frame.pixels.shape == (48, 62, 3) for frame in frames)
    assert all(frame.pixels.min() > 250 for frame in frames)
