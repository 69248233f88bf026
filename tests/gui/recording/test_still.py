from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from autoexposure.files.decoding import decode
from gui.text import texts


@pytest.fixture
def save(window, qtbot, tmp_path):
    """Press the key; returns what was written, by ending."""

    def press():
        with qtbot.waitSignal(window.saver.said):
            window.actions_["still"].trigger()
        return sorted((tmp_path / "exports").iterdir())

    return press


def test_the_picture_on_screen_is_saved_as_it_came(window, see, make_frame, save):
    frame = make_frame(90, sequence=4)
    see(window, frame=frame)
    window.actions_["false_colour"].trigger()
    (path,) = save()
    assert np.abs(decode(path.read_bytes()).astype(int) - frame.pixels).max() <= 1, "and no overlay in it"
    with Image.open(path) as picture:
        detail = picture.getexif().get_ifd(IFD.Exif)
    assert float(detail[Base.ExposureTime]) == pytest.approx(1 / 60)
    assert detail[Base.ISOSpeedRatings] == 200
    assert str(path) in window.notices.text
    assert window.notices.action is window.actions_["exports"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_turned_as_on_screen_and_not_mirrored(window, see, make_frame, save):
    frame = replace(make_frame(), pixels=np.linspace(0, 255, 48 * 64 * 3).astype(np.uint8).reshape(48, 64, 3))
    see(window, frame=frame)
    for name in ("turn", "mirror"):
        window.actions_[name].trigger()
    (path,) = save()
    shown = decode(path.read_bytes()).astype(int)
    assert np.abs(shown - np.rot90(frame.pixels, -1)).mean() < 10


def test_options_save_more_beside_it_and_are_remembered(
    make_window, services, loop, running, see, make_frame, qtbot, tmp_path
):
    loop.snapshot = running
    window = make_window(services)
    see(window, frame=make_frame(90))
    window.actions_["false_colour"].setChecked(True)
    for name in ("still_overlay", "still_maps"):
        window.actions_[name].trigger()
    with qtbot.waitSignal(window.saver.said):
        window.actions_["still"].trigger()
    names = sorted(path.name for path in (tmp_path / "exports").iterdir())
    stem = names[0].removesuffix("-overlay.jpg")
    assert names == [f"{stem}-overlay.jpg", f"{stem}.jpg", f"{stem}.npz"]
    plain, drawn = (decode((tmp_path / "exports" / f"{stem}{end}.jpg").read_bytes()) for end in ("", "-overlay"))
    assert np.abs(plain.astype(int) - drawn).mean() > 20
    again = make_window(services)
    assert again.actions_["still_overlay"].isChecked()
    assert again.actions_["still_maps"].isChecked()


def test_without_a_picture_it_says_so(window, see, make_frame):
    see(window, frame=None)
    assert not window.actions_["still"].isEnabled()
    assert texts.STILL_NO_PICTURE in window.actions_["still"].toolTip()
    see(window, frame=make_frame())
    assert window.actions_["still"].isEnabled()
    window.actions_["compare"].trigger()
    see(window, frame=make_frame(sequence=1))
    assert not window.actions_["still"].isEnabled(), "two pictures are on screen"


def test_a_full_disk_is_one_sentence(make_window, services, loop, running, see, make_frame, qtbot, tmp_path):
    loop.snapshot = running
    (tmp_path / "file").touch()
    window = make_window(replace(services, exports_folder=tmp_path / "file" / "below"))
    see(window, frame=make_frame())
    with qtbot.waitSignal(window.saver.said):
        window.actions_["still"].trigger()
    assert "Can't write to" in window.notices.text
