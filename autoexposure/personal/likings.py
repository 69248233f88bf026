"""What was said of this very picture: a liking for one scene, which says nothing of others.

Photographers' wishes differ from picture to picture by more than any description tells (0.65 EV, see `taste`). So an
answer says far more of the picture it was given for than of the person. What is left of an answer when the person's
taste has explained its part moves that picture, and those that look like it, at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoexposure.personal.belief import Intervals, Vector, told
from autoexposure.personal.features import FACTS
from autoexposure.personal.taste import CARELESS

LIKING_EV = 0.55
"""How much the wish for one picture departs from a taste for good, standard deviation: 0.4 EV that the network misses
of a photograph whoever looks at it, and about as much that is the person's own (`models.people.panel`)."""

MOOD_EV = 0.35
"""How much answers about one picture differ from time to time: the rest of the 0.65 EV."""

PLACE = {
    "contrast": 0.30,
    "saturation": 0.38,
    "warmth": 0.60,
    "sky": 0.56,
    "attended": 0.47,
    "green": 0.34,
    "detail": 0.50,
}
"""The facts that tell scenes apart, whatever their exposure, with their standard deviations over 257 photographs."""

UNLIKE = 0.6
"""Distance, in standard deviations a fact, from which on two pictures have nothing to do with each other. Re-exposed by
0.65 EV nine of ten photographs move by less than 0.17; the nearest other one is at 0.39 for half of them."""

MOST_ALIKE = 20
"""Answers about one scene that are taken into account, the newest: more say nothing new."""


@dataclass(frozen=True, slots=True, eq=False)
class Likings:
    """N answers with what a taste leaves of them.

    Attributes
    ----------
    places : (N, K) where each picture lies.
    left : the intervals that each answer leaves for a liking; its descriptions are not used.
    """

    places: NDArray[np.float64]
    left: Intervals

    def of(self, place: Vector) -> float:
        """The change that is wanted, in EV, of a picture at ``place`` (K,), on top of the taste."""
        distances = np.sqrt(((self.places - place) ** 2).mean(axis=1))
        alike = (
            np.maximum(1 - (distances / UNLIKE) ** 2, 0) ** 2
        )  # falls to 0 without an edge, at which a loop would hunt
        mean, variance = np.zeros(1), np.full(1, LIKING_EV**2)
        for number in np.flatnonzero(alike)[-MOST_ALIKE:].tolist():
            # The likings of two scenes that are alike by a are correlated by a: the one answered about is a times this
            # one, plus a rest that is all its own.
            one, answer = float(alike[number]), slice(number, number + 1)
            noise_ev = np.sqrt(self.left.noise_ev[answer] ** 2 + LIKING_EV**2 * (1 - one**2))
            seen = Intervals(np.ones((1, 1)), self.left.low[answer], self.left.high[answer], noise_ev)
            _, slope, bend = told(one * mean, one**2 * variance, seen, CARELESS)
            mean = mean + one * variance * slope
            variance = variance + (one * variance) ** 2 * np.clip(bend, -0.999 / variance, 0.0)
        return float(mean[0])


_NUMBERS = [FACTS.index(name) for name in PLACE]
_DEVIATIONS = np.array(list(PLACE.values()))


def place_of(description: NDArray[np.float64]) -> NDArray[np.float64]:
    """(..., 7) where pictures lie among each other, by their descriptions (..., D)."""
    place: NDArray[np.float64] = description[..., _NUMBERS] / _DEVIATIONS
    return place
