"""Asking any camera for what only some can do."""

from __future__ import annotations

from autoexposure.abilities.adjustable import Adjustable, Adjustment
from autoexposure.abilities.moded import Moded, PictureMode
from autoexposure.abilities.playable import Playable, Playback
from autoexposure.abilities.restarting import Restarting
from autoexposure.abilities.shrinkable import Shrinkable
from autoexposure.abilities.watched import Watched
from autoexposure.camera import Camera
from autoexposure.errors import UnsupportedControl
from autoexposure.plain_text import plain


class Abilities:
    """The further abilities of one camera; one that it lacks answers like a camera that has nothing of the kind.

    Which it has is found out once: ``isinstance`` with a protocol takes tens of microseconds on Python 3.11, and a loop
    asks with every frame.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._adjustable = camera if isinstance(camera, Adjustable) else None
        self._moded = camera if isinstance(camera, Moded) else None
        self._playable = camera if isinstance(camera, Playable) else None
        self._restarting = camera if isinstance(camera, Restarting) else None
        self._shrinkable = camera if isinstance(camera, Shrinkable) else None
        self._watched = camera if isinstance(camera, Watched) else None

    def adjustments(self) -> tuple[Adjustment, ...]:
        """As Adjustable.adjustments; none where the camera has none."""
        return self._adjustable.adjustments() if self._adjustable is not None else ()

    def adjust(self, name: str, value: float) -> float:
        """As Adjustable.adjust."""
        if self._adjustable is None:
            raise UnsupportedControl(f"{plain(self._camera.info.name)} has no control {name}")
        return self._adjustable.adjust(name, value)

    def modes(self) -> tuple[PictureMode, ...]:
        """As Moded.modes; none where the camera can't say."""
        return self._moded.modes() if self._moded is not None else ()

    @property
    def mode(self) -> PictureMode | None:
        """As Moded.mode."""
        return self._moded.mode if self._moded is not None else None

    @property
    def playback(self) -> Playback | None:
        """As Playable.playback; None for a camera that plays no recording."""
        return self._playable.playback if self._playable is not None else None

    def play(self, on: bool) -> None:
        """As Playable.play."""
        if self._playable is not None:
            self._playable.play(on)

    def seek(self, index: int) -> None:
        """As Playable.seek."""
        if self._playable is not None:
            self._playable.seek(index)

    @property
    def restarts(self) -> int:
        """As Restarting.restarts; 0 where the camera doesn't say."""
        return self._restarting.restarts if self._restarting is not None else 0

    def shrink_to(self, least_px: int) -> None:
        """As Shrinkable.shrink_to; nothing where the camera can't."""
        if self._shrinkable is not None:
            self._shrinkable.shrink_to(least_px)

    def foreign_change(self) -> str:
        """As Watched.foreign_change; empty where the camera can't hear."""
        return self._watched.foreign_change() if self._watched is not None else ""
