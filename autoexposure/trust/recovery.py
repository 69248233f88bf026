"""What is done about a camera that does not obey: a remedy, twice; then whatever of it does obey; then patience.

Pure: `Recovery` says what is due, `autoexposure.control.actuator` does it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto

from autoexposure.errors import ConfigError
from autoexposure.profiles.quirks import Remedy
from autoexposure.trust.obedience import Control, Controls, Obedience


class Act(Enum):
    """What is due now."""

    RETAKE = auto()
    """Take control anew through the camera's own automatic."""
    HAND_OVER = auto()
    """Switch that automatic on, for some pictures: RETAKE follows."""
    ASK = auto()
    """Set the control ``in_question``, so that pictures tell: the automatic left them right, and nothing else would."""
    EXCHANGE = auto()
    """Exchange time for gain, so that pictures tell which of them fell short."""
    BELIEVE = auto()
    """Believe in full what pictures spoke against: nothing else reaches."""
    LEAVE_OUT = auto()
    """Set exposures by the controls that obey alone."""
    USE_ALL = auto()
    """Set them by all controls again."""
    LEAVE_ALONE = auto()
    """Write nothing any more; what the camera is set to is not known."""
    SHARE = auto()
    """Tell the user that the remedy helped, and how others learn of it."""


MOST_QUESTIONS = 12
"""After one remedy: three decide about a control (`ObedienceConfig.least_trials`), and light that moves spoils some."""


MOST_EXCHANGES = 4
"""Over one doubt: two decide it, and light that moves may spoil as many."""


class _Stage(Enum):
    TRUSTED = auto()
    RETAKEN = auto()
    HANDED_OVER = auto()
    IN_PART = auto()
    DOUBTED = auto()
    ALONE = auto()


@dataclass(frozen=True, slots=True)
class RecoveryConfig:
    """How patient to be; checked on construction.

    Attributes
    ----------
    retry_s : how long a camera that ignores everything is left alone before it is tried again.
    notice_s : how long it is shown that the remedy was tried, and that it helped.
    automatic_pictures : how many pictures the automatic has where a moment of it does not help: firmware was reported
        to want up to ten.

    Raises
    ------
    ConfigError
        If a time, or the number of pictures, is not positive.
    """

    retry_s: float = 60.0
    notice_s: float = 10.0
    automatic_pictures: int = 15

    def __post_init__(self) -> None:
        if not (0 < self.retry_s < math.inf and 0 < self.notice_s < math.inf and self.automatic_pictures > 0):
            raise ConfigError(f"how long a camera that does not obey is left alone must be positive, given {self}")


class Recovery:
    """The way back to a camera that obeys.

    Attributes
    ----------
    left_out : the controls that are not to be used.
    remedy : what the next RETAKE is.
    in_question : the control that ASK is about.
    """

    def __init__(self, config: RecoveryConfig | None = None) -> None:
        self.config = config or RecoveryConfig()
        self.reset("")

    def reset(self, name: str, remedy: Remedy = Remedy.NONE) -> None:
        """Trust a camera of this name, whatever was before; ``remedy`` is known to help it."""
        self.left_out: Controls = frozenset()
        self.remedy = Remedy.AUTOMATIC
        self.in_question = Control.TIME
        self._questions = 0  # that may be asked still
        self._exchanges = 0  # that were made over the present doubt
        self._name = name
        self._stage = _Stage.TRUSTED
        self._culprits: Controls = frozenset()
        self._had_obeyed = self._takes_back = self._one_obeys = False
        self._in_vain = False
        self._lingers = remedy is Remedy.AUTOMATIC_FOR_A_WHILE  # the automatic is to have some pictures
        self._to_begin_with = self._lingers
        self._handed_over = False  # that was tried
        self._pictures = 0  # that the automatic had
        self._taken_back = 0  # remedies in a row that its automatic outlasted
        self._ignored_ev = 0.0
        self._since_s = self._retaken_s = self._helped_s = -math.inf

    @property
    def on_trial(self) -> Controls:
        """What is left as it is after RETAKE, but for questions: a setting of both would tell nothing of it."""
        return self._culprits if self._one_obeys and not self._had_obeyed else frozenset()

    @property
    def disobedient(self) -> Controls:
        """Those that did not obey, and were not seen to since: nobody knows what they are set to."""
        # What its own automatic took back was seen; were it taken back again, that would be seen without a command.
        watched = self._takes_back and self._stage is _Stage.RETAKEN
        return frozenset() if watched or self._stage is _Stage.TRUSTED else self._culprits

    def insist(self) -> None:
        """The user wants the camera set: try again at once where it was given up."""
        self._since_s = -math.inf

    def due(
        self,
        obedience: Obedience,
        controls: Controls,
        now_s: float,
        *,
        automatic: bool = True,
        takes_back: bool = False,
        wanted_ev: float = 0.0,
        out_of_reach: bool = False,
        at_rest: bool = False,
    ) -> Act | None:
        """What to do now, once. Call it with every picture.

        Parameters
        ----------
        obedience : the trials of the camera; begun anew by whoever carries out RETAKE.
        controls : what it can be set by.
        now_s : time on any clock that goes on.
        automatic : it has one that can be switched on.
        takes_back : its automatic was seen to take back what the camera is set to.
        wanted_ev : the correction that the newest picture asks for.
        out_of_reach : it lies beyond what the controls in use can do.
        at_rest : nothing is on its way to the camera, and nothing else is going to be set.
        """
        ignored = obedience.ignored & controls
        self._exchanges = self._exchanges if obedience.doubted else 0
        if self._to_begin_with and automatic:
            self._to_begin_with = False
            return self._hand_over()
        if takes_back and self._stage is not _Stage.HANDED_OVER:
            return self._outlasted(controls, now_s, automatic=automatic)
        match self._stage:
            case _Stage.HANDED_OVER:
                self._pictures += 1
                if self._pictures >= self.config.automatic_pictures:
                    self._stage = _Stage.RETAKEN
                    return Act.RETAKE
            case _Stage.TRUSTED if ignored:
                # One that failed in an exchange has not just come to a part of its range without effect.
                self._culprits, self._one_obeys = ignored, bool(controls & obedience.obeyed - ignored)
                self._had_obeyed = bool(ignored & obedience.trusted - obedience.doubted)
                if self._had_obeyed and self._in_vain:
                    return self._go_on_with(obedience)
                return self._retake(now_s)
            case _Stage.TRUSTED if out_of_reach and not self._in_vain and self._quiet(now_s):
                # At the end of what it can be set to there are no more trials: a firmware that has gone back to its own
                # automatic, in secret, would keep it there for good.
                if suspected := obedience.suspected & controls:
                    self._culprits, self._had_obeyed = suspected, True
                    return self._retake(now_s)
                if obedience.doubted and self._rested(now_s):
                    self._since_s = now_s
                    return Act.BELIEVE
            case _Stage.TRUSTED if at_rest and obedience.doubted and len(controls) > 1:
                if self._exchanges < MOST_EXCHANGES:
                    self._exchanges += 1
                    return Act.EXCHANGE
            case _Stage.RETAKEN | _Stage.DOUBTED if self._culprits & (
                obedience.obeyed if self._had_obeyed else obedience.obeyed_clearly
            ):
                helped = self._stage is _Stage.RETAKEN and not self._had_obeyed
                self._stage = _Stage.TRUSTED
                self._lingers = self._lingers or (helped and self.remedy is Remedy.AUTOMATIC_FOR_A_WHILE)
                if helped:
                    self._helped_s = now_s
                    return Act.SHARE
            case _Stage.RETAKEN if ignored:
                self._ignored_ev = wanted_ev
                if automatic and not (self._handed_over or self._had_obeyed):
                    self._culprits, self._retaken_s = ignored, now_s
                    return self._hand_over()
                return self._not_helped(obedience, controls, ignored, now_s)
            case _Stage.IN_PART if ignored - self.left_out:
                return self.give_up(now_s)
            case _Stage.IN_PART if self.left_out <= obedience.obeyed:  # set by hand, it did
                self._stage, self.left_out = _Stage.TRUSTED, frozenset()
                return Act.USE_ALL
            case _Stage.IN_PART if out_of_reach and (wanted_ev * self._ignored_ev < 0 or self._rested(now_s)):
                # It may have been a part of its range alone that has no effect; the other direction may have one.
                self._stage, self.left_out, self._since_s = _Stage.RETAKEN, frozenset(), now_s
                self._had_obeyed = False
                obedience.begin_anew()
                return Act.USE_ALL
            case _Stage.RETAKEN | _Stage.IN_PART if at_rest and self._questions:
                doubtful = self._culprits if self._stage is _Stage.RETAKEN else controls - self.left_out
                return self._ask(doubtful - obedience.obeyed_clearly)
            case _Stage.ALONE if self._rested(now_s):
                self._culprits, self._one_obeys = controls, False
                self._had_obeyed = self._takes_back = False
                return self._retake(now_s)
        return None

    def _retake(self, now_s: float) -> Act:
        """The remedy, in the way that is known to help."""
        self._retaken_s, self._questions = now_s, 0 if self._had_obeyed else MOST_QUESTIONS
        if self._lingers:
            return self._hand_over()
        self._stage, self.remedy = _Stage.RETAKEN, Remedy.AUTOMATIC
        return Act.RETAKE

    def _hand_over(self) -> Act:
        self._stage, self._pictures, self._handed_over = _Stage.HANDED_OVER, 0, True
        self.remedy = Remedy.AUTOMATIC_FOR_A_WHILE
        return Act.HAND_OVER

    def _ask(self, doubtful: Controls) -> Act | None:
        for control in Control:
            if control in doubtful:
                self.in_question, self._questions = control, self._questions - 1
                return Act.ASK
        return None

    def _outlasted(self, controls: Controls, now_s: float, *, automatic: bool) -> Act:
        """The camera's automatic takes back what it is set to: try both ways of the remedy, then let it."""
        if now_s - self._retaken_s > self.config.retry_s:  # the last remedy held for so long
            self._taken_back = 0
        self._culprits, self._had_obeyed, self._takes_back = controls, True, True
        self._taken_back += 1
        if self._taken_back == 1:
            return self._retake(now_s)
        if self._taken_back == 2 and automatic:
            self._retaken_s = now_s
            return self._hand_over()
        return self.give_up(now_s)

    def give_up(self, now_s: float) -> Act:
        """Leave the camera alone for a while: it ignores everything, or refused the remedy."""
        self._stage, self._since_s, self.left_out = _Stage.ALONE, now_s, frozenset()
        return Act.LEAVE_ALONE

    def _quiet(self, now_s: float) -> bool:
        """Whether the remedy has not been tried just now."""
        return now_s - self._retaken_s >= self.config.notice_s

    def _rested(self, now_s: float) -> bool:
        return now_s - self._since_s >= self.config.retry_s

    def _not_helped(self, obedience: Obedience, controls: Controls, ignored: Controls, now_s: float) -> Act | None:
        self._culprits, self._in_vain = ignored, True
        if self._had_obeyed:
            return self._go_on_with(obedience)
        if ignored >= controls:
            return self.give_up(now_s)
        self._stage, self.left_out, self._since_s = _Stage.IN_PART, ignored, now_s
        return Act.LEAVE_OUT

    def _go_on_with(self, obedience: Obedience) -> Act:
        obedience.excuse(self._culprits)
        self._stage, self.left_out = _Stage.DOUBTED, frozenset()
        return Act.USE_ALL

    def notice(self, now_s: float) -> str:
        """What the user has to know now; empty where there is nothing."""
        what = " and ".join(control for control in Control if control in self._culprits)
        shown = now_s - self._retaken_s < self.config.notice_s
        if self._takes_back and (self._stage is _Stage.ALONE or shown):
            return f"{self._name} keeps regulating its exposure by itself, whatever it is set to: " + (
                f"it is left to do so, and tried again after {self.config.retry_s:.0f} s or when you touch it."
                if self._stage is _Stage.ALONE
                else "control is taken anew through its own automatic."
            )
        match self._stage:
            case _Stage.HANDED_OVER if shown:
                return (
                    f"{self._name} does not obey: setting its {what} changed nothing in the pictures; its own "
                    "automatic has it for some pictures, then control is taken anew."
                )
            case _Stage.RETAKEN if shown:
                return (
                    f"{self._name} does not obey: setting its {what} changed nothing in the pictures; control is taken "
                    "anew through its own automatic."
                )
            case _Stage.RETAKEN if self.disobedient:
                return (
                    f"{self._name} does not obey: setting its {what} changed nothing in the pictures; whether it does "
                    "since control was taken anew has not been seen yet."
                )
            case _Stage.IN_PART:
                rest = next(control for control in Control if control not in self.left_out)
                return f"The {what} of {self._name} does not obey; only its {rest} is set."
            case _Stage.DOUBTED:
                return (
                    f"The {what} of {self._name} shows no effect where it is set now: measure the camera, so that it "
                    "is used where it has one."
                )
            case _Stage.ALONE:
                return (
                    f"{self._name} does not obey: its exposure is left alone, and tried again after "
                    f"{self.config.retry_s:.0f} s or when you touch it."
                )
        if now_s - self._helped_s < self.config.notice_s:
            return f"{self._name} obeys since control was taken anew through its own automatic."
        return ""
