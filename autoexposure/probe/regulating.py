"""Whether a camera keeps regulating its exposure by itself: asked where a measurement sees the light change."""

from __future__ import annotations

from statistics import fmean

from autoexposure.exposure import Exposure
from autoexposure.probe.delay import DISTINCT_CODES
from autoexposure.probe.places import places_of
from autoexposure.probe.rig import Stand

WATCHED = 60
"""Pictures after a setting: two seconds, in which the automatics of webcams come to rest."""

AT_THE_END = 5
"""So many of them say where it ended."""

BACK_SHARE = 0.3
"""It went back if what is left is at most this share of how far the picture had moved: automatics have a dead band."""


def keeps_regulating(stand: Stand, one: Exposure, other: Exposure) -> bool:
    """Whether the picture goes back after ``other`` was set, to where it was with ``one``; asked twice, for lamps."""
    return all(_goes_back(stand, one, other) for _ in range(2))


def _goes_back(stand: Stand, before: Exposure, after: Exposure) -> bool:
    start = float(stand.sample(before).places.mean())
    stand.write(after)
    moved = [float(places_of(stand.read().pixels).mean()) - start for _ in range(WATCHED)]
    farthest = max(map(abs, moved))
    return farthest >= DISTINCT_CODES and abs(fmean(moved[-AT_THE_END:])) <= BACK_SHARE * farthest
