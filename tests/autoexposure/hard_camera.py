"""The program with a camera that lasts and can hang, for tests that need a process of its own.

``python -m tests.autoexposure.hard_camera COMMAND...`` is ``autoexposure COMMAND...`` with the family ``hard:FOLDER``:
a simulated camera whose settings are in the file FOLDER/device, as a real one's are in the device. As soon as there is
a file FOLDER/hang, the call that is named in it hangs, beyond the reach of any signal; FOLDER/hangs says that it does.
"""

import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path

from autoexposure.camera import CameraInfo, Settings
from autoexposure.cli import main as cli
from autoexposure.clock import Clock
from autoexposure.exposure import Exposure
from autoexposure.family import Family
from autoexposure.files.atomic_file import atomic_write
from autoexposure.frame import Frame
from drivers import discovery
from drivers.simulated.camera import SimulatedCamera, make_scene
from drivers.simulated.config import parse_simulated

LONG_ROUNDS = 2**31 - 1
"""Of a hash that is worked out in C: half an hour."""


def hang(folder: Path, call: str) -> None:
    asked = folder / "hang"
    if not asked.exists() or asked.read_text() != call:
        return
    (folder / "hangs").touch()
    time.sleep(0.01)
    hashlib.pbkdf2_hmac("sha256", b"", b"", LONG_ROUNDS)


class HardCamera(SimulatedCamera):
    """As `SimulatedCamera`, with a device file and calls that hang."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        hang(folder, "open")
        config = parse_simulated("scene=cat,width=64,height=48,light=steady,fps=100,max_time=0.01,start_ev=2")
        super().__init__(config, make_scene(config), None, f"hard:{folder}")
        if self.device.exists():
            super().restore(json.loads(self.device.read_text()))
        self.save()

    @property
    def device(self) -> Path:
        return self.folder / "device"

    @property
    def info(self) -> CameraInfo:
        return replace(super().info, name="Hard camera", lasting=True)

    def save(self) -> None:
        atomic_write(self.device, json.dumps(dict(self.settings())))

    def restore(self, settings: Settings) -> None:
        hang(self.folder, "restore")
        super().restore(settings)
        self.save()

    def set_exposure(self, exposure: Exposure) -> Exposure:
        hang(self.folder, "set")
        really = super().set_exposure(exposure)
        self.save()
        return really

    def set_native_auto(self, on: bool) -> None:
        super().set_native_auto(on)
        self.save()

    def read(self, timeout_s: float) -> Frame:
        hang(self.folder, "read")
        return super().read(timeout_s)

    def close(self) -> None:
        if not self._closed:
            hang(self.folder, "close")
        super().close()


def open_hard(rest: str, _clock: Clock | None) -> HardCamera:
    return HardCamera(Path(rest))


HARD_FAMILY = Family("hard", open_hard)

if __name__ == "__main__":
    discovery.FAMILIES["hard"] = HARD_FAMILY  # in a process of its own; a test that imports this adds it for itself
    cli.main()
