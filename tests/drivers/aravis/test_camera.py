"""GenICam cameras: the parts here, the whole on Debian's simulated GigE camera in a network of its own."""

import ctypes.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autoexposure.camera import ControlRange
from autoexposure.errors import CameraError, CameraNotFound, UnsupportedControl
from autoexposure.exposure import Exposure
from drivers.aravis.adjustments import aravis_knobs
from drivers.aravis.camera import AravisPictures
from drivers.aravis.exposure import NO_TIME, NOTHING, AravisExposure
from drivers.aravis.library import load_aravis
from drivers.aravis.stream import RawPicture, genicam_to_rgb
from drivers.common.adjustment_set import AdjustmentSet
from drivers.discovery import open_camera

ROOT = Path(__file__).resolve().parents[3]


GUESTS = ("guest_aravis.py", "guest_aravis_faults.py")
CAMERA = "arv-fake-gv-camera-0.8"


@pytest.fixture(scope="module")
def guests():
    """Both started at once, each in a network that nothing leaves: most of their time is waiting."""
    network = ["unshare", "--net"]
    if shutil.which(CAMERA) is None:
        pytest.skip("Debian's simulated GigE camera is not installed (package aravis-tools)")
    if shutil.which("unshare") is None or subprocess.run([*network, "true"], capture_output=True).returncode:
        pytest.skip("this user may not make a network of its own (unshare --net)")
    command = [*network, sys.executable, "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider"]
    started = {
        guest: subprocess.Popen(
            [*command, f"tests/drivers/aravis/{guest}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for guest in GUESTS
    }
    yield started
    for process in started.values():
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.parametrize("guest", GUESTS)
def test_the_simulated_camera_over_loopback(guests, guest):
    """The contract of all drivers, by the standard's names and by older ones; lost packets, and a pulled plug."""
    report, _ = guests[guest].communicate(timeout=300)
    assert guests[guest].returncode == 0, report
    assert " passed" in report


class Features:
    """A camera's features from a table: number or text, span, unit; a value may be a list of choices as well."""

    name = "The camera"

    def __init__(self, **features):
        self.values = {name: value for name, (value, *_) in features.items()}
        self.about = {name: rest for name, (_, *rest) in features.items()}
        self.written = []

    def has(self, feature):
        return feature in self.values

    def text(self, feature):
        return self.values[feature]

    def set_text(self, feature, value):
        self.written.append(feature)
        self.values[feature] = value

    def choices(self, feature):
        return self.about[feature][0]

    def number(self, feature, *, integer=False):
        return self.values[feature]

    def set_number(self, feature, value, *, integer=False):
        self.written.append(feature)
        self.values[feature] = value

    def span(self, feature, *, integer=False):
        return ControlRange(*self.about[feature][0])

    def unit(self, feature):
        return self.about[feature][1] if len(self.about[feature]) > 1 else ""


AUTOMATIC = ("Continuous", ("Off", "Once", "Continuous"))


def test_automatics_are_off_before_time_and_gain_are_written():
    features = Features(
        ExposureAuto=AUTOMATIC, GainAuto=AUTOMATIC, ExposureTime=(5000.0, (20, 1e6)), Gain=(0.0, (0, 48))
    )
    exposure = AravisExposure(features, 0.04, reports=False)
    assert exposure.capabilities.gain.maximum == pytest.approx(10 ** (48 / 20))
    before = exposure.settings()
    exposure.take()
    assert exposure.set(Exposure(0.002, 2.0)).ev == pytest.approx(Exposure(0.002, 2.0).ev)
    assert features.written == ["ExposureAuto", "GainAuto", "ExposureTime", "Gain"]
    assert features.values["Gain"] == pytest.approx(6.02, abs=0.01)
    exposure.restore(before)
    assert exposure.settings() == before == {"ExposureAuto": 2, "GainAuto": 2, "ExposureTime": 5000.0, "Gain": 0.0}


@pytest.mark.parametrize(
    ("gain", "highest"),
    [
        ({"Gain": (0.0, (0, 24), "dB")}, 10 ** (24 / 20)),
        ({"Gain": (0.0, (0, 480))}, 16.0),  # no decibels: nothing amplifies so much
        ({"Gain": (1.0, (1, 8), "x")}, 16.0),
        ({"GainRaw": (0, (0, 1023, 1))}, 16.0),
        ({"GainAbs": (0.0, (-6, 12, 0.5))}, 10 ** (12 / 20)),
    ],
)
def test_gain_in_decibels_or_in_codes_of_unknown_worth(gain, highest):
    capabilities = AravisExposure(Features(**gain), 0.04, reports=False).capabilities
    assert capabilities.gain.maximum == pytest.approx(highest)
    assert capabilities.time_s is None
    assert capabilities.note == NO_TIME


def test_a_camera_without_either_says_so():
    exposure = AravisExposure(Features(), 0.04, reports=False)
    assert exposure.capabilities.note == NOTHING
    assert exposure.settings() == {}
    with pytest.raises(UnsupportedControl):
        exposure.take()
    with pytest.raises(UnsupportedControl):
        exposure.set(Exposure(0.01))


def test_chunks_say_what_made_each_picture_and_frame_numbers_start_anew():
    """As a camera sends them that shows a setting three pictures late; its numbers go from 65535 to 1."""
    features = Features(ExposureTime=(5000.0, (20, 1e6)), Gain=(0.0, (0, 24)))
    exposure = AravisExposure(features, 0.04, reports=True)
    assert exposure.capabilities.reports_exposure

    class Stream:
        name = "The camera"
        frame_ids = iter((65533, 65535, 1, 2))

        def newest(self, timeout_s):
            chunks = {"ExposureTime": 20_000.0, "Gain": 6.0}
            return RawPicture(bytes([50] * 12), 0x02180014, 2, 2, 1.0, next(self.frame_ids), chunks)

    pictures = AravisPictures(Stream(), exposure)
    frames = [pictures.read(1.0) for _ in range(4)]
    assert [frame.sequence for frame in frames] == [0, 2, 3, 4]
    assert all(frame.reported for frame in frames)
    assert frames[0].exposure.ev == pytest.approx(Exposure(0.02, 10 ** (6 / 20)).ev)


def bayer(order):
    """A picture of pure red through a colour filter whose first two rows are ``order``."""
    values = {"R": 200, "G": 0, "B": 0}
    tile = np.array([[values[order[0]], values[order[1]]], [values[order[2]], values[order[3]]]], np.uint8)
    return np.tile(tile, (8, 8)).tobytes()


@pytest.mark.parametrize(
    ("code", "data"),
    [
        (0x02180014, bytes([200, 0, 0] * 256)),
        (0x02180015, bytes([0, 0, 200] * 256)),
        (0x01080009, bayer("RGGB")),
        (0x01080008, bayer("GRBG")),
        (0x0108000A, bayer("GBRG")),
        (0x0108000B, bayer("BGGR")),
    ],
)
def test_red_stays_red_in_every_format(code, data):
    pixels = genicam_to_rgb(data, code, 16, 16)
    assert pixels.shape == (16, 16, 3)
    assert pixels[4:12, 4:12].mean(axis=(0, 1)) == pytest.approx([200, 0, 0], abs=2)


@pytest.mark.parametrize(("code", "size"), [(0x01080001, 255), (0x01100007, 512), (0x02180014, 256)])
def test_what_is_too_short_or_not_readable_is_damaged(code, size):
    assert genicam_to_rgb(bytes(size), code, 16, 16) is None


def test_the_library_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    monkeypatch.setattr("drivers.aravis.library._packaged", lambda: None)
    load_aravis.cache_clear()
    try:
        with pytest.raises(CameraNotFound, match="package libaravis"):
            open_camera("aravis:")
    finally:
        load_aravis.cache_clear()


def test_the_library_of_the_package_is_found_without_importing_it(tmp_path, monkeypatch):
    """Importing it would ask for PyGObject."""
    system = ctypes.util.find_library("aravis-0.8")
    if system is None:
        pytest.skip("the library Aravis is not installed (package libaravis-0.8-0)")
    ctypes.CDLL(system)
    lines = Path("/proc/self/maps").read_text().splitlines()
    package = tmp_path / "aravis"
    (package / "lib").mkdir(parents=True)
    (package / "lib" / "libaravis-0.8.so").symlink_to(next(line.split()[-1] for line in lines if "libaravis" in line))
    (package / "__init__.py").write_text("import gi.that.is.not.there")
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    monkeypatch.syspath_prepend(tmp_path)
    load_aravis.cache_clear()
    try:
        assert load_aravis().get_n_devices() == 0
    finally:
        load_aravis.cache_clear()
    assert "aravis" not in sys.modules


BALANCE = {"Red": 1.5, "Green": 1.0, "Blue": 2.0}


class Balanced(Features):
    """A camera whose balance ratio is that of the colour selected."""

    def __init__(self, **features):
        super().__init__(
            BalanceWhiteAuto=AUTOMATIC,
            BalanceRatioSelector=("Green", tuple(BALANCE)),
            BalanceRatio=(1.0, (0.0, 4.0)),
            **features,
        )
        self.ratios = dict(BALANCE)

    def number(self, feature, *, integer=False):
        if feature == "BalanceRatio":
            return self.ratios[self.values["BalanceRatioSelector"]]
        return super().number(feature)

    def set_number(self, feature, value, *, integer=False):
        if feature == "BalanceRatio":
            self.ratios[self.values["BalanceRatioSelector"]] = value
        else:
            super().set_number(feature, value)


def test_white_balance_and_tones_are_offered_and_the_selected_colour_stays():
    features = Balanced(Gamma=(1.0, (0.25, 4.0)), BlackLevel=(0.0, (0.0, 0.0)))
    knobs = AdjustmentSet("The camera", lambda: aravis_knobs(features))
    found = {each.name: each for each in knobs.now()}
    assert list(found) == ["white_balance_automatic", "red_balance", "blue_balance", "gamma"]
    assert (found["red_balance"].value, found["blue_balance"].value) == (1.5, 2.0)
    assert not found["red_balance"].active, "the automatic has it"
    knobs.set("white_balance_automatic", 0)
    assert knobs.set("blue_balance", 3.0) == 3.0
    assert knobs.set("gamma", 9.0) == 4.0
    assert features.ratios == {**BALANCE, "Blue": 3.0}
    assert features.values["BalanceRatioSelector"] == "Green"
    assert features.values["BalanceWhiteAuto"] == "Off"


def test_a_feature_that_can_not_be_told_is_not_there():
    class Stubborn(Balanced):
        def span(self, feature, *, integer=False):
            if feature == "Gamma":
                raise CameraError("the camera refused to tell the limits of Gamma")
            return super().span(feature)

    knobs = AdjustmentSet("The camera", lambda: aravis_knobs(Stubborn(Gamma=(1.0, (0.25, 4.0)))))
    assert [each.name for each in knobs.now()] == ["white_balance_automatic", "red_balance", "blue_balance"]
