"""Whose fault it is: an error in another package's code, or a call that never returns, is reported with its name."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from autoexposure.errors import AutoexposureError, CameraError, ConfigError
from autoexposure.plain_text import plain

log = logging.getLogger(__name__)

HANGS_S = 4.0
"""How long a call may take before it is logged: longer than most cameras take to start a stream, and sooner than a
program that is ending gives up on what hangs."""


class Watch:
    """Logs a call that does not return, by name, from a thread of its own: the caller waits and can't."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._doing: tuple[str, float] | None = None
        self._closed = threading.Event()
        threading.Thread(target=self._look, name="plug-in watch", daemon=True).start()

    @contextmanager
    def calling(self, what: str, *, words_may_be_wrong: bool = False) -> Iterator[None]:
        """As `waiting`; what the call raises is said to be the plug-in's, unless it is one of ours.

        A ConfigError is one of ours only where the user's words are read (``words_may_be_wrong``): elsewhere it says
        that a value can't be, as a range.
        """
        try:
            with self.waiting(what):
                yield
        except AutoexposureError as error:
            if not isinstance(error, ConfigError):
                raise
            if words_may_be_wrong:
                raise ConfigError(f"{self._name}: {error}") from error
            raise CameraError(f"{self._name} failed in {what}: {error}") from error
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # somebody else's code, which may have such errors of its own
            log.debug("a plug-in failed", exc_info=True)
            raise CameraError(f"{self._name} failed in {what} ({said(error)}): tell its author") from error

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """While this holds, a call is under way."""
        self._doing = what, time.monotonic()
        try:
            yield
        finally:
            self._doing = None

    def close(self) -> None:
        """End. Callable twice."""
        self._closed.set()

    def _look(self) -> None:
        told: tuple[str, float] | None = None
        while not self._closed.wait(HANGS_S / 4):
            doing = self._doing
            if doing is not None and doing is not told and time.monotonic() - doing[1] > HANGS_S:
                told = doing
                log.warning("%s does not return from %s: it holds everything up", self._name, doing[0])


def said(error: BaseException) -> str:
    """An error's kind and words; only its kind, where asking for the words raises another."""
    try:
        return f"{kind_of(error)}: {plain(error)}"
    except (Exception, SystemExit):  # noqa: BLE001 - somebody else's code once more
        return kind_of(error)


def kind_of(value: object) -> str:
    """The name of a value's type."""
    return type(value).__name__
