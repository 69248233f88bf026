"""How long one thread may compute before another gets its turn: short, where a window or several cameras share us.

Every step of OpenCV, NumPy and the network lets go of the interpreter and ends in asking for it again. A thread that
asks waits until the one that has it lets go by itself, or for this long, and it does so a dozen times a picture.
"""

from __future__ import annotations

import sys

SWITCH_INTERVAL_S = 0.0005
"""Instead of Python's 5 ms. Measured at 1280x720 in the window with everything on: 0.07 cores less, and the late
pictures come 6 ms sooner. Eight simulated cameras at 640x480 on two cores: 29.5 pictures a second each, and 20 with the
usual 5 ms; with a tenth of this 27, since taking turns costs time, too."""


def take_short_turns() -> None:
    """Have this process's threads take turns that often; call once, early, in a program of our own."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
