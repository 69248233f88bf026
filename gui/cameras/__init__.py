"""Choosing a camera, its details, pairing a phone, probing.

Start in `picker`; `camera_actions` opens the sheets.
"""
