"""Linux webcams through the kernel's V4L2 interface.

Start in `camera`; `controls` holds the exposure, `stream` the pictures. `loopback` is the other way round: a virtual
camera that pictures are written to.
"""
