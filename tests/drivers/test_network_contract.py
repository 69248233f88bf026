"""The contract of all drivers over those that reach their camera by a cable or network, played on loopback."""

import subprocess
import sys
from functools import partial

import pytest

from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.family import Family
from autoexposure.metering.classical import AverageMeter
from autoexposure.states import AeState
from autoexposure.testing import CameraContract, Subject
from drivers import discovery
from drivers.discovery import open_camera
from drivers.gphoto2.camera import Gphoto2Camera
from drivers.http.device import HttpDevice, ReadBack
from drivers.http.droidcam import DroidcamCamera, open_droidcam
from drivers.http.ip_webcam import IpWebcamCamera, open_ip_webcam
from drivers.http.url import parse_device_url
from drivers.onvif import questions as onvif_questions
from tests.drivers.gphoto2.fake_gphoto2 import FakeStill
from tests.drivers.http.fake_droidcam import FakeDroidcam
from tests.drivers.http.fake_ip_webcam import FakeIpWebcam

TIMEOUT_S = CameraContract.timeout_s

PATIENT = ReadBack(longest_s=TIMEOUT_S, pause_s=0.001)
QUICK = ReadBack(longest_s=0.1, pause_s=0.001)
"""For a camera whose settings are tried out, which may fail."""


def ip_webcam(monkeypatch):
    fake = FakeIpWebcam()
    monkeypatch.setitem(discovery.FAMILIES, "ipwebcam", Family("ipwebcam", lambda rest, _: open_ip_webcam(rest)))
    url = parse_device_url(f"127.0.0.1:{fake.port}", "ipwebcam", 8080)
    return fake, lambda: IpWebcamCamera(url, read_back=PATIENT)


def ip_webcam_late(monkeypatch):
    fake, open_it = ip_webcam(monkeypatch)
    fake.late_reads = 2
    return fake, open_it


def ip_webcam_by_compensation(monkeypatch):
    fake, open_it = ip_webcam(monkeypatch)
    fake.without_manual()
    return fake, open_it


def ip_webcam_without_control(monkeypatch):
    fake, open_it = ip_webcam_by_compensation(monkeypatch)
    del fake.available["exposure"]
    return fake, open_it


def droidcam(monkeypatch, options=""):
    fake = FakeDroidcam()
    monkeypatch.setitem(discovery.FAMILIES, "droidcam", Family("droidcam", lambda rest, _: open_droidcam(rest)))
    url = parse_device_url(f"127.0.0.1:{fake.port}{options}", "droidcam", 4747, ("shutter",))
    return fake, lambda: DroidcamCamera(url, read_back=QUICK)


def droidcam_shutter(monkeypatch):
    return droidcam(monkeypatch, ",shutter=ns")


def network_camera(monkeypatch):
    pytest.importorskip("onvif", reason="needs the extra autoexposure[onvif]")
    from drivers.onvif.camera import OnvifCamera, open_onvif
    from tests.drivers.onvif.fake_onvif import FakeOnvif

    fake = FakeOnvif()
    monkeypatch.setitem(discovery.FAMILIES, "onvif", Family("onvif", lambda rest, _: open_onvif(rest)))
    url = parse_device_url(f"127.0.0.1:{fake.port}", "onvif", 80)
    return fake, lambda: OnvifCamera(url, read_back=PATIENT)


def still_camera(monkeypatch):
    fake = FakeStill()
    family = Family("gphoto2", lambda rest, _: Gphoto2Camera(rest, library=fake))
    monkeypatch.setitem(discovery.FAMILIES, "gphoto2", family)
    return fake, lambda: Gphoto2Camera(library=fake, write_s=TIMEOUT_S)


CAMERAS = [
    ip_webcam,
    ip_webcam_late,
    ip_webcam_by_compensation,
    ip_webcam_without_control,
    droidcam,
    droidcam_shutter,
    network_camera,
    still_camera,
]


class TestContract(CameraContract):
    @pytest.fixture(params=CAMERAS, ids=lambda camera: camera.__name__)
    def subject(self, request, monkeypatch):
        monkeypatch.setattr("drivers.http.phone_app.HttpDevice", partial(HttpDevice, timeout_s=TIMEOUT_S))
        monkeypatch.setattr(onvif_questions, "ANSWER_S", TIMEOUT_S)
        fake, open_it = request.param(monkeypatch)
        yield Subject(open_it, open_camera)
        if hasattr(fake, "stop"):
            fake.stop()
            assert not fake.errors

    def test_the_loop_settles_and_everything_is_put_back(self, subject, tmp_path):
        """The real loop on the real clock, until the wall is grey; how many pictures that takes is not asked here."""
        with subject.open() as camera:
            if not camera.capabilities.controls_exposure:
                pytest.skip("this camera has no exposure control")
            before = camera.settings()
        with ControlLoop(subject.open, AverageMeter, journal=Journal(tmp_path)) as loop:
            for _ in range(1000):
                snapshot = loop.turn()
                assert snapshot.error is None
                if snapshot.ae_state is AeState.CONVERGED:
                    break
            assert snapshot.ae_state is AeState.CONVERGED
            assert 80 < snapshot.frame.pixels.mean() < 160
        with subject.open() as camera:
            assert camera.settings() == before


def test_vendor_libraries_are_imported_only_when_a_camera_is_opened():
    families = "import drivers.http.ip_webcam, drivers.http.droidcam, drivers.onvif.camera, drivers.gphoto2.camera, sys"
    check = f"{families}; print(sorted({{'onvif', 'zeep', 'gphoto2', 'aiohttp'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
