"""Cameras that speak plain HTTP: MJPEG streams and the phone apps that serve them.

Start in `phone_app`, what the apps have in common; `ip_webcam` and `droidcam` describe one each.
"""
