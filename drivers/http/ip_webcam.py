"""IP Webcam: the Android app that turns a phone into a network camera, over its HTTP interface.

``open_ip_webcam`` is the family's entry: ``ipwebcam:192.168.1.20``, ``ipwebcam:https://user:password@192.168.1.20:8080``;
options follow after commas: ``antibanding=50hz`` sets the app's own flicker filter while we are in control,
``compensation_ev=2`` says what the highest exposure compensation is worth, ``fingerprint=...`` names the certificate to
trust with https.

The app answers 'Ok' to a request it does not carry out, so every setting is read back; and it forgets all settings when
it restarts, so that a stream that had to be opened anew has them checked and written again.
"""

from __future__ import annotations

from autoexposure.camera import CameraInfo
from autoexposure.errors import CameraDisconnected, CameraError, CameraNotFound, ConfigError
from drivers.common.exposure_compensation import named_worth_ev
from drivers.common.stream_camera import ReconnectingCamera
from drivers.http.device import HttpDevice
from drivers.http.ip_webcam_controls import IpWebcamControls
from drivers.http.ip_webcam_status import (
    BANDING,
    FRAME,
    LONGEST_FRAME_S,
    NS,
    SHORTEST_FRAME_S,
    USUAL_FRAME_S,
    Offered,
    Values,
)
from drivers.http.mjpeg import MjpegStream
from drivers.http.read_back import ReadBack
from drivers.http.url import DeviceUrl, parse_device_url

DEFAULT_PORT = 8080
OPTIONS = (BANDING, "compensation_ev", "fingerprint")


class IpWebcamCamera(ReconnectingCamera):
    """One phone running the app; it streams from the constructor on, nothing is written before ``take_control``.

    Parameters
    ----------
    url : where the app is.
    read_back : how long a setting may take to show.
    patience_s : a stream without pictures for so long is lost.

    Raises CameraNotFound if nobody answers, CameraBusy if the login is wrong, CameraError if it is another app.
    """

    def __init__(self, url: DeviceUrl, *, read_back: ReadBack | None = None, patience_s: float = 2.0) -> None:
        name = f"IP Webcam at {url.authority}"
        http = HttpDevice(url, name)
        try:
            status = http.get_json("/status.json?show_avail=1")
        except CameraDisconnected as error:
            raise CameraNotFound(str(error)) from error
        values = Values.of(status)
        if not values.texts:
            raise CameraError(f"{name} does not answer as the app does: check the address and the port")
        offered = Offered.of(status, named_worth_ev(url.options.get("compensation_ev")))
        frame_s = (values.number(FRAME) or 0) * NS
        frame_s = frame_s if SHORTEST_FRAME_S <= frame_s <= LONGEST_FRAME_S else USUAL_FRAME_S
        banding = _banding(url, offered)
        controls = IpWebcamControls(http, offered, frame_s, banding, read_back or ReadBack())
        size = values.texts.get("video_size", "pictures")
        info = CameraInfo(
            f"ipwebcam:{url}{url.options_text}",
            name,
            f"ipwebcam:{url.authority}",
            f"{size} as Motion JPEG over {url.scheme}",
        )
        stream = MjpegStream(name, lambda: http.stream("/video"), patience_s)
        super().__init__(info, stream, controls, frame_s)


def open_ip_webcam(rest: str) -> IpWebcamCamera:
    """Open what stands behind ``ipwebcam:`` in a camera specification."""
    return IpWebcamCamera(parse_device_url(rest, "ipwebcam", DEFAULT_PORT, OPTIONS))


def _banding(url: DeviceUrl, offered: Offered) -> str:
    wanted = url.options.get(BANDING, "")
    if wanted and wanted not in offered.banding:
        modes = ", ".join(offered.banding) or "none"
        raise ConfigError(f"the flicker filters of this phone are {modes}, given antibanding={wanted}")
    return wanted
