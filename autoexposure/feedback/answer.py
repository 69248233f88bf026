"""A person's answer to a picture, and what it may hold.

The store checks every answer that it takes or gives out with `check_answer`, whoever brought it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from autoexposure.errors import ConfigError, FeedbackError
from autoexposure.exposure import GAINS, TIMES_S, Exposure
from autoexposure.plain_text import plain
from autoexposure.states import AeState

MOST_EV = 40.0
"""EV between a moonless night and the sun's disc: no picture is further off."""

MOST_BIAS_EV = 10.0
"""EV compensation; the program offers 3."""

MOST_NUMBER = 2**62
"""Of a picture or an answer; SQLite keeps 63 bits."""

DATES = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
"""A computer whose clock was never set counts from 1970."""

LONGEST_NAME = 5000
"""Characters in the name of a person, a camera or a meter: a simulated camera is named by a path."""

_NEVER_IN_NAMES = frozenset(("Cc", "Cs", "Zl", "Zp"))
"""Control characters, halves of characters, line ends. Marks that join letters stay: some languages write names so."""


class Label(StrEnum):
    """What a person says of one picture."""

    UNDER = "under"
    WELL = "well"
    OVER = "over"


class Source(StrEnum):
    """What a person did, of which an answer was made."""

    CLICK = "click"
    """Said it, by one of the three buttons."""
    QUESTION = "question"
    """Said it when asked."""
    BIAS = "bias"
    """Moved the EV bias, and left it so."""
    EXPOSURE = "exposure"
    """Set time or gain by hand, and left it so."""
    SPOT = "spot"
    """Exposed for a spot, and left it so."""
    LOCK = "lock"
    """Held the exposure as it was."""

    @property
    def by_hand(self) -> bool:
        """Whether nothing was said: the answer is what the person left standing."""
        return self not in (Source.CLICK, Source.QUESTION)


LEAST_STANDING_S = 10.0
"""What is set by hand and set otherwise within this is no answer: people try a slider both ways until they are content.
wluma, which learns a screen's brightness in this way, waits for 15 quiet rounds of its loop, and its users found what
nobody had meant among the things it learned (max-baz/wluma, issues 49 and 164)."""

FULL_STANDING_S = 120.0
"""Standing longer does not make it surer: the person may have left the room."""

MOST_WEIGHT_BY_HAND = 0.5
"""Of a click. What was left standing may only have been good enough, and nobody said even that."""


def weight_by_hand(stood_s: float) -> float:
    """What an answer is worth that was left standing for so long; 1 is a click, and 0 is no answer."""
    if stood_s < LEAST_STANDING_S:
        return 0.0
    return MOST_WEIGHT_BY_HAND * min(stood_s / FULL_STANDING_S, 1.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """One stored answer; its picture is fetched with ``FeedbackStore.picture``.

    Attributes
    ----------
    id : running number in this store, never used twice.
    answered_at : when, in UTC.
    profile : whose taste this is.
    label : the answer.
    exposure : what made the picture, None if unknown; ``reported`` by the device or inferred.
    sequence : the picture's number in its stream.
    camera : stable id of the camera.
    meter : name of the policy that metered, ``model_hash`` its model file's SHA-256 ("" for classical meters).
    ae_state : state of the loop when the picture was on screen.
    delta_ev : what the meter still wanted of this picture, None if no meter ran.
    bias_ev : EV compensation in force. Of what was set by hand it is the one without the person's own: that is the very
        thing which the meter is to learn.
    source : what the person did.
    weight : of the answer, above 0; 1 is a click.
    """

    id: int
    answered_at: datetime
    profile: str
    label: Label
    exposure: Exposure | None
    reported: bool
    sequence: int
    camera: str
    meter: str
    model_hash: str
    ae_state: AeState
    delta_ev: float | None
    bias_ev: float
    source: Source = Source.CLICK
    weight: float = 1.0

    @property
    def settled(self) -> bool:
        """Whether the exposure stood still, by itself or by lock, so that there was no other picture to mean."""
        return self.ae_state.settled


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A stored answer with its picture as it is kept, a PNG: what is exported and imported."""

    sample: Sample
    png: bytes


class BadAnswer(FeedbackError):
    """An answer holds impossible values. It is not stored, and the store is unchanged."""


def check_answer(sample: Sample) -> None:
    """Raise BadAnswer, naming what it is, if anything in the answer is impossible."""
    if sample.exposure is not None:
        _within("exposure time", sample.exposure.time_s, *TIMES_S, " s")
        _within("gain", sample.exposure.gain, *GAINS)
    if sample.delta_ev is not None:
        _within("correction", sample.delta_ev, -MOST_EV, MOST_EV, " EV")
    _within("bias", sample.bias_ev, -MOST_BIAS_EV, MOST_BIAS_EV, " EV")
    if not 0 < sample.weight <= 1:  # NaN is not either
        raise BadAnswer(f"its weight of {sample.weight:.3g} is impossible")
    for what, number in (("number", sample.id), ("picture's number", sample.sequence)):
        if not 0 <= number <= MOST_NUMBER:
            raise BadAnswer(f"its {what} is impossible: it is not between 0 and {MOST_NUMBER}")
    if sample.answered_at.tzinfo is None or not DATES[0] <= sample.answered_at < DATES[1]:
        raise BadAnswer(f"its date {sample.answered_at.isoformat()} is impossible")
    if not sample.profile:
        raise BadAnswer("it does not say whose it is")
    for what, name in (("person", sample.profile), ("camera", sample.camera), ("meter", sample.meter)):
        _check_name(what, name)
    _check_name("model", sample.model_hash)


def check_asked(profile: str, camera: str | None = None) -> None:
    """Raise ConfigError if no answer can belong to this person, or to this camera."""
    try:
        _check_name("person", profile)
        _check_name("camera", camera or "")
    except BadAnswer as error:
        raise ConfigError(f"no answers are like this, {error}: {plain(camera or profile, 40)!r}") from error


def _check_name(what: str, name: str) -> None:
    if len(name) > LONGEST_NAME:
        raise BadAnswer(f"the name of its {what} has {len(name)} characters, at most {LONGEST_NAME} are possible")
    if any(unicodedata.category(letter) in _NEVER_IN_NAMES for letter in name):
        raise BadAnswer(f"the name of its {what} holds characters that can't be shown")


def _within(what: str, value: float, least: float, most: float, unit: str = "") -> None:
    if not least <= value <= most:  # NaN is not either
        raise BadAnswer(f"its {what} of {value:.3g}{unit} is impossible")
