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
"""Pictures at rest that still count to the search before: a slow white balance moves only then."""

MOVES_EV = 0.05
"""Change of red against blue within one search, beyond which the white balance has moved: some 120 K at daylight."""

LEARN_FROM, REMEMBERED = 3, 5
"""Searches that are looked at before it is held, and those of which the median counts."""


class WhiteBalanceHold:
    """Switches the automatic white balance off while the exposure is searched, and on again at rest.

    Only where it was seen to matter: colours moved in most searches, which exposure alone does not make them do. A lamp
    of another colour does, too; holding costs nothing but two writes then.

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
        self._moves_ev: deque[float] = deque(maxlen=REMEMBERED)
        self._before: Preview | None = None
        self._moved_ev = 0.0
        self._rested = 0

    def follow(self, adjusting: Adjusting, preview: Preview, response: ResponseCurve, *, searching: bool) -> None:
        """Look at one picture. Raises CameraDisconnected."""
        if not self.on or not searching:
            adjusting.let_go()  # at once: the longer it is held, the later it comes to rest
        elif self.matters:
            adjusting.hold(AUTOMATIC)
        if not self.on or self.matters or not adjusting.has_on(AUTOMATIC):
            self._before = None
        elif searching or self._before is not None:
            self._look(preview, response, searching=searching)

    def _look(self, preview: Preview, response: ResponseCurve, *, searching: bool) -> None:
        """Learn from a picture of a search, or of the time after it."""
        if self._before is None:
            self._before, self._moved_ev = preview, 0.0
        self._rested = 0 if searching else self._rested + 1
        self._moved_ev = max(self._moved_ev, abs(colour_shift_ev(self._before, preview, response) or 0.0))
        if self._rested >= REST_FRAMES:
            self._before = None
            self._moves_ev.append(self._moved_ev)
            self.matters = len(self._moves_ev) >= LEARN_FROM and median(self._moves_ev) > MOVES_EV
