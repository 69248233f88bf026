"""What an ONVIF camera says of itself when it is opened. Cameras leave out what they like, so most may be missing."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError
from drivers.http.own_host import on_own_host
from drivers.http.url import DeviceUrl
from drivers.onvif.questions import Questions, part

MEDIA, IMAGING = "http://www.onvif.org/ver10/media/wsdl", "http://www.onvif.org/ver20/imaging/wsdl"

STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https")
"""FFmpeg would open what else a camera may name: files of this computer."""

NO_PARTS: dict[str, object] = {}
NO_ENTRIES: list[object] = []
"""What stands for an answer that a camera refuses."""


@dataclass(frozen=True, slots=True)
class Description:
    """What an ONVIF camera is, as far as it matters here.

    Attributes
    ----------
    maker, model, serial : as the camera says, may be empty.
    source_token : the video source whose imaging is set; empty where none is named.
    stream_uri : where its pictures are, without login.
    rate_fps : pictures per second, or None.
    options, settings : answers of the imaging service, as nested dicts without the empty entries; empty where there
        are none.
    """

    maker: str
    model: str
    serial: str
    source_token: str
    stream_uri: str
    rate_fps: float | None
    options: Mapping[str, object]
    settings: Mapping[str, object]


async def describe(camera: Any, questions: Questions, url: DeviceUrl) -> tuple[Description, Any]:
    """Ask a camera what matters here; also returns its imaging service, None where there is none.

    Parameters
    ----------
    camera : the library's; no type knows the services that it makes at run time.

    Raises
    ------
    CameraError
        As `Questions.needed`, where the camera names no pictures.
    """
    device = await camera.create_devicemgmt_service()
    if url.user and (offset := await _clock_offset(device, questions)) is not None:
        camera.dt_diff = offset
        await device.close()
        del camera.services[device.binding_key]
        device = await camera.create_devicemgmt_service()
    camera.xaddrs = await _addresses(device, questions, url)
    about = await questions.optional(lambda: device.GetDeviceInformation(), "what it is", NO_PARTS)
    media = await camera.create_media_service()
    profile = _first_profile(await questions.needed(lambda: media.GetProfiles(), "in which ways it streams"))
    if not profile:
        raise CameraError(f"{questions.name} has no video profile: set one up on the camera's own page")
    stream_uri = await _stream_uri(media, questions, str(profile["token"]))
    source = await _source(media, questions, profile)
    imaging, options, settings = await _imaging(camera, questions, source)
    rate_fps = part(part(profile, "VideoEncoderConfiguration"), "RateControl").get("FrameRateLimit")
    return Description(
        maker=str(about.get("Manufacturer", "")),
        model=str(about.get("Model", "")),
        serial=str(about.get("SerialNumber", "")),
        source_token=source,
        stream_uri=stream_uri,
        rate_fps=rate_fps if isinstance(rate_fps, int | float) else None,
        options=options,
        settings=settings,
    ), imaging


async def _clock_offset(device: Any, questions: Questions) -> datetime.timedelta | None:
    """How far the camera's clock is ahead of ours, which its check of a login goes by; None if it doesn't say."""
    for question in (lambda: device.authless_GetSystemDateAndTime(), lambda: device.GetSystemDateAndTime()):
        try:
            answer = await questions.optional(question, "what time it has", NO_PARTS)
        except CameraDisconnected:  # to this, some don't answer at all; whether it is there the next question shows
            return None
        except CameraBusy:  # some ask for the login even here
            continue
        utc = part(answer, "UTCDateTime")
        date, time = part(utc, "Date"), part(utc, "Time")
        numbers = [*(date.get(key) for key in ("Year", "Month", "Day")), *(time.get(key) for key in _TIME)]
        year, month, day, hour, minute, second = (each if isinstance(each, int) else -1 for each in numbers)
        try:
            its = datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.UTC)
        except (ValueError, OverflowError):
            continue
        return its - datetime.datetime.now(datetime.UTC)
    return None


_TIME = ("Hour", "Minute", "Second")


async def _addresses(device: Any, questions: Questions, url: DeviceUrl) -> dict[str, str]:
    """Where its services are, by namespace, all of them on the camera's own host."""
    services = await questions.optional(
        lambda: device.GetServices({"IncludeCapability": False}), "which services it has", NO_ENTRIES
    )
    named = {str(each.get("Namespace")): each.get("XAddr") for each in services if isinstance(each, Mapping)}
    if not (named.get(MEDIA) and named.get(IMAGING)):
        abilities = await questions.optional(
            lambda: device.GetCapabilities({"Category": "All"}), "what it can do", NO_PARTS
        )
        for namespace, name in ((MEDIA, "Media"), (IMAGING, "Imaging")):
            named[namespace] = named.get(namespace) or part(abilities, name).get("XAddr")
    named[MEDIA] = named[MEDIA] or device.xaddr  # one address for everything is what small cameras have
    return {kind: on_own_host(str(address), url, url.port) for kind, address in named.items() if address}


def _first_profile(profiles: object) -> Mapping[str, object]:
    """The first that has a video source, else the first; empty if there is none."""
    found = (
        [each for each in profiles if isinstance(each, Mapping) and "token" in each]
        if isinstance(profiles, list)
        else []
    )
    with_source = [each for each in found if "SourceToken" in part(each, "VideoSourceConfiguration")]
    return next(iter([*with_source, *found]), {})


async def _stream_uri(media: Any, questions: Questions, token: str) -> str:
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    request = {"StreamSetup": setup, "ProfileToken": token}
    stream = await questions.needed(lambda: media.GetStreamUri(request), "where its pictures are")
    uri = stream.get("Uri", "") if isinstance(stream, Mapping) else ""
    if urlsplit(str(uri)).scheme not in STREAM_SCHEMES:
        raise CameraError(f"{questions.name} names no address of its pictures that is one: is RTSP on in the camera?")
    return str(uri)


async def _source(media: Any, questions: Questions, profile: Mapping[str, object]) -> str:
    """The video source of a profile, else the first there is; empty if none is named."""
    if token := part(profile, "VideoSourceConfiguration").get("SourceToken"):
        return str(token)
    sources = await questions.optional(lambda: media.GetVideoSources(), "which video sources it has", NO_ENTRIES)
    tokens = [str(each["token"]) for each in sources if isinstance(each, Mapping) and "token" in each]
    return next(iter(tokens), "")


async def _imaging(camera: Any, questions: Questions, source: str) -> tuple[Any, dict[str, object], dict[str, object]]:
    """The imaging service with its options and settings; what is missing is None or empty."""
    if not source or not camera.xaddrs.get(IMAGING):
        return None, {}, {}
    imaging = await camera.create_imaging_service()
    token = {"VideoSourceToken": source}
    options = await questions.optional(lambda: imaging.GetOptions(token), "what can be set on it", NO_PARTS)
    settings = await questions.optional(lambda: imaging.GetImagingSettings(token), "what it is set to", NO_PARTS)
    return imaging, options, settings
