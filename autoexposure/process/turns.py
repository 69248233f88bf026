"""How threads take turns where a window or several cameras share the process.

Every step of OpenCV, NumPy and the network lets go of the interpreter and ends in asking for it again. A thread that
asks waits until the one that has it lets go by itself, or for the switch interval, a dozen times a picture. So turns
are short, and no more threads compute at once than there are cores: the more there are, the more they wait.
"""

from __future__ import annotations

import os
import sys
import threading

SWITCH_INTERVAL_S = 0.0005
"""Instead of Python's 5 ms. Measured at 1280x720 in the window with everything on: 0.07 cores less, and the late
pictures come 6 ms sooner. Eight simulated cameras at 640x480 on two cores that others used, too: 29 pictures a second
each, and 20 with the usual 5 ms; 25 with 0.02 ms, since taking turns costs time, too."""

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
"""That this process may use, as it was started."""

COMPUTING = threading.Semaphore(CORES)
"""Held around what takes milliseconds of a core for one picture, and never while waiting for anything else. Measured
with eight simulated cameras on two cores that others used, too: 1.0 to 1.9 times as many pictures as without it."""


def take_short_turns() -> None:
    """Have this process's threads take turns that often; call once, early, in a program of our own."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
