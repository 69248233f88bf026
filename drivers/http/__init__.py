"""Cameras that speak plain HTTP: MJPEG streams and the phone apps that serve them.

Start in `device`, then `ip_webcam` and `droidcam`.
"""
