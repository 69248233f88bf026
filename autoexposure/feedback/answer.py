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
    bias_ev : EV compensation in force.
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
