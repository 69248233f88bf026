"""Disobedience: settings that a camera takes and its sensor never sees, as with firmware that people complain of."""

from __future__ import annotations

from autoexposure.exposure import Exposure

DEAF = ("none", "time", "gain", "both")
"""Which control a simulated camera may ignore."""


class Disobedience:
    """Lets through what the sensor obeys.

    Parameters
    ----------
    deaf : one of ``DEAF``.
    cured : all is obeyed once the automatic was switched off after having been on.
    """

    def __init__(self, deaf: str, *, cured: bool) -> None:
        self._deaf = deaf
        self._cured = cured

    def automatic_ended(self) -> None:
        """The automatic was on, and is off."""
        if self._cured:
            self._deaf = "none"

    def obeyed(self, asked: Exposure, now: Exposure) -> Exposure:
        """What the sensor, set to ``now``, is set to when it is told ``asked``."""
        return Exposure(
            now.time_s if self._deaf in ("time", "both") else asked.time_s,
            now.gain if self._deaf in ("gain", "both") else asked.gain,
        )
