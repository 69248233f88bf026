"""Questions to a network camera: what comes back as plain dicts, what goes wrong as one of our errors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError
from drivers.http.url import DeviceUrl

log = logging.getLogger(__name__)

T = TypeVar("T")

ANSWER_S = 6.0
"""Longest wait for one answer; cameras take up to a second or two over their settings. That the library reads its own
descriptions of the services, seconds of work on a small computer, does not count."""


class Questions:
    """Asks one camera.

    Parameters
    ----------
    library : the onvif package.
    name : what error messages call the camera.
    """

    def __init__(self, library: Any, url: DeviceUrl, name: str) -> None:
        self.name = name
        self._library = library
        self._url = url
        self._faults = import_module("zeep.exceptions").Fault

    async def needed(self, question: Callable[[], Awaitable[object]], what: str) -> Any:
        """The answer as nested dicts and lists, without empty entries and what the schema does not name.

        Parameters
        ----------
        question : the request; called here, since the library may fail as it writes it.
        what : completes 'the camera does not say ...'.

        Raises
        ------
        CameraBusy
            If the login is refused.
        CameraDisconnected
            If nothing answers in time.
        CameraError
            If the camera refuses, or its answer makes no sense.
        """
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await question()
            return _without_empty(self._library.ONVIFService.to_dict(answer))
        except CameraError:
            raise
        except Exception as error:  # zeep, aiohttp and lxml each have their own, and some are bare RuntimeErrors
            log.debug("%s does not say %s: %r", self.name, what, error)
            raise self.translated(error, what) from error

    async def optional(self, question: Callable[[], Awaitable[object]], what: str, otherwise: T) -> T:
        """As `needed`; ``otherwise`` where the camera refuses, or answers with something of another kind."""
        try:
            answer = await self.needed(question, what)
        except Refused as error:
            log.info("%s", error)
            return otherwise
        return answer if isinstance(answer, type(otherwise)) else otherwise

    def translated(self, error: Exception, what: str) -> CameraError:
        """What went wrong, as one of our errors; ``what`` as in `needed`."""
        if _refuses_login(error):
            login = "another user name and password" if self._url.user else "a user name and password"
            return CameraBusy(
                f"{self.name} asks for {login}: name them as user:password@ before the address, or in ~/.netrc"
            )
        kinds = [type(one).__name__ for one in _causes(error)]
        if any(isinstance(one, TimeoutError) for one in _causes(error)) or "ONVIFTimeoutError" in kinds:
            return CameraDisconnected(f"{self.name} does not answer: is it switched on, and on this network?")
        if any(isinstance(one, OSError) for one in _causes(error)) or any(_of_connection(kind) for kind in kinds):
            return CameraDisconnected(f"{self.name} can't be reached: is it switched on, and on this network?")
        if isinstance(error, self._faults):  # in the camera's own words; those of a library would say nothing to a user
            return Refused(f"{self.name} does not say {what} ({_short(error)}): is ONVIF switched on in the camera?")
        return Refused(f"{self.name} does not say {what} as an ONVIF camera does: check the address")


class Refused(CameraError):
    """The camera answers, but not to this."""


def part(answer: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The group ``name`` of an answer; empty where there is none."""
    found = answer.get(name)
    return found if isinstance(found, Mapping) else {}


def _without_empty(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _without_empty(item) for key, item in value.items() if item is not None and key[0] != "_"}
    if isinstance(value, list):
        return [_without_empty(item) for item in value if item is not None]
    return value


def _causes(error: BaseException | None) -> list[BaseException]:
    """An error and what it was made of: the library wraps whatever it meets."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__
    return found


def _of_connection(kind: str) -> bool:
    return "Connection" in kind or "Disconnected" in kind


def _refuses_login(error: Exception) -> bool:
    """ONVIF says ter:NotAuthorized in a fault's subcode; some cameras say it in plain text, or with HTTP 401."""
    subcodes = " ".join(str(code) for code in getattr(error, "subcodes", None) or [])
    text = f"{subcodes} {error}".lower().replace(" ", "")
    return "notauthorized" in text or "unauthorized" in text or getattr(error, "status_code", None) == 401


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:100] if lines else "without a reason"
