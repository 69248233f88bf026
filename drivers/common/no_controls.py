"""What stands for the controls of a camera that can only be watched."""

from __future__ import annotations

from typing import NoReturn

from autoexposure.camera import Capabilities, Settings
from autoexposure.errors import UnsupportedControl
from autoexposure.exposure import Exposure


class NoControls:
    """As `drivers.common.stream_camera.Controls`, with nothing to set.

    Parameters
    ----------
    note : one sentence for the user: why nothing can be set.
    """

    def __init__(self, note: str) -> None:
        self.capabilities = Capabilities(note=note)

    def now(self) -> Exposure | None:
        """As Camera.exposure: not known."""
        return None

    def settings(self) -> Settings:
        """As Camera.settings: none."""
        return {}

    def restore(self, settings: Settings) -> None:
        """As Camera.restore: nothing was changed."""

    def take(self) -> NoReturn:
        """Raise UnsupportedControl."""
        raise UnsupportedControl(self.capabilities.note)

    def set(self, exposure: Exposure) -> NoReturn:
        """Raise UnsupportedControl."""
        raise UnsupportedControl(self.capabilities.note)

    def set_automatic(self, on: bool) -> NoReturn:
        """Raise UnsupportedControl."""
        raise UnsupportedControl(self.capabilities.note)
