"""The Raspberry Pi's cameras, by Picamera2.

Start in `camera`.
"""
