"""The commands ``replay`` and ``convert``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from autoexposure.__main__ import main
from autoexposure.camera import CameraInfo, Capabilities, ControlRange
from autoexposure.control.snapshot import Snapshot
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.recording.writer import PictureFormat, RecordingWriter

CAPABILITIES = Capabilities(ControlRange(1e-4, 0.03, 1e-4), ControlRange(1.0, 16.0), delay_frames=(1, 1))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "run.tar"
    ramp = np.tile(np.linspace(20, 120, 64).astype(np.uint8)[None, :, None], (48, 1, 3))
    with RecordingWriter(path, PictureFormat.PNG) as writer:
        for number in range(40):
            frame = Frame(ramp, number / 30, number, Exposure(0.005, 1.0), reported=True)
            camera = CameraInfo("v4l2:/dev/video0", "A webcam", "usb-1-2")
            writer.add(Snapshot(camera=camera, capabilities=CAPABILITIES, frame=frame))
    return path


def call(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["autoexposure", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_replay_writes_table_figures_and_page(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written, page = tmp_path / "a.json", tmp_path / "a.html"
    laws = ("--laws", "average,gst", "--json", written, "--html", page)
    assert call(monkeypatch, "replay", recording, *laws) == 0
    shown = capsys.readouterr().out
    assert "recorded" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert "Settings show after 1 pictures (the camera's own)." in shown
    found = json.loads(written.read_text())
    assert list(found["laws"]) == ["recorded", "average", "gst"]
    assert (found["pictures"], found["camera"], found["response"]) == (40, "A webcam", "srgb")
    assert set(found["laws"]["recorded"]["ev"]) == {Exposure(0.005, 1.0).ev}
    average = found["laws"]["average"]
    assert average["ev"][:2] == found["laws"]["recorded"]["ev"][:2]  # a setting shows one picture late
    assert average["ev"][-1] > average["ev"][0] + 0.3  # the picture is dark
    assert page.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("--laws", "nonsense"), "there is no law 'nonsense'", 2),
        (("--laws", ","), "names no law", 2),
        (("--camera-profile", "missing.toml"), "can't be read", 2),
        (("--json", "missing/a.json"), "can't be written", 2),
    ],
)
def test_a_wrong_call_is_one_sentence(
    recording: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
    code: int,
) -> None:
    assert call(monkeypatch, "replay", recording, *words) == code
    shown = capsys.readouterr().err
    assert said in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("command", [("replay",), ("convert", "out.tar")], ids=lambda words: words[0])
def test_a_bad_recording_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    other = tmp_path / "other.tar"
    other.write_bytes(b"nothing of the kind" * 100)
    monkeypatch.chdir(tmp_path)
    for path, said, code in ((tmp_path / "missing.tar", "there is no recording", 2), (other, "is not a recording", 1)):
        assert call(monkeypatch, command[0], path, *command[1:]) == code
        assert said in capsys.readouterr().err
    assert not (tmp_path / "out.tar").exists()


def test_convert_says_what_it_wrote(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.tar"
    assert call(monkeypatch, "convert", recording, out) == 0
    assert f"40 pictures written to {out}" in capsys.readouterr().out
    assert call(monkeypatch, "convert", recording, out) == 2
    assert "left alone" in capsys.readouterr().err
    assert call(monkeypatch, "convert", recording, tmp_path / "out.avi") == 2
    assert "ends in .mp4, .mkv, .tar" in capsys.readouterr().err
