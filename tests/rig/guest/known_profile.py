"""In the guest: write the profile of the software webcam from what it is known to be, as `probe` would measure it.

That `probe` does measure it is shown by a test of its own; here it would take minutes.
"""

import math

from linuxpy.video.device import Device

from autoexposure.profiles.files import profile_path, write_profile
from autoexposure.profiles.profile import CameraProfile, Delay, MeasuredControl, Span
from drivers.v4l2.control_set import ControlSet
from drivers.v4l2.nodes import find_node

SNAPS = (3, 5, 10, 20, 39, 78, 156, 312, 625, 1250, 2047)
FRAME_S = 1 / 30


def write(delay: int, law: str, *, snap: bool) -> None:
    """``law`` is of its gain, linear or log; with ``snap`` it has eleven exposure times only. It is plugged in."""
    node = find_node("/dev/video0")
    with Device(node.path) as device:
        capabilities = ControlSet(device, str(node.path), node.driver, FRAME_S).capabilities
    times, gains = capabilities.time_s, capabilities.gain
    asked_s = tuple(ticks / 10_000 for ticks in SNAPS) if snap else (times.minimum, FRAME_S, times.maximum)
    codes = range(0, 256, 15)
    gain_ev = [math.log2((16 + code) / 16) if law == "linear" else code / 64 for code in codes]
    profile = CameraProfile(
        node.stable_id,
        node.name,
        "known, not measured",
        measured_at="2000-01-01T00:00:00",
        program="tests",
        took_s=0.0,
        frame_interval_s=FRAME_S,
        delay=Delay(delay, delay + 1, delay + 1, trials=3),
        time=MeasuredControl(
            asked_s, tuple(map(math.log2, asked_s)), Span(times.minimum, times.maximum), times.step, stepped=snap
        ),
        gain=MeasuredControl(
            tuple(gains.values[code] for code in codes), tuple(gain_ev), Span(gains.minimum, gains.maximum)
        ),
    )
    path = profile_path(node.stable_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_profile(profile, path)
