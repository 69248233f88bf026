"""Control-only mode: one camera is set, another source gives the pictures.

For a camera whose stream another program owns (a video call, OBS): its controls can still be written, and what it sees
comes back by a virtual camera, a network stream or a file that the program writes. Nothing is set on that source.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from autoexposure.abilities.abilities import Abilities
from autoexposure.abilities.adjustable import Adjustment
from autoexposure.abilities.shrinkable import Shrinkable
from autoexposure.camera import Camera, CameraInfo, Capabilities, Settings
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from drivers.common.stream_camera import Closing

DETOUR_FRAMES = 12
"""Pictures that another program and a virtual camera may hold between the camera and us; they were not measured."""


class PictureSource(Protocol):
    """As much of a Camera as metering needs."""

    @property
    def info(self) -> CameraInfo:
        """As Camera.info."""

    @property
    def frame_interval_s(self) -> float:
        """As Camera.frame_interval_s."""

    def read(self, timeout_s: float) -> Frame:
        """As Camera.read."""

    def close(self) -> None:
        """As Camera.close."""


class MeteredElsewhere(Closing):
    """The controls of one camera with the pictures of another source, as one Camera.

    Parameters
    ----------
    controls : is set; its own pictures, if it has any, are never read. Closed with this.
    pictures : is read and never set. Closed with this.
    """

    def __init__(self, controls: Camera, pictures: PictureSource) -> None:
        self._controls = controls
        self._abilities = Abilities(controls)
        self._pictures = pictures

    @property
    def info(self) -> CameraInfo:
        """As Camera.info."""
        info = self._controls.info
        return replace(info, detail=f"metered from {self._pictures.info.name}; {info.detail}")

    @property
    def capabilities(self) -> Capabilities:
        """As Camera.capabilities."""
        capabilities = self._controls.capabilities
        shortest, longest = capabilities.delay_frames
        return replace(capabilities, reports_exposure=False, delay_frames=(shortest, longest + DETOUR_FRAMES))

    @property
    def frame_interval_s(self) -> float:
        """As Camera.frame_interval_s."""
        return self._pictures.frame_interval_s

    @property
    def exposure(self) -> Exposure | None:
        """As Camera.exposure."""
        return self._controls.exposure

    def settings(self) -> Settings:
        """As Camera.settings."""
        return self._controls.settings()

    def restore(self, settings: Settings) -> None:
        """As Camera.restore."""
        self._controls.restore(settings)

    def take_control(self) -> None:
        """As Camera.take_control."""
        self._controls.take_control()

    def set_exposure(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        return self._controls.set_exposure(exposure)

    def set_native_auto(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        self._controls.set_native_auto(on)

    def read(self, timeout_s: float) -> Frame:
        """As Camera.read; what the source says of its own exposure is not this camera's."""
        return replace(self._pictures.read(timeout_s), exposure=None, reported=False)

    def foreign_change(self) -> str:
        """As Watched.foreign_change; empty where the camera can't hear."""
        return self._abilities.foreign_change()

    def adjustments(self) -> tuple[Adjustment, ...]:
        """As Adjustable.adjustments; none where the camera has none."""
        return self._abilities.adjustments()

    def adjust(self, name: str, value: float) -> float:
        """As Adjustable.adjust."""
        return self._abilities.adjust(name, value)

    def shrink_to(self, least_px: int) -> None:
        """As Shrinkable.shrink_to."""
        if isinstance(self._pictures, Shrinkable):
            self._pictures.shrink_to(least_px)

    def close(self) -> None:
        """As Camera.close."""
        try:
            self._pictures.close()
        finally:
            self._controls.close()
