"""Colours, style sheet and icons. No behaviour in here.

Start in `theme`.
"""
