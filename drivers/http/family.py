"""The families ``droidcam:`` and ``ipwebcam:``."""

from __future__ import annotations

from autoexposure.camera import Camera
from autoexposure.clock import Clock
from autoexposure.family import Family


def _open_droidcam(rest: str, _clock: Clock | None) -> Camera:
    from drivers.http.droidcam import open_droidcam

    return open_droidcam(rest)


def _open_ip_webcam(rest: str, _clock: Clock | None) -> Camera:
    from drivers.http.ip_webcam import open_ip_webcam

    return open_ip_webcam(rest)


FAMILIES = (
    Family("droidcam", _open_droidcam, hint="a phone with the app DroidCam by its address, droidcam:192.168.1.20"),
    Family("ipwebcam", _open_ip_webcam, hint="a phone with the app IP Webcam by its address, ipwebcam:192.168.1.20"),
)
