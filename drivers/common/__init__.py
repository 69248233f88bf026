"""What drivers share: threads that take pictures, pixel formats, laws of gain. No device in here.

Start in `stream_camera`.
"""
