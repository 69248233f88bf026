"""What stands for the pictures of a camera of which only the controls are open: another program takes its stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from autoexposure.camera import CameraInfo
from autoexposure.errors import CameraError

CONTROLS = "controls"
"""The family of cameras without pictures: ``controls:v4l2:/dev/video0``."""

USUAL_RATE_FPS = 30.0
"""Assumed where the rate of the stream is not known."""


class NoPictures:
    """Stands where the stream would be.

    Parameters
    ----------
    let_go : called once by ``close``.
    """

    def __init__(self, name: str, let_go: Callable[[], None]) -> None:
        self._name = name
        self._let_go = let_go

    def read(self, timeout_s: float) -> NoReturn:
        """Raise CameraError, always."""
        raise CameraError(
            f"only the controls of {self._name} are open: say with --meter-from where its picture comes from"
        )

    def close(self) -> None:
        """Let go of the device."""
        self._let_go()


def without_pictures(info: CameraInfo) -> CameraInfo:
    """A camera's description with its controls alone."""
    return replace(info, spec=f"{CONTROLS}:{info.spec}", detail=f"{info.detail}, controls only".strip(" ,"))
