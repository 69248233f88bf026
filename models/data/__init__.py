"""Photographs, and the examples made of them. No network in here.

Start in `dataset`; `exposure_ladder` makes one picture's exposures.
"""
