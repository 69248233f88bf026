"""Measuring what a camera's settings really do. The probe moves the camera itself: no control loop runs meanwhile.

Start in `measure`, which runs the stages in order.
"""
