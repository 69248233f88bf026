"""A pytest plug-in for the guest: switch the webcam's automatic exposure off before anything else.

Left on, its firmware would move the very settings that the contract compares.
"""

from linuxpy.video.device import ControlID, set_control


def pytest_sessionstart():
    with open("/dev/video0", "rb+", buffering=0) as webcam:
        set_control(webcam, ControlID.EXPOSURE_AUTO, 1)
