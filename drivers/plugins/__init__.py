"""Cameras of other packages: their records loaded, their faults named. Nothing of a built-in family.

Start in `record`.
"""
