"""Choosing a camera, its details, pairing a phone, probing.

Start in `picker`; `desk` opens and closes.
"""
