"""Whether a camera does what it is set to: every command is held against what the picture did after it.

A camera may take a setting, even read it back, and change nothing: its automatic is on in secret, or its firmware wants
to be asked another way. The pictures know. A command that must brighten them by some EV is a trial: the level of the
picture before it and of the one that must show it say whether exposure time, gain, both or none had an effect.

One trial proves little, since the light may change just then the other way. So what a control ignored is summed, and
one trial that it obeyed clears it. A setting arrives as a step from one picture to the next, which light that drifts
does not hide: such steps count as much as the whole change.

A setting of both at once that falls short leaves open which of them did: both are in doubt. Exchanging time for gain
tells: where both obey the picture stays, else it moves by what the other one did.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, combinations

import numpy as np

from autoexposure.camera import Capabilities
from autoexposure.exposure import Exposure
from autoexposure.metering.preview import Preview
from autoexposure.response import Floats, ResponseCurve
from autoexposure.trust.brightness import brightness_ev, exposed, exposure_between


class Control(StrEnum):
    """One of the two that make an exposure."""

    TIME = "exposure time"
    GAIN = "gain"


Controls = frozenset[Control]

STAYED_EV = 0.3
"""A control asked for this much more, or less, that reads back as before has not been rounded: it did not move."""


def values_of(exposure: Exposure) -> dict[Control, float]:
    """An exposure by its controls."""
    return {Control.TIME: exposure.time_s, Control.GAIN: exposure.gain}


def controls_of(capabilities: Capabilities) -> Controls:
    """Those that a camera lets be set to more than one value."""
    ranges = {Control.TIME: capabilities.time_s, Control.GAIN: capabilities.gain}
    return frozenset(control for control, range_ in ranges.items() if range_ and range_.minimum < range_.maximum)


@dataclass(frozen=True, slots=True)
class ObedienceConfig:
    """How pictures testify; all in EV of a picture's brightness (`brightness_ev`).

    Attributes
    ----------
    step_ev : a smaller change from one picture to the next may be drifting light.
    still_ev : pictures this near to what was to be seen were not moved by anything else.
    still_share : the same, as a share of what a trial must show at least.
    conclusive_ev : a trial whose possible outcomes lie nearer together says nothing: noise and people moving change the
        mean by up to about a tenth.
    decided : of the distance between two outcomes, how much nearer the picture must be to one of them.
    least_trials, ignored_ev : so many trials, of so many EV together, none obeyed in between, make a control that
        doesn't obey; where nothing else moved, those EV count twice.
    proven_trials : so many of one that had obeyed before: it may merely have come to a part of its range without
        effect.
    suspicious_ev : EV ignored since the last trial that was obeyed, from which there is a suspicion.
    at_once_share : of what a setting did, so much comes from one picture to the next; time and gain may arrive apart.
    exchange_trials : an exchange that failed counts as so many: nothing but the light could have moved the picture,
        and by just as much. Two of them are ``proven_trials``.
    apart : exposure time and gain that are set together may arrive so many pictures apart; sensors take two for the
        one, and one or two for the other. Between the two an exchange flashes.
    """

    step_ev: float = 0.1
    still_ev: float = 0.06
    still_share: float = 0.05
    conclusive_ev: float = 0.3
    decided: float = 0.5
    least_trials: int = 3
    ignored_ev: float = 3.0
    proven_trials: int = 6
    suspicious_ev: float = 1.5
    at_once_share: float = 0.6
    exchange_trials: int = 3
    apart: int = 2


@dataclass(slots=True)
class _Trial:
    """A command, and what the pictures did since.

    Attributes
    ----------
    before : what was set.
    asked, said : what the camera was asked for, and what it says it is set to.
    due : the first picture that must show it.
    linear : relative exposure of the picture before it, (1, 3, H, W).
    level : of that picture.
    newest : level of the picture before.
    rises_ev, falls_ev : all steps up and down from one picture to the next, added up.
    largest_ev : the largest of them.
    """

    before: Exposure
    asked: Exposure
    said: Exposure
    due: int
    linear: Floats
    level: float
    newest: float
    rises_ev: float = 0.0
    falls_ev: float = 0.0
    largest_ev: float = 0.0

    @property
    def asked_ev(self) -> dict[Control, float]:
        """How much more of each control was asked for."""
        before, asked = values_of(self.before), values_of(self.asked)
        return {control: math.log2(asked[control] / before[control]) for control in Control}


@dataclass(slots=True)
class _Record:
    """What is known of one control: trials ignored in a row, their EV, whether it was seen to obey, or is let pass.

    ``clearly`` : it was seen to obey at once, while nothing else moved.
    """

    trials: int = 0
    ignored_ev: float = 0.0
    obeyed: bool = False
    clearly: bool = False
    excused: bool = False

    @property
    def trusted(self) -> bool:
        return self.obeyed or self.excused


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one trial showed.

    Attributes
    ----------
    obeyed, ignored : the controls that it said anything of.
    really : what the camera is set to, by all that was seen.
    stayed : those that had no effect while nothing else moved, and between which values they may have one still.
    cleared : time was exchanged for gain, and both obeyed.
    """

    obeyed: Controls
    ignored: Controls
    really: Exposure
    stayed: Mapping[Control, tuple[float, float]] = field(default_factory=dict)
    cleared: bool = False


class Obedience:
    """The trials of one camera."""

    def __init__(self, response: ResponseCurve, config: ObedienceConfig | None = None) -> None:
        self.config = config or ObedienceConfig()
        self._response = response
        self.begin_anew()

    def begin_anew(self) -> None:
        """Control was taken in another way: what was seen before says nothing any more."""
        self._records = {control: _Record() for control in Control}
        self._doubted: dict[Control, float] = {}  # what each was set to before a setting that fell short
        self._reached: dict[Control, float] = {}  # what each came to in its last trial alone that fell short
        self.interrupt()

    def interrupt(self) -> None:
        """What the next pictures are made with is not known: the trial under way is worth nothing."""
        self._trial: _Trial | None = None

    def excuse(self, controls: Controls) -> None:
        """Go on with these, whatever they did: nothing better is known than to take them at their word."""
        for control in controls:
            self._records[control] = _Record(excused=True)
            self._doubted.pop(control, None)

    @property
    def under_way(self) -> bool:
        """Whether there is a trial, so that pictures are to be shown to ``saw``."""
        return self._trial is not None

    @property
    def obeyed(self) -> Controls:
        """The controls that were seen to obey."""
        return frozenset(control for control, record in self._records.items() if record.obeyed)

    @property
    def obeyed_clearly(self) -> Controls:
        """Those that did so at once, while nothing else moved.

        A loop that follows light that comes and goes sees it go just when it has set the camera darker.
        """
        return frozenset(control for control, record in self._records.items() if record.clearly)

    @property
    def trusted(self) -> Controls:
        """Those that obeyed, and the ones that are excused: what they read back is believed."""
        return frozenset(control for control, record in self._records.items() if record.trusted)

    @property
    def ignored(self) -> Controls:
        """The controls that have ignored too much to be believed."""
        return frozenset(control for control, record in self._records.items() if self._disobeys(record))

    def _disobeys(self, record: _Record) -> bool:
        least = self.config.proven_trials if record.trusted else self.config.least_trials
        return record.trials >= least and record.ignored_ev >= self.config.ignored_ev

    @property
    def suspected(self) -> Controls:
        """Those, and the ones that ignored the newest trial alone, if that was a clear one."""
        least_ev = self.config.suspicious_ev
        return frozenset(control for control, record in self._records.items() if record.ignored_ev >= least_ev)

    @property
    def doubted(self) -> Controls:
        """Those of which one may have ignored what was set, by pictures that nothing else moved: `exchange` tells."""
        return frozenset(self._doubted)

    def commanded(self, before: Exposure, wanted: Exposure, said: Exposure, picture: Preview, due: int) -> Controls:
        """Note that the camera was set.

        Parameters
        ----------
        before : what it was set to, for certain.
        wanted, said : what it was asked for, and what it says that it is set to now.
        picture : the newest, made with ``before`` or on its way there.
        due : number of the first picture that must show it.

        Returns
        -------
        Controls
            Those that are known to obey and yet stayed where they were: they have come to the end of their range.
        """
        was, want, now = values_of(before), values_of(wanted), values_of(said)
        stayed = {
            each for each in Control if now[each] == was[each] and abs(math.log2(want[each] / was[each])) > STAYED_EV
        }
        # The others may obey all the same, and read back wrong: pictures decide, unless they are at another trial.
        open_questions = frozenset() if self.under_way else stayed - self.trusted
        asked = {each: want[each] if each in open_questions else now[each] for each in Control}
        self._try(before, Exposure(asked[Control.TIME], asked[Control.GAIN]), said, picture, due)
        return frozenset(stayed & self.trusted)

    def _try(self, before: Exposure, asked: Exposure, said: Exposure, picture: Preview, due: int) -> None:
        change_ev, trial = asked.ev - before.ev, self._trial
        if trial is not None and change_ev * (trial.asked.ev - trial.before.ev) > 0:
            trial.asked, trial.said, trial.due = asked, said, due
            return
        linear = self._response.linearise(picture.astype(np.uint8))
        level = brightness_ev(linear)
        other = _Trial(before, asked, said, due, linear, level, level)
        if self._exchanges(other):  # it says nothing while something else is to show, and is not needed without doubt
            other.due += self.config.apart
            self._trial = other if trial is None and self._doubted else None
        elif change_ev:  # one in the other direction spoils that under way
            self._trial = other

    def saw(self, sequence: int, picture: Preview, *, in_flight: bool) -> Verdict | None:
        """Look at a picture while a trial is under way. Call once for each, in order.

        Parameters
        ----------
        sequence : its number.
        picture : it in small.
        in_flight : some command may not have arrived yet, for all that is known.

        Returns
        -------
        Verdict | None
            What a trial showed that ended with this picture; None for all others, and where it showed nothing.
        """
        trial = self._trial
        if trial is None:
            return None
        level = brightness_ev(self._response.linearise(picture.astype(np.uint8)))
        step_ev, trial.newest = level - trial.newest, level
        trial.largest_ev = max(trial.largest_ev, abs(step_ev))
        if abs(step_ev) >= self.config.step_ev:
            trial.rises_ev += max(step_ev, 0.0)
            trial.falls_ev += max(-step_ev, 0.0)
        if in_flight or sequence < trial.due:
            return None
        self._trial = None
        return self._judge(trial, level)

    def _judge(self, trial: _Trial, level: float) -> Verdict | None:
        known = {control for control in Control if self.trusted or control in self._reached}  # before this trial
        exchanges, sign = self._exchanges(trial), math.copysign(1.0, trial.asked.ev - trial.before.ev)
        parts = {control: ev for control, ev in trial.asked_ev.items() if abs(ev) >= self.config.conclusive_ev / 2}
        # What the picture must show at least, by which of the controls obey. Where none does, an exchange is not asked.
        outcomes = {
            frozenset(those): sign * (brightness_ev(exposed(trial.linear, sum(parts[c] for c in those))) - trial.level)
            for those in chain.from_iterable(combinations(parts, n) for n in range(exchanges, len(parts) + 1))
        }
        whole_ev = max(outcomes.values()) - min(outcomes.values()) if exchanges else outcomes[frozenset(parts)]
        if whole_ev < self.config.conclusive_ev:
            return None
        shown_ev = sign * (level - trial.level)
        if all(ev * sign > 0 for ev in parts.values()):  # else a step either way may be what was asked for
            shown_ev = max(shown_ev, min(trial.rises_ev if sign > 0 else trial.falls_ev, whole_ev))
        likely = min(outcomes, key=lambda those: abs(outcomes[those] - shown_ev))
        likely_ev, still_ev = outcomes[likely], max(self.config.still_ev, self.config.still_share * whole_ev)
        # What moved besides: a lamp that was switched off and on again leaves nothing in the end, and yet steps.
        stepped_ev = trial.rises_ev + trial.falls_ev
        besides_ev = max(abs(sign * (level - trial.level) - likely_ev), stepped_ev - abs(likely_ev))
        still = besides_ev <= still_ev
        if exchanges and (likely == frozenset(parts) or not still):
            return self._cleared(trial) if likely == frozenset(parts) else None
        at_once = trial.largest_ev >= self.config.at_once_share * likely_ev
        obeyed, ignored = set(), set()
        for control in parts:
            apart_ev, nearer_ev = _told_apart(control, outcomes, shown_ev)
            if apart_ev < self.config.conclusive_ev or abs(nearer_ev) < self.config.decided * apart_ev:
                continue
            record = self._records[control]
            if nearer_ev > 0:
                obeyed.add(control)
                self._records[control] = _Record(obeyed=True, clearly=record.clearly or (still and at_once))
            else:
                ignored.add(control)
                record.trials += self.config.exchange_trials if exchanges else 1
                record.ignored_ev += apart_ev * (2 if still else 1)
        lasts = {control: self._last(trial, control) for control in parts}
        if len(parts) == 1 and not ignored and stepped_ev - shown_ev <= still_ev:
            self._measure(trial, *parts, level=level, short=whole_ev - shown_ev >= self.config.conclusive_ev)
        if still and likely != frozenset(parts):  # what was measured, or set, before it fell short for the first time
            self._doubted |= {control: lasts[control] for control in parts.keys() - obeyed}
        for control in obeyed:
            self._doubted.pop(control, None)
        if not (obeyed or ignored):
            return None
        # Of a camera that has not obeyed at all so far nothing is concluded but that it does not.
        stayed = known & ignored - likely if still else frozenset()
        # One that obeyed before is taken at its word: it may have come to a part of its range that has no effect. So is
        # any while the light moves, which may have hidden the effect. An exchange leaves neither way out.
        believed = frozenset() if exchanges else self.trusted
        refused = frozenset(parts) - likely - believed if ignored and still else frozenset()
        asked, said = values_of(trial.asked), values_of(trial.said)
        by = {
            control: lasts[control] if control in refused else (asked if control in obeyed else said)[control]
            for control in Control
        }
        ends = {
            control: (
                lasts[control] if exchanges or parts[control] < 0 else 0.0,
                lasts[control] if exchanges or parts[control] > 0 else math.inf,
            )
            for control in stayed
        }
        really = Exposure(by[Control.TIME], by[Control.GAIN])
        return Verdict(frozenset(obeyed), frozenset(ignored), really, ends)

    def _exchanges(self, trial: _Trial) -> bool:
        """Whether one control was to take back what the other gives."""
        time_ev, gain_ev = trial.asked_ev.values()
        least_ev = self.config.conclusive_ev
        return time_ev * gain_ev < 0 and abs(time_ev + gain_ev) < least_ev < min(abs(time_ev), abs(gain_ev))

    def _cleared(self, trial: _Trial) -> Verdict:
        self._doubted.clear()
        return Verdict(frozenset(), frozenset(), trial.said, cleared=True)

    def _last(self, trial: _Trial, control: Control) -> float:
        """What a control was set to when it was seen to have an effect last."""
        if control in self._doubted:
            return self._doubted[control]
        before = values_of(trial.before)[control]
        nearer = min if trial.asked_ev[control] > 0 else max
        return nearer(before, self._reached.get(control, before))

    def _measure(self, trial: _Trial, control: Control, *, level: float, short: bool) -> None:
        """Note how far a control came by itself, if it was ``short`` of what was asked."""
        self._reached.pop(control, None)
        if not short:
            return
        came_ev = exposure_between(trial.linear, level, trial.asked_ev[control])
        self._reached[control] = values_of(trial.before)[control] * 2.0**came_ev


def _told_apart(control: Control, outcomes: Mapping[Controls, float], shown_ev: float) -> tuple[float, float]:
    """How far apart (EV) the likeliest pictures with and without a control are, and how much nearer the first is."""
    with_it = min((ev for those, ev in outcomes.items() if control in those), key=lambda ev: abs(ev - shown_ev))
    without = min((ev for those, ev in outcomes.items() if control not in those), key=lambda ev: abs(ev - shown_ev))
    return abs(with_it - without), abs(shown_ev - without) - abs(shown_ev - with_it)
