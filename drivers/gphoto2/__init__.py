"""Still cameras with live view, by libgphoto2.

Start in `camera`.
"""
