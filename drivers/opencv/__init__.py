"""Webcams through OpenCV, where that is the way to them: Windows and macOS.

Start in `camera`; `properties` knows what each backend means by its numbers.
"""
