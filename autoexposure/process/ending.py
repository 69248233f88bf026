"""Being told to end, by a signal, by the clock or by a closed window; and ending even where something hangs.

The first word asks for an end in good order. A thread of its own, which hears signals also while the main thread is
stuck in a library, watches for that end. If it does not come in time, or a second signal finds the program still
there, that thread puts back the cameras it can and leaves the process.
"""

from __future__ import annotations

import logging
import math
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

from autoexposure.custody.custody import HANDS, Hands

log = logging.getLogger(__name__)

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that end the program in good order; Windows has no SIGHUP."""

GRACE_S = 5.0
"""For an end in good order: longer than most drivers wait for an answer (ONVIF 6 s, others 3), as long as people do."""

HURRY_S = 1.0
"""For the same after a second signal; a closed terminal often sends two at once, which costs nothing so."""

RESCUE_S = 1.5
"""For putting cameras back from outside; with ``HURRY_S`` and ``FAREWELL_S`` less than three seconds."""

FAREWELL_S = 0.3
"""For the last words: whoever reads them may hang as well."""

LEFT_BEHIND = 1
"""Exit code of a program that had to leave something behind that hangs."""

LONGEST_NAP_S = 3600.0
"""The system takes no wait without end, and none of a million years."""

WAKE = b"\0"


class Ending:
    """A context: within it, signals ask for the end instead of killing, and the end comes.

    Outside the main thread it hears no signals, and never leaves a process that is somebody else's.

    Parameters
    ----------
    on_told : called once, in the watching thread, when the end is asked for; must not block. ``then`` changes it.
    farewell : called before the process is left by force, to put the terminal right.
    leave : ends the process.
    """

    def __init__(
        self,
        on_told: Callable[[], object] = lambda: None,
        *,
        farewell: Callable[[], object] = lambda: None,
        leave: Callable[[int], object] = os._exit,
        hands: Hands = HANDS,
    ) -> None:
        self._on_told = on_told
        self._farewell = farewell
        self._leave = leave
        self._hands = hands
        self._told = threading.Event()
        self._heard = False
        self._due_s = math.inf
        self._over = False
        self._before: dict[signal.Signals, object] = {}
        self._before_fd = -1
        self._thread: threading.Thread | None = None
        self._ear, self._mouth = socket.socketpair()

    def told(self) -> bool:
        """Whether the end was asked for."""
        return self._told.is_set()

    def then(self, on_told: Callable[[], object]) -> None:
        """Have ``on_told`` called instead of what was given; at once, if the end was asked for already."""
        self._on_told = on_told
        if self._heard:
            on_told()

    def tell(self) -> None:
        """Ask for the end, from any thread: from now on it is waited for."""
        self._told.set()
        self._wake()

    def expect_in(self, seconds: float) -> None:
        """The end will be asked for in so long: watch over it from then on, though everything may hang by then."""
        self._due_s = min(self._due_s, time.monotonic() + seconds + GRACE_S)
        self._wake()

    def __enter__(self) -> Self:
        for end in (self._ear, self._mouth):
            end.setblocking(False)
        if threading.current_thread() is threading.main_thread():
            self._thread = threading.Thread(target=self._watch, name="ending", daemon=True)
            self._thread.start()
            self._before_fd = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
            for number in SIGNALS:
                if number == getattr(signal, "SIGHUP", None) and signal.getsignal(number) == signal.SIG_IGN:
                    continue  # under nohup
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what getsignal gave
        if self._thread is not None:
            signal.set_wakeup_fd(self._before_fd)
            self._over = True
            self._wake()
            self._thread.join()
        self._ear.close()
        self._mouth.close()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        """In the main thread, when that gets to it; the watching thread knows from the wake-up descriptor."""
        self._told.set()

    def _wake(self) -> None:
        try:
            self._mouth.send(WAKE)
        except OSError as error:  # full, so that it wakes up anyway; or over
            log.debug("the watch is not woken: %s", error)

    def _watch(self) -> None:
        while not self._over:
            left_s = self._due_s - time.monotonic()
            if left_s <= 0:
                self._leave_by_force()
                return
            readable, _, _ = select.select([self._ear], [], [], min(left_s, LONGEST_NAP_S))
            if readable:
                for byte in self._ear.recv(4096):
                    self._hear(byte)

    def _hear(self, byte: int) -> None:
        """One byte: the number of a signal, or that something else may have been said."""
        if by_signal := byte in self._before:
            self._told.set()
        if not self._told.is_set():
            return
        now_s = time.monotonic()
        if not self._heard:
            self._heard = True
            self._due_s = min(self._due_s, now_s + GRACE_S)
            self._on_told()
        elif by_signal:
            self._due_s = min(self._due_s, now_s + HURRY_S)

    def _leave_by_force(self) -> None:
        sentences = self._hands.rescue(RESCUE_S)
        if self._over:
            return  # it ended by itself meanwhile
        words = threading.Thread(target=self._say, args=(sentences,), name="farewell", daemon=True)
        words.start()
        words.join(FAREWELL_S)
        self._leave(LEFT_BEHIND)

    def _say(self, sentences: list[str]) -> None:
        self._farewell()
        said = "; ".join(["something does not answer and is left behind", *sentences])
        with suppress(OSError, ValueError):  # nobody may be there to read it any more
            print(f"autoexposure: {said}", file=sys.stderr, flush=True)  # noqa: T201
            sys.stdout.flush()
