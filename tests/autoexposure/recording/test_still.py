import errno
import os
import stat
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import IFD, Base

from autoexposure.abilities.playable import Playback
from autoexposure.camera import CameraInfo, Capabilities, ControlRange
from autoexposure.control.snapshot import Snapshot, Timings
from autoexposure.errors import ConfigError, RecordingError
from autoexposure.exposure import GAINS, TIMES_S, Exposure
from autoexposure.files.decoding import decode
from autoexposure.frame import Frame
from autoexposure.metering.policy import Decision
from autoexposure.recording.still import save_still, taken_at, with_maps
from autoexposure.simulation.bracket import time_from_exif
from autoexposure.states import AeState

TAKEN = datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=timezone(timedelta(hours=5, minutes=30)))
MAP = np.linspace(-1, 1, 225, dtype=np.float32).reshape(15, 15)


@pytest.fixture
def snapshot() -> Snapshot:
    pixels = np.random.default_rng(1).integers(0, 255, (24, 32, 3)).astype(np.uint8)
    return Snapshot(
        ae_state=AeState.CONVERGED,
        camera=CameraInfo("v4l2:/dev/video0", "Bildkamera für 桌子", "usb-1"),
        capabilities=Capabilities(base_iso=80),
        frame=Frame(pixels, 12.0, 3, Exposure(1 / 60, 2.5)),
        decision=Decision(0.125, np.abs(MAP), MAP),
        meter="spot",
        ev_bias=-1 / 3,
        timings=Timings(age_s=0.25),
    )


def exif_of(path: Path) -> tuple[dict[int, Any], dict[int, Any]]:
    with Image.open(path) as picture:
        exif = picture.getexif()
        return dict(exif), dict(exif.get_ifd(IFD.Exif))


def test_a_time_that_can_not_be_set_is_not_in_exif(snapshot: Snapshot, tmp_path: Path) -> None:
    gain_only = replace(snapshot, capabilities=Capabilities(gain=ControlRange(1, 16)))
    (path,) = save_still(gain_only, tmp_path / "one.jpg")
    _, detail = exif_of(path)
    assert Base.ExposureTime not in detail
    assert detail[Base.ISOSpeedRatings] == 250


@pytest.mark.parametrize("ending", [".jpg", ".JPEG", ".png"])
def test_exif_says_what_made_the_picture(snapshot: Snapshot, tmp_path: Path, ending: str) -> None:
    (path,) = save_still(snapshot, tmp_path / f"one{ending}", taken=TAKEN)
    about, detail = exif_of(path)
    assert str(about[Base.Model]).encode("latin-1").decode() == "Bildkamera für 桌子", "in UTF-8"
    assert str(about[Base.Software]).startswith("autoexposure ")
    assert about[Base.Orientation] == 1
    assert float(detail[Base.ExposureTime]) == pytest.approx(1 / 60, rel=1e-6)
    assert detail[Base.ISOSpeedRatings] == 200
    assert float(detail[Base.ExposureBiasValue]) == pytest.approx(-1 / 3, abs=1e-3)
    assert detail[Base.MeteringMode] == 3
    assert b"metered by spot; +0.12 EV asked for; converged" in detail[Base.UserComment]
    assert detail[Base.ExposureMode] == 0
    assert detail[Base.DateTimeOriginal] == "2026:01:02 03:04:05"
    assert detail[Base.OffsetTimeOriginal] == "+05:30"
    assert detail[Base.SubsecTimeOriginal] == "678"
    assert time_from_exif(path) == pytest.approx(1 / 60), "as this program reads it for exposure stacks"


def test_a_turned_picture_is_shown_upright_by_those_who_read_exif(snapshot: Snapshot, tmp_path: Path) -> None:
    assert snapshot.frame is not None
    for quarters in range(5):
        (path,) = save_still(snapshot, tmp_path / f"{quarters}.png", quarters=quarters)
        shown = decode(path.read_bytes())
        assert (shown == np.rot90(snapshot.frame.pixels, -quarters)).all()


def test_png_keeps_every_pixel_and_jpeg_nearly(snapshot: Snapshot, tmp_path: Path) -> None:
    pixels = np.full((24, 32, 3), (200, 100, 50), np.uint8)
    snapshot = replace(snapshot, frame=Frame(pixels, 0, 0))
    (png,), (jpeg,) = (save_still(snapshot, tmp_path / name) for name in ("a.png", "a.jpg"))
    assert (decode(png.read_bytes()) == pixels).all()
    assert np.abs(decode(jpeg.read_bytes()).astype(int) - pixels).max() <= 2


def test_what_is_not_known_is_left_out(snapshot: Snapshot, tmp_path: Path) -> None:
    assert snapshot.frame is not None
    bare = replace(
        snapshot,
        frame=replace(snapshot.frame, exposure=None),
        decision=None,
        native_auto=True,
        camera=None,
        ev_bias=1.0,
    )
    about, detail = exif_of(save_still(bare, tmp_path / "one.jpg")[0])
    assert Base.Model not in about
    unknown = (Base.ExposureTime, Base.ISOSpeedRatings, Base.ExposureBiasValue, Base.MeteringMode, Base.UserComment)
    assert not {*unknown, Base.DateTimeOriginal} & detail.keys()


@given(st.floats(*TIMES_S), st.floats(*GAINS))
def test_every_exposure_there_is_can_be_written(
    tmp_path_factory: pytest.TempPathFactory, time_s: float, gain: float
) -> None:
    frame = Frame(np.zeros((8, 8, 3), np.uint8), 0, 0, Exposure(time_s, gain))
    folder = tmp_path_factory.mktemp("exif")
    _, detail = exif_of(save_still(Snapshot(frame=frame), folder)[0])
    assert float(detail[Base.ExposureTime]) == pytest.approx(time_s, rel=0.05)
    assert 1 <= int(detail[Base.ISOSpeedRatings]) <= 65535


def test_files_in_a_folder_are_named_by_their_time_and_never_replaced(snapshot: Snapshot, tmp_path: Path) -> None:
    names = [save_still(snapshot, tmp_path, taken=TAKEN)[0].name for _ in range(3)]
    assert names == [f"photo-2026-01-02-030405{more}.jpg" for more in ("", "-2", "-3")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_file_that_exists_is_left_alone(snapshot: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "mine.jpg"
    path.write_text("mine")
    with pytest.raises(RecordingError, match=r"mine.jpg exists already"):
        save_still(snapshot, path)
    assert path.read_text() == "mine"


@pytest.mark.parametrize("beside", ["mine-overlay.jpg", "mine.npz"])
def test_where_a_file_beside_it_exists_nothing_is_written(snapshot: Snapshot, tmp_path: Path, beside: str) -> None:
    (tmp_path / beside).symlink_to("nowhere")
    with pytest.raises(RecordingError, match=f"{beside} exists already"):
        save_still(snapshot, tmp_path / "mine.jpg", overlay=with_maps(snapshot), maps=True)
    assert [path.name for path in tmp_path.iterdir()] == [beside]
    assert len(save_still(snapshot, tmp_path / "mine.jpg")) == 1


def test_a_name_too_long_for_the_disk_is_said(snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="File name too long"):
        save_still(snapshot, tmp_path / f"{'x' * 300}.jpg")


def test_overlay_and_maps_stand_beside_it(snapshot: Snapshot, tmp_path: Path) -> None:
    drawn = with_maps(snapshot)
    assert drawn is not None
    written = save_still(snapshot, tmp_path / "one.png", overlay=drawn, maps=True)
    assert [path.name for path in written] == ["one.png", "one-overlay.png", "one.npz"]
    assert (decode(written[1].read_bytes()) == drawn).all()
    assert exif_of(written[1]) == exif_of(written[0])
    with np.load(written[2], allow_pickle=False) as numbers:
        assert (numbers["exposure_map"] == MAP).all()
        assert (numbers["attention"] == np.abs(MAP)).all()
        assert numbers["delta_ev"] == 0.125


def test_a_meter_without_maps_has_none_to_save(snapshot: Snapshot, tmp_path: Path) -> None:
    plain = replace(snapshot, decision=Decision(0.1))
    assert with_maps(plain) is None
    assert len(save_still(plain, tmp_path, maps=True)) == 1


def test_a_code_for_a_phone_is_never_saved(snapshot: Snapshot, tmp_path: Path) -> None:
    assert snapshot.frame is not None
    for frame in (replace(snapshot.frame, placeholder=True), None):
        with pytest.raises(RecordingError, match="no picture to save"):
            save_still(replace(snapshot, frame=frame), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_other_endings_are_refused(snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.jpg or \.png, given 'one.gif'"):
        save_still(snapshot, tmp_path / "one.gif")


def test_a_disk_that_fills_up_costs_what_comes_after(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter([None])

    def full(descriptor: int) -> None:
        if next(left, "full"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("autoexposure.files.atomic_file.os.fsync", full)
    monkeypatch.setattr("autoexposure.files.atomic_file.sync_folder", lambda folder: None)
    with pytest.raises(RecordingError, match=r"No space left on device.*free some space"):
        save_still(snapshot, tmp_path / "one.jpg", maps=True)
    assert [path.name for path in tmp_path.iterdir()] == ["one.jpg"]


def test_a_picture_of_a_recording_was_not_taken_now(snapshot: Snapshot) -> None:
    assert taken_at(snapshot, TAKEN) == TAKEN - timedelta(seconds=0.25)
    assert taken_at(replace(snapshot, playback=Playback(0, 2, 0.0, 1.0, playing=False)), TAKEN) is None
