"""What leaves a run without a window besides its lines: recordings, and pictures for other programs."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from autoexposure.cli import main as cli
from autoexposure.recording.reader import Recording

SIM = "sim:width=64,height=48,light=steady,fps=100,max_time=0.01"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


@pytest.fixture
def call(monkeypatch):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["autoexposure", "run", "--meter", "average", *map(str, words)])
        try:
            cli.main()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    return run


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_recorded_and_played_through_another_meter(call, tmp_path):
    recording, live, played = tmp_path / "a.tar", tmp_path / "live.jsonl", tmp_path / "played.jsonl"
    assert call("--camera", SIM, "--frames", 12, "--record", recording, "--lossless", "--json", live) == 0
    with Recording(recording) as read:
        assert len(read.pictures) == 12
        assert read.pixels(11).shape == (48, 64, 3)
    assert call("--camera", f"replay:{recording}", "--json", played, "--meter", "spot") == 0
    then, now = lines_of(live), lines_of(played)
    assert now[-1]["meter"] == "spot"
    made_by = {line["ev"] for line in then}
    assert {line["ev"] for line in now} <= made_by, "the exposure that made each picture is played with it"
    assert now[-1]["ev"] == then[-1]["ev"]
    assert not any(line["wrote"] for line in now)


def test_a_recording_that_is_there_already(call, tmp_path, capsys):
    recording = tmp_path / "a.tar"
    recording.write_text("mine")
    assert call("--camera", SIM, "--record", recording) == 1
    assert "exists already" in capsys.readouterr().err
    assert recording.read_text() == "mine"


def test_pictures_for_other_programs(call, monkeypatch):
    shown = []

    class Device:
        name, size_px = "/dev/video9", (64, 48)

        def __init__(self, width, height, rate, *, which):
            assert (width, height, which) == (64, 48, "/dev/video9")

        def send(self, pixels):
            shown.append(np.array(pixels))

        def close(self):
            shown.append("closed")

    monkeypatch.setattr("drivers.v4l2.loopback.open_loopback", Device)
    assert call("--camera", SIM, "--frames", 8, "--virtual-camera-device", "/dev/video9") == 0
    assert isinstance(shown.pop(), str)
    assert shown
    assert shown[-1].mean() > 30


def test_without_a_virtual_camera_device(call, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("drivers.v4l2.paths.DEVICES", tmp_path)
    assert call("--camera", SIM, "--virtual-camera") == 1
    said = capsys.readouterr().err
    assert "there is no virtual camera device on this system: install" in said
    assert "Traceback" not in said
