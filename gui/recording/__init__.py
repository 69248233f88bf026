"""Recording, playing back, the virtual camera.

Start in `recorder`.
"""
