"""Ten minutes at the camera's full rate: the window does not grow. ``pytest -m long -s tests/gui/test_endurance.py``.

What it costs and how old the pictures are when they are painted is printed, not asserted: that depends on the machine.
"""

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QTimer

from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.process.turns import take_short_turns
from drivers.discovery import open_camera
from gui.app import meter_choices
from gui.main_window import HINTS_SEEN
from gui.plots.axes import AXES
from gui.preview.view import PreviewView
from models.inference.onnx_policy import OnnxPolicy

CAMERA = "sim:width=1280,height=720,fps=30,noise=off"
SECONDS = float(os.environ.get("ENDURANCE_S", "600"))
WARM_UP_S = 60.0
"""Until then the plots fill up and caches with them."""
MOST_GROWTH_MB = 20.0
PAGE_BYTES = 4096
OLD_MS = 1000 * 2 / 30
"""Two frame times. The light in the simulated room changes every ten seconds; while the loop searches it asks the
network up to four times a picture, and it is then that pictures come late, if at all."""


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 1e6


class TimedCamera:
    """Counts what the simulation itself costs: a webcam's pictures come for less."""

    def __init__(self, camera) -> None:
        self._camera = camera
        self.cost_s = 0.0

    def __getattr__(self, name):
        return getattr(self._camera, name)

    def __enter__(self):
        self._camera.__enter__()
        return self

    def __exit__(self, *given):
        self._camera.__exit__(*given)

    def open(self):
        self._camera.open()
        return self

    def read(self, timeout_s):
        began = time.thread_time()
        try:
            return self._camera.read(timeout_s)
        finally:
            self.cost_s += time.thread_time() - began


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells the memory in use this way")
def test_ten_minutes_with_every_overlay_and_plot(make_window, services, qtbot, tmp_path, monkeypatch):
    take_short_turns()
    camera = TimedCamera(open_camera(CAMERA))
    meters = meter_choices(OnnxPolicy)
    services.settings.setValue(HINTS_SEEN, True)
    loop = ControlLoop(lambda: camera, meters[0].make_policy, journal=Journal(tmp_path / "journal"))
    window = make_window(replace(services, loop=loop, meters=meters))
    ages_s, painted_s, seen = [], [], []
    paint = PreviewView.paintEvent

    def paint_and_note(view, event):
        paint(view, event)
        painted = view.painted
        if painted is not None and (not seen or painted.frame is not seen[-1]):
            seen[:] = [painted.frame]
            painted_s.append(time.monotonic())
            ages_s.append(painted_s[-1] - painted.frame.timestamp_s)

    monkeypatch.setattr(PreviewView, "paintEvent", paint_and_note)
    for name in ("attention", "exposure_map"):
        window.actions_[name].setChecked(True)
    for axis in AXES:
        window.plots.choose(axis.name, True)
    with loop:
        loop.start()
        window.start()
        window.start()
        qtbot.waitUntil(lambda: loop.latest().frame is not None, timeout=60_000)
        began_s, began_cpu_s, simulated_s = time.monotonic(), time.process_time(), camera.cost_s
        memory_mb = []
        look = QTimer()
        look.timeout.connect(lambda: memory_mb.append((time.monotonic() - began_s, resident_mb())))
        look.start(5000)
        qtbot.wait(round(SECONDS * 1000))
        look.stop()
        wall_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
        simulated_s = camera.cost_s - simulated_s
        dropped = loop.latest().dropped
        window.close()
    ages_ms = 1000 * np.array(ages_s)
    late_s = [f"{at_s - began_s:.1f}" for at_s, age_ms in zip(painted_s, ages_ms, strict=True) if age_ms > OLD_MS]
    warm = [mb for at_s, mb in memory_mb if at_s >= min(WARM_UP_S, SECONDS / 2)]
    growth_mb = warm[-1] - warm[0]
    print(  # noqa: T201
        f"\n{wall_s:.0f} s: {cpu_s / wall_s:.2f} cores, of which the simulated camera {simulated_s / wall_s:.2f};"
        f" {len(ages_s) / wall_s:.1f} pictures/s painted, {dropped} dropped; age when painted: median"
        f" {np.median(ages_ms):.0f} ms, 99 % {np.percentile(ages_ms, 99):.0f} ms, oldest {ages_ms.max():.0f} ms,"
        f" over 2 frames {len(late_s)}, at {' '.join(late_s)} s; memory {warm[0]:.0f} -> {warm[-1]:.0f} MB"
    )
    assert len(ages_s) > SECONDS
    assert growth_mb < MOST_GROWTH_MB
