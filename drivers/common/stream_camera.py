"""What most drivers have in common: a stream of pictures and, beside it, a set of exposure controls, as one Camera."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Protocol, Self

from autoexposure.abilities.adjustable import Adjustment
from autoexposure.abilities.several_adjustments import put_back
from autoexposure.camera import CameraInfo, Capabilities, Settings
from autoexposure.errors import CameraDisconnected, CameraError
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from drivers.common.adjustment_set import AdjustmentSet

log = logging.getLogger(__name__)

REASSERTIONS = 3
"""A device that has just restarted may refuse to be set: it is tried again with the next pictures, so often in all."""


class Closing(ABC):
    """A camera as a context manager: leaving the block closes it."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the device. Callable twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Pictures(Protocol):
    """An open stream of pictures."""

    def read(self, timeout_s: float) -> Frame:
        """The newest picture not yet read. Raises as Camera.read."""

    def close(self) -> None:
        """End the stream. Callable twice."""


class Connected(Pictures, Protocol):
    """A stream that opens itself anew when it drops; ``connection`` counts how often it did, from 1."""

    @property
    def connection(self) -> int:
        """Number of the present connection."""


class Controls(Protocol):
    """What decides a device's exposure; changes nothing until asked to. Each method raises as its like in Camera."""

    @property
    def capabilities(self) -> Capabilities:
        """Camera.capabilities."""

    def now(self) -> Exposure | None:
        """Camera.exposure."""

    def settings(self) -> Settings:
        """Camera.settings."""

    def restore(self, settings: Settings) -> None:
        """Camera.restore."""

    def take(self) -> None:
        """Camera.take_control."""

    def set(self, exposure: Exposure) -> Exposure:
        """Camera.set_exposure."""

    def set_automatic(self, on: bool) -> None:
        """Camera.set_native_auto."""


class Reasserting(Controls, Protocol):
    """Controls of a device that forgets them when it restarts."""

    def reassert(self) -> None:
        """Write what was set last again, unless the device itself says that it is set so. Raises as ``set``."""


class StreamCamera(Closing):
    """A Camera made of Pictures and Controls, both opened by the constructor of the driver, which is a subclass.

    Once closed, everything that needs the device raises CameraError.

    Parameters
    ----------
    info : which camera it is.
    pictures : closed with the camera.
    controls : what its exposure is set by.
    frame_interval_s : nominal time between two pictures.
    adjustments : its controls beside exposure; None where it has none.
    """

    def __init__(
        self,
        info: CameraInfo,
        pictures: Pictures,
        controls: Controls,
        frame_interval_s: float,
        adjustments: AdjustmentSet | None = None,
    ) -> None:
        self._info = info
        self._pictures: Pictures | None = pictures
        self._controls = controls
        self._frame_interval_s = frame_interval_s
        self._adjustments = adjustments or AdjustmentSet(info.name, tuple)

    @property
    def info(self) -> CameraInfo:
        """As Camera.info."""
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        """As Camera.capabilities."""
        return self._controls.capabilities

    @property
    def frame_interval_s(self) -> float:
        """As Camera.frame_interval_s."""
        return self._frame_interval_s

    @property
    def exposure(self) -> Exposure | None:
        """As Camera.exposure."""
        return self._open_controls().now()

    def settings(self) -> Settings:
        """As Camera.settings."""
        return self._open_controls().settings()

    def restore(self, settings: Settings) -> None:
        """As Camera.restore."""
        self._open_controls().restore(settings)

    def take_control(self) -> None:
        """As Camera.take_control."""
        self._open_controls().take()

    def set_exposure(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        return self._open_controls().set(exposure)

    def set_native_auto(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        self._open_controls().set_automatic(on)

    def adjustments(self) -> tuple[Adjustment, ...]:
        """As Adjustable.adjustments."""
        self._open_pictures()
        return self._adjustments.now()

    def adjust(self, name: str, value: float) -> float:
        """As Adjustable.adjust."""
        self._open_pictures()
        return self._adjustments.set(name, value)

    def read(self, timeout_s: float) -> Frame:
        """As Camera.read."""
        return self._open_pictures().read(timeout_s)

    def close(self) -> None:
        """As Camera.close."""
        pictures, self._pictures = self._pictures, None
        if pictures is not None:
            pictures.close()

    def _keep_adjustments(self, *, in_secret: bool = False) -> None:
        """Set the controls beside exposure as they were, those that a start of the stream has or may have reset.

        ``in_secret`` : as AdjustmentSet.reset, where it is known to reset some.
        """
        if not (reset := self._adjustments.reset(in_secret=in_secret)):
            return
        log.info("%s: set again after the start of its stream: %s", self._info.name, ", ".join(reset))
        try:
            put_back(self, reset)
        except CameraDisconnected:
            raise
        except CameraError as error:  # pictures go on
            log.warning("%s: %s", self._info.name, error)

    def _open_pictures(self) -> Pictures:
        if self._pictures is None:
            raise CameraError(f"{self._info.name} has been closed: open the camera again")
        return self._pictures

    def _open_controls(self) -> Controls:
        self._open_pictures()
        return self._controls


class ReconnectingCamera(StreamCamera):
    """A StreamCamera whose stream opens itself anew: that may be a restart, so that its settings are written again."""

    def __init__(
        self,
        info: CameraInfo,
        pictures: Connected,
        controls: Reasserting,
        frame_interval_s: float,
        adjustments: AdjustmentSet | None = None,
    ) -> None:
        super().__init__(info, pictures, controls, frame_interval_s, adjustments)
        self._connected = pictures
        self._reasserting = controls
        self._seen_connection = 1
        self._tries_left = 0

    @property
    def restarts(self) -> int:
        """As Restarting.restarts."""
        return self._seen_connection - 1

    def read(self, timeout_s: float) -> Frame:
        """As Camera.read."""
        frame = super().read(timeout_s)
        if self._connected.connection != self._seen_connection:
            self._seen_connection = self._connected.connection
            self._tries_left = REASSERTIONS
            self._keep_adjustments()
        if self._tries_left:
            self._set_again()
        return frame

    def _set_again(self) -> None:
        try:
            self._reasserting.reassert()
        except CameraDisconnected:
            raise
        except CameraError as error:  # pictures go on
            self._tries_left -= 1
            log.warning("%s can't be set again after its stream began anew: %s", self._info.name, error)
        else:
            self._tries_left = 0
