import pytest

from gui.bridge.device_watch import DeviceWatch


@pytest.fixture
def watch(tmp_path):
    made = DeviceWatch()
    made.watch([str(tmp_path / "video*"), str(tmp_path / "missing" / "camera*")])
    return made


def test_a_video_node_that_comes_or_goes_is_told(qtbot, tmp_path, watch):
    with qtbot.waitSignal(watch.changed):
        (tmp_path / "video0").touch()
        (tmp_path / "video1").touch()
    with qtbot.waitSignal(watch.changed):
        (tmp_path / "video0").unlink()


def test_other_devices_are_nobodys_business(qtbot, tmp_path, watch):
    with qtbot.assertNotEmitted(watch.changed), qtbot.waitSignal(watch._calm.timeout):
        (tmp_path / "ttyACM0").touch()


def test_every_pattern_is_watched(qtbot, tmp_path):
    watch = DeviceWatch()
    (tmp_path / "slides").mkdir()
    watch.watch([str(tmp_path / "video*"), str(tmp_path / "slides" / "*.tray")])
    with qtbot.waitSignal(watch.changed):
        (tmp_path / "slides" / "first.tray").touch()
