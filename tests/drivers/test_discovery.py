import subprocess
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from itertools import pairwise

import pytest

from autoexposure.camera import CameraInfo
from autoexposure.errors import CameraNotFound, ConfigError
from drivers import discovery
from drivers.discovery import list_cameras, open_camera, open_same, same_camera
from drivers.simulated.camera import open_simulated
from drivers.v4l2.family import V4L2


class Opened:
    """Stands for a camera; remembers how it was asked for."""

    def __init__(self, family, rest, clock=None):
        self.family, self.rest, self.clock = family, rest, clock


@pytest.fixture
def families(monkeypatch):
    """Families that open nothing."""
    for name in ("sim", "v4l2"):
        fake = replace(discovery.FAMILIES[name], open=lambda rest, clock, name=name: Opened(name, rest, clock))
        monkeypatch.setitem(discovery.FAMILIES, name, fake)


@pytest.fixture
def plugin(monkeypatch):
    """Install an entry point under the name ``probe``."""

    monkeypatch.setattr(discovery, "_PLUGINS", {})

    def install(value: str) -> None:
        entry = EntryPoint("probe", value, discovery.GROUP)
        monkeypatch.setattr(discovery, "entry_points", lambda group: [entry] if group == discovery.GROUP else [])

    return install


@pytest.mark.parametrize(
    ("spec", "family", "rest"),
    [
        ("sim:", "sim", ""),
        ("sim", "sim", ""),
        ("sim:scene=/a:b.hdr", "sim", "scene=/a:b.hdr"),
        ("v4l2:/dev/video0,fps=15", "v4l2", "/dev/video0,fps=15"),
        ("v4l2:", "v4l2", ""),
        ("/dev/video3", "v4l2", "/dev/video3"),
        ("2", "v4l2", "2"),
    ],
)
def test_specification_names_family_and_rest(families, spec, family, rest):
    opened = open_camera(spec)
    assert (opened.family, opened.rest) == (family, rest)


def test_clock_reaches_the_simulated_camera(families):
    clock = object()
    assert open_camera("sim:", clock=clock).clock is clock


@pytest.mark.parametrize("spec", ["nonsense", "rtsp://host/stream", ":"])
def test_unknown_family_names_those_that_exist(spec):
    known = ", ".join(f"{name}:" for name in sorted(discovery.FAMILIES))
    with pytest.raises(ConfigError, match=rf"one of {known} and") as caught:
        open_camera(spec)
    assert repr(spec) in str(caught.value)


def test_family_whose_library_is_missing(monkeypatch):
    def opener(rest, clock):
        raise ModuleNotFoundError("No module named 'linuxpy'")

    monkeypatch.setitem(discovery.FAMILIES, "v4l2", replace(V4L2, open=opener))
    with pytest.raises(CameraNotFound, match="linuxpy"):
        open_camera("v4l2:")


def test_plugin_opens_its_family(plugin, monkeypatch):
    given = []

    def opened(rest):
        given.append(rest)
        return open_simulated(rest)

    monkeypatch.setattr(discovery, "opened_by_plugin", opened, raising=False)
    plugin("drivers.discovery:opened_by_plugin")
    with open_camera("probe:width=64,height=48") as camera:
        assert camera.read(1.0).pixels.shape == (48, 64, 3)
    assert given == ["width=64,height=48"]
    known = ", ".join(f"{name}:" for name in sorted({*discovery.FAMILIES, "probe"}))
    with pytest.raises(ConfigError, match=rf"one of {known} and"):
        open_camera("other:")


@pytest.mark.parametrize("value", ["no_such_module_here:open", "drivers.discovery:no_such_function"])
def test_plugin_that_can_not_be_loaded_is_named(plugin, value):
    plugin(value)
    with pytest.raises(ConfigError, match=r"'probe'.*can't be loaded"):
        open_camera("probe:")


def test_no_plugin_replaces_a_family_of_ours(families, monkeypatch):
    entry = EntryPoint("sim", "no_such_module_here:open", discovery.GROUP)
    monkeypatch.setattr(discovery, "entry_points", lambda group: [entry])
    assert open_camera("sim:").family == "sim"


def test_simulated_cameras_are_listed_behind_real_ones_and_a_phone_may_always_come(kernel):
    kernel.plug()
    listed = list_cameras()
    families = [info.spec.partition(":")[0] for info in listed]
    assert families == ["v4l2"] + ["sim"] * (len(listed) - 2) + ["phone"]
    assert listed[1].spec == "sim:"  # the default scene before the rest of the gallery
    assert len({info.spec for info in listed}) == len(listed) > 3


def test_default_is_the_first_camera_with_exposure_control(kernel, families):
    kernel.plug(0).values = {}
    webcam = kernel.plug(1)
    assert open_camera().rest == str(webcam.path)
    assert open_camera("").rest == str(webcam.path)


def test_default_without_a_controllable_camera_is_simulated(kernel, families):
    kernel.plug(0).values = {}
    assert open_camera().family == "sim"


def test_controls_are_those_of_the_default_camera_where_none_is_named(kernel):
    webcam = kernel.plug()
    webcam.streamon = lambda _: pytest.fail("its stream was started")
    with open_camera("controls:") as camera:
        assert camera.info.spec == f"controls:v4l2:{webcam.path}"


def test_controls_of_the_simulated_camera_are_the_whole_camera(kernel):
    kernel.plug().values = {}
    with open_camera("controls:") as camera:
        assert camera.info.spec == "sim:"
        assert camera.read(1).sequence >= 0


def test_without_a_video_device_its_library_stays_out():
    code = """
import sys, pathlib
from drivers import discovery
from drivers.v4l2 import paths
paths.DEVICES = pathlib.Path("/nowhere")
assert discovery.open_camera().info.spec == "sim:" and discovery.list_cameras()[0].spec == "sim:"
assert "linuxpy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_discovery_imports_no_camera_library():
    code = "import sys, drivers.discovery; assert not {'linuxpy', 'cv2'} & set(sys.modules), sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("spec", "again"),
    [
        ("v4l2:/dev/video0", "v4l2:usb-1"),
        ("v4l2:0,size=320x240,fps=30", "v4l2:usb-1,size=320x240,fps=30"),
        ("sim:scene=cat,delay=4", "sim:scene=cat,delay=4"),
        ("onvif:192.168.1.2", "onvif:192.168.1.2"),
    ],
)
def test_a_camera_with_a_node_is_named_by_its_identity(spec, again):
    assert same_camera(CameraInfo(spec, "A camera", "usb-1")) == again


def test_a_camera_that_is_back_at_another_node_is_found_there_each_time(kernel):
    kernel.plug(0)
    with open_camera("v4l2:0,size=64x48") as camera:
        info = camera.info
    for before, now in pairwise(range(4)):
        kernel.unplug(before)
        webcam = kernel.plug(now)
        with pytest.raises(CameraNotFound):
            open_camera(f"v4l2:{before}")
        with open_same(info, lambda: pytest.fail("by its old name")) as camera:
            assert camera.info.stable_id == info.stable_id
            webcam.deliver()
            assert camera.read(1).size_px == (64, 48)
            info = camera.info


def test_other_families_are_opened_as_before():
    info = CameraInfo("sim:", "Simulated", "sim:")
    assert open_same(info, lambda: "as before") == "as before"
