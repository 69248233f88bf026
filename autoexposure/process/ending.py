"""Ending in good order when a signal, the clock or a closed window asks for it; and ending even where something hangs.

The first request asks for an end in good order. A thread of its own, which hears signals even while the main thread is
stuck in a library, watches for that end. If it does not come in time, or a second signal finds the program still
running, that thread puts back the cameras it can and leaves the process.
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

SIGNALS: tuple[signal.Signals, ...] = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Signals that end the program in good order; Windows has no SIGHUP."""

HANG_UPS = tuple(number for number in SIGNALS if number.name == "SIGHUP")
"""The signals that ``nohup`` has ignored."""

GRACE_S = 5.0
"""Time for an end in good order: as long as people wait, and longer than most drivers do (3 s; ONVIF 6 s)."""

HURRY_S = 1.0
"""The same after a second signal. A closed terminal often sends two at once, which must not cut a good end short."""

RESCUE_S = 1.5
"""Time to put cameras back from outside; with ``HURRY_S`` and ``FAREWELL_S`` it is less than three seconds."""

FAREWELL_S = 0.3
"""Time to print the last message, since its reader may hang as well."""

LEFT_BEHIND = 1
"""Exit code of a program that had to leave something behind that hangs."""

SIGNALLED = 128
"""Added to a signal's number, the exit code of a program that the signal ended; shells count the same way."""

LONGEST_NAP_S = 3600.0
"""The system accepts no infinite wait, nor one of a million years."""

WAKE = b"\0"

Handler = Callable[[int, FrameType | None], object] | int
"""What Python keeps for a signal."""


class Ending:
    """A context within which signals ask for the end instead of killing the process, and the end comes.

    Outside the main thread it hears no signals and never leaves the process, which belongs to another's code there.

    Parameters
    ----------
    on_told : called once, in the watching thread, when the end is asked for; must not block. ``then`` replaces it.
    patient : for long work that holds no camera. One signal never forces the end, however long a step takes; a second
        one does, with the exit code of that signal. Any ignored signal stays ignored, as a shell's background jobs
        expect; otherwise only an ignored SIGHUP does.
    farewell : called before the process is left by force, to put the terminal right.
    leave : ends the process with an exit code.
    hands : the cameras to put back before the process is left by force.

    Attributes
    ----------
    signal : number of the signal that asked for the end; 0 if none has.
    """

    def __init__(
        self,
        on_told: Callable[[], object] = lambda: None,
        *,
        patient: bool = False,
        farewell: Callable[[], object] = lambda: None,
        leave: Callable[[int], object] = os._exit,
        hands: Hands = HANDS,
    ) -> None:
        self.signal = 0
        self._on_told = on_told
        self._patient = patient
        self._farewell = farewell
        self._leave = leave
        self._hands = hands
        self._code = LEFT_BEHIND
        self._told = threading.Event()
        self._heard = False
        self._due_s = math.inf
        self._over = False
        self._before: dict[int, Handler] = {}
        self._before_fd = -1
        self._thread: threading.Thread | None = None
        self._ear, self._mouth = socket.socketpair()

    def told(self) -> bool:
        """Return whether the end was asked for."""
        return self._told.is_set()

    def then(self, on_told: Callable[[], object]) -> None:
        """Call ``on_told`` instead of the earlier one; at once, if the end was asked for already."""
        self._on_told = on_told
        if self._heard:
            on_told()

    def tell(self) -> None:
        """Ask for the end, from any thread; the watch over it begins now."""
        self._told.set()
        self._wake()

    def expect_in(self, seconds: float) -> None:
        """Watch over the end from ``seconds`` from now on, when it will be due, even if everything hangs by then."""
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
                before = signal.getsignal(number)
                if before is None or (before == signal.SIG_IGN and (self._patient or number in HANG_UPS)):
                    continue  # None: a handler from outside Python, which could not be put back
                self._before[number] = before
                signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._thread is not None:
            signal.set_wakeup_fd(self._before_fd)
            self._over = True
            self._wake()
            self._thread.join()
        self._ear.close()
        self._mouth.close()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        """Runs in the main thread, when that gets to it; the watching thread knows from the wake-up descriptor."""
        self.signal = self.signal or number
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
        """Take one byte: the number of a signal, or ``WAKE``, after which the state has to be looked at again."""
        if by_signal := byte in self._before:
            self.signal = self.signal or byte
            self._told.set()
        if not self._told.is_set():
            return
        now_s = time.monotonic()
        if not self._heard:
            self._heard = True
            if not self._patient:
                self._due_s = min(self._due_s, now_s + GRACE_S)
            self._on_told()
        elif by_signal:
            if self._patient:
                self._code = SIGNALLED + byte
            self._due_s = min(self._due_s, now_s + HURRY_S)

    def _leave_by_force(self) -> None:
        sentences = self._hands.rescue(RESCUE_S)
        if self._over:
            return  # it ended by itself meanwhile
        words = threading.Thread(target=self._say, args=(sentences,), name="farewell", daemon=True)
        words.start()
        words.join(FAREWELL_S)
        self._leave(self._code)

    def _say(self, sentences: list[str]) -> None:
        self._farewell()
        why = "ended in the middle of a step" if self._patient else "something does not answer and is left behind"
        said = "; ".join([why, *sentences])
        with suppress(OSError, ValueError):  # the reader may be gone
            print(f"autoexposure: {said}", file=sys.stderr, flush=True)  # noqa: T201
            sys.stdout.flush()
