"""Slides as cameras: a file ``NAME.tray`` in the folder $SLIDE_TRAYS is a tray, whose text is its serial number."""

import os
from glob import glob
from pathlib import Path

import numpy as np

from autoexposure.camera import CameraInfo, Capabilities, ControlRange
from autoexposure.clock import SystemClock
from autoexposure.errors import CameraDisconnected, CameraNotFound, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.family import Family, by_stable_id
from autoexposure.frame import Frame

TRAY = os.environ["SLIDE_TRAYS"] + "/*.tray"


class SlideCamera:
    frame_interval_s = 1 / 30
    capabilities = Capabilities(ControlRange(1e-4, 0.1), delay_frames=(0, 0), note="A slide has no gain.")

    def __init__(self, info, clock):
        self.info, self.clock = info, clock or SystemClock()
        self.exposure, self.sequence, self.closed = Exposure(0.01), 0, False

    def settings(self):
        return {"time_s": self.exposure.time_s}

    def restore(self, settings):
        self.exposure = Exposure(settings["time_s"])

    def take_control(self):
        if self.closed:
            raise CameraDisconnected(f"{self.info.name} was closed")

    def set_exposure(self, exposure):
        self.take_control()
        self.exposure = Exposure(self.capabilities.time_s.nearest(exposure.time_s))
        return self.exposure

    def set_native_auto(self, on):
        raise UnsupportedControl("a slide has no automatic exposure")

    def read(self, timeout_s):
        self.take_control()
        self.clock.sleep(self.frame_interval_s)
        self.sequence += 1
        grey = min(255, round(self.exposure.time_s * 10_000))
        return Frame(np.full((24, 32, 3), grey, np.uint8), self.clock.now(), self.sequence, self.exposure, True)

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def list_trays():
    for tray in map(Path, sorted(glob(TRAY))):
        yield CameraInfo(f"slides:{tray.stem}", f"Slide tray {tray.stem}", tray.read_text().strip())


def open_tray(rest, clock):
    for info in list_trays():
        if rest in ("", info.spec.removeprefix("slides:"), info.stable_id):
            return SlideCamera(info, clock)
    raise CameraNotFound(f"there is no slide tray {rest!r}: put one in as {TRAY}")


FAMILY = Family("slides", open_tray, list_trays, by_stable_id, "slides:NAME, a tray of slides", watch=(TRAY,))
