"""Linux webcams through the kernel's V4L2 interface.

Start in `camera`; `controls` holds the exposure, `stream` the pictures.
"""
