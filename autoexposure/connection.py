"""Opening a camera, and opening the same one again after it was lost, set as it was."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from autoexposure.camera import Camera, CameraInfo, Shrinkable
from autoexposure.clock import Clock
from autoexposure.exposure import Exposure
from autoexposure.journal import Journal
from autoexposure.loop_config import LoopConfig
from autoexposure.profiles import Profiles
from autoexposure.program import ProgramConfig
from autoexposure.session import CameraSession

log = logging.getLogger(__name__)


OpenSame = Callable[[CameraInfo, Callable[[], Camera]], Camera]
"""Opens the very camera that was lost, given also how it was opened first."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a lost camera was set to.

    Attributes
    ----------
    info : which camera.
    exposure : the newest command; None where there was none.
    native : its own automatic exposure was on by our doing.
    """

    info: CameraInfo
    exposure: Exposure | None
    native: bool


class Connection:
    """The way to one camera.

    Parameters
    ----------
    open_camera : opens it.
    open_same : finds it again after a loss, by its identity; None calls ``open_camera`` once more.

    Attributes
    ----------
    session : the open camera, or None.
    program : the rules that every session starts with.
    lost : a camera was there and is looked for: that it can't be opened yet is no failure.
    held : what that camera was set to, as far as it is known.
    response : the response curve of the open camera, as far as it is known.
    notice : one sentence for the user about what is known of this camera; empty if nothing needs saying.
    """

    def __init__(
        self,
        open_camera: Callable[[], Camera],
        open_same: OpenSame | None,
        journal: Journal,
        profiles: Profiles | None,
        config: LoopConfig,
        clock: Clock,
    ) -> None:
        self.session: CameraSession | None = None
        self.program = config.program
        self.lost = False
        self.held: Held | None = None
        self.response = config.response
        self.notice = ""
        self._profiles = profiles
        self._open_camera = open_camera
        self._open_same = open_same
        self._journal = journal
        self._config = config
        self._clock = clock
        self._retry_s = config.retry_first_s

    def use(self, open_camera: Callable[[], Camera]) -> None:
        """Let go of the present camera; another one is to be opened."""
        self.let_go()
        self._open_camera = open_camera
        self.lost = False
        self.held = None

    def use_program(self, config: ProgramConfig) -> None:
        """Split exposures by these rules from now on, also on a camera that is away."""
        self.program = config
        if self.session is not None:
            self.session.use_program(config)

    def hold(self, *, exposure: Exposure | None = None, native: bool | None = None) -> None:
        """Have a camera that is away set to this when it is back."""
        if self.held is not None and exposure is not None:
            self.held = replace(self.held, exposure=exposure)
        if self.held is not None and native is not None:
            self.held = replace(self.held, native=native)

    def open(self, leaving: Callable[[], bool]) -> CameraSession | None:
        """Open the camera and take control of it, unless it is told to be ``leaving`` meanwhile. Raises CameraError."""
        if self.held is not None and self._open_same is not None:
            camera = self._open_same(self.held.info, self._open_camera)
        else:
            camera = self._open_camera()
        if leaving():  # opening may have taken long, and has changed nothing so far
            camera.close()
            return None
        if self._config.least_px and isinstance(camera, Shrinkable):
            camera.shrink_to(self._config.least_px)
        self.response, self.notice = self._config.response, ""
        if self._profiles is not None:
            known = self._profiles.of(camera)
            camera, self.response = known.camera, known.response or self._config.response
            self.notice = known.notice
        session = CameraSession(camera, self._journal, self.program, self.response, self._clock)
        held, self.held = self.held, None
        self.session = session
        self.lost = False
        self._retry_s = self._config.retry_first_s
        if held is not None and held.info.stable_id == camera.info.stable_id:
            session.resume(held.exposure, native=held.native)
        return session

    def let_go(self) -> None:
        """Put the camera's settings back and close it."""
        session, self.session = self.session, None
        if session is not None:
            session.close()

    def lose(self) -> None:
        """The camera is gone: remember what it was set to."""
        session, self.session = self.session, None
        self.lost = True
        if session is not None:
            self.held = Held(session.camera.info, session.wanted, session.native)
            session.abandon()

    def next_pause_s(self) -> float:
        """How long to wait before looking for a lost camera again."""
        pause_s, self._retry_s = self._retry_s, min(self._retry_s * 2, self._config.retry_longest_s)
        return pause_s
