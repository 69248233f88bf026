"""How many pictures pass from a setting to the first one that shows it, and after opening until they are steady."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from statistics import median

from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.probe.places import places_of
from autoexposure.probe.rig import Stand, Write
from autoexposure.profiles.profile import Delay

TRIALS = 12
"""Settings followed: six times darker, six times brighter, each at another moment of the frame interval."""

AIMED_SHARES = (0.15, 0.35, 0.55)
"""More settings are made while a picture is being transferred, at these shares of the transfer. Cameras that set their
sensor between two pictures do so right after it, so only a setting made in this gap shows the shortest delay. By chance
hardly any is."""

AIMED_HITS, AIMED_S = 6, 10.0
"""Aiming ends after this many hits, or this many seconds: on a busy machine few hit."""

AIMABLE_S = 0.001
"""Shorter transfers are not aimed at: making a setting takes about as long."""

KNOWN_AFTER, SPARE_FRAMES = 3, 2
"""After the first number of trials, wait only for the longest delay seen and the second number of pictures more."""

DISTINCT_CODES = 12.0
"""Least difference between the pictures' means under the two settings: far above noise and flicker."""

LONGEST_FRAMES = 30
"""A setting that does not show within this many pictures never will."""

UNSTEADY_SHARE = 0.05
UNSTEADY_CODES = 3.0
"""A picture whose mean is off by more than the larger of these is not steady yet."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting and the first picture that showed it.

    Attributes
    ----------
    read_sequence, newest_sequence : as in `Write`.
    next_sequence : the first picture that began after the setting was made, by its timestamp; None where that can't
        be told.
    shown_sequence : the first that showed it.
    on_the_way_s : how long the newest picture had been on its way when the setting was made; None where none was.
    latency_s, write_s : as in `Delay`.
    """

    read_sequence: int
    newest_sequence: int
    next_sequence: int | None
    shown_sequence: int
    on_the_way_s: float | None = None
    latency_s: float = 0.0
    write_s: float = 0.0


def delay_of(trials: Sequence[Trial]) -> Delay | None:
    """What the trials say together; None if there are too few."""
    if len(trials) < 3:
        return None
    middle = median(trial.shown_sequence - trial.read_sequence for trial in trials)
    # What came much earlier or later than the rest was something else: a lamp switched, a person walking by.
    trials = [trial for trial in trials if abs(trial.shown_sequence - trial.read_sequence - middle) <= 2]
    own = Counter(
        max(0, trial.shown_sequence - trial.next_sequence) for trial in trials if trial.next_sequence is not None
    )
    if not own:
        return None
    # The smallest delay that was seen twice. None can seem shorter than it is, but a setting that was made a little too
    # late for a picture seems to take one picture longer.
    frames = min((delay for delay in own if own[delay] >= 2), default=min(own))
    shortest = min(max(0, trial.shown_sequence - trial.read_sequence - 1) for trial in trials)
    longest = max(trial.shown_sequence - trial.newest_sequence - 1 for trial in trials)
    return Delay(
        frames,
        shortest,
        max(longest, shortest),
        len(trials),
        latency_s=round(median(trial.latency_s for trial in trials), 5),
        write_s=round(median(trial.write_s for trial in trials), 6),
    )


def measure_delay(stand: Stand, one: Exposure, other: Exposure) -> Delay | None:
    """Switch between two exposures and watch; None where the picture doesn't show the difference."""
    exposures = (one, other)
    levels = [float(stand.sample(exposure).places.mean()) for exposure in exposures]
    if abs(levels[0] - levels[1]) < DISTINCT_CODES:
        return None
    seen: list[Trial] = []
    at = 1
    aimed_since_s = math.inf
    for number in count():
        newest = stand.settle(exposures[at])
        at = 1 - at
        if number < TRIALS:
            # Another moment of the frame interval each time: a setting may come too late for the next picture.
            stand.clock.sleep(stand.camera.frame_interval_s * number / TRIALS)
        else:
            aimed_since_s = min(aimed_since_s, stand.clock.now())
            hits = sum(_hit(trial, stand.transfer_s) for trial in seen)
            late = stand.clock.now() - aimed_since_s > AIMED_S
            if late or hits >= AIMED_HITS or stand.transfer_s < AIMABLE_S:
                break
            share = AIMED_SHARES[number % len(AIMED_SHARES)]
            stand.clock.sleep(_until_next(stand, newest) + share * stand.transfer_s)
        trial = follow(stand, stand.write(exposures[at]), levels[1 - at], levels[at])
        if trial is not None:
            seen.append(trial)
        if len(seen) >= KNOWN_AFTER:  # the camera's longest possible delay need not be waited for any more
            longest = max(trial.shown_sequence - trial.newest_sequence for trial in seen)
            stand.longest_delay = min(stand.longest_delay, longest + SPARE_FRAMES)
    return delay_of(seen)


def _hit(trial: Trial, transfer_s: float) -> bool:
    """Whether a setting was made while a picture was on its way."""
    stamped = trial.next_sequence is not None
    return stamped and trial.on_the_way_s is not None and trial.on_the_way_s <= transfer_s


def _until_next(stand: Stand, newest: Frame) -> float:
    """Seconds until the next picture sets out, if the camera keeps its pace."""
    interval_s = stand.camera.frame_interval_s
    return (newest.timestamp_s - stand.clock.now()) % interval_s


def follow(stand: Stand, write: Write, before: float, after: float) -> Trial | None:
    """Read until the mean of the picture is nearer to ``after`` than to ``before``.

    None if it never is, or if the first picture that showed it may be one that was missed.
    """
    previous = write.read_sequence
    next_sequence: int | None = None
    on_the_way_s: float | None = None
    certain = True
    for _ in range(LONGEST_FRAMES):
        frame = stand.read()
        if write.before_s <= frame.timestamp_s <= write.after_s:
            certain = False  # the picture began while the setting was made: before it or after it?
        elif frame.timestamp_s < write.before_s:
            on_the_way_s = write.after_s - frame.timestamp_s
        elif next_sequence is None:
            next_sequence = frame.sequence
            certain = certain and frame.sequence == previous + 1
        level = float(places_of(frame.pixels).mean())
        if abs(level - after) < abs(level - before):
            if frame.sequence != previous + 1:
                return None  # the first that showed it may be among those that were missed
            if next_sequence is None:  # stamped before the setting was made: shown at once
                next_sequence = frame.sequence
            known = next_sequence if certain else None
            return Trial(
                write.read_sequence,
                write.newest_sequence,
                known,
                frame.sequence,
                on_the_way_s,
                latency_s=max(0.0, frame.timestamp_s - write.before_s),
                write_s=write.after_s - write.before_s,
            )
        previous = frame.sequence
    return None


def startup_frames(levels: Sequence[float], delay_frames: int = 0) -> int:
    """How many of the first pictures to leave out: all up to the last one whose mean is off.

    Parameters
    ----------
    levels : mean code value of each picture after opening.
    delay_frames : pictures that may be off only because the first setting had not arrived; that alone is no start-up.
    """
    steady = median(levels[-max(1, len(levels) // 3) :])
    tolerance = max(UNSTEADY_CODES, UNSTEADY_SHARE * steady)
    off = [index for index, level in enumerate(levels) if abs(level - steady) > tolerance]
    unsteady = off[-1] + 1 if off else 0
    return unsteady if unsteady > delay_frames + 1 else 0
