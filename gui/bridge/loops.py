"""Several control loops behind one port: the window talks to the one that is looked at."""

from __future__ import annotations

from collections.abc import Sequence

from autoexposure.control.commands import Command
from autoexposure.control.loop import Sink
from autoexposure.control.snapshot import Snapshot
from gui.bridge.services import LoopPort


class Loops:
    """A LoopPort that is one of several.

    What was begun with one loop stays with it: a recording goes on when another is looked at.

    Parameters
    ----------
    specs : what each loop was told to open; empty where that isn't known.

    Attributes
    ----------
    specs : what each loop was told to open last.
    every : all of them, in the order of their tiles.
    current : the number of the one that is looked at.
    """

    def __init__(self, *loops: LoopPort, specs: Sequence[str] = ()) -> None:
        self.every = loops
        self.specs = list(specs) or [""] * len(loops)
        self.current = 0
        self._sinks: list[tuple[LoopPort, Sink]] = []

    def turn_to(self, number: int) -> None:
        """Look at another one."""
        self.current = number

    def latest(self) -> Snapshot | None:
        """As LoopPort.latest, of the current loop."""
        return self.every[self.current].latest()

    def send(self, command: Command) -> None:
        """As LoopPort.send, to the current loop."""
        self.every[self.current].send(command)

    def send_to_all(self, command: Command) -> None:
        """Have all loops carry it out: what concerns the person in front of them, not one camera."""
        for loop in self.every:
            loop.send(command)

    def add_sink(self, sink: Sink) -> None:
        """As LoopPort.add_sink, with the current loop."""
        loop = self.every[self.current]
        self._sinks.append((loop, sink))
        loop.add_sink(sink)

    def remove_sink(self, sink: Sink) -> None:
        """As LoopPort.remove_sink, with the loop that has it."""
        for held in [held for held in self._sinks if held[1] == sink]:
            self._sinks.remove(held)
            held[0].remove_sink(sink)
