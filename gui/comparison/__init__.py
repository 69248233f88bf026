"""Two ways of exposing the same scene, side by side.

Start in `view`.
"""
