import json
import os
import stat
import subprocess
import sys
import tarfile
import textwrap
import threading
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.camera import CameraInfo, Capabilities
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import RecordingError
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.policy import Decision
from autoexposure.recording import writer as recording
from autoexposure.recording.reader import Recording
from autoexposure.recording.writer import PictureFormat, RecordingWriter, Written
from tests.autoexposure.files.bombs import after_a_marker, png

CAMERA = CameraInfo("v4l2:/dev/video0", "A webcam", "usb-1-2")
SLOPE = np.tile(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], (48, 1, 3))


def snapshot(number, *, at_s=None, exposure=True, camera=CAMERA):
    pixels = np.roll(SLOPE, number, axis=1)
    made_by = Exposure(0.01, 1 + number) if exposure else None
    frame = Frame(pixels, 1000 + number / 25 if at_s is None else at_s, number, made_by, reported=True)
    return Snapshot(camera=camera, capabilities=Capabilities(base_iso=50), frame=frame, decision=Decision(0.25))


def write(path, numbers=range(5), picture_format=PictureFormat.PNG):
    with RecordingWriter(path, picture_format) as writer:
        for number in numbers:
            assert writer.add(snapshot(number))
        return writer.written


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new folder" / "recording.tar"


def test_what_was_written_is_read(path):
    written = write(path)
    assert written.pictures == 5
    assert written.length_s == pytest.approx(4 / 25)
    with Recording(path) as read:
        assert (read.camera_name, read.base_iso) == ("A webcam", 50)
        assert [picture.at_s for picture in read.pictures] == pytest.approx([n / 25 for n in range(5)])
        assert [picture.exposure for picture in read.pictures] == [Exposure(0.01, 1 + n) for n in range(5)]
        assert all(picture.reported for picture in read.pictures)
        assert read.frame_interval_s == pytest.approx(1 / 25)
        for number in (3, 0, 4):
            assert np.array_equal(read.pixels(number), np.roll(SLOPE, number, axis=1))


def test_jpeg_stays_near_the_picture_and_is_smaller(tmp_path):
    jpeg = write(tmp_path / "jpeg.tar", picture_format=PictureFormat.JPEG)
    with Recording(tmp_path / "jpeg.tar") as read:
        difference = np.abs(read.pixels(2).astype(int) - np.roll(SLOPE, 2, axis=1))
    assert difference.mean() < 2
    assert jpeg.size_bytes < 5 * SLOPE.nbytes


def test_it_is_for_this_user_only_and_names_the_camera_without_its_login(path):
    with RecordingWriter(path) as writer:
        writer.add(snapshot(0, camera=replace(CAMERA, spec="plugin:anna:geheim@host")))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert b"geheim" not in path.read_bytes()
    assert b"plugin:...@host" in path.read_bytes()


def test_any_archive_program_opens_it(path):
    write(path)
    with tarfile.open(path) as archive:
        names = archive.getnames()
        assert names[:3] == ["recording.json", "000000.json", "000000.png"]
        assert len(names) == 11
        described = json.load(archive.extractfile("000004.json"))
    assert described["delta_ev"] == 0.25
    assert described["sequence"] == 4


def test_a_picture_without_known_exposure(path):
    with RecordingWriter(path) as writer:
        writer.add(snapshot(0, exposure=False))
    with Recording(path) as read:
        assert read.pictures[0].exposure is None


def test_turns_without_a_new_picture_add_nothing(path):
    with RecordingWriter(path) as writer:
        assert not writer.add(Snapshot(camera=CAMERA))
        assert writer.add(snapshot(0))
        assert not writer.add(snapshot(0))
        assert writer.add(replace(snapshot(0), stream=1))  # another picture, which its stream counts from 0 as well
        assert writer.written.pictures == 2


def test_times_rise_even_where_the_camera_came_back_with_another_clock(path):
    with RecordingWriter(path) as writer:
        for number, at_s in enumerate((500.0, 500.04, 3.0, 3.04)):
            writer.add(snapshot(number, at_s=at_s))
    with Recording(path) as read:
        times = [picture.at_s for picture in read.pictures]
    assert all(later > earlier for earlier, later in pairwise(times))
    assert times[-1] < 0.2


def test_cut_at_any_byte_all_whole_pictures_are_there(path):
    """Not one length is left out: a power cut may leave any of them."""
    with RecordingWriter(path, PictureFormat.PNG) as writer:
        for number in range(2):
            small = snapshot(number)
            writer.add(replace(small, frame=replace(small.frame, pixels=small.frame.pixels[:4, :4])))
    with Recording(path) as read:
        ends = [picture.offset + picture.length for picture in read.pictures]
    for length in reversed(range(path.stat().st_size)):
        os.truncate(path, length)
        whole = sum(end <= length for end in ends)
        if whole:
            with Recording(path) as read:
                assert len(read.pictures) == whole
                read.pixels(whole - 1)
        else:
            with pytest.raises(RecordingError):
                Recording(path)


WRITING = """
    import os, signal, sys
    import numpy as np
    sys.path.insert(0, {tests!r})
    from pathlib import Path
    from test_writer import snapshot
    from autoexposure.recording.writer import RecordingWriter
"""


def run(code, path):
    from pathlib import Path

    whole = textwrap.dedent(WRITING.format(tests=str(Path(__file__).parent))) + textwrap.dedent(code)
    return subprocess.run([sys.executable, "-c", whole, str(path)], capture_output=True, text=True, check=False)


class Disk:
    """Stands for the disk: what a power cut leaves of ``path`` is what was in it at the last fsync."""

    def __init__(self, path, monkeypatch):
        self.path, self.kept, self.folders = path, b"", []
        self.fails = threading.Event()
        self._fsync, self._synced = os.fsync, threading.Condition()
        monkeypatch.setattr(os, "fsync", self)
        monkeypatch.setattr(recording, "SYNC_EVERY_S", 0.01)

    def __call__(self, descriptor):
        if self.fails.is_set():
            raise OSError(5, "Input/output error")
        self._fsync(descriptor)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            self.folders.append(os.fstat(descriptor).st_ino)
        else:
            with self._synced:
                self.kept = self.path.read_bytes()
                self._synced.notify_all()

    def wait_for(self, size_bytes):
        with self._synced:
            return self._synced.wait_for(lambda: len(self.kept) >= size_bytes, timeout=60)


def test_a_power_cut_costs_a_second():
    assert recording.SYNC_EVERY_S == 1.0


def test_a_power_cut_leaves_what_was_written_a_second_before(path, tmp_path, monkeypatch):
    disk = Disk(path, monkeypatch)
    with RecordingWriter(path) as writer:
        assert path.parent.stat().st_ino in disk.folders, "its name is on the disk before the first picture"
        for number in range(3):
            writer.add(snapshot(number))
        assert disk.wait_for(writer.written.size_bytes)
        (tmp_path / "after.tar").write_bytes(disk.kept)
    with Recording(tmp_path / "after.tar") as read:
        assert len(read.pictures) == 3


def test_pictures_are_taken_while_the_disk_is_busy(path, monkeypatch):
    busy, let_go = threading.Event(), threading.Event()
    fsync = os.fsync

    def slow(descriptor):
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            busy.set()
            assert let_go.wait(60)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    monkeypatch.setattr(recording, "SYNC_EVERY_S", 0.01)
    with RecordingWriter(path) as writer:
        writer.add(snapshot(0))
        assert busy.wait(60)
        for number in range(1, 5):
            assert writer.add(snapshot(number))
        let_go.set()
    with Recording(path) as read:
        assert len(read.pictures) == 5


def test_a_disk_that_loses_what_was_written_ends_the_recording_with_a_sentence(path, monkeypatch):
    disk = Disk(path, monkeypatch)
    writer = RecordingWriter(path)
    writer.add(snapshot(0))
    assert disk.wait_for(writer.written.size_bytes)
    disk.fails.set()
    writer.add(snapshot(1))
    writer._syncing.join(60)
    with pytest.raises(RecordingError, match=r"its disk lost what was written last .*Input/output error"):
        writer.add(snapshot(2))
    writer.close()
    with Recording(path) as read:
        assert len(read.pictures) == 2


def test_killed_while_writing_nothing_written_is_lost(path):
    ended = run(
        """
        writer = RecordingWriter(Path(sys.argv[1]))
        for number in range(7):
            writer.add(snapshot(number))
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        path,
    )
    assert ended.returncode == -9, ended.stderr
    with Recording(path) as read:
        assert len(read.pictures) == 7
        read.pixels(6)


@pytest.mark.skipif(sys.platform == "win32", reason="the limit on file sizes is POSIX")
def test_when_the_disk_takes_no_more_the_last_picture_is_all_that_is_lost(path):
    """The kernel's own limit on file sizes ends a write in its middle, as a full disk does."""
    ended = run(
        """
        import resource
        from autoexposure.errors import RecordingError
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        writer = RecordingWriter(Path(sys.argv[1]))
        added = 0
        try:
            for number in range(100):
                writer.add(snapshot(number))
                added += 1
        except RecordingError as error:
            print(added, error)
        """,
        path,
    )
    assert ended.returncode == 0, ended.stderr
    added, _, sentence = ended.stdout.partition(" ")
    assert 1 < int(added) < 100
    assert f"its {added} pictures are safe" in sentence
    with Recording(path) as read:
        assert len(read.pictures) == int(added)
    with tarfile.open(path) as archive:
        assert len(archive.getnames()) == 1 + 2 * int(added), "no half picture is left behind"


def test_ended_by_an_error_it_takes_nothing_more(path, monkeypatch):
    writer = RecordingWriter(path)
    writer.add(snapshot(0))

    def full(_file, _data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(recording.os, "write", full)
        with pytest.raises(RecordingError, match="No space left"):
            writer.add(snapshot(1))
    with pytest.raises(RecordingError, match="has ended"):
        writer.add(snapshot(2))
    assert writer.written.pictures == 1
    writer.close()


def test_another_camera_ends_it(path):
    with RecordingWriter(path) as writer:
        writer.add(snapshot(0))
        with pytest.raises(RecordingError, match="camera was changed"):
            writer.add(snapshot(1, camera=replace(CAMERA, stable_id="usb-9")))
    with Recording(path) as read:
        assert len(read.pictures) == 1


def test_nothing_is_overwritten(path):
    write(path)
    before = path.read_bytes()
    with pytest.raises(RecordingError, match="exists already"):
        RecordingWriter(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="can't be written"):
        RecordingWriter(tmp_path / "file" / "recording.tar")


def test_without_a_picture_no_file_stays(path):
    with RecordingWriter(path) as writer:
        assert writer.written == Written()
    assert not path.exists()
    writer.close()


def jpeg():
    return recording.encode(SLOPE, PictureFormat.JPEG)


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        (b"", "not a recording"),
        (b"nonsense" * 400, "not a recording"),
        (recording._member("photo.jpg", jpeg()), "not a recording"),
        (recording._member("recording.json", b"[1, 2]"), "not a recording"),
        (recording._member("recording.json", b"not json"), "can't be read"),
        (recording._member("recording.json", b"[" * 100_000), "nested too deep"),
        (recording._member("recording.json", b'{"format": ' + b"1" * 5000 + b"}"), "absurd length"),
        (recording._member("recording.json", b'{"format": 1e999}'), "infinite or none"),
        (recording._member("recording.json", b'{"format": "\\ud800"}'), "surrogate"),
        (recording._member("recording.json", b'{"format": "autoexposure recording", "version": [1]}'), "newer version"),
        (recording._member("recording.json", b'{"format": "autoexposure recording", "version": 99}'), "newer version"),
        (recording._member("recording.json", b'{"format": "autoexposure recording", "version": 1}'), "first picture"),
    ],
)
def test_files_of_another_kind(tmp_path, contents, sentence):
    path = tmp_path / "other.tar"
    path.write_bytes(contents)
    with pytest.raises(RecordingError, match=sentence):
        Recording(path)


@pytest.mark.parametrize("described", [{}, {"timestamp_s": "soon"}, {"timestamp_s": 1, "time_s": -1, "gain": 1}])
def test_descriptions_that_make_no_sense(tmp_path, described):
    path = tmp_path / "odd.tar"
    head = {"format": recording.FORMAT, "version": 1}
    data = recording._member("recording.json", json.dumps(head).encode())
    data += recording._member("000000.json", json.dumps(described).encode()) + recording._member("000000.jpg", jpeg())
    path.write_bytes(data)
    with pytest.raises(RecordingError):
        Recording(path)


def test_damage_in_the_middle_leaves_what_was_before(path, caplog):
    write(path)
    data = bytearray(path.read_bytes())
    with Recording(path) as read:
        third = read.pictures[2].offset - recording.BLOCK
    data[third : third + 100] = b"\xff" * 100
    path.write_bytes(data)
    with Recording(path) as read:
        assert len(read.pictures) == 2
    assert "is damaged at byte" in caplog.text


def test_a_picture_that_is_damaged_inside(path):
    write(path, range(2))
    with Recording(path) as read:
        offset = read.pictures[1].offset
    data = bytearray(path.read_bytes())
    data[offset : offset + 40] = bytes(40)
    path.write_bytes(data)
    with Recording(path) as read:
        read.pixels(0)
        with pytest.raises(RecordingError, match="picture 1"):
            read.pixels(1)


HEAD = recording._member("recording.json", json.dumps({"format": recording.FORMAT, "version": 1}).encode())


def sized(member, size):
    """A tar member with another size in its header, as ``tarfile`` writes and checks headers."""
    info = tarfile.TarInfo.frombuf(member[: recording.BLOCK], "utf-8", "replace")
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT) + member[recording.BLOCK :]


@pytest.mark.parametrize("size", [-512, -1024, -1, -(1 << 40)])
def test_a_negative_size_ends_the_reading(tmp_path, size, caplog):
    path = tmp_path / "negative.tar"
    good = recording._member("000000.json", b'{"timestamp_s": 1}') + recording._member("000000.jpg", jpeg())
    path.write_bytes(HEAD + good + sized(recording._member("000001.json", b"{}"), size) + good)
    with Recording(path) as read:
        assert len(read.pictures) == 1
    assert "negative size" in caplog.text


@pytest.mark.parametrize(
    "described",
    [
        b"[" * 100_000,
        b'{"timestamp_s": 1e999}',
        b'{"timestamp_s": NaN}',
        b'{"timestamp_s": ' + b"1" * 5000 + b"}",
        b'{"timestamp_s": 1e300}',
        b'{"timestamp_s": true}',
        b'{"timestamp_s": "nan"}',
        b'{"timestamp_s": 2, "time_s": [], "gain": 1}',
        b'{"timestamp_s": 2, "time_s": 1e-9999, "gain": 1}',
        b"[]",
        b"\xff",
    ],
)
def test_a_description_that_makes_no_sense_costs_its_picture(tmp_path, described, caplog):
    path = tmp_path / "one bad.tar"
    data = HEAD
    for number, text in enumerate((b'{"timestamp_s": 1}', described, b'{"timestamp_s": 3}')):
        data += recording._member(f"{number:06}.json", text) + recording._member(f"{number:06}.jpg", jpeg())
    path.write_bytes(data)
    with Recording(path) as read:
        assert [picture.at_s for picture in read.pictures] == [0, 2]
    assert "left out" in caplog.text


@pytest.mark.parametrize("camera", ["[]", '{"name": {}}', "7", "null", '{"name": "\\u001b]52;c;x\\u0007"}'])
@pytest.mark.parametrize("base_iso", ["1e30", "-5", '"many"', "0.5", "[]", "null", "9" * 200])
def test_a_header_with_odd_values_is_a_header(tmp_path, camera, base_iso):
    path = tmp_path / "odd head.tar"
    head = f'{{"format": "{recording.FORMAT}", "camera": {camera}, "capabilities": {{"base_iso": {base_iso}}}}}'
    data = recording._member("recording.json", head.encode()) + recording._member("0.json", b'{"timestamp_s": 1}')
    path.write_bytes(data + recording._member("0.jpg", jpeg()))
    with Recording(path) as read:
        assert read.base_iso == 100
        assert "\x1b" not in read.camera_name


def test_a_bomb_in_a_recording_is_refused(tmp_path):
    path = tmp_path / "bomb.tar"
    data = HEAD
    for number, (suffix, picture) in enumerate([("jpg", after_a_marker(0x01)), ("png", png(50_000, 50_000, rows=1))]):
        data += recording._member(f"{number}.json", f'{{"timestamp_s": {number}}}'.encode())
        data += recording._member(f"{number}.{suffix}", picture)
    path.write_bytes(data)
    with Recording(path) as read:
        for number in range(2):
            with pytest.raises(RecordingError, match="million pixels or fewer"):
                read.pixels(number)


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes and devices here")
def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.tar")
    for path in (tmp_path / "pipe.tar", Path("/dev/zero"), tmp_path):
        with pytest.raises(RecordingError):
            Recording(path)


@given(st.data())
def test_whatever_is_damaged_only_named_errors_come_out(tmp_path_factory, data):
    whole = HEAD
    for number in range(3):
        whole += recording._member(f"{number}.json", f'{{"timestamp_s": {number}}}'.encode())
        whole += recording._member(f"{number}.jpg", jpeg())
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damage = data.draw(
            st.binary(max_size=12) | st.sampled_from([b"-0000001000\0", b"\xff" * 12, b"\x80" + b"\xff" * 11])
        )
        damaged[at : at + len(damage)] = damage
    path = tmp_path_factory.mktemp("damaged", numbered=True) / "damaged.tar"
    path.write_bytes(damaged)
    with suppress(RecordingError), Recording(path) as read:
        for index in range(len(read.pictures)):
            with suppress(RecordingError):
                read.pixels(index)
