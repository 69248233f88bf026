"""IP Webcam: the Android app that turns a phone into a network camera, over its HTTP interface.

``open_ip_webcam`` is the family's entry: ``ipwebcam:192.168.1.20``, ``ipwebcam:https://user:password@192.168.1.20:8080``;
options follow after commas: ``antibanding=50hz`` sets the app's own flicker filter while we are in control,
``compensation_ev=2`` says what the highest exposure compensation is worth, ``fingerprint=...`` names the certificate to
trust with https.

The app answers 'Ok' to a request it does not carry out, so every setting is read back; and it forgets all settings when
it restarts, so that a stream that had to be opened anew has them checked and written again.
"""

from __future__ import annotations

from collections.abc import Mapping

from autoexposure.errors import ConfigError
from drivers.common.exposure_compensation import named_worth_ev
from drivers.http.device import HttpDevice, ReadBack
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
from drivers.http.phone_app import FoundApp, PhoneAppCamera
from drivers.http.url import DeviceUrl, parse_device_url

DEFAULT_PORT = 8080
OPTIONS = (BANDING, "compensation_ev", "fingerprint")


class IpWebcamCamera(PhoneAppCamera):
    """One phone running IP Webcam."""

    FAMILY = "ipwebcam"
    TITLE = "IP Webcam"
    STATUS = "/status.json?show_avail=1"

    @staticmethod
    def _look(http: HttpDevice, status: Mapping[str, object], read_back: ReadBack) -> FoundApp | None:
        values = Values.of(status)
        if not values.texts:
            return None
        frame_s = (values.number(FRAME) or 0) * NS
        frame_s = frame_s if SHORTEST_FRAME_S <= frame_s <= LONGEST_FRAME_S else USUAL_FRAME_S
        offered = Offered.of(status, frame_s, named_worth_ev(http.url.options.get("compensation_ev")))
        controls = IpWebcamControls(http, offered, _banding(http.url, offered), read_back)
        size = values.texts.get("video_size", "pictures")
        return FoundApp(controls, frame_s, f"{size} as Motion JPEG over {http.url.scheme}")


def open_ip_webcam(rest: str) -> IpWebcamCamera:
    """Open what stands behind ``ipwebcam:`` in a camera specification. Raises as PhoneAppCamera."""
    return IpWebcamCamera(parse_device_url(rest, "ipwebcam", DEFAULT_PORT, OPTIONS))


def _banding(url: DeviceUrl, offered: Offered) -> str:
    wanted = url.options.get(BANDING, "")
    if wanted and wanted not in offered.banding:
        modes = ", ".join(offered.banding) or "none"
        raise ConfigError(f"the flicker filters of this phone are {modes}, given antibanding={wanted}")
    return wanted
