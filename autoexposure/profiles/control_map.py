"""ControlMap: between what a driver's control is set to and what that really is."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from autoexposure.camera import ControlRange

SAME_EV = 0.05
"""Lights closer than this are the same: an eye sees no difference, and a steady picture hardly shows one."""

HONEST_EV = 0.12
"""An exposure time whose light is everywhere within this of what it claims is taken at its word: time is what drivers
know best, and measuring has errors of its own."""

HONEST_GAIN_EV = 0.04
"""The same for a gain, which many drivers only guess."""

FINENESS_EV = 0.04
"""Distance of neighbouring values offered between two measured points of a continuous control."""

MOST_VALUES = 2048
"""Most values of a driver that are listed one by one."""

DISTINCT = 1e-6
"""Values whose ratio differs from 1 by less are the same."""


@dataclass(frozen=True, slots=True)
class ControlMap:
    """Pairs of (asked, really), by rising ``really``.

    Attributes
    ----------
    asked : values as the driver takes them; they fall where the device counts backwards.
    really : seconds, or linear gain over the lowest one.
    stepped : there is nothing between the points.
    believed_ev : a control that is everywhere within this of what it claims is taken at its word.
    """

    asked: tuple[float, ...]
    really: tuple[float, ...]
    stepped: bool = False
    believed_ev: float = HONEST_EV

    @classmethod
    def of_points(cls, asked: Sequence[float], light_ev: Sequence[float], *, stepped: bool) -> Self:
        """The longest stretch (in EV) of measured points over which the light only rises.

        Or only falls, where more of them fall than rise: some devices count gain backwards.
        """
        run = max(_runs(light_ev), key=lambda run: light_ev[run[-1]] - light_ev[run[0]])
        falling = max(_runs([-light for light in light_ev]), key=len)
        if len(falling) > len(run) and light_ev[-1] < light_ev[0]:
            run = falling[::-1]
        return cls(tuple(asked[i] for i in run), tuple(2.0 ** light_ev[i] for i in run), stepped)

    @property
    def span_ev(self) -> float:
        """EV from the lowest to the highest."""
        return math.log2(self.really[-1] / self.really[0])

    @property
    def honest(self) -> bool:
        """Whether the values do what they say."""
        return not self.stepped and all(
            abs(math.log2(really / asked)) <= self.believed_ev
            for asked, really in zip(self.asked, self.really, strict=True)
        )

    def really_of(self, asked: float) -> float:
        """What the driver's value ``asked`` really is; an honest one is what it says, measuring errors apart."""
        if self.honest:
            return min(max(asked, self.asked[0]), self.asked[-1])
        pairs = sorted(zip(self.asked, self.really, strict=True))
        return _between([pair[0] for pair in pairs], [pair[1] for pair in pairs], asked, nearest=self.stepped)

    def asked_for(self, really: float) -> float:
        """What to set for ``really``."""
        if self.honest:
            return min(max(really, self.asked[0]), self.asked[-1])
        return _between(self.really, self.asked, really, nearest=self.stepped)

    def range(self, advertised: ControlRange) -> ControlRange:
        """The values there really are."""
        if self.honest and not advertised.values:
            start, end = advertised.ceil(self.asked[0]), advertised.floor(self.asked[-1])
            return ControlRange(start, end, advertised.step, reads_back=advertised.reads_back)
        offered = self.really if self.stepped else self._offered(advertised)
        values: list[float] = []
        for value in offered:
            if not values or value > values[-1] * (1 + DISTINCT):
                values.append(value)
        return ControlRange(values[0], values[-1], values=tuple(values), reads_back=advertised.reads_back)

    def _offered(self, advertised: ControlRange) -> list[float]:
        """What each of the driver's own values really is, or a fine ladder where it has too many to list."""
        low, high = min(self.asked), max(self.asked)
        own = list(advertised.values)
        if not own and advertised.step and (high - low) / advertised.step < MOST_VALUES:
            own = [low + index * advertised.step for index in range(round((high - low) / advertised.step) + 1)]
        if own:
            return sorted(self.really_of(value) for value in own if low <= value <= high)
        ladder = [self.really[0]]
        for below, above in pairwise(self.really):
            count = max(1, math.ceil(math.log2(above / below) / FINENESS_EV))
            ladder += [below * (above / below) ** (part / count) for part in range(1, count + 1)]
        return ladder


def _runs(light_ev: Sequence[float]) -> list[list[int]]:
    """Indices of every stretch without a fall; of points with the same light the first stays."""
    runs: list[list[int]] = [[0]]
    highest = light_ev[0]
    for index, light in enumerate(light_ev[1:], 1):
        if light < highest - 2 * SAME_EV:
            runs.append([index])
            highest = light
        elif light > light_ev[runs[-1][-1]] + SAME_EV / 5:
            runs[-1].append(index)
        highest = max(highest, light)
    return runs


def _between(xs: Sequence[float], ys: Sequence[float], x: float, *, nearest: bool) -> float:
    """``y`` at ``x`` on the line through the points, straight in both logarithms; the ends beyond them."""
    above = bisect_left(xs, x)
    if above == 0:
        return ys[0]
    if above == len(xs):
        return ys[-1]
    share = math.log(x / xs[above - 1]) / math.log(xs[above] / xs[above - 1])
    if nearest:
        return ys[above - 1] if share < 0.5 else ys[above]
    return float(ys[above - 1] * (ys[above] / ys[above - 1]) ** share)
