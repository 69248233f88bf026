"""Cameras, one folder a library, all behind `autoexposure.camera.Camera`. Nothing here knows the window or the models.

Start in `discovery`; a folder's `family` is its record, and the way in.
"""
