"""Photographs, and the training examples and simulated tastes made of them.

No network in here, and no torch. Start in `dataset`; `exposure_ladder` makes one picture's exposures.
"""
