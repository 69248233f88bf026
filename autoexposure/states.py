"""The states of the loop and of the auto exposure, in the words of camera APIs."""

from __future__ import annotations

from enum import StrEnum


class AeState(StrEnum):
    """State of the auto exposure, in the words of camera APIs."""

    INACTIVE = "inactive"
    """Not controlling: paused, in a bracket, native auto exposure is on, or the camera has no exposure control."""
    SEARCHING = "searching"
    """The exposure is off, or a correction is still on its way into the picture."""
    CONVERGED = "converged"
    """The picture is as the meter wants it; nothing is written."""
    LOCKED = "locked"
    """Held on request."""

    @property
    def settled(self) -> bool:
        """Whether the exposure stands still, by itself or by lock, so that an answer can only refer to this picture."""
        return self in (AeState.CONVERGED, AeState.LOCKED)


class LoopState(StrEnum):
    """State of the loop itself."""

    STARTING = "starting"
    RUNNING = "running"
    RECONNECTING = "reconnecting"
    FAILED = "failed"
    STOPPED = "stopped"
