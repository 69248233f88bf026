import pytest

from autoexposure.camera import CameraInfo, Capabilities
from autoexposure.errors import CameraDisconnected, CameraError
from autoexposure.exposure import Exposure
from drivers.common.stream_camera import ReconnectingCamera


class Parts:
    """Pictures and controls in one, which write down what is asked of them."""

    capabilities = Capabilities(note="Nothing can be set.")
    connection = 1

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name):
        return lambda *given: self.asked.append(" ".join((name, *map(str, given))))


@pytest.fixture
def parts():
    return Parts()


@pytest.fixture
def camera(parts):
    return ReconnectingCamera(CameraInfo("spec:", "A camera", "id"), parts, parts, 0.04)


USES = {
    "now": lambda camera: camera.exposure,
    "settings": lambda camera: camera.settings(),
    "restore {}": lambda camera: camera.restore({}),
    "take": lambda camera: camera.take_control(),
    f"set {Exposure(0.01)}": lambda camera: camera.set_exposure(Exposure(0.01)),
    "set_automatic True": lambda camera: camera.set_native_auto(True),
    "read 0.5": lambda camera: camera.read(0.5),
}


@pytest.mark.parametrize("asked", USES)
def test_everything_reaches_its_part_until_the_camera_is_closed(camera, parts, asked):
    with camera:
        USES[asked](camera)
        assert parts.asked == [asked]
    assert parts.asked == [asked, "close"]
    with pytest.raises(CameraError, match="A camera has been closed"):
        USES[asked](camera)
    camera.close()
    assert parts.asked == [asked, "close"]


@pytest.mark.parametrize(("refusals", "tries"), [(1, 2), (2, 3), (9, 3)])
def test_a_device_that_refuses_after_its_restart_is_tried_again_and_pictures_go_on(camera, parts, refusals, tries):
    tried = []

    def reassert() -> None:
        tried.append(True)
        if len(tried) <= refusals:
            raise CameraError("not ready")

    parts.reassert = reassert
    parts.connection = 2
    for _ in range(6):
        camera.read(1)
    assert len(tried) == tries
    assert camera.restarts == 1
    parts.connection = 3
    camera.read(1)
    assert len(tried) == tries + 1


def test_a_device_that_is_gone_as_it_is_set_again_is_gone(camera, parts):
    def reassert() -> None:
        raise CameraDisconnected("unplugged")

    parts.reassert = reassert
    parts.connection = 2
    with pytest.raises(CameraDisconnected):
        camera.read(1)


def test_settings_are_written_again_once_for_each_new_connection(camera, parts):
    camera.read(1)
    parts.connection = 3
    camera.read(1)
    camera.read(1)
    assert parts.asked == ["read 1", "read 1", "reassert", "read 1"]
