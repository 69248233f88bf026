"""Pictures of one view in several exposures: which to take, taking them, and what is made of them.

Nothing here opens a camera: `autoexposure.control` sets it. Start with `bracket`, which takes them one after the other.
"""
