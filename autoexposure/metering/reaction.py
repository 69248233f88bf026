"""Whether a meter's model is of any use: its answers must follow the exposure.

A meter has one thing to get right first: of a picture taken darker it must ask for more light, and of a brighter one
for less. A model that was never trained, or was damaged in a way that leaves its numbers finite, does not; a loop that
follows it ends in black or white. So now and then a picture is re-exposed in the computer, as looking ahead does, and
the meter is asked about both versions. Black and white pictures say nothing; only those count whose versions a
classical meter tells apart. Where the camera shows no such picture, as when a loop has run away already, photographs
that ship with the program are asked about instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import cv2
import numpy as np

from autoexposure.clock import Clock
from autoexposure.metering.classical import MatrixMeter
from autoexposure.metering.clipping import HIGHLIGHT_CODE
from autoexposure.metering.lookahead import re_exposer
from autoexposure.metering.policy import Policy, ask
from autoexposure.metering.preview import SIDE_PX, Preview, make_preview
from autoexposure.response import ResponseCurve


@dataclass(frozen=True, slots=True)
class ReactionConfig:
    """How a meter is put to the test.

    Attributes
    ----------
    step_ev : the two versions lie so far on either side of what a classical meter finds right: inside the range that
        the network was trained on (paper 5.3), where no answer is at its limit.
    least_slope : EV less that must be asked for with every EV more. The shipped network reaches 1.0 on every other
        picture; on each of 110 photographs, taken up to 3 EV off, at least one part reached 0.37.
    sees_from : slope of the classical meter from which a picture counts.
    most_clipped : share of white from which a picture does not count: taken darker it is an even grey.
    farthest_ev : no further is a picture re-exposed to what the classical meter finds right: beyond, little is left.
    least_parts : so many pictures, or parts of one, must have failed, and none succeeded.
    every_s : the longest answers take tens of milliseconds, and none may hold up more than one picture a second.
    again_s : after a test that was passed: a model does not change, only what it is shown.
    """

    step_ev: float = 1.0
    least_slope: float = 0.2
    sees_from: float = 0.8
    most_clipped: float = 0.5
    farthest_ev: float = 2.0
    least_parts: int = 3
    every_s: float = 1.0
    again_s: float = 60.0


class Reaction:
    """Tests one meter after the other, one question at a time.

    Attributes
    ----------
    missing : the meter's answers were found not to follow the exposure.
    """

    def __init__(self, clock: Clock, config: ReactionConfig | None = None) -> None:
        self._clock = clock
        self._config = config or ReactionConfig()
        self._classical = MatrixMeter()
        self.forget()

    def forget(self) -> None:
        """There is another meter, or it has learned."""
        self.missing = False
        self._next_s = 0.0
        self._parts: Iterator[Preview] | None = None
        self._failed_parts = 0
        self._versions: list[Preview] = []  # still to be asked about: darker, brighter
        self._answers_ev: list[float] = []

    def watch(self, policy: Policy, preview: Preview, response: ResponseCurve) -> None:
        """Ask ``policy`` one more question if it is time for one; ``missing`` says what came of it.

        Parameters
        ----------
        preview : (1, 3, 128, 128) float32, code values 0..255: the newest picture, with which a test may begin.

        Raises
        ------
        PolicyError
            If the policy fails.
        """
        now_s = self._clock.now()
        if self.missing or now_s < self._next_s:
            return
        self._next_s = now_s + self._config.every_s
        if not self._versions and not self._next_part(preview, response):
            return
        self._answers_ev.append(ask(policy, self._versions.pop(0)).delta_ev)
        if self._versions:
            return
        darker_ev, brighter_ev = self._answers_ev
        if darker_ev - brighter_ev >= 2 * self._config.step_ev * self._config.least_slope:
            self._parts = None
            self._next_s = now_s + self._config.again_s
        else:
            self._failed_parts += 1

    def _next_part(self, preview: Preview, response: ResponseCurve) -> bool:
        """Make the versions of the next part that says something; False if there is none now."""
        if self._parts is None:
            self._parts, self._failed_parts = chain(parts_of(preview), shipped_pictures()), 0
        for part in self._parts:
            if versions := self._versions_of(part, response):
                self._versions, self._answers_ev = versions, []
                return True
        self.missing = self._failed_parts >= self._config.least_parts
        self._parts = None
        return False

    def _versions_of(self, part: Preview, response: ResponseCurve) -> list[Preview]:
        """``part`` taken darker and brighter; empty where a classical meter finds no difference, and for white."""
        config = self._config
        if float((part.max(axis=1) >= HIGHLIGHT_CODE).mean()) > config.most_clipped:
            return []
        right_ev = min(max(self._classical.decide(part).delta_ev, -config.farthest_ev), config.farthest_ev)
        versions = [
            re_exposer(part, response, darker=offset_ev < 0)(offset_ev)
            for offset_ev in (right_ev - config.step_ev, right_ev + config.step_ev)
        ]
        darker_ev, brighter_ev = (self._classical.decide(version).delta_ev for version in versions)
        return versions if darker_ev - brighter_ev >= 2 * config.step_ev * config.sees_from else []


def parts_of(preview: Preview) -> Iterator[Preview]:
    """The picture, and each of its halves as a picture of its own: what a meter makes of one may be an accident."""
    half = SIDE_PX // 2
    yield preview
    for rows, columns in (
        (slice(None), slice(half)),
        (slice(None), slice(half, None)),
        (slice(half), slice(None)),
        (slice(half, None), slice(None)),
    ):
        pixels = np.ascontiguousarray(preview[0, :, rows, columns].transpose(1, 2, 0))
        scaled = cv2.resize(pixels, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR)
        yield np.ascontiguousarray(np.rint(scaled).transpose(2, 0, 1)[np.newaxis])


def shipped_pictures() -> Iterator[Preview]:
    """Photographs of the built-in scenes: people, things and animals, in even light."""
    from autoexposure.simulation.builtin_scenes import shipped_photograph  # seldom needed

    for name in ("astronaut.png", "chelsea.png", "coffee.png"):
        yield make_preview(shipped_photograph(name))
