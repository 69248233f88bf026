"""Cameras, one family a file, all behind autoexposure.camera.Camera; imported on use by drivers.discovery."""
