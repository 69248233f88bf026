"""What is known of a camera beyond what its driver says, found and put to use."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from autoexposure.abilities.playable import Playable
from autoexposure.camera import Camera, CameraInfo
from autoexposure.errors import ConfigError
from autoexposure.profiles.files import find_profile, known_path, read_profile
from autoexposure.profiles.noise import PHOTON_NOISE, NoiseModel
from autoexposure.profiles.profiled_camera import ProfiledCamera
from autoexposure.profiles.quirks import Quirk, Remedy, quirk_of
from autoexposure.response import ResponseCurve

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """A camera with what is known of it.

    Attributes
    ----------
    camera : the one given, or a view of it that corrects what is known to be wrong.
    response : its response curve, if measured.
    notice : a sentence for the user where something known can't be used; else empty.
    remedy : what makes it obey.
    noise : of its pictures by gain, as measured or as photons have it.
    """

    camera: Camera
    response: ResponseCurve | None = None
    notice: str = ""
    remedy: Remedy = Remedy.NONE
    noise: NoiseModel = PHOTON_NOISE


class Profiles:
    """A user's calibrations of cameras, and the quirks that ship with the program.

    Parameters
    ----------
    file : a calibration to use for every camera that it fits, instead of the camera's own.
    folder : where the user's calibrations are; None is the usual place.
    """

    def __init__(self, file: Path | None = None, folder: Path | None = None) -> None:
        self._named = read_profile(file) if file is not None else None
        self._folder = folder

    def of(self, camera: Camera) -> Known:
        """What is known of an open camera: its calibration, else its quirk, else nothing."""
        if isinstance(camera, Playable) or not camera.capabilities.controls_exposure:
            return Known(camera)
        quirk = quirk_of(camera.info)
        return replace(self._measured_or(quirk, camera), remedy=quirk.remedy if quirk is not None else Remedy.NONE)

    def _measured_or(self, quirk: Quirk | None, camera: Camera) -> Known:
        name = camera.info.name
        try:
            profile = self._named or find_profile(camera, self._folder)
        except ConfigError as error:
            log.warning("%s", error)
            return self._by_quirk(quirk, camera, f"{error}. Safe defaults are used; measure {name} again.")
        if profile is None:
            return self._by_quirk(quirk, camera)
        if not profile.fits(camera.capabilities):
            which = "calibration given with --camera-profile" if self._named is not None else "calibration"
            return self._by_quirk(
                quirk, camera, f"The {which} doesn't fit {name} as it is now; safe defaults are used: measure it again."
            )
        log.info("%s: the calibration of %s is used", name, profile.measured_at)
        noise = NoiseModel.measured(profile.gain) or PHOTON_NOISE
        return Known(ProfiledCamera.of_profile(camera, profile), profile.response, noise=noise)

    def _by_quirk(self, quirk: Quirk | None, camera: Camera, notice: str = "") -> Known:
        time_map = quirk.time_map(camera.capabilities) if quirk is not None else None
        if quirk is None or time_map is None:
            return Known(camera, notice=notice)
        log.info("%s: %s (%s)", camera.info.name, quirk.note, quirk.source)
        return Known(ProfiledCamera(camera, time=time_map), notice=notice)


def known_in_words(info: CameraInfo, folder: Path | None = None) -> str:
    """What is known of a camera that is not open, for a list: that it was measured, else its quirk; mostly nothing."""
    if known_path(info, folder) is not None:
        return "measured"
    quirk = quirk_of(info)
    return quirk.note.rstrip(".") if quirk is not None else ""
