"""A recording as a camera, ``replay:FILE``. No format is read here: that is `autoexposure.recording`'s.

Start in `camera`.
"""
