"""The control law: pure. The same frames and decisions in give the same exposures out.

Every step is relative to the exposure that made THIS frame, so a late frame is never corrected twice; what is already
commanded and on its way is subtracted (in-flight prediction) instead of waited for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from autoexposure.errors import ConfigError
from autoexposure.states import AeState
from autoexposure.trust.delay import Attribution


@dataclass(frozen=True, slots=True)
class ControllerConfig:
    """When to move and how far; EV throughout. Checked on construction.

    Attributes
    ----------
    dead_band_ev : while searching, errors below this are not corrected.
    patience_ev : each correction within one search widens the dead band by this, so that every search ends even on a
        policy that contradicts itself; at most to ``wake_ev``.
    settle_frames : frames in a row within the dead band, none in flight, that make CONVERGED.
    wake_ev, wake_frames : an error beyond ``wake_ev`` for ``wake_frames`` frames in a row starts a new search.
    startle_ev : an error beyond this starts it at once: a lamp was switched.
    max_step_ev : slew limit, the most that one write may change.
    damping : share of the error that one write corrects; 1 = all of it, smaller is calmer and slower.
    hunting_frames : a change of direction within this many frames of the last write is a turn. The first turn of a
        search is taken in full, it only takes an overshoot back (from clipped pictures, whose light has to be guessed);
        every later one halves the next step.
    turns_allowed : after this many turns in one search the camera evidently can't be set any nearer (its steps are
        coarser than it says): the loop goes back to the best place it has seen, and tolerates what is left there.
    doubt : how many times the policy's own doubt a picture may be off and still count as right; 0 follows every answer.
        Chosen on photographs that no training saw; the model card (*Left alone*) has what it does to right ones.
    unsure_step_ev : a picture that may be right after a step of this size gets no larger one, and none may be right
        that is farther off than this. An answer of 0.7 EV from a policy that is often 0.4 EV off may be about a picture
        that is right, or 1 EV off: half an EV leaves neither farther off than people bear
        (`models.evaluation.figures.FAR_EV`). 1 EV off and beyond, every answer is followed.

    Raises
    ------
    ConfigError
        If the values contradict each other.
    """

    dead_band_ev: float = 0.1
    patience_ev: float = 0.05
    settle_frames: int = 2
    wake_ev: float = 0.25
    wake_frames: int = 4
    startle_ev: float = 0.8
    max_step_ev: float = 6.0
    damping: float = 1.0
    hunting_frames: int = 60
    turns_allowed: int = 3
    doubt: float = 0.9
    unsure_step_ev: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.dead_band_ev <= self.wake_ev <= self.startle_ev:
            raise ConfigError(
                f"expected 0 < dead_band_ev <= wake_ev <= startle_ev, given "
                f"{self.dead_band_ev}, {self.wake_ev}, {self.startle_ev}"
            )
        if not (0 < self.damping <= 1 and self.max_step_ev > 0 and self.patience_ev >= 0):
            raise ConfigError(
                f"expected 0 < damping <= 1, max_step_ev > 0 and patience_ev >= 0, given "
                f"{self.damping}, {self.max_step_ev}, {self.patience_ev}"
            )
        if not (0 <= self.doubt < math.inf and 0 <= self.unsure_step_ev < math.inf):
            raise ConfigError(f"expected doubt and unsure_step_ev from 0 on, given {self.doubt}, {self.unsure_step_ev}")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a search has been: what was commanded, and the error seen there."""

    commanded_ev: float
    error_ev: float


@dataclass(frozen=True, slots=True)
class Kept:
    """An exposure that an unsure answer does not move, or not far.

    Attributes
    ----------
    ev : the goal that is kept to, compensation left out.
    rested_at_ev : the goal the policy had when the loop came to rest there; None before that.
    """

    ev: float
    rested_at_ev: float | None = None


def within_doubt(goal_ev: float, kept: Kept, doubt_ev: float | None, config: ControllerConfig) -> bool:
    """Whether a picture may be right as it is, for all its policy knows: then its exposure is left alone.

    A doubt is about a picture; it takes nothing from what is seen of a change. A lamp that is switched moves the goal
    by as much, whatever the picture was off before, so a goal must not have left its place of rest by more than the
    doubt either. At rest ``wake_ev`` more is forgiven, or a goal at the rim would go in and out.

    Parameters
    ----------
    goal_ev : what the policy asks for, compensation left out.
    kept : where the exposure is.
    doubt_ev : half width of the interval that holds 68 % of the policy's errors; None if it does not say.
    """
    if doubt_ev is None:
        return False
    band_ev = min(config.doubt * doubt_ev, config.unsure_step_ev)
    if band_ev == 0:
        return False
    off_ev = abs(goal_ev - kept.ev)
    if kept.rested_at_ev is None:
        return off_ev <= band_ev
    return off_ev <= band_ev + config.wake_ev and abs(goal_ev - kept.rested_at_ev) <= band_ev


def unsure_goal_ev(goal_ev: float, kept: Kept, doubt_ev: float | None, config: ControllerConfig) -> float | None:
    """Where to go, compensation left out, if a small step or none may be right; None to go all the way to the goal.

    Parameters as of `within_doubt`.
    """
    if within_doubt(goal_ev, kept, doubt_ev, config):
        return kept.ev
    if kept.rested_at_ev is not None:  # the light has changed, by more than a doubt explains
        return None
    step_ev = min(config.unsure_step_ev, abs(goal_ev - kept.ev))
    after_step = Kept(kept.ev + math.copysign(step_ev, goal_ev - kept.ev))
    return after_step.ev if within_doubt(goal_ev, after_step, doubt_ev, config) else None


@dataclass(frozen=True, slots=True)
class Step:
    """What to do after one frame.

    Attributes
    ----------
    state : SEARCHING, CONVERGED or LOCKED.
    target_ev : the EV this frame asks for, whether acted on or not; what is kept to where that is ``left_alone``.
    command_ev : the EV to write now; None = write nothing.
    whole_ev : the same without damping, for a camera that has no step so small.
    left_alone : the policy is unsure, and the picture may be right as it is.
    """

    state: AeState
    target_ev: float
    command_ev: float | None = None
    whole_ev: float | None = None
    left_alone: bool = False


MOST_TOLERATED_EV = 1.1
"""Further off the loop does not rest for having turned too often: steps that a camera hides are no wider than about two
stops."""


HELPED = 0.9
"""Share of an error that may be left by a correction that helped; more is noise, or something that takes it back."""


class Controller:
    """Dead band, in-flight prediction, anti-hunting, slew, bias and lock around a policy's answers."""

    def __init__(self, config: ControllerConfig | None = None) -> None:
        self.config = config or ControllerConfig()
        self.bias_ev = 0.0
        self.locked = False
        self._kept: Kept | None = None  # while None, every answer is followed
        self._found = False
        self.restart()

    def begin(self) -> None:
        """Forget the past: there is another camera, and what it is set to may be right."""
        self.restart()
        self._found = True

    def follow(self) -> None:
        """Search anew and go all the way: a person has asked for something, which no doubt may swallow."""
        self.restart()
        self._kept, self._found = None, False

    def restart(self) -> None:
        """Search anew: other rules hold, or the loop took control back."""
        self._state = AeState.SEARCHING
        self._calm_frames = 0
        self._frames_since_write = math.inf
        self._last_step_ev = 0.0
        self._brake = 1.0
        # What is left, and for how many calm frames, if the camera can't do the step.
        self._nearest_ev, self._nearest_frames = 0.0, 0
        self._begin_search()

    def _begin_search(self) -> None:
        self._restless_frames = 0
        self._off_ev = 0.0  # at rest, by the newest picture
        self._corrections = 0
        self._turns = 0
        self._best: _Place | None = None
        self._sides: set[bool] = set()  # of the goal, on which pictures that are sure of their exposure lay
        self._went_on_from_ev = math.inf
        self._tolerated_residual_ev = 0.0

    @property
    def wake_threshold_ev(self) -> float:
        """The smallest correction, in EV, that could be acted on next; refining a smaller one would be wasted."""
        return 0.0 if self._state is AeState.SEARCHING else self.config.wake_ev

    @property
    def rests_off(self) -> bool:
        """Whether it is at rest with an error that would wake it because it turned too often.

        Where a camera has no step that is nearer, the error is the camera's, and says nothing of what it obeys.
        """
        gave_up = self._turns >= self.config.turns_allowed
        return self.converged and gave_up and abs(self._tolerated_residual_ev) > self.config.wake_ev

    @property
    def converged(self) -> bool:
        """Whether it is at rest."""
        return self._state is AeState.CONVERGED

    @property
    def nearly_wakes(self) -> bool:
        """Whether a change of the light that it would not correct by itself could now end its rest."""
        return self._off_ev > self.config.wake_ev - self.config.dead_band_ev

    def step(
        self,
        made_by: Attribution,
        delta_ev: float,
        commanded_ev: float,
        *,
        in_flight: bool,
        reach_ev: tuple[float, float] = (-math.inf, math.inf),
        doubt_ev: float | None = None,
    ) -> Step:
        """Judge one frame.

        Parameters
        ----------
        made_by : the exposure that made it, and the doubt about that.
        delta_ev : the policy's correction of it.
        commanded_ev : EV of the newest command, in flight or not.
        in_flight : whether some command has not shown yet.
        reach_ev : (lowest, highest) EV the camera can be set to.
        doubt_ev : as of `Decision`; None to follow the policy in any case.

        Returns
        -------
        Step
            What to write, if anything. A caller that finds it is set already says so by `not_written`.
        """
        self._frames_since_write += 1
        # The goal counts from the exposure that made the picture, the error from the newest command. Between the two
        # lies what is in flight: it corrects a part already, which is not corrected a second time.
        goal_ev = made_by.exposure.ev + delta_ev
        if self.locked:
            self._state = AeState.LOCKED
            return Step(AeState.LOCKED, min(max(goal_ev + self.bias_ev, reach_ev[0]), reach_ev[1]))
        if self._state is AeState.LOCKED:
            self.follow()
        if self._found:  # with a compensation in force, a person wants something else than what is found
            self._kept, self._found = Kept(commanded_ev) if self.bias_ev == 0 else None, False
        kept = self._kept
        unsure_ev = None if kept is None else unsure_goal_ev(goal_ev, kept, doubt_ev, self.config)
        target_ev = min(max((goal_ev if unsure_ev is None else unsure_ev) + self.bias_ev, reach_ev[0]), reach_ev[1])
        step = self._towards(target_ev, made_by, commanded_ev, in_flight=in_flight)
        self._keep(step, goal_ev, unsure_ev)
        # Within the dead band there is nothing that a sure answer would correct either.
        left_alone = kept is not None and unsure_ev == kept.ev and abs(goal_ev - kept.ev) > self.config.dead_band_ev
        return replace(step, left_alone=True) if left_alone else step

    def _keep(self, step: Step, goal_ev: float, unsure_ev: float | None) -> None:
        # What goes all the way is kept to from where it comes to rest; what takes a small step, from there at once, or
        # the next picture would be given another one.
        kept = self._kept
        if step.command_ev is not None:
            self._kept = None if kept is None or unsure_ev is None else replace(kept, ev=unsure_ev)
        elif step.state is AeState.CONVERGED and (kept is None or kept.rested_at_ev is None):
            self._kept = Kept(step.target_ev - self.bias_ev if kept is None else kept.ev, goal_ev)

    def _towards(self, target_ev: float, made_by: Attribution, commanded_ev: float, *, in_flight: bool) -> Step:
        error_ev = _sure_part(target_ev - commanded_ev, made_by.doubt_ev)
        if self._state is AeState.CONVERGED and not self._wakes(error_ev - self._tolerated_residual_ev):
            return Step(AeState.CONVERGED, target_ev)
        # Only a frame that shows the newest command for certain says how good that command is, or that it is at rest.
        unsettled = in_flight or made_by.doubt_ev != 0
        if not unsettled:
            self._sides.add(error_ev > 0)
            if self._best is None or abs(error_ev) < abs(self._best.error_ev):
                self._best = _Place(commanded_ev, error_ev)
        if abs(error_ev) <= self._band_ev():
            return Step(self._rest(unsettled), target_ev)
        if (
            self._turns >= self.config.turns_allowed
            and self._best is not None
            and not self._goes_on(error_ev, unsettled=unsettled)
        ):
            return self._give_up(self._best, commanded_ev, error_ev, target_ev, unsettled=unsettled)
        self._nearest_ev, self._nearest_frames = error_ev, 0 if unsettled else self._calm_frames + 1
        command_ev = commanded_ev + self._correct(error_ev)
        return Step(AeState.SEARCHING, target_ev, command_ev, commanded_ev + self._last_step_ev / self.config.damping)

    def not_written(self) -> None:
        """The command of the last step equals what the camera already has: nearer it cannot get, and rests there."""
        self._calm_frames = self._nearest_frames
        self._state = AeState.CONVERGED if self._calm_frames >= self.config.settle_frames else AeState.SEARCHING
        if self._state is AeState.CONVERGED:
            self._tolerated_residual_ev = self._nearest_ev

    def _wakes(self, error_ev: float) -> bool:
        # Hysteresis: it takes a larger error to leave rest than to find it, and one that lasts, or noise and flicker
        # would set the camera again and again. A lamp that is switched is too large to be either.
        self._off_ev = abs(error_ev)
        self._restless_frames = self._restless_frames + 1 if abs(error_ev) > self.config.wake_ev else 0
        if self._restless_frames < self.config.wake_frames and abs(error_ev) <= self.config.startle_ev:
            return False
        self._state = AeState.SEARCHING
        self._calm_frames = 0
        self._begin_search()
        return True

    def _band_ev(self) -> float:
        # A policy whose answers contradict each other never comes within a fixed band: patience ends the search.
        return min(self.config.dead_band_ev + self._corrections * self.config.patience_ev, self.config.wake_ev)

    def _rest(self, unsettled: bool) -> AeState:
        self._calm_frames = 0 if unsettled else self._calm_frames + 1
        if self._calm_frames >= self.config.settle_frames:
            self._state = AeState.CONVERGED
        return self._state

    def _goes_on(self, error_ev: float, *, unsettled: bool) -> bool:
        # Where steps are hidden, pictures lie on both sides of the goal. If all lay on one, the turns were of pictures
        # taken for another exposure's, as the first after a camera was found again: it is gone on while that helps.
        if unsettled or len(self._sides) > 1 or abs(error_ev) > HELPED * self._went_on_from_ev:
            return False
        self._went_on_from_ev, self._brake = abs(error_ev), 1.0
        return True

    def _give_up(
        self, best: _Place, commanded_ev: float, error_ev: float, target_ev: float, *, unsettled: bool
    ) -> Step:
        # Turned too often. Rest here if this is as good as the best place seen; else go back to that one, and if it has
        # become worse meanwhile, search again from here.
        near = abs(error_ev) <= MOST_TOLERATED_EV and abs(error_ev) - abs(best.error_ev) <= self.config.dead_band_ev
        if near and not unsettled:
            self._tolerated_residual_ev = error_ev
        elif not unsettled and commanded_ev != best.commanded_ev:
            self._frames_since_write = 0
            return Step(AeState.SEARCHING, target_ev, best.commanded_ev)
        elif not unsettled:  # it is not as good there as it was, or never was good: the light or the camera fooled us
            self._begin_search()
        return Step(self._rest(unsettled), target_ev)

    def _correct(self, error_ev: float) -> float:
        turned = error_ev * self._last_step_ev < 0 and self._frames_since_write <= self.config.hunting_frames
        self._turns += turned
        # The brake: each turn after the first halves the step, as in a bisection; a step without a turn lets go of it.
        self._brake = self._brake / 2 if turned and self._turns > 1 else min(1.0, self._brake * 2)
        step_ev = error_ev * self.config.damping * self._brake
        step_ev = min(max(step_ev, -self.config.max_step_ev), self.config.max_step_ev)
        self._last_step_ev = step_ev
        self._frames_since_write = 0
        self._corrections += 1
        self._calm_frames = 0
        return step_ev


def _sure_part(error_ev: float, doubt_ev: float) -> float:
    """The correction that is right whichever of two exposures made the frame; 0 where they disagree.

    Had the other exposure made it, the goal would lie ``doubt_ev`` higher. Where both errors have the same sign, the
    smaller one is due in either case; acting on the larger could overshoot.
    """
    other_ev = error_ev + doubt_ev
    if error_ev * other_ev <= 0:
        return 0.0
    return min(error_ev, other_ev, key=abs)
