"""DroidCam: an Android and iPhone app that is a network camera; experimental, as its makers publish no interface.

``open_droidcam`` is the family's entry: ``droidcam:192.168.1.20``; options follow after commas: ``compensation_ev=2``
says what the highest exposure compensation is worth, ``shutter=ns`` (or us, ms) drives shutter and ISO instead and says
in what the app counts exposure times. With it, should the program be killed, the app's automatic exposure has to be
switched on by hand, for the app does not show how that toggle stands.
"""

from __future__ import annotations

from collections.abc import Mapping

from autoexposure.errors import ConfigError
from drivers.common.exposure_compensation import named_worth_ev
from drivers.http.device import HttpDevice, ReadBack
from drivers.http.droidcam_controls import INFO, SHUTTER_UNITS_S, DroidcamControls
from drivers.http.phone_app import FoundApp, PhoneAppCamera
from drivers.http.url import DeviceUrl, parse_device_url

DEFAULT_PORT = 4747
OPTIONS = ("compensation_ev", "shutter")
FRAME_S = 1 / 30
"""The app streams 30 pictures a second unless told otherwise, and does not say so."""

LONGEST_MODEL = 60
"""Characters: what is longer is no phone's name, but another app's page."""


class DroidcamCamera(PhoneAppCamera):
    """One phone running DroidCam."""

    FAMILY = "droidcam"
    TITLE = "DroidCam"
    STATUS = INFO

    @staticmethod
    def _look(http: HttpDevice, status: Mapping[str, object], read_back: ReadBack) -> FoundApp | None:
        phone = http.request("/v1/phone/name")
        if "active" not in status and "evValue" not in status:
            return None
        model = phone.text.strip()
        compensation_ev = named_worth_ev(http.url.options.get("compensation_ev"))
        return FoundApp(
            DroidcamControls(http, status, FRAME_S, _shutter_unit_s(http.url), compensation_ev, read_back),
            FRAME_S,
            "Motion JPEG over http, experimental",
            f" ({model})" if phone.status == 200 and 0 < len(model) <= LONGEST_MODEL else "",
        )


def open_droidcam(rest: str) -> DroidcamCamera:
    """Open what stands behind ``droidcam:`` in a camera specification. Raises as PhoneAppCamera."""
    url = parse_device_url(rest, "droidcam", DEFAULT_PORT, OPTIONS)
    _shutter_unit_s(url)  # a wrong word is found before the phone is
    return DroidcamCamera(url)


def _shutter_unit_s(url: DeviceUrl) -> float | None:
    shutter = url.options.get("shutter", "")
    if shutter and shutter not in SHUTTER_UNITS_S:
        raise ConfigError(f"the unit of DroidCam's shutter is one of {', '.join(SHUTTER_UNITS_S)}, given {shutter!r}")
    return SHUTTER_UNITS_S.get(shutter)
