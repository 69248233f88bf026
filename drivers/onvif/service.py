"""A network camera's ONVIF services, asked in turn: the few operations that exposure needs, over onvif-zeep-async.

The library is asynchronous; here one thread asks and waits, in an event loop of its own. It is imported on use only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError, CameraNotFound
from autoexposure.extras import install_command, not_installed
from drivers.http.own_host import OwnHostSession, on_own_host
from drivers.http.url import DeviceUrl
from drivers.onvif.answers import BoundedSession

T = TypeVar("T")

ANSWER_S = 6.0
"""Longest wait for one answer; cameras take up to a second or two over their settings. That the library reads its own
descriptions of the services, seconds of work on a small computer, does not count."""

STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https")
"""FFmpeg would open what else a camera may name: files of this computer."""


@dataclass(frozen=True, slots=True)
class Description:
    """What an ONVIF camera is, as far as it matters here.

    Attributes
    ----------
    maker, model, serial : as the camera says, may be empty.
    source_token : the video source whose imaging is set.
    stream_uri : where its pictures are, without login.
    rate_fps : pictures per second, or None.
    options, settings : answers of the imaging service, as nested dicts without the empty entries.
    """

    maker: str
    model: str
    serial: str
    source_token: str
    stream_uri: str
    rate_fps: float | None
    options: Mapping[str, object]
    settings: Mapping[str, object]


class OnvifService:
    """One camera's services. One thread uses it.

    Parameters
    ----------
    url : where the device service is, and the login.
    name : what error messages call the camera.

    Raises CameraNotFound if the library is not there or there is no answer, CameraBusy if the login is refused.
    """

    def __init__(self, url: DeviceUrl, name: str) -> None:
        self._url = url
        self._name = name
        self._library = _import_library()
        self._zeep_errors = import_module("zeep.exceptions")
        self._runner = asyncio.Runner()
        # The library makes its services' methods at run time, from what the camera says it can do: no type knows them.
        self._camera: Any = None
        self._imaging: Any = None
        try:
            self.description = self._ask(self._describe)
        except CameraDisconnected as error:
            self.close()
            raise CameraNotFound(str(error)) from error
        except BaseException:
            self.close()
            raise

    def imaging_settings(self) -> dict[str, object]:
        """What the camera's imaging is set to now."""
        token = {"VideoSourceToken": self.description.source_token}
        return self._plain(self._ask(lambda: _answer(self._imaging.GetImagingSettings(token))))

    def set_exposure(self, exposure: Mapping[str, object]) -> None:
        """Write the Exposure part of the imaging settings. That it is answered means little: read it back."""
        request = {
            "VideoSourceToken": self.description.source_token,
            "ImagingSettings": {"Exposure": dict(exposure)},
            "ForcePersistence": False,
        }
        self._ask(lambda: _answer(self._imaging.SetImagingSettings(request)))

    def close(self) -> None:
        """Let go of the connections. Callable twice."""
        camera, self._camera = self._camera, None
        if camera is not None:
            self._runner.run(camera.close())
        self._runner.close()

    async def _describe(self) -> Description:
        url = self._url
        self._camera = camera = self._library.ONVIFCamera(
            url.host, url.port, url.user, url.password, no_cache=True, adjust_time=bool(url.user)
        )
        self._fence(camera)
        await camera.create_devicemgmt_service()
        await _answer(camera.update_xaddrs())
        camera.xaddrs = {
            kind: on_own_host(str(address), url, url.port) for kind, address in camera.xaddrs.items() if address
        }
        device = await camera.create_devicemgmt_service()
        about = self._plain(await _answer(device.GetDeviceInformation()))
        media = await camera.create_media_service()
        profile = self._first_profile(await _answer(media.GetProfiles()))
        source = str(part(profile, "VideoSourceConfiguration")["SourceToken"])
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        stream = await _answer(media.GetStreamUri({"StreamSetup": setup, "ProfileToken": profile["token"]}))
        if urlsplit(str(stream.Uri)).scheme not in STREAM_SCHEMES:
            raise CameraError(f"{self._name} names no address of its pictures that is one: is RTSP on in the camera?")
        options, settings = await self._describe_imaging(source)
        rate_fps = part(part(profile, "VideoEncoderConfiguration"), "RateControl").get("FrameRateLimit")
        return Description(
            maker=str(about.get("Manufacturer", "")),
            model=str(about.get("Model", "")),
            serial=str(about.get("SerialNumber", "")),
            source_token=source,
            stream_uri=str(stream.Uri),
            rate_fps=rate_fps if isinstance(rate_fps, int | float) else None,
            options=options,
            settings=settings,
        )

    async def _describe_imaging(self, source: str) -> tuple[dict[str, object], dict[str, object]]:
        """The imaging options and settings; both empty for a camera without an imaging service."""
        try:
            self._imaging = await self._camera.create_imaging_service()
            options = await _answer(self._imaging.GetOptions({"VideoSourceToken": source}))
            settings = await _answer(self._imaging.GetImagingSettings({"VideoSourceToken": source}))
        except (self._library.ONVIFError, self._zeep_errors.Fault) as error:
            if _refuses_login(error):
                raise
            return {}, {}
        return self._plain(options), self._plain(settings)

    def _fence(self, camera: Any) -> None:
        """Have every service that the library makes ask the camera's own host only, and read bounded answers."""
        create = camera.create_onvif_service

        async def create_fenced(*names: object, **options: object) -> object:
            service = await create(*names, **options)
            if not isinstance(service.transport.session, OwnHostSession):
                bounded = BoundedSession(service.transport.session, self._name)
                service.transport.session = OwnHostSession(bounded, self._url, self._name)
            return service

        camera.create_onvif_service = create_fenced

    def _first_profile(self, profiles: Iterable[object] | None) -> dict[str, object]:
        for profile in profiles or []:
            plain = self._plain(profile)
            if "token" in plain and "SourceToken" in part(plain, "VideoSourceConfiguration"):
                return plain
        raise CameraError(f"{self._name} has no video profile: set one up on the camera's own page")

    def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        """Ask and wait; every way in which it can fail becomes one of our classes."""

        async def asked() -> T:
            return await question()

        try:
            return self._runner.run(asked())
        except CameraError:
            raise
        except Exception as error:  # zeep, aiohttp and lxml each have their own, and some are bare RuntimeErrors
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> CameraError:
        if _refuses_login(error):
            login = "another user name and password" if self._url.user else "a user name and password"
            return CameraBusy(
                f"{self._name} asks for {login}: name them as user:password@ before the address, or in ~/.netrc"
            )
        if isinstance(error, TimeoutError):
            return CameraDisconnected(f"{self._name} does not answer: is it switched on, and on this network?")
        if isinstance(error, OSError) or "Connection" in type(error).__name__ or "Disconnected" in type(error).__name__:
            return CameraDisconnected(f"{self._name} can't be reached: is it switched on, and on this network?")
        if isinstance(error, self._zeep_errors.Error | self._library.ONVIFError):
            return CameraError(f"{self._name} refused a request ({_short(error)}): is ONVIF switched on in the camera?")
        return CameraError(f"{self._name} does not answer as an ONVIF camera does ({_short(error)}): check the address")

    def _plain(self, answer: object) -> dict[str, object]:
        """An answer as nested dicts, without empty entries and what the schema does not name."""
        plain = _without_empty(self._library.ONVIFService.to_dict(answer))
        return plain if isinstance(plain, dict) else {}


async def _answer(waiting: Awaitable[T]) -> T:
    """One answer of the camera, waited for no longer than ``ANSWER_S``."""
    async with asyncio.timeout(ANSWER_S):
        return await waiting


def part(answer: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The group ``name`` of an answer; empty where there is none."""
    found = answer.get(name)
    return found if isinstance(found, Mapping) else {}


def _without_empty(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _without_empty(item) for key, item in value.items() if item is not None and key[0] != "_"}
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    return value


def _refuses_login(error: Exception) -> bool:
    """ONVIF says ter:NotAuthorized in a fault's subcode; some cameras say it in plain text, or with HTTP 401."""
    subcodes = " ".join(str(code) for code in getattr(error, "subcodes", None) or [])
    text = f"{subcodes} {error}".lower().replace(" ", "")
    return "notauthorized" in text or "unauthorized" in text or getattr(error, "status_code", None) == 401


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:100] if lines else type(error).__name__


def _import_library() -> Any:
    """The onvif package, without the log handler that it gives the whole program."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        onvif = import_module("onvif")
    except ImportError as error:
        raise CameraNotFound(not_installed("an ONVIF camera needs onvif-zeep-async", "onvif")) from error
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    if not (Path(onvif.__file__ or "").parent / "wsdl" / "imaging.wsdl").exists():
        raise CameraNotFound(f"another package named onvif is installed: remove it and run {install_command('onvif')}")
    return onvif
