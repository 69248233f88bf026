"""A network camera's ONVIF services, asked in turn: the few operations that exposure needs, over onvif-zeep-async.

The library is asynchronous; here one thread asks and waits, in an event loop of its own. It is imported on use only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from autoexposure.errors import CameraDisconnected, CameraError, CameraNotFound
from autoexposure.extras import install_command, not_installed
from drivers.http.own_host import OwnHostSession
from drivers.http.url import DeviceUrl
from drivers.onvif.answers import BoundedSession
from drivers.onvif.description import Description, describe
from drivers.onvif.questions import Questions, Refused

log = logging.getLogger(__name__)

T = TypeVar("T")


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
        self._questions = Questions(self._library, url, name)
        self._runner = asyncio.Runner()
        # The library makes its services' methods at run time, from what the camera says it can do: no type knows them.
        self._camera: Any = None
        self._imaging: Any = None
        try:
            self.description = self._run(self._describe(), "what it is")
        except CameraDisconnected as error:
            self.close()
            raise CameraNotFound(str(error)) from error
        except BaseException:
            self.close()
            raise

    def imaging_settings(self) -> dict[str, object]:
        """What the camera's imaging is set to now. Raises Refused if it doesn't say, CameraDisconnected, CameraBusy."""
        token = {"VideoSourceToken": self.description.source_token}
        answer = self._ask(lambda: self._imaging.GetImagingSettings(token), "what it is set to")
        return answer if isinstance(answer, dict) else {}

    def set_exposure(self, exposure: Mapping[str, object]) -> None:
        """Write the Exposure part of the imaging settings. That it is answered means little: read it back.

        Raises as `imaging_settings`.
        """
        request = {
            "VideoSourceToken": self.description.source_token,
            "ImagingSettings": {"Exposure": dict(exposure)},
            "ForcePersistence": False,
        }
        self._ask(lambda: self._imaging.SetImagingSettings(request), "that it took its exposure")

    def close(self) -> None:
        """Let go of the connections. Callable twice."""
        camera, self._camera = self._camera, None
        if camera is not None:
            try:
                self._runner.run(camera.close())
            except Exception:  # what was half open is the library's; the camera has nothing of it
                log.debug("%s could not be closed in order", self._name, exc_info=True)
        self._runner.close()

    async def _describe(self) -> Description:
        url = self._url
        self._camera = camera = self._library.ONVIFCamera(url.host, url.port, url.user, url.password, no_cache=True)
        self._fence(camera)
        description, self._imaging = await describe(camera, self._questions, url)
        return description

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

    def _ask(self, question: Callable[[], Any], what: str) -> Any:
        """Ask and wait; raises as `Questions.needed`."""
        if self._imaging is None:
            raise Refused(f"{self._name} does not say {what}: it has no imaging service")
        return self._run(self._questions.needed(question, what), what)

    def _run(self, asking: Coroutine[Any, Any, T], what: str) -> T:
        try:
            return self._runner.run(asking)
        except CameraError:
            raise
        except Exception as error:  # whatever the library stumbles over between two questions
            raise self._questions.translated(error, what) from error


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
