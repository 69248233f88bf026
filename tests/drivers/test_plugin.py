"""A third party's camera family, really installed: a wheel is built, put where Python finds it, and used by name."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

DRIVER = '''
"""A camera that shows one grey, which its only control sets."""
import time
import numpy as np
from autoexposure.camera import CameraInfo, Capabilities, ControlRange
from autoexposure.errors import CameraError, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame


class GreyCard:
    frame_interval_s = 0.001

    def __init__(self, rest):
        self.info = CameraInfo(f"greycard:{rest}", f"Grey card {rest}", f"greycard-{rest}")
        self.capabilities = Capabilities(ControlRange(1e-4, 0.1), note="This camera has no gain control.")
        self.exposure, self.sequence, self.open = Exposure(0.01), 0, True

    def settings(self):
        return {"time_s": self.exposure.time_s}

    def restore(self, settings):
        self.exposure = Exposure(settings["time_s"])

    def take_control(self):
        if not self.open:
            raise CameraError("closed")

    def set_exposure(self, exposure):
        self.take_control()
        self.exposure = Exposure(min(max(exposure.time_s, 1e-4), 0.1))
        return self.exposure

    def set_native_auto(self, on):
        raise UnsupportedControl("there is no automatic")

    def read(self, timeout_s):
        self.take_control()
        self.sequence += 1
        level = min(255, round(self.exposure.time_s * 10_000))
        return Frame(np.full((24, 32, 3), level, np.uint8), time.monotonic(), self.sequence, self.exposure, True)

    def close(self):
        self.open = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
'''


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The environment of a Python in which the plug-in is installed by pip, without any network."""
    tmp_path = tmp_path_factory.mktemp("plugin")
    wheel = tmp_path / "greycard-1.0-py3-none-any.whl"
    info = "greycard-1.0.dist-info"
    files = {
        "greycard.py": DRIVER,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: greycard\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[autoexposure.drivers]\ngreycard = greycard:GreyCard\n",
    }
    record = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},{len(text)}"
        for name, text in files.items()
    ]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    target = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", str(target), str(wheel)],
        check=True,
        capture_output=True,
    )
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(target), str(ROOT)]), "XDG_STATE_HOME": str(tmp_path)}


def run(installed, code):
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code)]
    done = subprocess.run(command, env=installed, capture_output=True, text=True, cwd=ROOT.parent, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_installed_plugin_opens_its_family_and_the_loop_controls_it(installed):
    report = run(
        installed,
        """
        import json
        from autoexposure.control.loop import ControlLoop
        from autoexposure.metering.classical import AverageMeter
        from drivers.discovery import open_camera

        with ControlLoop(lambda: open_camera("greycard:left"), AverageMeter) as loop:
            snapshots = [loop.turn() for _ in range(40)]
        last = snapshots[-1]
        wrote = sum(snapshot.wrote for snapshot in snapshots)
        print(json.dumps({"name": last.camera.name, "wrote": wrote, "state": str(last.ae_state)}))
        """,
    )
    assert report["name"] == "Grey card left"
    assert report["wrote"] > 0
    assert report["state"] != "inactive"


def test_its_family_is_named_among_those_there_are_only_where_it_is_installed(installed):
    code = """
        import json
        from autoexposure.errors import ConfigError
        from drivers.discovery import open_camera
        try:
            open_camera("nonsense:")
        except ConfigError as error:
            print(json.dumps(str(error)))
        """
    assert "greycard:" in run(installed, code)
    assert "greycard:" not in run({**installed, "PYTHONPATH": str(ROOT)}, code)
