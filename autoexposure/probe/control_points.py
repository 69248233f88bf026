"""What the light at some values of a control says about it: where it stands still or falls, where to measure next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from autoexposure.camera import ControlRange
from autoexposure.profiles.control_map import SAME_EV
from autoexposure.profiles.profile import MeasuredControl, ReadBack, Span

FLAT_SHARE = 0.3
"""Light that moves by less than this share of what the values promise does not move."""

JUDGED_EV = 0.04
"""Values nearer to each other than this are too near to show whether the control works between them."""

DEAD_EV = 0.2
"""Narrowest zone without effect that is worth mentioning."""

FINEST_EV = 0.06
"""The edges of such zones are located this precisely."""

STEPPED_SHARE = 0.4
"""A control that stands still over this much of its range, in more than one place, has steps of its own."""

AGREES_EV = 0.12
"""A reading agrees with the light if it is within this."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a control and what it did.

    Attributes
    ----------
    asked : as the driver takes it.
    light_ev : log2 of what it really was.
    said : what the camera said it uses; None where it can't say.
    code : raw value; None where there is none.
    noise : of a mid-tone pixel in code values; NaN where unknown.
    """

    asked: float
    light_ev: float
    said: float | None = None
    code: int | None = None
    noise: float = math.nan


def measured_control(points: Sequence[Point], advertised: ControlRange, *, gain: bool) -> MeasuredControl:
    """Everything that ``points`` (rising in ``asked``) say about a control."""
    asked = [point.asked for point in points]
    light = [point.light_ev for point in points]
    zones = dead_zones(asked, light)
    stepped = is_stepped(asked, zones) and not advertised.values
    kept = list(points)
    if stepped:
        kept = _middles(points)
        ends = (asked[0], asked[-1])
        zones = [zone for zone in zones if zone.low in ends or zone.high in ends]
    codes = [point.code for point in kept]
    noise = [point.noise for point in kept]
    return MeasuredControl(
        asked=tuple(point.asked for point in kept),
        light_ev=tuple(round(point.light_ev, 4) for point in kept),
        advertised=Span(advertised.minimum, advertised.maximum),
        advertised_step=0.0 if advertised.values else advertised.step,
        codes=tuple(code for code in codes if code is not None) if None not in codes else (),
        noise=tuple(round(value, 2) for value in noise) if gain and not any(map(math.isnan, noise)) else (),
        stepped=stepped,
        read_back=judge_read_back(points, relative=gain),
        dead_zones=tuple(zones),
        falls=tuple(falls(asked, light)),
    )


def dead_zones(asked: Sequence[float], light_ev: Sequence[float]) -> list[Span]:
    """Stretches of the range in which the light does not move."""
    zones: list[Span] = []
    start = 0
    for end in range(1, len(asked) + 1):
        if end < len(asked) and _flat(asked, light_ev, start, end):
            continue
        if math.log2(asked[end - 1] / asked[start]) >= DEAD_EV:
            zones.append(Span(asked[start], asked[end - 1]))
        start = end
    return zones


def falls(asked: Sequence[float], light_ev: Sequence[float]) -> list[Span]:
    """Neighbouring values of which the higher one gives clearly less light."""
    return [Span(asked[i], asked[i + 1]) for i in range(len(asked) - 1) if light_ev[i + 1] < light_ev[i] - 2 * SAME_EV]


def is_stepped(asked: Sequence[float], zones: Sequence[Span]) -> bool:
    """Whether the control has fewer steps inside the camera than it announces."""
    inner = [zone for zone in zones if zone.low > asked[0] and zone.high < asked[-1]]
    still_ev = sum(math.log2(zone.high / zone.low) for zone in zones)
    return len(inner) >= 2 and still_ev >= STEPPED_SHARE * math.log2(asked[-1] / asked[0])


def where_to_look(asked: Sequence[float], light_ev: Sequence[float], *, widest_ev: float) -> list[tuple[float, float]]:
    """Pairs of neighbouring values between which one more is worth measuring, largest change of light first.

    Where the light falls or leaps, at the edges of zones that stand still, and where it moves by more than
    ``widest_ev``.
    """
    flat = [_flat(asked, light_ev, i, i + 1) and asked[i + 1] / asked[i] > 2**JUDGED_EV for i in range(len(asked) - 1)]
    found: list[tuple[float, tuple[float, float]]] = []
    for i, (low, high) in enumerate(pairwise(asked)):
        width_ev, change = math.log2(high / low), light_ev[i + 1] - light_ev[i]
        beside_flat = (i > 0 and flat[i - 1]) or (i + 1 < len(flat) and flat[i + 1])
        # An edge lies in a pair that moves beside one that does not. A rise of nearly twice what the values promise is
        # one too: a step was crossed inside the pair.
        at_edge = not flat[i] and (beside_flat or change < -2 * SAME_EV or change > 1.8 * width_ev + SAME_EV)
        if (at_edge and width_ev > FINEST_EV) or change > widest_ev:
            found.append((abs(change), (low, high)))
    return [pair for _, pair in sorted(found, reverse=True)]


def judge_read_back(points: Sequence[Point], *, relative: bool) -> ReadBack:
    """Whether what the camera says is what it does (``relative``: but for a factor), or only what it was asked."""
    said = [(point, point.said) for point in points if point.said is not None]
    if not said:
        return ReadBack.NONE
    off = [math.log2(value) - point.light_ev for point, value in said]
    centre = median(off) if relative else 0.0
    if sum(abs(one - centre) <= AGREES_EV for one in off) >= 0.9 * len(said):
        return ReadBack.HONEST
    echoes = sum(abs(math.log2(value / point.asked)) <= JUDGED_EV for point, value in said)
    return ReadBack.ECHO if echoes >= 0.9 * len(said) else ReadBack.NONE


def _flat(asked: Sequence[float], light_ev: Sequence[float], start: int, end: int) -> bool:
    """Whether the light at ``end`` is still what it was at ``start``."""
    width_ev = math.log2(asked[end] / asked[start])
    # Of values this near, hardly any movement is promised: standing still means within half the noise. Of others it
    # means less than a share of what is promised, and never more than noise.
    if width_ev < JUDGED_EV:
        return abs(light_ev[end] - light_ev[start]) <= SAME_EV / 2
    return abs(light_ev[end] - light_ev[start]) <= min(FLAT_SHARE * width_ev, SAME_EV)


def steps_of(light_ev: Sequence[float]) -> list[range]:
    """Indices of neighbouring points that give the same light."""
    starts = [0]
    starts += [i for i in range(1, len(light_ev)) if abs(light_ev[i] - light_ev[i - 1]) > 2 * SAME_EV]
    return [range(start, end) for start, end in pairwise([*starts, len(light_ev)])]


def step_centres(asked: Sequence[float], light_ev: Sequence[float]) -> list[float]:
    """For every point the geometric middle of all values that give its light; NaN for the two outermost steps.

    A camera that rounds to steps of its own rounds to about these middles. The outermost steps end where the range
    does, so their middles are unknown.
    """
    centres = [math.nan] * len(asked)
    steps = steps_of(light_ev)
    for step in steps[1:-1]:
        low = math.sqrt(asked[step[0] - 1] * asked[step[0]])
        high = math.sqrt(asked[step[-1]] * asked[step[-1] + 1])
        for i in step:
            centres[i] = math.sqrt(low * high)
    return centres


def _middles(points: Sequence[Point]) -> list[Point]:
    """One point for each step of a stepped control: the one nearest to its middle, safe from its edges."""
    chosen = []
    for indices in steps_of([point.light_ev for point in points]):
        step = [points[i] for i in indices]
        middle = math.sqrt(step[0].asked * step[-1].asked)
        nearest = min(step, key=lambda point: abs(math.log(point.asked / middle)))
        light = median(point.light_ev for point in step)
        chosen.append(Point(nearest.asked, light, nearest.said, nearest.code, nearest.noise))
    return chosen
