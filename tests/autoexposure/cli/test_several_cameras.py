"""`autoexposure run` with several cameras: each has its own loop, and ends on its own."""

import io
import json
import os
import signal
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from autoexposure.camera import CameraInfo
from autoexposure.cli import main as cli
from autoexposure.cli.terminal_view import several_cameras
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraDisconnected, CameraNotFound
from autoexposure.exposure import Exposure
from autoexposure.family import Family
from autoexposure.frame import Frame
from autoexposure.presets.preset import Preset
from autoexposure.presets.shelf import PresetShelf
from autoexposure.recording.reader import Recording
from autoexposure.states import AeState
from drivers import discovery
from drivers.simulated.camera import SimulatedCamera, open_simulated

A, B = "sim:width=64,height=48,fps=100", "sim:scene=cat,width=64,height=48,fps=100"
A_ID, B_ID = "sim:", "sim:scene=cat"
"""What they are in whichever mode."""

Call = Callable[..., int]


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    def run(*words: object) -> int:
        monkeypatch.setattr(sys, "argv", ["autoexposure", *map(str, words)])
        try:
            cli.main()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    before_s = sys.getswitchinterval()
    yield run
    sys.setswitchinterval(before_s)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[SimulatedCamera]:
    """``kept:NUMBER`` is a camera whose settings outlive the program; the list fills as they are opened."""
    opened: list[SimulatedCamera] = []

    def open_kept(rest: str, clock: object) -> SimulatedCamera:
        camera = open_simulated("width=64,height=48,fps=100,native=on")
        info = replace(camera.info, spec=f"kept:{rest}", stable_id=f"kept:{rest}", lasting=True)
        monkeypatch.setattr(type(camera), "info", property(lambda self: self.__dict__.get("given", info)))
        camera.__dict__["given"] = info
        opened.append(camera)
        return camera

    monkeypatch.setitem(discovery.FAMILIES, "kept", Family("kept", open_kept))
    return opened


def lines_of(path: Path) -> dict[str, list[int]]:
    """The numbers of the pictures of each camera."""
    numbers: dict[str, list[int]] = {}
    for line in path.read_text().splitlines():
        values = json.loads(line)
        numbers.setdefault(values["camera"], []).append(values["sequence"])
    return numbers


@pytest.mark.parametrize("words", [["run", "-c", A, "-c", B], ["-c", A, "-c", B, "run"]])
def test_one_stream_of_lines_says_which_camera_each_belongs_to(call: Call, tmp_path: Path, words: list[str]) -> None:
    path = tmp_path / "lines.jsonl"
    assert call(*words, "-m", "average", "--frames", 12, "--json", path, "-q") == 0
    numbers = lines_of(path)
    assert set(numbers) == {A_ID, B_ID}
    for own in numbers.values():
        assert len(own) == 12
        assert own == sorted(set(own))


def test_a_recording_each(call: Call, tmp_path: Path) -> None:
    assert call("run", "-c", A, "-c", B, "-m", "average", "--frames", 4, "-q", "--record", tmp_path / "clip.tar") == 0
    for number, name in ((1, "portrait"), (2, "cat")):
        with Recording(tmp_path / f"clip-{number}.tar") as recording:
            assert len(recording.pictures) == 4
            assert recording.camera_name.endswith(name)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-c", A, "-c", f" {A}"], "is given twice"),
        (["-c", A, "-c", B, "--meter-from", "sim:"], "one camera"),
        (["-c", A, "-c", B, "--virtual-camera"], "one camera"),
        (["-c", A, "-c", B, "--record", "."], "is a folder"),
        (["-c", A, "-c", B, "--record", os.sep], "is a folder"),
        (["-c", A, "--match", "leader"], "several cameras"),
        (["-c", A, "-c", B, "--match", "mean", "--motion", "auto"], "leave one of them out"),
        (["-c", A, "-c", B, "--match", "median"], "'median' is not one of leader, mean"),
        (["-c", A, "-c", "nothing:"], "a camera is named by one of"),
        (["-c", A, "-c", "sim:width=none"], "width"),
    ],
)
def test_a_wrong_call_ends_all(call: Call, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert call("run", "-m", "average", *words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_a_preset_that_one_camera_lacks_is_said_of_that_one(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    PresetShelf(A_ID).save(Preset("Desk"))
    assert call("run", "-c", A, "-c", B, "-m", "average", "--preset", "desk", "--frames", 3, "-q") == 2
    assert f"autoexposure: {B}: this camera has no preset 'desk'" in capsys.readouterr().err


@pytest.mark.parametrize("lead", ["leader", "mean"])
def test_matched_cameras_have_one_exposure(call: Call, tmp_path: Path, lead: str) -> None:
    path = tmp_path / "lines.jsonl"
    constrained = f"{B},max_time=0.002,max_gain=1"
    cameras = ["-c", A, "-c", constrained]
    assert call("run", "-m", "average", *cameras, "--match", lead, "--frames", 300, "--json", path, "-q") == 0
    at_rest: dict[str, set[tuple[float, float]]] = defaultdict(set)
    for values in map(json.loads, path.read_text().splitlines()):
        if values["state"] == "converged":
            at_rest[values["camera"]].add((values["time_s"], values["gain"]))
    one, other = at_rest.values()
    assert one & other, "the first one alone rests at a longer time"


@pytest.mark.parametrize("when", ["opened", "read"])
def test_a_camera_that_fails_leaves_the_others_alone(
    call: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, when: str
) -> None:
    def open_failing(rest: str, clock: object) -> SimulatedCamera:
        if when == "opened":
            raise CameraNotFound("it is not plugged in")
        camera = open_simulated("width=64,height=48,fps=100")
        camera.read = lambda timeout_s: 1 / 0  # type: ignore[method-assign]  # a bug in a driver
        return camera

    monkeypatch.setitem(discovery.FAMILIES, "failing", Family("failing", open_failing))
    path = tmp_path / "lines.jsonl"
    assert call("run", "-m", "average", "-c", "failing:", "-c", A, "--frames", 20, "--json", path) == 1
    assert {camera: len(numbers) for camera, numbers in lines_of(path).items()} == {A_ID: 20}
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("autoexposure: 1 of 2 cameras failed: failing:: ")


def test_all_that_fail_are_told(
    call: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        SimulatedCamera, "read", lambda *_: (_ for _ in ()).throw(CameraDisconnected("the stream ended"))
    )
    assert call("run", "-m", "average", "-c", A, "-c", B, "--seconds", 0.3) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "2 of 2 cameras failed" in said
    assert said.count("not one picture came") == 2


def test_a_signal_puts_all_back(call: Call, kept: list[SimulatedCamera]) -> None:
    def end_when_both_run() -> None:
        while len(kept) < 2 or any(camera._delivered < 3 for camera in kept):
            if over.wait(0.01):
                return
        os.kill(os.getpid(), signal.SIGTERM)

    over = threading.Event()
    ender = threading.Thread(target=end_when_both_run)
    ender.start()
    code = call("run", "-m", "average", "-c", "kept:1", "-c", "kept:2", "--seconds", 60, "-q")
    over.set()
    ender.join()
    assert code == 0
    assert [camera._native for camera in kept] == [True, True], "both have their own automatic back"
    assert Journal().entries() == []


def test_lines_that_can_not_be_written_end_all(
    call: Call, kept: list[SimulatedCamera], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", "-m", "average", "-c", "kept:1", "-c", "kept:2", "--seconds", 60, "--json", "/dev/full") == 2
    assert "/dev/full can no longer be written" in capsys.readouterr().err
    assert Journal().entries() == []


def test_the_live_view_has_a_row_for_each() -> None:
    import numpy as np

    frame = Frame(np.zeros((4, 4, 3), np.uint8), 1.0, 7, Exposure(1 / 60, 2.0))
    running = Snapshot(camera=CameraInfo("sim:", "Desk", "sim:"), frame=frame, ae_state=AeState.CONVERGED, dropped=3)
    lost = Snapshot(notice="it is away [now]")
    console = Console(width=150, file=io.StringIO(), force_terminal=True)
    with console.capture() as capture:
        console.print(several_cameras(["sim:[a]", "sim:b"], [running, lost]))
    text = capture.get()
    for word in ("sim:[a]", "converged", "1/60 s", "200", "sim:b", "it is away [now]"):
        assert word in text


@pytest.mark.parametrize("columns", [60, 80])
def test_the_live_view_tells_cameras_apart_where_there_is_little_room(columns: int) -> None:
    names = [f"v4l2:/dev/v4l/by-id/usb-A_long_name_of_a_camera-video-index{number}" for number in range(3)]
    said = Snapshot(notice="This camera does not obey: its exposure is left alone until you touch it again.")
    console = Console(width=columns, file=io.StringIO())
    with console.capture() as capture:
        console.print(several_cameras(names, [Snapshot(), said, said]))
    lines = [line.strip("│ ") for line in capture.get().splitlines()[2:-1]]
    assert [line[:1] for line in lines if "inactive" in line] == ["1", "2", "3"]
    assert len(lines) == 3 + 2 * 2, "a notice takes the lines it needs, and no more"
