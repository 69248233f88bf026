"""ONVIF network cameras: exposure through the imaging service, pictures through RTSP.

``open_onvif`` is the family's entry: ``onvif:user:password@192.168.1.30``, ``onvif:192.168.1.30:8000``. Needs the extra
``autoexposure[onvif]``, imported only when such a camera is opened. Many cameras answer OK to an exposure they do not
set, so that what they say afterwards counts.
"""

from __future__ import annotations

from autoexposure.camera import CameraInfo
from drivers.common.stream_camera import ReconnectingCamera
from drivers.external.video import CapturedVideo, open_video
from drivers.http.device import ReadBack
from drivers.http.own_host import on_own_host, with_login
from drivers.http.url import DeviceUrl, parse_device_url
from drivers.onvif.exposure import OnvifExposure
from drivers.onvif.service import OnvifService

DEFAULT_PORT = 80
USUAL_RATE_FPS = 25.0

CAMERA_SETTLES = ReadBack(longest_s=0.6, pause_s=0.1)
"""Network cameras take longer than phones over their settings, and mind being asked too often."""


class OnvifCamera(ReconnectingCamera):
    """One network camera, streaming from the constructor on; nothing is written before ``take_control``.

    Parameters
    ----------
    url : where its device service is, and the login.
    read_back : how long a setting may take to show.
    patience_s : how long a stream may bring no picture before it counts as lost.

    Raises CameraNotFound, CameraBusy if the login is refused, CameraError.
    """

    def __init__(self, url: DeviceUrl, *, read_back: ReadBack | None = None, patience_s: float = 4.0) -> None:
        name = f"The network camera at {url.authority}"
        self._service = OnvifService(url, name)
        try:
            about = self._service.description
            rate_fps = about.rate_fps if about.rate_fps and 1 <= about.rate_fps <= 240 else USUAL_RATE_FPS
            frame_s = 1 / rate_fps
            exposure = OnvifExposure(self._service, name, frame_s, read_back or CAMERA_SETTLES)
            info = CameraInfo(
                f"onvif:{url}",
                f"{about.maker} {about.model}".strip() or name,
                f"onvif:{about.serial or url.authority}",
                f"ONVIF at {url.authority}, {rate_fps:g} frames/s",
            )
            pictures = on_own_host(about.stream_uri, url)
            with_login(pictures, url, name)  # what is wrong with it is said before anything is set
            video = CapturedVideo(name, lambda: open_video(with_login(pictures, url, name)), patience_s)
            super().__init__(info, video, exposure, frame_s)
        except BaseException:
            self._service.close()
            raise

    def close(self) -> None:
        """As Camera.close."""
        try:
            super().close()
        finally:
            self._service.close()


def open_onvif(rest: str) -> OnvifCamera:
    """Open what stands behind ``onvif:`` in a camera specification."""
    return OnvifCamera(parse_device_url(rest, "onvif", DEFAULT_PORT))
