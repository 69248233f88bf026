"""Which pictures to ask about: "how is this one?" where an answer teaches most, rarely, and only with leave."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.frame import Pixels
from autoexposure.response import REC709, srgb

Look = NDArray[np.float32]
"""(8, 8) float32: EV of each part of a picture above the picture's mean."""

LOOK_SIDE = 8
"""Coarse enough that a head which moves is the same picture, fine enough that a head which came is another."""

_DARKEST = 2.0**-8
"""Added to light before its logarithm: noise in black is no difference."""

SAME_LOOK_EV = 0.8
"""Looks that differ by less, root mean square, are of the same picture. Of 300 photographs, 99 % are found again when
moved by 2.5 % of their side or exposed 1 EV otherwise, and 83 % when moved by 5 %; 2 % of all pairs of different ones
are taken for the same. A question left out costs less than one asked twice."""

SEEN_EVERY_S = 1.0
"""Pictures come faster than what is in front of the camera changes."""


def look_of(pixels: Pixels) -> Look:
    """What a picture (H, W, 3) looks like, whatever it was exposed with: the mean is taken out."""
    small = cv2.resize(pixels, (8 * LOOK_SIDE, 8 * LOOK_SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8)
    light = srgb().linearise(small) @ np.array(REC709, np.float32)
    cells = light.reshape(LOOK_SIDE, 8, LOOK_SIDE, 8).mean(axis=(1, 3))
    ev = np.log2(cells + np.float32(_DARKEST))
    look: Look = (ev - ev.mean()).astype(np.float32)
    return look


def same_look(one: Look, other: Look) -> bool:
    """Whether two pictures look the same, but for their exposure."""
    return float(np.sqrt(np.mean((one - other) ** 2))) < SAME_LOOK_EV


@dataclass(frozen=True, slots=True)
class AskingConfig:
    """When to ask.

    Attributes
    ----------
    pause_s : the least time between two questions, and after an answer that was given unasked.
    rest_s : how long the picture stands still before it is asked about: nobody judges a picture in passing.
    unsure_ev : of nothing about which the meter is surer than this, the delta of the reward: it would be called well.
    share : only of pictures that are among this share of the least sure ones of late.
    remembered : pictures, one a second, that "of late" means: ten minutes.
    """

    pause_s: float = 300.0
    rest_s: float = 4.0
    unsure_ev: float = 0.2
    share: float = 0.25
    remembered: int = 600

    def __post_init__(self) -> None:
        if not (self.pause_s >= 120 and self.rest_s >= 0 and 0 < self.share <= 1 and self.remembered >= 1):
            raise ConfigError(
                f"a pause of at least 120 s, a share above 0 and something to remember are expected, given {self}"
            )


class Asker:
    """Decides whether to ask about the picture on screen. Pure: it is told the time.

    Parameters
    ----------
    looks : of the pictures that were asked about, or answered, before.
    """

    def __init__(self, config: AskingConfig | None = None, looks: Iterable[Look] = ()) -> None:
        self.config = config or AskingConfig()
        self._looks = list(looks)
        self._doubts_ev: deque[float] = deque(maxlen=self.config.remembered)
        self._quiet_since_s: float | None = None
        self._rests_since_s: float | None = None
        self._seen_s: float | None = None

    def due(self, now_s: float, at_rest: bool, doubt_ev: float | None) -> bool:
        """Whether the picture on screen is worth a question, if it is a new one: at most once a second.

        ``doubt_ev`` : how unsure the meter is of it; None where it does not say, then any new picture is worth one.
        """
        if self._quiet_since_s is None:
            self._quiet_since_s = now_s  # nobody is asked as soon as the window is open
        if not at_rest:
            self._rests_since_s = None
            return False
        if self._rests_since_s is None:
            self._rests_since_s = now_s
        if self._seen_s is not None and now_s - self._seen_s < SEEN_EVERY_S:
            return False
        self._seen_s = now_s
        doubt_ev = self.config.unsure_ev if doubt_ev is None else doubt_ev
        self._doubts_ev.append(doubt_ev)
        early = now_s - self._quiet_since_s < self.config.pause_s or now_s - self._rests_since_s < self.config.rest_s
        if early or doubt_ev < self.config.unsure_ev:
            return False
        less_sure = sum(other_ev > doubt_ev for other_ev in self._doubts_ev)
        return less_sure <= self.config.share * (len(self._doubts_ev) - 1)

    def ask(self, now_s: float, look: Look) -> bool:
        """Whether to ask about a picture that is due; when it is True the question counts as asked."""
        if any(same_look(look, known) for known in self._looks):
            return False
        self.answered(now_s, look)
        return True

    def answered(self, now_s: float, look: Look) -> None:
        """An answer was given about this picture, asked or not: no question for a while, and none about it again."""
        self._quiet_since_s = now_s
        self._looks.append(look)


def pack_look(look: Look) -> bytes:
    """A look as bytes for the store."""
    return look.astype("<f2").tobytes()


def unpack_look(data: bytes) -> Look | None:
    """The look in ``data``; None if it is damaged."""
    if len(data) != 2 * LOOK_SIDE**2:
        return None
    look: Look = np.frombuffer(data, "<f2").reshape(LOOK_SIDE, LOOK_SIDE).astype(np.float32)
    return look if np.isfinite(look).all() else None
