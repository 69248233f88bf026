"""How the control loop treats its camera, and the settings of everything it is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from autoexposure.control.contention import ContentionConfig
from autoexposure.control.controller import ControllerConfig
from autoexposure.control.program import ProgramConfig
from autoexposure.errors import ConfigError
from autoexposure.goal.goal import GoalConfig
from autoexposure.metering.lookahead import LookaheadConfig
from autoexposure.metering.reuse import ReuseConfig
from autoexposure.response import ResponseCurve, srgb
from autoexposure.trust.recovery import RecoveryConfig


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """How the loop treats its camera.

    Attributes
    ----------
    frame_timeout_s : how long to wait for one picture.
    timeouts_allowed : with one more than this in a row the camera is taken for disconnected.
    refused_pause_s : pause after the camera refused a setting; pictures and metering go on meanwhile.
    retry_first_s, retry_longest_s : pause before a lost camera is looked for again; doubles from first to longest,
        which is short enough to have it back within two seconds of its being plugged in.
    barren_longest_s : a camera that opens and then brings no pictures is left alone for twice as long each time, from
        retry_first_s up to this: opening it costs power, memory and log lines, and mends nothing.
    barren_openings : a camera that never brought a picture is given up after so many openings, each waited for in vain.
    proven_pictures : pictures since it was opened after which a camera counts as one that delivers.
    least_px : where the pictures are shown to no one they may be decoded smaller, which saves time, with no side below
        this; 0 = at full size.
    hold_white_balance : hold the camera's automatic white balance while the exposure is searched, where it was seen to
        move with it.
    controller, goal, contention, recovery, lookahead, reuse, program : the settings of the parts that bear these names.
    response : the camera's response curve, for looking ahead and for a picture's brightness.

    Raises
    ------
    ConfigError
        If a time is not positive or a number negative.
    """

    frame_timeout_s: float = 1.0
    timeouts_allowed: int = 5
    refused_pause_s: float = 1.0
    retry_first_s: float = 0.25
    retry_longest_s: float = 0.5
    barren_longest_s: float = 4.0
    barren_openings: int = 2
    proven_pictures: int = 10
    least_px: int = 0
    hold_white_balance: bool = False
    controller: ControllerConfig = field(default_factory=ControllerConfig)
    goal: GoalConfig = field(default_factory=GoalConfig)
    contention: ContentionConfig = field(default_factory=ContentionConfig)
    recovery: RecoveryConfig = field(default_factory=RecoveryConfig)
    lookahead: LookaheadConfig = field(default_factory=LookaheadConfig)
    reuse: ReuseConfig = field(default_factory=ReuseConfig)
    program: ProgramConfig = field(default_factory=ProgramConfig)
    response: ResponseCurve = field(default_factory=srgb)

    def __post_init__(self) -> None:
        times_s = (self.frame_timeout_s, self.retry_first_s, self.retry_longest_s, self.barren_longest_s)
        if not (all(0 < time_s < math.inf for time_s in times_s) and 0 <= self.refused_pause_s < math.inf):
            raise ConfigError(f"how long a loop waits must be positive, in seconds; given {self}")
        if min(self.timeouts_allowed, self.barren_openings, self.proven_pictures, self.least_px) < 0:
            raise ConfigError(f"what a loop counts can't be negative; given {self}")
