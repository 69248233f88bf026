"""Holding the automatic white balance while the exposure is searched, on cameras where the two disturb each other."""

from __future__ import annotations

from collections import deque
from statistics import median

from autoexposure.adjusting.adjusting import Adjusting
from autoexposure.metering.colour import colour_shift_ev
from autoexposure.metering.preview import Preview
from autoexposure.response import ResponseCurve

AUTOMATIC = "white_balance_automatic"

REST_FRAMES = 15
"""Pictures at rest after which it is looked at what a search did to the colours: half a second, in which a white
balance that was disturbed has moved visibly."""

MOVES_EV = 0.05
"""Change of red against blue over one search, beyond which the white balance has moved: some 120 K at daylight."""

LEARN_FROM, REMEMBERED = 3, 5
"""Searches that are looked at before it is held, and those of which the median counts."""


class WhiteBalanceHold:
    """Switches the automatic white balance off while the exposure is searched, and on again at rest.

    Only where it was seen to matter: colours moved from the first to the last picture of most searches, which exposure
    alone does not make them do. A lamp of another colour does, too; holding costs nothing but two writes then.

    Parameters
    ----------
    on : whether it is wanted.

    Attributes
    ----------
    matters : whether this camera's white balance was seen to move with its exposure.
    """

    def __init__(self, on: bool) -> None:
        self.on = on
        self.begin()

    def begin(self) -> None:
        """There is another camera: forget what was learned."""
        self.matters = False
        self._shifts_ev: deque[float] = deque(maxlen=REMEMBERED)
        self._before: Preview | None = None
        self._rested = 0

    def follow(self, adjusting: Adjusting, preview: Preview, response: ResponseCurve, *, searching: bool) -> None:
        """Look at one picture. Raises CameraDisconnected."""
        if not self.on:
            adjusting.let_go()
            self._before = None
        elif searching:
            self._rested = 0
            if self._before is None:
                self._before = preview
            if self.matters:
                adjusting.hold(AUTOMATIC)
        elif adjusting.held:  # at once: the longer it is held, the later it comes to rest
            adjusting.let_go()
            self._before = None
        elif self._before is not None:
            self._rested += 1
            if self._rested >= REST_FRAMES:
                if adjusting.has_on(AUTOMATIC):
                    self._learn(colour_shift_ev(self._before, preview, response))
                self._before = None

    def _learn(self, shift_ev: float | None) -> None:
        if shift_ev is not None:
            self._shifts_ev.append(abs(shift_ev))
        self.matters = len(self._shifts_ev) >= LEARN_FROM and median(self._shifts_ev) > MOVES_EV
