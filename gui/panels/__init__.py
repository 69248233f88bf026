"""The panels beside the picture: exposure, control, limits, why, histogram.

Start in `side_panel`.
"""
