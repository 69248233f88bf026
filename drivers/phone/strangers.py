"""What other devices in the network send to the phone page, logged in one line a minute at most.

Anyone can connect. Without a limit one device that sends invalid requests, or tries code after code, fills the log and
hides what else stands in it.
"""

from __future__ import annotations

import logging
import math

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from autoexposure.clock import Clock

log = logging.getLogger(__name__)

TELL_EVERY_S = 60.0

NO_REQUEST = (HttpProcessingError, web.RequestPayloadError)
"""What aiohttp raises for bytes that are no request, or whose body is none."""


class Strangers:
    """Counts what is not told, and says so with the next line.

    Attributes
    ----------
    http_log : for aiohttp, which writes a traceback for every malformed request; our own faults pass.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told_s = -math.inf
        self._untold = 0
        self.http_log = logging.Logger(f"{__name__}.http")
        self.http_log.parent = log
        self.http_log.addFilter(self._is_our_fault)

    def tell(self, message: str, *words: object) -> None:
        """Log a line, unless there was one within the last minute."""
        if self._clock.now() - self._told_s < TELL_EVERY_S:
            self._untold += 1
            return
        more = f" ({self._untold} more such lines were left out)" if self._untold else ""
        self._told_s, self._untold = self._clock.now(), 0
        log.warning(f"{message}%s", *words, more)

    def _is_our_fault(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, NO_REQUEST):
            return True
        host = record.args[0] if isinstance(record.args, tuple) and record.args else "somebody"
        self.tell("%s sent the phone page what is no request", host)
        return False
