"""How long tests of cameras in a network wait: very long for what must come, hardly for what never will."""

from drivers.http.device import ReadBack

TIMEOUT_S = 30.0
"""Nothing is judged by it: other work on the machine may take most of it."""

PATIENT = ReadBack(longest_s=TIMEOUT_S, pause_s=0.001)
"""For settings that show late."""

QUICK = ReadBack(longest_s=0.04, pause_s=0.001)
"""For settings that show at once or never."""
