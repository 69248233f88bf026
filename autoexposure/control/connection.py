"""Opening a camera, and opening the same one again after it was lost, set as it was."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from autoexposure.abilities.abilities import Abilities
from autoexposure.adjusting.white_balance import WhiteBalanceHold
from autoexposure.camera import Camera, CameraInfo
from autoexposure.clock import Clock
from autoexposure.control.commands import Command
from autoexposure.control.config import LoopConfig
from autoexposure.control.program import ProgramConfig
from autoexposure.control.session import CameraSession, let_go_of
from autoexposure.custody.journal import Journal
from autoexposure.exposure import Exposure
from autoexposure.profiles.lookup import Profiles
from autoexposure.profiles.noise import PHOTON_NOISE
from autoexposure.profiles.quirks import Remedy

OpenSame = Callable[[CameraInfo, Callable[[], Camera]], Camera]
"""Opens the very camera that was lost, given also how it was opened first."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a camera that is not open is to be set to: what a lost one was set to, and what was asked for since.

    Attributes
    ----------
    info : which camera; None is whichever is opened next: it was asked for before there was one.
    exposure : the newest command; None where there was none.
    native : its own automatic exposure was on by our doing.
    adjustments : controls beside exposure that were set by our doing.
    """

    info: CameraInfo | None = None
    exposure: Exposure | None = None
    native: bool = False
    adjustments: Mapping[str, float] = field(default_factory=dict)


class Connection:
    """The way to one camera.

    Parameters
    ----------
    open_camera : opens it.
    open_same : finds it again after a loss, by its identity; None calls ``open_camera`` once more.
    why_chosen : a sentence on why a camera was chosen where none was named; empty where that goes without saying.

    Attributes
    ----------
    session : the open camera, or None.
    program : the rules that every session starts with.
    lost : a camera was there and is looked for: that it can't be opened yet is no failure.
    held : what that camera, or the next one, is to be set to, as far as it is known.
    white_balance : holds the camera's own while the exposure is searched, if that is wanted.
    response : the response curve of the open camera, as far as it is known.
    noise : how noisy its pictures get with gain, as far as that is known.
    pictures : that the camera brought since it was opened last.
    left_changed : one sentence on the camera let go of last, if it could not be put back; else empty.
    notice : one sentence for the user on why it is this camera, or what is known of it; empty if nothing needs saying.
    waiting : commands for whichever camera is opened next.
    """

    def __init__(
        self,
        open_camera: Callable[[], Camera],
        open_same: OpenSame | None,
        journal: Journal,
        profiles: Profiles | None,
        config: LoopConfig,
        clock: Clock,
        why_chosen: Callable[[Camera], str] | None = None,
    ) -> None:
        self.session: CameraSession | None = None
        self.program = config.program
        self.lost = False
        self.held: Held | None = None
        self.response = config.response
        self.noise = PHOTON_NOISE
        self.notice = ""
        self.waiting: list[Command] = []
        self.white_balance = WhiteBalanceHold(config.hold_white_balance)
        self._profiles = profiles
        self._open_camera = open_camera
        self._open_same = open_same
        self._journal = journal
        self._config = config
        self._clock = clock
        self._streams = count(1)
        self._remedies: dict[str, Remedy] = {}  # by stable id: what was known of a camera, or found here
        self._why_chosen = why_chosen
        self._retry_s = config.retry_first_s
        self._not_before_s = -math.inf
        self._barren_pause_s = 0.0
        self._in_vain: int | None = 0  # openings; None once a picture came
        self.pictures = 0
        self.left_changed = ""

    def use(self, open_camera: Callable[[], Camera]) -> None:
        """Let go of the present camera; another one is to be opened."""
        self.let_go()
        self._open_camera = open_camera
        self.white_balance.begin()
        self.lost = False
        self.held = None
        self._barren_pause_s = 0.0
        self._in_vain = 0
        self._not_before_s = -math.inf

    def use_program(self, config: ProgramConfig) -> None:
        """Split exposures by these rules from now on, also on a camera that is away."""
        self.program = config
        if self.session is not None:
            self.session.use_program(config)

    def hold(
        self,
        *,
        exposure: Exposure | None = None,
        native: bool | None = None,
        adjustments: Mapping[str, float] | None = None,
    ) -> None:
        """Have a camera that is away, or not open yet, set to this when it is there; an open one is left alone."""
        if self.session is not None:
            return
        held = self.held or Held()
        self.held = replace(
            held,
            exposure=held.exposure if exposure is None else exposure,
            native=held.native if native is None else native,
            adjustments={**held.adjustments, **(adjustments or {})},
        )

    def open(self, leaving: Callable[[], bool]) -> CameraSession | None:
        """Open the camera and take control of it.

        Parameters
        ----------
        leaving : asked once the camera is open; if it says so the camera is closed again, unchanged.

        Returns
        -------
        CameraSession | None
            None where it was leaving.

        Raises
        ------
        CameraError
            If it can't be opened or controlled; then no camera is left open.
        """
        held = self.held
        if held is not None and held.info is not None and self._open_same is not None:
            camera = self._open_same(held.info, self._open_camera)
        else:
            camera = self._open_camera()
        if leaving():  # opening may have taken long, and has changed nothing so far
            let_go_of(camera)
            return None
        try:
            camera = self._prepared(camera)
        except BaseException:
            let_go_of(camera)
            raise
        session = CameraSession(
            camera,
            self._journal,
            self.program,
            self.response,
            self._clock,
            self._streams,
            self._remedies.get(camera.info.stable_id, Remedy.NONE),
        )
        self.session = session
        self.pictures = 0
        self._retry_s = self._config.retry_first_s
        if held is not None and (held.info is None or held.info.stable_id == camera.info.stable_id):
            session.resume(held.exposure, native=held.native)
            session.notice = session.adjusting.resume(held.adjustments) or session.notice
        self.lost = False
        self.held = None
        return session

    def _prepared(self, camera: Camera) -> Camera:
        """The camera with what is known of it; notes its response curve and what the user must know."""
        if self._config.least_px:
            Abilities(camera).shrink_to(self._config.least_px)
        self.response, self.noise = self._config.response, PHOTON_NOISE
        self.notice = self._why_chosen(camera) if self._why_chosen is not None else ""
        if self._profiles is not None:
            known = self._profiles.of(camera)
            self.response, self.noise = known.response or self._config.response, known.noise
            self.notice = self.notice or known.notice
            self._remedies.setdefault(camera.info.stable_id, known.remedy)
            return known.camera
        return camera

    def delivered(self) -> None:
        """The open camera brought a picture."""
        self._in_vain = None
        self.pictures += 1
        if self.pictures >= self._config.proven_pictures:
            self._barren_pause_s = 0.0

    def waited_in_vain(self) -> bool:
        """The open camera brought no picture in all the time it has for one; returns whether to give it up."""
        if self._in_vain is None:
            return False
        self._in_vain += 1
        return self._in_vain >= self._config.barren_openings

    def let_go(self, *, quiet: bool = False) -> None:
        """Put the camera's settings back and close it; ``quiet`` as of `CameraSession.close`."""
        session, self.session = self.session, None
        if session is not None:
            self.left_changed = session.close(quiet=quiet)

    def lose(self) -> None:
        """The camera is gone, or sends no pictures: put it back if it still obeys, and remember what it was set to.

        One that brought pictures is looked for at once. One that opens and brings none is given more and more time.
        """
        session, self.session = self.session, None
        self.lost = True
        if session is None:
            return
        # What it was to be resumed with stands until that was done: ``open`` drops it then.
        held = self.held or Held(None, session.wanted, session.native, dict(session.adjusting.chosen))
        self.held = replace(held, info=session.camera.info)
        self._remedies[session.camera.info.stable_id] = session.remedy
        if self.pictures < self._config.proven_pictures:
            longer_s = max(2 * self._barren_pause_s, self._config.retry_first_s)
            self._barren_pause_s = min(longer_s, self._config.barren_longest_s)
            self._not_before_s = self._clock.now() + self._barren_pause_s
        session.close(quiet=True)

    def too_early_s(self) -> float:
        """For how long a camera that was opened and brought no pictures is to be left alone; mostly 0."""
        return max(0.0, self._not_before_s - self._clock.now())

    def next_pause_s(self) -> float:
        """How long to wait before looking again for a lost camera that can't be opened."""
        self._barren_pause_s = 0.0  # it is away: what comes back may be mended
        pause_s, self._retry_s = self._retry_s, min(self._retry_s * 2, self._config.retry_longest_s)
        return pause_s
