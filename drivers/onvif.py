"""ONVIF network cameras: exposure through the imaging service, pictures through RTSP.

``open_onvif`` is the family's entry: ``onvif:user:password@192.168.1.30``, ``onvif:192.168.1.30:8000``. Needs the extra
``autoexposure[onvif]``, imported only when such a camera is opened. Many cameras answer OK to an exposure they do not
set, so that what they say afterwards counts.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

from autoexposure.camera import CameraInfo, Capabilities, Settings
from autoexposure.errors import CameraError
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from drivers.device_url import DeviceUrl, parse_device_url
from drivers.onvif_exposure import OnvifExposure
from drivers.onvif_service import OnvifService
from drivers.read_back import ReadBack
from drivers.video_capture import CapturedVideo, open_video

DEFAULT_PORT = 80
USUAL_RATE_FPS = 25.0

CAMERA_SETTLES = ReadBack(longest_s=0.6, pause_s=0.1)
"""Network cameras take longer than phones over their settings, and mind being asked too often."""


class OnvifCamera:
    """One network camera, streaming from the constructor on; nothing is written before ``take_control``.

    Parameters
    ----------
    url : where its device service is, and the login.
    read_back : how long a setting may take to show.
    patience_s : a stream without pictures for so long is lost.

    Raises CameraNotFound, CameraBusy if the login is refused, CameraError.
    """

    def __init__(self, url: DeviceUrl, *, read_back: ReadBack | None = None, patience_s: float = 4.0) -> None:
        self._name = f"The network camera at {url.authority}"
        self._video: CapturedVideo | None = None
        self._seen_connection = 1
        self._service = OnvifService(url, self._name)
        about = self._service.description
        rate_fps = about.rate_fps if about.rate_fps and 1 <= about.rate_fps <= 240 else USUAL_RATE_FPS
        self._frame_s = 1 / rate_fps
        self._exposure = OnvifExposure(self._service, self._name, self._frame_s, read_back or CAMERA_SETTLES)
        self._info = CameraInfo(
            f"onvif:{url}",
            f"{about.maker} {about.model}".strip() or self._name,
            f"onvif:{about.serial or url.authority}",
            f"ONVIF at {url.authority}, {rate_fps:g} frames/s",
        )
        address = with_login(about.stream_uri, url)
        self._video = CapturedVideo(self._name, lambda: open_video(address), patience_s)

    @property
    def info(self) -> CameraInfo:
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        return self._exposure.capabilities

    @property
    def frame_interval_s(self) -> float:
        return self._frame_s

    @property
    def exposure(self) -> Exposure | None:
        self._open_video()
        return self._exposure.now() if self.capabilities.controls_exposure else None

    def settings(self) -> Settings:
        self._open_video()
        return self._exposure.settings()

    def restore(self, settings: Settings) -> None:
        self._open_video()
        self._exposure.restore(settings)

    def take_control(self) -> None:
        self._open_video()
        self._exposure.take()

    def set_exposure(self, exposure: Exposure) -> Exposure:
        self._open_video()
        return self._exposure.set(exposure)

    def set_native_auto(self, on: bool) -> None:
        self._open_video()
        self._exposure.set_automatic(on)

    def read(self, timeout_s: float) -> Frame:
        video = self._open_video()
        frame = video.read(timeout_s)
        if video.connection != self._seen_connection:
            self._seen_connection = video.connection
            self._exposure.reassert()
        return frame

    def close(self) -> None:
        video, self._video = self._video, None
        if video is not None:
            try:
                video.close()
            finally:
                self._service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_video(self) -> CapturedVideo:
        if self._video is None:
            raise CameraError(f"{self._name} has been closed: open the camera again")
        return self._video


def open_onvif(rest: str) -> OnvifCamera:
    """Open what stands behind ``onvif:`` in a camera specification."""
    return OnvifCamera(parse_device_url(rest, "onvif", DEFAULT_PORT))


def with_login(address: str, url: DeviceUrl) -> str:
    """The stream's address with the login that RTSP asks for, unless it brings its own."""
    parts = urlsplit(address)
    if not url.user or "@" in parts.netloc:
        return address
    return parts._replace(netloc=f"{quote(url.user, safe='')}:{quote(url.password, safe='')}@{parts.netloc}").geturl()
