"""GenICam cameras (GigE Vision, USB3 Vision), by Aravis.

Start in `camera`.
"""
