"""Which action helps against which error: every trouble of the loop ends in something to press."""

from __future__ import annotations

from autoexposure.errors import (
    CameraBusy,
    CameraDisconnected,
    CameraError,
    CameraNotFound,
    ConfigError,
    FrameTimeout,
    ModelFileError,
    PolicyError,
    SceneError,
    UnsupportedControl,
)

REMEDIES: tuple[tuple[type[Exception], str], ...] = (
    (CameraNotFound, "camera"),
    (CameraBusy, "retry"),
    (CameraDisconnected, "camera"),
    (FrameTimeout, "retry"),
    (UnsupportedControl, "camera_details"),
    (CameraError, "retry"),
    (ModelFileError, "meter"),
    (PolicyError, "meter"),
    (SceneError, "gallery"),
    (ConfigError, "camera"),
)
"""The first that fits counts, so what is special comes before what is general. Values are names of actions."""

OTHERWISE = "retry"
"""Nobody knows what it was: opening the camera again is the least that can be tried."""


def remedy(error: Exception) -> str:
    """Name of the action to offer against ``error``."""
    return next((action for kind, action in REMEDIES if isinstance(error, kind)), OTHERWISE)
