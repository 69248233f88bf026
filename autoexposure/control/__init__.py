"""The loop that moves the exposure: one frame in, one decision, at most one write.

No device, no window and no network in here. Start in `loop`: `ControlLoop.turn` is one frame's way, top to bottom;
`obey` is what commands do, and `controller` holds the control law.
"""
