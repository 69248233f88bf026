"""Whether a camera's own automatic goes on in secret, and takes back what the camera is set to.

Such a camera takes a setting and shows it, then walks back to the brightness that its firmware wants, in small steps.
The next setting throws it back at once to where it was put, so that the picture moves by much more than was asked for:
by what the walk had taken. Light does not do so: it knows nothing of the moment at which a setting shows.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from autoexposure.metering.preview import Preview
from autoexposure.response import Floats, ResponseCurve
from autoexposure.trust.brightness import brightness_ev, exposed


@dataclass(frozen=True, slots=True)
class OwnAutomaticConfig:
    """When a picture betrays the automatic; in EV of a picture's brightness (`brightness_ev`).

    Attributes
    ----------
    still_ev : smaller steps from one picture to the next are noise, and end no walk.
    walk_ev : a shorter walk may be people who move.
    walk_steps : the automatics of webcams go in several steps, where a lamp that is switched goes in one or two.
    too_much_share : a step of less than this share of what was asked for may be an unknown gain law or response.
    taken_back_shares : the smallest and the largest share of the walk that the step may take back beyond what was
        asked for: clipping hides a part of either.
    remembered_pictures : how long it counts; about ten seconds.
    enough : so many walks taken back in that time are no accident.
    """

    still_ev: float = 0.06
    walk_ev: float = 0.5
    walk_steps: int = 3
    too_much_share: float = 1.8
    taken_back_shares: tuple[float, float] = (0.5, 2.0)
    remembered_pictures: int = 300
    enough: int = 3


class OwnAutomatic:
    """What the pictures of one camera betray of it.

    Parameters
    ----------
    response : the camera's response curve, for the brightness of its pictures.
    """

    def __init__(self, response: ResponseCurve, config: OwnAutomaticConfig | None = None) -> None:
        self.config = config or OwnAutomaticConfig()
        self._response = response
        self.begin_anew()

    def begin_anew(self) -> None:
        """Control was taken in another way: what was seen before says nothing any more."""
        self._seen: deque[int] = deque()
        self.interrupt()

    def interrupt(self) -> None:
        """What the next pictures are made with is not known: none is held against those before it."""
        self._last: tuple[Floats, float] | None = None
        self._walk_ev, self._walk_steps = 0.0, 0

    @property
    def suspected(self) -> bool:
        """Whether it took back two settings lately: one may be light that swells."""
        return len(self._seen) >= self.config.enough - 1

    @property
    def sure(self) -> bool:
        """Whether it did so too often for an accident."""
        return len(self._seen) >= self.config.enough

    def saw(self, sequence: int, picture: Preview, asked_ev: float) -> None:
        """Look at a picture. Call once for each, in order.

        Parameters
        ----------
        sequence : its number.
        picture : it in small.
        asked_ev : how much more exposure was asked for that may not have shown before it.
        """
        config = self.config
        linear = self._response.linearise(picture[..., ::4, ::4].astype(np.uint8))
        level = brightness_ev(linear)
        while self._seen and sequence - self._seen[0] > config.remembered_pictures:
            self._seen.popleft()
        if self._last is not None:
            step_ev = level - self._last[1]
            if self._takes_back(step_ev, asked_ev, *self._last):
                self._seen.append(sequence)
            if abs(step_ev) > config.still_ev:
                walks_on = step_ev * self._walk_ev > 0
                self._walk_ev = step_ev + (self._walk_ev if walks_on else 0.0)
                self._walk_steps = 1 + (self._walk_steps if walks_on else 0)
        self._last = linear, level

    def _takes_back(self, step_ev: float, asked_ev: float, linear: Floats, level: float) -> bool:
        config = self.config
        walked = abs(self._walk_ev) >= config.walk_ev and self._walk_steps >= config.walk_steps
        if not walked or step_ev * self._walk_ev >= 0 or step_ev * asked_ev <= 0:
            return False
        expected_ev = abs(brightness_ev(exposed(linear, asked_ev)) - level)
        share = (abs(step_ev) - expected_ev) / abs(self._walk_ev)
        least, most = config.taken_back_shares
        return abs(step_ev) >= config.too_much_share * expected_ev and least <= share <= most
