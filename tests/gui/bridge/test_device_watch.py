from gui.bridge.device_watch import DeviceWatch


def test_a_video_node_that_comes_or_goes_is_told(qtbot, tmp_path):
    watch = DeviceWatch(tmp_path)
    with qtbot.waitSignal(watch.changed):
        (tmp_path / "video0").touch()
        (tmp_path / "video1").touch()
    with qtbot.waitSignal(watch.changed):
        (tmp_path / "video0").unlink()


def test_other_devices_are_nobodys_business(qtbot, tmp_path):
    watch = DeviceWatch(tmp_path)
    with qtbot.assertNotEmitted(watch.changed), qtbot.waitSignal(watch._calm.timeout):
        (tmp_path / "ttyACM0").touch()


def test_a_system_without_such_a_folder(tmp_path):
    DeviceWatch(tmp_path / "missing")
