"""Cameras whose pictures another program takes: we set the exposure and meter what that program shows.

Start in `metered_elsewhere`. `pipewire` opens what PipeWire shares, to be watched.
"""
