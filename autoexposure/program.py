"""ExposureProgram: one number (EV) becomes exposure time and gain (paper 7.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from autoexposure.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ProgramConfig:
    """The rules by which an EV is split; checked on construction.

    Attributes
    ----------
    max_time_s : longest exposure time allowed, whatever the camera can do.
    max_gain : highest gain allowed.
    allow_slow_frames : permit exposure times longer than the frame interval (the frame rate then drops).
    mains_hz : 50 or 60 snaps times to whole periods of lamp flicker (1/100 s, 1/120 s); 0 does not.
    """

    max_time_s: float = math.inf
    max_gain: float = math.inf
    allow_slow_frames: bool = False
    mains_hz: int = 0

    def __post_init__(self) -> None:
        if self.max_time_s <= 0 or self.max_gain <= 0:
            raise ConfigError(f"limits must be positive, given {self.max_time_s} s and gain {self.max_gain}")
        if self.mains_hz not in (0, 50, 60):
            raise ConfigError(f"mains frequency must be 50 or 60 Hz, or 0 for off, given {self.mains_hz}")
