"""How good a loop, a meter or a comparison is: each figure has its one definition here.

Start in `scores` (loops), then `comparison` (ours against the camera's own). What counts as clipped is defined with the
meters, in `autoexposure.metering.clipping`.
"""
