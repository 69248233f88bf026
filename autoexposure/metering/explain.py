"""Why the exposure moves: what each part of the picture has to say in an answer, from attention times exposure map.

The picture is divided in nine places of 5 x 5 cells, so that a place keeps its name from frame to frame. A place
contributes

    pull_ev = weight * wants_ev,   wants_ev = mean of its exposure map, weighted by its attention,
    weight = sum of its attention, divided by the sum of all attention where the answer is a weighted mean, by the
             number of all cells where it is the plain mean of attention times exposure map (paper 4.2, equation 1)

and the nine pulls add up to the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autoexposure.metering.policy import MAP_SIDE, Decision

PLACES_ALONG = 3
CELLS_ALONG = MAP_SIDE // PLACES_ALONG


class Place(StrEnum):
    """Where a part of the picture lies, row by row from the top left."""

    TOP_LEFT = "top_left"
    TOP = "top"
    TOP_RIGHT = "top_right"
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"
    BOTTOM_LEFT = "bottom_left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom_right"

    @property
    def row(self) -> int:
        """0 at the top to 2 at the bottom."""
        return list(Place).index(self) // PLACES_ALONG

    @property
    def column(self) -> int:
        """0 at the left to 2 at the right."""
        return list(Place).index(self) % PLACES_ALONG


@dataclass(frozen=True, slots=True)
class Region:
    """What one place says.

    Attributes
    ----------
    weight : how much it counts; the weights of all places add up to 1, or to the mean attention in the paper's form.
    wants_ev : the correction it asks for.
    """

    place: Place
    weight: float
    wants_ev: float

    @property
    def pull_ev(self) -> float:
        """Its part in the answer."""
        return self.weight * self.wants_ev


@dataclass(frozen=True, slots=True)
class Why:
    """One answer, taken apart.

    Attributes
    ----------
    delta_ev : the answer.
    regions : all nine places, the strongest pull first.
    averages_light : the meter averages light, not EV: the pulls explain it but do not add up to it exactly.
    """

    delta_ev: float
    regions: tuple[Region, ...]
    averages_light: bool = False

    @property
    def maps_ev(self) -> float:
        """What the pulls add up to: not ``delta_ev`` where light is averaged or the answer goes beyond this picture."""
        return sum(region.pull_ev for region in self.regions)

    def strongest(self, sign: float) -> Region | None:
        """The place that pulls most in the direction of ``sign``; None if none does."""
        return next((region for region in self.regions if region.pull_ev * sign > 0), None)


def explain(decision: Decision, *, averages_light: bool = False) -> Why | None:
    """Take a decision apart.

    Parameters
    ----------
    decision : with maps of (15, 15).
    averages_light : a classical meter made it.

    Returns
    -------
    Why | None
        None for a decision without maps.
    """
    attention, exposure_map = decision.attention, decision.exposure_map
    if attention is None or exposure_map is None:
        return None
    # (15, 15) as 3 x 3 places of 5 x 5 cells: summing over axes 1 and 3 leaves one number a place.
    cells = (PLACES_ALONG, CELLS_ALONG, PLACES_ALONG, CELLS_ALONG)
    total = float(attention.sum()) if decision.weighted else MAP_SIDE**2
    weights = attention.reshape(cells).sum(axis=(1, 3)) / (total or 1.0)
    pulls = (attention * exposure_map).reshape(cells).sum(axis=(1, 3)) / (total or 1.0)
    regions = []
    for place in Place:
        weight, pull_ev = float(weights[place.row, place.column]), float(pulls[place.row, place.column])
        regions.append(Region(place, weight, pull_ev / weight if weight > 0 else 0.0))
    regions.sort(key=lambda region: -abs(region.pull_ev))
    return Why(decision.delta_ev, tuple(regions), averages_light)
