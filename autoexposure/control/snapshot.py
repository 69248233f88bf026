"""What the control loop tells the rest of the world after every frame: one frozen record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autoexposure.abilities.adjustable import Adjustment
from autoexposure.abilities.moded import PictureMode
from autoexposure.abilities.playable import Playback
from autoexposure.camera import CameraInfo, Capabilities
from autoexposure.control.program import ProgramConfig
from autoexposure.errors import AutoexposureError
from autoexposure.exposure import Exposure, shutter_text
from autoexposure.frame import Frame
from autoexposure.goal.goal import GoalConfig
from autoexposure.metering.drawing import as_png, draw_shot
from autoexposure.metering.policy import Decision, Map
from autoexposure.metering.spot import Spot
from autoexposure.motion.trade import SeenMotion
from autoexposure.states import AeState, LoopState
from autoexposure.trust.obedience import Control, Controls


@dataclass(frozen=True, slots=True)
class Write:
    """What became of one setting.

    Attributes
    ----------
    asked : what was to be set.
    really : what the camera is set to since, as far as it says.
    reason : why it was refused, in a sentence; empty if it was not.
    """

    asked: Exposure
    really: Exposure
    reason: str = ""

    @property
    def confirmed(self) -> bool:
        """Whether the camera took it (rounded to what it has); otherwise it was reverted."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time of one turn went, in seconds.

    Attributes
    ----------
    wait_s : waiting for the frame.
    age_s : from the frame's timestamp until it was read (the camera's and the system's share).
    decide_s : shrinking the picture and asking the policy, looking ahead included.
    apply_s : writing to the camera; 0 when nothing was written.
    """

    wait_s: float = 0.0
    age_s: float = 0.0
    decide_s: float = 0.0
    apply_s: float = 0.0

    @property
    def latency_s(self) -> float:
        """From reading a frame to the written setting."""
        return self.decide_s + self.apply_s


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The loop after one turn. Displaying it needs nothing from the loop or the camera.

    Attributes
    ----------
    turn : running number; a viewer that sees a gap has skipped some, which is normal.
    frame : the newest picture, with the exposure that made it filled in; None before the first.
    decision : what the meter said of this picture; None while no meter ran.
    metered : number of the picture that ``decision`` was given for, in the same stream: ``frame``'s, or that of an
        earlier one which still stands (`autoexposure.metering.reuse`), so that the network was not asked again.
    meter : name of the meter that judged ``frame``.
    instead_of : the chosen meter, where ``meter`` stands in for it because it fails; empty otherwise.
    model_hash : SHA-256 of the network's file behind ``meter``; empty for a classical one.
    mask : (15, 15) which parts of the picture may count, 0..1; None for all.
    spot : where the spot meter looks, while it is the meter.
    commanded : what the camera was last told to use; it may not show in ``frame`` yet.
    wrote : whether this turn wrote to the camera.
    write : what became of that, or of the try; None in turns that did not try.
    target_ev : EV the controller wants now, bias included; None while inactive.
    left_alone : the meter is unsure of its answer, and ``frame`` may be right as it is: its exposure is kept.
    disobedient : controls that did not do what they were set to, by the pictures, and were not seen to since: what they
        are set to is not known.
    motion : what moves in ``frame``, and what that makes of its exposure time; None where it is not heeded.
    follows : the exposure is that of another camera, with which this one is matched.
    goal : what exposure pictures are to have, beside what the meter says.
    scene_ev : light of the scene in EV at ISO 100, as the meter finds it; None where that is not known.
    night_ev : how far from the meter the night keeps the exposure of ``frame``, if it is to.
    ramp_ev : how far a ramp still keeps it from there.
    program : the rules by which exposures are split now.
    damping : share of an error that one write corrects.
    stream : which stream ``frame.sequence`` counts in; a new number with every opening, and with every restart.
    frame_rate : pictures per second, counted; 0 until known.
    dropped : pictures missed since the camera was opened.
    notice : one sentence for the user, empty when all is well.
    error : what made the loop FAILED or RECONNECTING.
    playback : where in a recording ``frame`` stands; None for live cameras.
    adjustments : the camera's controls beside exposure, as they were when they were last read; empty if it has none.
    found : what those of them that were changed since were set to when the camera was found, by name.
    holds_white_balance : whether the automatic white balance is to be held while the exposure is searched.
    modes : in which modes the camera could be opened; empty where there is nothing to choose.
    mode : the one in use; None where that isn't known.
    """

    turn: int = 0
    loop_state: LoopState = LoopState.STARTING
    ae_state: AeState = AeState.INACTIVE
    camera: CameraInfo | None = None
    capabilities: Capabilities | None = None
    frame: Frame | None = None
    decision: Decision | None = None
    metered: int | None = None
    meter: str = ""
    instead_of: str = ""
    model_hash: str = ""
    mask: Map | None = None
    spot: Spot | None = None
    commanded: Exposure | None = None
    wrote: bool = False
    write: Write | None = None
    target_ev: float | None = None
    left_alone: bool = False
    disobedient: Controls = frozenset()
    motion: SeenMotion | None = None
    ev_bias: float = 0.0
    goal: GoalConfig = field(default_factory=GoalConfig)
    scene_ev: float | None = None
    night_ev: float = 0.0
    ramp_ev: float = 0.0
    paused: bool = False
    locked: bool = False
    native_auto: bool = False
    follows: bool = False
    program: ProgramConfig = field(default_factory=ProgramConfig)
    damping: float = 1.0
    stream: int = 0
    frame_rate: float = 0.0
    dropped: int = 0
    timings: Timings = field(default_factory=Timings)
    notice: str = ""
    error: Exception | None = None
    playback: Playback | None = None
    adjustments: tuple[Adjustment, ...] = ()
    found: Mapping[str, float] = field(default_factory=dict)
    holds_white_balance: bool = False
    modes: tuple[PictureMode, ...] = ()
    mode: PictureMode | None = None

    @property
    def chosen_meter(self) -> str:
        """The meter the user chose, also while another one stands in for it."""
        return self.instead_of or self.meter

    @property
    def compensation_ev(self) -> float:
        """How far from the meter's wish the exposure is meant to be: the user's, the night's and a ramp's together."""
        return self.ev_bias + self.night_ev + self.ramp_ev

    @property
    def exposure(self) -> Exposure | None:
        """What made ``frame``; None while that is unknown."""
        return self.frame.exposure if self.frame is not None else None

    @property
    def time_known(self) -> bool:
        """Whether the time in ``exposure`` is one.

        Where only gain can be set, a frame interval stands in for it: the gain is true, and only differences of EV mean
        something. Where the time does not obey, it is not what was asked for.
        """
        can = self.capabilities
        return Control.TIME not in self.disobedient and (can is None or can.gain is None or can.time_s is not None)

    @property
    def gain_known(self) -> bool:
        """Whether the gain in ``exposure`` is one: where it does not obey, it is not what was asked for."""
        return Control.GAIN not in self.disobedient

    @property
    def ev_known(self) -> bool:
        """Whether the EV in ``exposure``, ``commanded`` and ``target_ev`` is one: it takes both time and gain."""
        return self.time_known and self.gain_known

    @property
    def ev(self) -> float | None:
        """EV of what made ``frame``; None while that is unknown, its time and gain included."""
        return self.exposure.ev if self.exposure is not None and self.ev_known else None

    @property
    def exposure_text(self) -> str:
        """What is known of what made ``frame``: ``1/60 s x2``, ``1/60 s``, ``gain x2``; empty where nothing is."""
        exposure = self.exposure
        if exposure is None or not (self.time_known or self.gain_known):
            return ""
        if not self.time_known:
            return f"gain x{exposure.gain:.3g}"
        return str(exposure) if self.gain_known else shutter_text(exposure.time_s)

    @property
    def picture(self) -> tuple[int, int] | None:
        """Which picture ``frame`` is, as its stream and its number there; None without one."""
        return (self.stream, self.frame.sequence) if self.frame is not None else None

    def _repr_png_(self) -> bytes | None:
        """What a notebook shows: the picture with the attention over it, and a line on its exposure; None without."""
        if self.frame is None:
            return None
        words = [self.exposure_text or "exposure not known", str(self.ae_state)]
        if self.decision is not None:
            words[1:1] = [f"{self.decision.delta_ev:+.2f} EV", self.meter]
        return as_png(draw_shot(self.frame.pixels, self.decision, "   ".join(words)))

    @property
    def failure(self) -> AutoexposureError | None:
        """Why the loop is FAILED, as an error to raise; None in any other state."""
        if self.loop_state is not LoopState.FAILED:
            return None
        return self.error if isinstance(self.error, AutoexposureError) else AutoexposureError(self.notice)


def without_traces(error: Exception) -> Exception:
    """``error`` as a Snapshot may keep it: no traceback in it or in what led to it.

    A traceback keeps every frame alive that the error passed through, with the camera, its buffers and the very
    Snapshot that keeps the error: a circle of megabytes that only the garbage collector's rarest round would find.
    """
    rest: list[BaseException | None] = [error]
    seen: set[int] = set()
    while rest:
        if (one := rest.pop()) is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = None
            rest += [one.__cause__, one.__context__]
    return error
