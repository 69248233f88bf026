"""Recordings for other programs, read back by OpenCV and by WebDataset's rules."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.camera import CameraInfo
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError, RecordingError, Stopped
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.recording.conversion import LONGEST_STILL_S, Converted, convert
from autoexposure.recording.reader import Recording
from autoexposure.recording.writer import PictureFormat, RecordingWriter

CAMERA = CameraInfo("v4l2:/dev/video0", "A webcam", "usb-1-2")
FPS = 25


def picture(number: int, size: tuple[int, int] = (48, 64)):
    """Grey that tells its number."""
    return np.full((*size, 3), 20 + 20 * number, np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "run.tar", {number: number / FPS for number in range(8)})


def written(path: Path, times_s: dict[int, float], size: tuple[int, int] = (48, 64)) -> Path:
    with RecordingWriter(path, PictureFormat.PNG) as writer:
        for number, at_s in times_s.items():
            frame = Frame(picture(number, size), 100 + at_s, number, Exposure(0.01, 1.0))
            writer.add(Snapshot(camera=CAMERA, frame=frame))
    return path


def greys(video: Path) -> list[int]:
    """The number of the picture that each frame shows."""
    capture, found = cv2.VideoCapture(str(video)), []
    while (read := capture.read())[0]:
        found.append(round((float(read[1].mean()) - 20) / 20))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(FPS)
    return found


def beside(path: Path) -> list[str]:
    return sorted(name for name in os.listdir(path.parent) if name != "run.tar")


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_a_video_shows_every_picture_in_its_time(path: Path, ending: str) -> None:
    out = path.with_name(f"out{ending}")
    with Recording(path) as recording:
        assert convert(recording, out) == Converted(8, 0)
    assert greys(out) == list(range(8))
    assert beside(path) == [out.name]


def test_matroska_loses_nothing(tmp_path: Path) -> None:
    pixels = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8), (0, 0), 1)
    with RecordingWriter(tmp_path / "run.tar", PictureFormat.PNG) as writer:
        for number in range(3):
            writer.add(Snapshot(camera=CAMERA, frame=Frame(pixels, number / FPS, number)))
    with Recording(tmp_path / "run.tar") as recording:
        convert(recording, tmp_path / "out.mkv")
    shown = cv2.VideoCapture(str(tmp_path / "out.mkv")).read()[1]
    assert (cv2.cvtColor(shown, cv2.COLOR_BGR2RGB) == pixels).all()


def test_a_picture_stays_until_the_next_one_and_a_long_gap_is_cut(tmp_path: Path) -> None:
    gaps = {0: 0.0, 1: 1 / FPS, 2: 2 / FPS, 3: 5 / FPS, 4: 6 / FPS, 5: 3600.0, 6: 3600 + 1 / FPS}
    with Recording(written(tmp_path / "run.tar", gaps)) as recording:
        convert(recording, tmp_path / "out.mkv")
    shown = greys(tmp_path / "out.mkv")
    assert shown[:6] == [0, 1, 2, 2, 2, 3]
    assert shown.count(4) == round(LONGEST_STILL_S * FPS)
    assert shown[-2:] == [5, 6]


def test_odd_sizes_lose_a_row_or_column(tmp_path: Path) -> None:
    with Recording(written(tmp_path / "run.tar", {0: 0.0, 1: 1 / FPS}, (49, 65))) as recording:
        convert(recording, tmp_path / "out.mp4")
    assert cv2.VideoCapture(str(tmp_path / "out.mp4")).read()[1].shape == (48, 64, 3)


def test_a_picture_of_another_size_is_made_to_fit(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "run.tar", PictureFormat.PNG) as writer:
        for number, size in enumerate([(48, 64), (96, 64), (24, 32)]):
            frame = Frame(np.full((*size, 3), 200, np.uint8), number / FPS, number)
            writer.add(Snapshot(camera=CAMERA, frame=frame))
    with Recording(tmp_path / "run.tar") as recording:
        assert convert(recording, tmp_path / "out.mkv") == Converted(3, 0)
    capture = cv2.VideoCapture(str(tmp_path / "out.mkv"))
    bright = [float((capture.read()[1] > 100).mean()) for _ in range(3)]
    assert bright == [1.0, 0.5, 1.0]


def test_a_webdataset_holds_the_same_bytes_and_only_whole_samples(path: Path) -> None:
    out = path.with_name("out.tar")
    with Recording(path) as recording:
        assert convert(recording, out) == Converted(8, 0)
        stored = [recording.as_stored(index) for index in range(8)]
    with tarfile.open(out) as archive:
        names = archive.getnames()
        members = [archive.extractfile(name).read() for name in names]
    # WebDataset groups successive members that share what stands before the first dot.
    for index, (described, encoded) in enumerate(zip(names[::2], names[1::2], strict=True)):
        assert (described, encoded) == (f"{index:06d}.json", f"{index:06d}.png")
        assert (members[2 * index], members[2 * index + 1]) == stored[index]
    assert json.loads(members[0])["gain"] == 1.0


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # it leaves the file open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_it(path: Path) -> None:
    webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed")
    with Recording(path) as recording:
        convert(recording, path.with_name("out.tar"))
    samples = list(webdataset.WebDataset(str(path.with_name("out.tar")), shardshuffle=False).decode("rgb8"))
    assert [sample["json"]["sequence"] for sample in samples] == list(range(8))
    assert all((sample["png"] == picture(number)).all() for number, sample in enumerate(samples))


def test_a_cut_recording_gives_its_whole_pictures(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with Recording(path) as recording:
        whole = len(recording.pictures)
        assert 0 < whole < 8
        for ending in (".mkv", ".tar"):
            assert convert(recording, path.with_name(f"out{ending}")) == Converted(whole, 0)


def test_damaged_pictures_are_counted_and_nothing_but_damage_is_refused(path: Path) -> None:
    with Recording(path) as recording:
        pictures = recording.pictures
    with path.open("r+b") as file:
        file.seek(pictures[2].offset + 8)
        file.write(bytes(20))
    with Recording(path) as recording:
        assert convert(recording, path.with_name("out.tar")) == Converted(7, 1)
        assert convert(recording, path.with_name("out.mkv")) == Converted(7, 1)
    assert greys(path.with_name("out.mkv")) == [0, 1, 1, 3, 4, 5, 6, 7]
    with path.open("r+b") as file:
        for one in pictures:
            file.seek(one.offset + 8)
            file.write(bytes(20))
    with Recording(path) as recording:
        for ending in (".tar", ".mp4"):
            with pytest.raises(RecordingError, match="every one is damaged"):
                convert(recording, path.with_name(f"none{ending}"))
    assert beside(path) == ["out.mkv", "out.tar"]


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".tar"])
def test_what_is_there_is_left_alone(path: Path, ending: str) -> None:
    out = path.with_name(f"out{ending}")
    out.write_bytes(b"mine")
    with Recording(path) as recording, pytest.raises(ConfigError, match="left alone"):
        convert(recording, out)
    assert out.read_bytes() == b"mine"


def test_another_ending_is_one_sentence(path: Path) -> None:
    with Recording(path) as recording, pytest.raises(ConfigError, match=r"\.mp4, \.mkv, \.tar, given 'out.avi'"):
        convert(recording, path.with_name("out.avi"))


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".tar"])
def test_a_signal_in_the_middle_leaves_nothing(path: Path, ending: str) -> None:
    def stop(_stage: str, done: float, /) -> None:
        if done > 0.5:
            raise Stopped(2, "ended early")

    with Recording(path) as recording, pytest.raises(Stopped):
        convert(recording, path.with_name(f"out{ending}"), stop)
    assert beside(path) == []


FULL = """
import resource, signal, sys
from pathlib import Path
from autoexposure.errors import RecordingError
from autoexposure.recording.conversion import convert
from autoexposure.recording.reader import Recording
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
with Recording(Path(sys.argv[1])) as recording:
    try:
        convert(recording, Path(sys.argv[2]))
    except RecordingError as error:
        print(error)
"""


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".tar"])
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, ending: str) -> None:
    """No file may grow beyond a limit, which writers see as they see a full disk."""
    noise = np.random.default_rng(0)
    with RecordingWriter(tmp_path / "run.tar", PictureFormat.PNG) as writer:
        for number in range(8):
            frame = Frame(noise.integers(0, 256, (240, 320, 3), np.uint8), number / FPS, number)
            writer.add(Snapshot(camera=CAMERA, frame=frame))
    out = tmp_path / f"out{ending}"
    command = [sys.executable, "-c", FULL, str(tmp_path / "run.tar"), str(out), "100000"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert "disk is probably full" in ended.stdout or "can't be written (File too large)" in ended.stdout
    assert os.listdir(tmp_path) == ["run.tar"]
