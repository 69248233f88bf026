"""Answer reuse: a network is not asked again while the picture it was asked about still stands.

At rest most pictures are the one before with other noise, and the network would say of them what it said. Each picture
is compared, cell by cell, with the one that was asked about last; comparing takes a hundredth of what an answer takes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from autoexposure.clock import Clock
from autoexposure.errors import ConfigError
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import SIDE_PX, Preview
from autoexposure.response import Floats

CELL_PX = 8
"""Side of a cell of the preview: the network's own cells, 15 across, are as large. The mean of 64 pixels has an eighth
of their noise."""

Picture = tuple[int, int]
"""The stream a picture belongs to, and its number there."""


@dataclass(frozen=True, slots=True)
class ReuseConfig:
    """When a network's answer is used again; only while the exposure rests and nothing is wrong with it.

    Attributes
    ----------
    on : whether it is at all.
    cell_codes : a picture stands while the mean of no cell of 8x8 preview pixels, in no channel, has moved by more code
        values than this since it was asked about. Noise of a sensor at high gain moves them by less than 1.
    level_share : nor the mean of all code values by more than this share. Light that changes by 0.1 EV, the
        controller's dead band, changes the code values of middle tones by 3 %.
    most_pictures : an answer is given to so many pictures at most, the one it was asked about among them: half a second
        at 30 a second. A change that neither of the two sees waits no longer.
    moving_s : what moves in front of the camera without changing the mean is asked about no sooner than this after the
        last time: a tenth of a second, less what frame intervals vary by; of 30 pictures a second it is every third.

    Raises
    ------
    ConfigError
        If one of them is negative.
    """

    on: bool = True
    cell_codes: float = 2.5
    level_share: float = 0.03
    most_pictures: int = 15
    moving_s: float = 0.09

    def __post_init__(self) -> None:
        numbers = (self.cell_codes, self.level_share, self.most_pictures, self.moving_s)
        if not all(0 <= number < math.inf for number in numbers):
            raise ConfigError(f"when an answer is used again is said by numbers from 0; given {self}")


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """What was answered, and to what.

    Attributes
    ----------
    cells : (48, 16) float32, the means of the picture's cells, channel below channel.
    terms : what else it was asked with; with other terms it says nothing.
    """

    decision: Decision
    picture: Picture
    cells: Floats
    terms: object
    at_s: float


class AnswerReuse:
    """Keeps one policy's newest answer, and says for which pictures it still holds.

    Attributes
    ----------
    picture : the picture that the newest answer was asked about; None before the first.
    """

    def __init__(self, config: ReuseConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """Ask about the next picture, whatever it is."""
        self._answer: _Answer | None = None
        self._given = 0

    @property
    def picture(self) -> Picture | None:
        """As of the class."""
        return self._answer.picture if self._answer is not None else None

    def answer_for(self, preview: Preview, picture: Picture, terms: object) -> Decision | None:
        """The answer that holds for this picture; None where the policy has to be asked.

        Parameters
        ----------
        preview : (1, 3, 128, 128) float32, code values 0..255.
        picture : which one it is.
        terms : what else the policy would be asked with.
        """
        answer = self._answer
        if not self._config.on or answer is None or answer.terms != terms or answer.picture[0] != picture[0]:
            return None
        if self._given >= self._config.most_pictures or not self._stands(answer, preview):
            return None
        self._given += 1
        return answer.decision

    def keep(self, decision: Decision, preview: Preview, picture: Picture, terms: object) -> None:
        """What the policy just said of this picture; the parameters are those of `answer_for`."""
        self._answer = _Answer(decision, picture, _cells_of(preview), terms, self._clock.now())
        self._given = 1

    def _stands(self, answer: _Answer, preview: Preview) -> bool:
        config = self._config
        moved = _cells_of(preview) - answer.cells
        if abs(float(moved.mean())) > config.level_share * float(answer.cells.mean()):
            return False
        still = float(np.abs(moved).max()) <= config.cell_codes
        return still or self._clock.now() - answer.at_s < config.moving_s


def _cells_of(preview: Preview) -> Floats:
    """(48, 16) float32: the mean of each cell of a Preview, the three channels below one another."""
    side = SIDE_PX // CELL_PX
    planes = preview.reshape(3 * SIDE_PX, SIDE_PX)
    return np.asarray(cv2.resize(planes, (side, 3 * side), interpolation=cv2.INTER_AREA), np.float32)
