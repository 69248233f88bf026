"""Run in a network of its own by test_aravis.py: Debian's simulated GigE Vision camera, over loopback.

Every camera is asked for by its address and not by searching, but a search stays in here as well.
"""

import fcntl
import re
import socket
import struct
import subprocess
from ctypes import byref, c_size_t

import pytest

from autoexposure.errors import CameraError, CameraNotFound
from autoexposure.exposure import Exposure
from autoexposure.testing import CameraContract, Subject
from drivers.aravis.library import load_aravis
from drivers.discovery import open_camera

FAKE = "arv-fake-gv-camera-0.8"
GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 1


@pytest.fixture(scope="session", autouse=True)
def loopback():
    """A new network has its loopback switched off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack_from("16xh", fcntl.ioctl(any_socket, GET_FLAGS, request))
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", flags | UP))


@pytest.fixture(scope="session")
def old_names():
    """The description of a simulated camera: ExposureTimeAbs, GainRaw, GainAuto, as before the standard's names."""
    library = load_aravis()
    library.enable_interface("Fake")
    camera = library.camera_new("Fake_1")
    text = library.device_get_genicam_xml(library.camera_get_device(camera), byref(c_size_t()))
    library.g_object_unref(camera)
    library.disable_interface("Fake")
    return text


@pytest.fixture(scope="session")
def new_names(old_names):
    """The same camera by the standard's names: ExposureTime, Gain in steps of 2 dB, ExposureAuto."""
    text = old_names.replace("ExposureTimeAbs", "ExposureTime").replace("<pFeature>GainRaw<", "<pFeature>Gain<")
    gain = """
      <Float Name="Gain" NameSpace="Standard">
        <pValue>GainConverter</pValue> <Min>0.0</Min> <Max>20.0</Max> <Inc>2.0</Inc> <Unit>dB</Unit>
      </Float>
      <Converter Name="GainConverter" NameSpace="Custom">
        <FormulaTo>FROM / 2</FormulaTo> <FormulaFrom>TO * 2</FormulaFrom> <pValue>GainRawRegister</pValue>
      </Converter>"""
    text = re.sub(r'<Integer Name="GainRaw".*?</Integer>', gain, text, flags=re.DOTALL)
    automatic = re.search(r'<Enumeration Name="GainAuto".*?</Enumeration>', text, re.DOTALL)[0]
    register = re.search(r'<IntReg Name="GainAutoRegister".*?</IntReg>', text, re.DOTALL)[0]
    exposure_auto = (automatic + register).replace("GainAuto", "ExposureAuto").replace("0x114", "0x1e0")
    return text.replace(automatic, automatic + exposure_auto).replace(
        "<pFeature>GainAuto</pFeature>", "<pFeature>GainAuto</pFeature><pFeature>ExposureAuto</pFeature>"
    )


def plug_in(*arguments):
    """A simulated camera that has begun to listen."""
    process = subprocess.Popen([FAKE, "-i", "127.0.0.1", *arguments], stdout=subprocess.DEVNULL)
    library = load_aravis()
    for _ in range(50):
        library.update_device_list()
        if library.get_n_devices():
            return process
    process.kill()
    pytest.fail(f"{FAKE} does not answer")


def pull(process):
    process.kill()
    process.wait()


@pytest.fixture(scope="module", params=["old names", "new names"])
def network_camera(request, tmp_path_factory):
    description = tmp_path_factory.mktemp("genicam") / "camera.xml"
    description.write_text(request.getfixturevalue(request.param.replace(" ", "_")))
    process = plug_in("-g", str(description))
    yield request.param
    pull(process)


class TestContract(CameraContract):
    @pytest.fixture
    def subject(self, network_camera):
        return Subject(lambda: open_camera("aravis:127.0.0.1"), open_camera)

    def test_the_gain_is_in_decibels_or_in_codes(self, subject, network_camera):
        with subject.open() as camera:
            gains, times = camera.capabilities.gain, camera.capabilities.time_s
            assert len(gains.values) == 11
            assert gains.maximum == pytest.approx(10 if network_camera == "new names" else 16)  # 20 dB; assumed
            assert (times.minimum, times.maximum) == (pytest.approx(1e-5), pytest.approx(10))
            assert camera.capabilities.native_auto == (network_camera == "new names")
            camera.take_control()
            assert camera.set_exposure(Exposure(0.0123, gains.values[3])) == Exposure(0.0123, gains.values[3])
            assert camera.settings()["Gain" if network_camera == "new names" else "GainRaw"] == pytest.approx(
                6 if network_camera == "new names" else 3
            )

    def test_more_gain_makes_a_brighter_picture(self, controlled):
        levels = []
        for gain in (controlled.capabilities.gain.minimum, controlled.capabilities.gain.maximum):
            controlled.set_exposure(Exposure(0.002, gain))
            for _ in range(controlled.capabilities.delay_frames[1] + 3):
                frame = controlled.read(self.timeout_s)
            levels.append(frame.pixels.mean())
        assert levels[1] > levels[0] + 50

    def test_the_automatic_is_switched_off_first_and_on_again_at_the_end(self, subject, network_camera):
        with subject.open() as camera:
            camera.take_control()
            original = camera.settings()
            if network_camera == "new names":
                camera.set_native_auto(True)
            else:
                original = {**original, "GainAuto": 2}
                camera.restore(original)
            automatic = camera.settings()
            assert automatic["GainAuto"] == 2
            with pytest.raises(CameraError, match="automatic exposure or gain is on"):
                camera.set_exposure(Exposure(0.01))
            camera.take_control()
            camera.set_exposure(Exposure(0.01))
            camera.restore(automatic)
            assert camera.settings() == automatic
            camera.take_control()

    def test_found_without_a_name(self, subject):
        with open_camera("aravis:") as camera:
            assert camera.info.name == "Aravis Fake"
            camera.read(self.timeout_s)

    def test_no_camera_at_this_address(self):
        with pytest.raises(CameraNotFound, match=r"127\.0\.0\.9.*switched on"):
            open_camera("aravis:127.0.0.9")
