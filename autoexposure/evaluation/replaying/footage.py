"""What a recording tells before any law is tried on it: its light, what was clipped, how late settings showed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.errors import RecordingError
from autoexposure.exposure import Exposure
from autoexposure.frame import Pixels
from autoexposure.metering.clipping import HIGHLIGHT_CODE, clipping
from autoexposure.metering.lookahead import level_of
from autoexposure.process.long_work import Tell, tell_nobody
from autoexposure.recording.reader import RecordedPicture, Recording
from autoexposure.response import Floats, ResponseCurve

LONGER_SIDE_PX = 320
"""Pictures are shrunk to it before anything is done with them. `autoexposure.metering.preview.LEAST_PX` has the cost of
so small a picture to the network's answer: 0.01 EV."""

FEWEST_PICTURES = 10
"""A trace shorter than what `autoexposure.evaluation.scores.ScoreRules.hold` asks for has no scores."""

COMPARED_PX = (64, 48)
"""Two successive pictures are compared at this size, (width, height): it averages noise and small movements away."""

DARKEST_COMPARED = 16
"""Code value below which noise and rounding are a large share of the light; the brightest is HIGHLIGHT_CODE."""

FEWEST_COMPARED = 0.05
"""Share of values that must be neither dark nor clipped in both pictures, else their mean levels are compared."""

CHANGE_EV = 0.5
"""A change of light that is reported: more than twice the band in which an exposure counts as settled."""

CHANGE_WITHIN_S = 0.25
"""Light that changes within this is switched; sunsets and slow pans take longer."""

APART_S = 1.0
"""Two changes nearer to each other count as one: no law could be told to have settled between."""

ARRIVED_EV = 0.1
"""A picture this near to what was commanded shows it."""

TELLING_EV = 0.5
"""A smaller write tells nothing of the delay: where exposures are inferred from brightness, it may be seen late."""

LONGEST_ARRIVAL = 30
"""Pictures after a write in which its effect is looked for: a second of video."""

USUAL_DELAY = 2
"""Of a webcam, where a recording tells nothing."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One picture that can be re-exposed.

    Attributes
    ----------
    number : its place in the recording. sequence : the sensor's running number.
    at_s : when, counted from the first picture of the recording.
    exposure : what made it. reported : by the camera, else inferred by the program.
    wrote : whether the camera was written to on account of it. meter : what metered it.
    highlights, shadows : shares of its pixels that are clipped. code : mean code value.
    light_ev : how much more light there was than at the first picture.
    """

    number: int
    sequence: int
    at_s: float
    exposure: Exposure
    reported: bool
    wrote: bool
    meter: str
    highlights: float
    shadows: float
    code: float
    light_ev: float


@dataclass(frozen=True, slots=True)
class Footage:
    """A recording that can be played under another law.

    Attributes
    ----------
    pictures : those whose exposure is known and that can be decoded.
    left_out : how many can't be used.
    response : the response curve by which they are re-exposed.
    capabilities : of the camera; what the recording does not say is taken from the exposures in it.
    delay_frames : by which settings show late, as `Capabilities.delay_frames` counts.
    delay_from : how that is known, in words.
    changes : indices into ``pictures`` of those that are the first in another light.
    """

    recording: Recording
    pictures: tuple[Taken, ...]
    left_out: int
    response: ResponseCurve
    capabilities: Capabilities
    delay_frames: int
    delay_from: str
    changes: tuple[int, ...]

    def pixels(self, index: int) -> Pixels:
        """Picture ``index`` of ``pictures`` as it was recorded, shrunk: (h, w, 3) uint8. Raises RecordingError."""
        return shrunk(self.recording.pixels(self.pictures[index].number))


def look_through(
    recording: Recording, response: ResponseCurve, delay_frames: int | None = None, tell: Tell = tell_nobody
) -> Footage:
    """Look at every picture once.

    Parameters
    ----------
    delay_frames : by which settings show late; None: as the recording has it.

    Raises
    ------
    RecordingError
        If fewer than FEWEST_PICTURES can be used.
    """
    taken: list[Taken] = []
    before: tuple[Floats, float] | None = None
    light_ev = 0.0
    for number, picture in enumerate(recording.pictures):
        tell("looking through the recording", number / len(recording.pictures))
        if picture.exposure is None:
            continue
        try:
            pixels = shrunk(recording.pixels(number))
        except RecordingError:  # counted in ``left_out``
            continue
        small = cv2.resize(pixels, COMPARED_PX, interpolation=cv2.INTER_AREA).astype(np.float32)
        if before is not None:
            light_ev += _brighter_ev(before[0], small, response) - (picture.exposure.ev - before[1])
        before = small, picture.exposure.ev
        lost = clipping(pixels)
        taken.append(
            Taken(
                number,
                picture.sequence,
                picture.at_s,
                picture.exposure,
                picture.reported,
                picture.wrote,
                picture.meter,
                lost.highlights,
                lost.shadows,
                float(pixels.mean()),
                light_ev,
            )
        )
    if len(taken) < FEWEST_PICTURES:
        raise RecordingError(
            f"{recording.path} has {len(taken)} pictures whose exposure is known, {FEWEST_PICTURES} are needed: record "
            "longer, from a camera whose exposure this program sets"
        )
    delay, source = (delay_frames, "given") if delay_frames is not None else _delay(recording)
    capabilities = _capabilities(recording.capabilities, [picture.exposure for picture in taken])
    changes = _changes([picture.at_s for picture in taken], [picture.light_ev for picture in taken])
    left_out = len(recording.pictures) - len(taken)
    return Footage(recording, tuple(taken), left_out, response, capabilities, delay, source, changes)


def shrunk(pixels: Pixels) -> Pixels:
    """(H, W, 3) uint8 with its longer side at LONGER_SIDE_PX at the most, by area averaging."""
    height, width = pixels.shape[:2]
    scale = LONGER_SIDE_PX / max(height, width)
    if scale >= 1:
        return pixels
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _brighter_ev(before: Floats, after: Floats, response: ResponseCurve) -> float:
    """By how much the light in ``after`` exceeds that in ``before``, in EV: (h, w, 3) float32 code values each.

    The median over what is clipped in neither is right however much is clipped; a mean of all would take the way out of
    clipping for a change of the light.
    """
    lowest, highest = np.minimum(before, after), np.maximum(before, after)
    compared = (lowest >= DARKEST_COMPARED) & (highest < HIGHLIGHT_CODE)
    if compared.mean() < FEWEST_COMPARED:
        first, second = (level_of(response.linearise(each.transpose(2, 0, 1)[None])) for each in (before, after))
        return second - first
    ratios = response.linearise(after[compared]) / response.linearise(before[compared])
    return math.log2(float(np.median(ratios)))


def _changes(times_s: Sequence[float], lights_ev: Sequence[float]) -> tuple[int, ...]:
    """The first picture after each sudden change of the light."""
    # Where exposures are inferred, one picture may be put down to its neighbour's: a median of three passes over that.
    smooth_ev = [median(lights_ev[max(index - 1, 0) : index + 2]) for index in range(1, len(lights_ev) - 1)]
    smooth_ev = [smooth_ev[0], *smooth_ev, smooth_ev[-1]]
    found: list[int] = []
    index = end = 0
    while index < len(times_s):
        while end + 1 < len(times_s) and times_s[end + 1] <= times_s[index] + CHANGE_WITHIN_S:
            end += 1
        end = max(end, min(index + 1, len(times_s) - 1))  # a slow camera takes one picture in that time
        if abs(smooth_ev[end] - smooth_ev[index]) >= CHANGE_EV:
            first = max(range(index + 1, end + 1), key=lambda at: abs(smooth_ev[at] - smooth_ev[at - 1]))
            if not found or times_s[first] - times_s[found[-1]] >= APART_S:
                found.append(first)
            index = end
        index += 1
    return tuple(found)


def _delay(recording: Recording) -> tuple[int, str]:
    """How late settings show, and how that is known."""
    shortest, longest = recording.capabilities.delay_frames
    if shortest == longest:
        return shortest, "the camera's own"
    pictures = recording.pictures
    found = [_arrival(picture, pictures[at + 1 : at + 1 + LONGEST_ARRIVAL]) for at, picture in enumerate(pictures)]
    arrivals = [late for late in found if late is not None]
    if arrivals:
        return round(median(arrivals)), f"seen in {len(arrivals)} writes"
    return USUAL_DELAY, "a webcam's usual one, the recording does not tell"


def _arrival(picture: RecordedPicture, after: Sequence[RecordedPicture]) -> int | None:
    """By how many frames what was written on account of a picture showed late; None if nobody knows."""
    target_ev, made_by = picture.commanded_ev, picture.exposure
    if not picture.wrote or target_ev is None or made_by is None or abs(made_by.ev - target_ev) < TELLING_EV:
        return None
    for then in after:
        if then.exposure is not None and abs(then.exposure.ev - target_ev) <= ARRIVED_EV:
            return then.sequence - picture.sequence - 1
    return None


def _capabilities(told: Capabilities, exposures: Sequence[Exposure]) -> Capabilities:
    """What the camera could do, by the recording's header, else by the exposures that were used."""
    if told.time_s is not None or told.gain is not None:
        return told
    times = [exposure.time_s for exposure in exposures]
    gains = [exposure.gain for exposure in exposures]
    return Capabilities(
        ControlRange(min(times), max(times)), ControlRange(min(gains), max(gains)), base_iso=told.base_iso
    )
