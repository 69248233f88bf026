"""DroidCam: an Android and iPhone app that is a network camera; experimental, as its makers publish no interface.

``open_droidcam`` is the family's entry: ``droidcam:192.168.1.20``; options follow after commas: ``compensation_ev=2``
says what the highest exposure compensation is worth, ``shutter=ns`` (or us, ms) drives shutter and ISO instead and says
in what the app counts exposure times. With it, should the program be killed, the app's automatic exposure has to be
switched on by hand, for the app does not show how that toggle stands.
"""

from __future__ import annotations

from autoexposure.camera import CameraInfo
from autoexposure.errors import CameraDisconnected, CameraError, CameraNotFound, ConfigError
from drivers.common.exposure_compensation import named_worth_ev
from drivers.common.stream_camera import ReconnectingCamera
from drivers.http.device import HttpDevice
from drivers.http.droidcam_controls import INFO, SHUTTER_UNITS_S, DroidcamControls
from drivers.http.mjpeg import MjpegStream
from drivers.http.read_back import ReadBack
from drivers.http.url import DeviceUrl, parse_device_url

DEFAULT_PORT = 4747
OPTIONS = ("compensation_ev", "shutter")
FRAME_S = 1 / 30
"""The app streams 30 pictures a second unless told otherwise, and does not say so."""


class DroidcamCamera(ReconnectingCamera):
    """One phone running the app; it streams from the constructor on, nothing is written before ``take_control``.

    Parameters
    ----------
    url : where the app is.
    read_back : how long a setting may take to show.
    patience_s : a stream without pictures for so long is lost.

    Raises CameraNotFound if nobody answers, CameraError if it is another app.
    """

    def __init__(self, url: DeviceUrl, *, read_back: ReadBack | None = None, patience_s: float = 2.0) -> None:
        name = f"DroidCam at {url.authority}"
        shutter = url.options.get("shutter", "")
        if shutter and shutter not in SHUTTER_UNITS_S:
            raise ConfigError(
                f"the unit of DroidCam's shutter is one of {', '.join(SHUTTER_UNITS_S)}, given {shutter!r}"
            )
        http = HttpDevice(url, name)
        try:
            info = http.get_json(INFO)
            phone = http.request("/v1/phone/name")
        except CameraDisconnected as error:
            raise CameraNotFound(str(error)) from error
        if "active" not in info and "evValue" not in info:
            raise CameraError(f"{name} does not answer as the app does: check the address and the port")
        controls = DroidcamControls(
            http,
            info,
            FRAME_S,
            SHUTTER_UNITS_S.get(shutter),
            named_worth_ev(url.options.get("compensation_ev")),
            read_back or ReadBack(),
        )
        model = f" ({phone.text.strip()})" if phone.status == 200 and 0 < len(phone.text.strip()) <= 60 else ""
        camera = CameraInfo(
            f"droidcam:{url}{url.options_text}",
            f"DroidCam{model} at {url.authority}",
            f"droidcam:{url.authority}",
            "Motion JPEG over http, experimental",
        )
        stream = MjpegStream(name, lambda: http.stream("/video"), patience_s)
        super().__init__(camera, stream, controls, FRAME_S)


def open_droidcam(rest: str) -> DroidcamCamera:
    """Open what stands behind ``droidcam:`` in a camera specification."""
    return DroidcamCamera(parse_device_url(rest, "droidcam", DEFAULT_PORT, OPTIONS))
