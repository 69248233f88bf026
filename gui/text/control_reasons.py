"""Why something can't be controlled just now, in words: one place for every panel."""

from __future__ import annotations

from autoexposure.control.snapshot import Snapshot
from gui.text import texts


def control_reason(snapshot: Snapshot) -> str:
    """Why the exposure can't be controlled just now, or nothing."""
    capabilities = snapshot.capabilities
    if capabilities is None:
        return texts.NOT_READY
    if capabilities.controls_exposure:
        return ""
    return texts.NO_CONTROL_BECAUSE.format(note=capabilities.note) if capabilities.note else texts.NO_CONTROL


def time_reason(snapshot: Snapshot) -> str:
    """Why there is no exposure time to set, or nothing."""
    if reason := control_reason(snapshot):
        return reason
    assert snapshot.capabilities is not None
    return texts.NO_TIME if snapshot.capabilities.time_s is None else ""


def gain_reason(snapshot: Snapshot) -> str:
    """Why there is no gain to set, or nothing."""
    if reason := control_reason(snapshot):
        return reason
    assert snapshot.capabilities is not None
    return texts.NO_GAIN if snapshot.capabilities.gain is None else ""
