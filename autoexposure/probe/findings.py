"""What a finished survey says about a camera as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autoexposure.camera import Capabilities
from autoexposure.probe.control_points import measured_control
from autoexposure.probe.survey import Survey
from autoexposure.profiles.control_map import SAME_EV
from autoexposure.profiles.profile import MeasuredControl

FLAT_EV = 1.5
"""In a scene whose places differ by less than this, a response curve can't be told from a gain law for certain."""

UNSTEADY_EV = 0.15
"""A change of the scene's light worth mentioning."""

NOTHING_EV = 4 * SAME_EV
"""A control that changes the light by less than this is taken to change nothing."""

LONG = 1.3
"""An exposure this many frame intervals long is one that a fixed frame rate can't make."""


def time_found(survey: Survey, capabilities: Capabilities) -> MeasuredControl | None:
    """The exposure time; None where it can't be set or nothing was seen."""
    points = survey.time_points()
    if capabilities.time_s is None or len(points) < 2:
        return None
    return measured_control(points, capabilities.time_s, gain=False)


def gain_found(survey: Survey, capabilities: Capabilities) -> MeasuredControl | None:
    """The gain; None where it can't be set or nothing was seen."""
    points = survey.gain_points()
    if capabilities.gain is None or len(points) < 2:
        return None
    return measured_control(points, capabilities.gain, gain=True)


def moves(control: MeasuredControl | None) -> bool:
    """Whether a control does anything at all."""
    return control is not None and control.span_ev > NOTHING_EV


def interval_found(survey: Survey, nominal_s: float) -> float:
    """Time between two pictures at short exposures, in seconds."""
    short = [sample.interval_s for sample in survey.samples if sample.asked.time_s <= nominal_s]
    return float(np.median(short)) if short else nominal_s


def slows_frames(survey: Survey, nominal_s: float) -> bool | None:
    """Whether exposures longer than the frame interval slow the pictures; None if none was tried."""
    long = [sample for sample in survey.samples if sample.asked.time_s > LONG * nominal_s]
    return any(sample.interval_s > 0.8 * sample.asked.time_s for sample in long) if long else None


def cap_s(time: MeasuredControl | None) -> float | None:
    """Effective seconds at which longer times bring no more light; None where they do."""
    if time is None or not time.dead_zones or time.dead_zones[-1].high < time.asked[-1]:
        return None
    return float(2.0 ** time.light_ev[-1])


def doubts(
    survey: Survey, capabilities: Capabilities, time: MeasuredControl | None, gain: MeasuredControl | None
) -> Iterator[str]:
    """Sentences for a person about how far the figures can be trusted."""
    shortest_s = min((point.asked for point in survey.time_points()), default=0.0)
    if time is not None and capabilities.time_s is not None and shortest_s > capabilities.time_s.minimum * 1.05:
        yield f"Exposure times below {shortest_s:.3g} s were too dark to measure here."
    if capabilities.time_s is not None and not capabilities.time_s.unit_known:
        yield "The exposure times have no unit: they are right among each other, the longest counting as a whole frame."
    if survey.changes:
        yield "The light changed while measuring, so parts were measured again: steady light gives better figures."
    if survey.contrast_ev < FLAT_EV:
        yield "The scene has little contrast: dark and bright parts in view give more reliable figures."
    if survey.drift_ev > UNSTEADY_EV:
        yield f"The light drifted: it changed by {survey.drift_ev:.2f} EV in all; measure again in steadier light."
    for name, control in (("exposure time", time), ("gain", gain)):
        if control is not None and not moves(control):
            yield f"The {name} changes nothing in the picture."
