"""What the window costs for one picture: processor time of the thread that paints, without a screen.

A process of its own (`python -m gui.window_cost ROUNDS`), since a program has one Qt and one set of settings. It prints
a line of JSON: the seconds of each picture.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from autoexposure.clock import SimulatedClock
from autoexposure.evaluation.costs import FRAME_RATE
from autoexposure.library import make_loop

SETTLED_AFTER = 60
"""Pictures until the exposure rests and everything was painted once."""

SIZE_PX = (1280, 720)


def picture_costs_s(rounds: int, spec: str = "sim:light=steady,width=640,height=480") -> list[float]:
    """Show ``rounds`` pictures of the camera ``spec`` in a window of ``SIZE_PX``; returns the seconds of each.

    Painting offscreen leaves out what the screen's own program takes to show it.
    """
    from gui.actions.menu import kept_theme
    from gui.app import make_application, open_window, window_settings
    from gui.main_window import HINTS_SEEN
    from gui.style.theme import Theme

    application = make_application()
    costs_s = []
    with tempfile.TemporaryDirectory() as folder, make_loop(spec, clock=SimulatedClock()) as loop:
        settings = window_settings(Path(folder))
        settings.setValue(HINTS_SEEN, True)
        window = open_window(loop, Theme(application, kept_theme(settings)), settings, camera=spec)
        window.resize(*SIZE_PX)
        window.show()
        for _ in range(SETTLED_AFTER + rounds):
            loop.turn()
            began_s = time.thread_time()
            window.bridge.poll()
            application.processEvents()
            costs_s.append(time.thread_time() - began_s)
            time.sleep(1 / FRAME_RATE)  # the plots are drawn by the clock, five times a second
        window.close()
    return costs_s[SETTLED_AFTER:]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(picture_costs_s(int(sys.argv[1]))) + "\n")
