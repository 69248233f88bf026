"""DroidCam: an Android and iPhone app that is a network camera; experimental, as its makers publish no interface.

``open_droidcam`` is the family's entry: ``droidcam:192.168.1.20``; options follow after commas: ``compensation_ev=2``
says what the highest exposure compensation is worth, ``shutter=ns`` (or us, ms) drives shutter and ISO instead and says
in what the app counts exposure times. With it, should the program be killed, the app's automatic exposure has to be
switched on by hand, for the app does not show how that toggle stands.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from autoexposure.camera import CameraInfo, Capabilities, Settings
from autoexposure.errors import CameraDisconnected, CameraError, CameraNotFound, ConfigError
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from drivers.device_url import DeviceUrl, parse_device_url
from drivers.droidcam_controls import INFO, SHUTTER_UNITS_S, DroidcamControls
from drivers.exposure_compensation import named_worth_ev
from drivers.http_device import HttpDevice
from drivers.mjpeg_stream import MjpegStream
from drivers.read_back import ReadBack

DEFAULT_PORT = 4747
OPTIONS = ("compensation_ev", "shutter")
FRAME_S = 1 / 30
"""The app streams 30 pictures a second unless told otherwise, and does not say so."""


class DroidcamCamera:
    """One phone running the app; it streams from the constructor on, nothing is written before ``take_control``.

    Parameters
    ----------
    url : where the app is.
    read_back : how long a setting may take to show.
    patience_s : a stream without pictures for so long is lost.

    Raises CameraNotFound if nobody answers, CameraError if it is another app.
    """

    def __init__(self, url: DeviceUrl, *, read_back: ReadBack | None = None, patience_s: float = 2.0) -> None:
        self._name = f"DroidCam at {url.authority}"
        self._stream: MjpegStream | None = None
        self._seen_connection = 1
        shutter = url.options.get("shutter", "")
        if shutter and shutter not in SHUTTER_UNITS_S:
            raise ConfigError(
                f"the unit of DroidCam's shutter is one of {', '.join(SHUTTER_UNITS_S)}, given {shutter!r}"
            )
        http = HttpDevice(url, self._name)
        try:
            info = http.get_json(INFO)
            phone = http.request("/v1/phone/name")
        except CameraDisconnected as error:
            raise CameraNotFound(str(error)) from error
        if "active" not in info and "evValue" not in info:
            raise CameraError(f"{self._name} does not answer as the app does: check the address and the port")
        self._controls = DroidcamControls(
            http,
            info,
            FRAME_S,
            SHUTTER_UNITS_S.get(shutter),
            named_worth_ev(url.options.get("compensation_ev")),
            read_back or ReadBack(),
        )
        model = f" ({phone.text.strip()})" if phone.status == 200 and 0 < len(phone.text.strip()) <= 60 else ""
        self._info = CameraInfo(
            f"droidcam:{url}{url.options_text}",
            f"DroidCam{model} at {url.authority}",
            f"droidcam:{url.authority}",
            "Motion JPEG over http, experimental",
        )
        self._stream = MjpegStream(self._name, lambda: http.stream("/video"), patience_s)

    @property
    def info(self) -> CameraInfo:
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        return self._controls.capabilities

    @property
    def frame_interval_s(self) -> float:
        return FRAME_S

    @property
    def exposure(self) -> Exposure | None:
        self._open_stream()
        return self._controls.now()

    def settings(self) -> Settings:
        self._open_stream()
        return self._controls.settings()

    def restore(self, settings: Settings) -> None:
        self._open_stream()
        self._controls.restore(settings)

    def take_control(self) -> None:
        self._open_stream()
        self._controls.take()

    def set_exposure(self, exposure: Exposure) -> Exposure:
        self._open_stream()
        return self._controls.set(exposure)

    def set_native_auto(self, on: bool) -> None:
        self._open_stream()
        self._controls.set_automatic(on)

    def read(self, timeout_s: float) -> Frame:
        stream = self._open_stream()
        frame = stream.read(timeout_s)
        if stream.connection != self._seen_connection:
            self._seen_connection = stream.connection
            self._controls.reassert()
        return frame

    def close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_stream(self) -> MjpegStream:
        if self._stream is None:
            raise CameraError(f"{self._name} has been closed: open the camera again")
        return self._stream


def open_droidcam(rest: str) -> DroidcamCamera:
    """Open what stands behind ``droidcam:`` in a camera specification."""
    return DroidcamCamera(parse_device_url(rest, "droidcam", DEFAULT_PORT, OPTIONS))
