"""The controls beside exposure of one open device, whatever they are read and written by."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import cycle, islice

from autoexposure.abilities.adjustable import AUTOMATICS, NAMES, Adjustment, bound_to
from autoexposure.errors import CameraDisconnected, CameraError, UnsupportedControl

log = logging.getLogger(__name__)

IN_TURN = 2
"""Controls read anew with each look: each may cost a transfer, which takes some devices as long as a picture."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One control of a device.

    Attributes
    ----------
    adjustment : as it is now.
    read : asks the device for its value; None where it can't be asked and what was set last counts.
    write : sets it, to a value it can take.

    Both raise CameraError and its kin.
    """

    adjustment: Adjustment
    read: Callable[[], float] | None
    write: Callable[[float], None]


class AdjustmentSet:
    """Reads and sets them. They are described at the first look, not when the device is opened.

    A refusal to be read leaves a control as it was read last.

    Parameters
    ----------
    name : what error messages call the device.
    describe : the knobs there are; raises no CameraError for one that can't be described, but leaves it out.
    """

    def __init__(self, name: str, describe: Callable[[], Iterable[Knob]]) -> None:
        self._name = name
        self._describe = describe
        self._described = False
        self._knobs: dict[str, Knob] = {}
        self._set_here: set[str] = set()
        self._turn = cycle([""])

    def now(self) -> tuple[Adjustment, ...]:
        """As Adjustable.adjustments."""
        if self._described:
            for name in islice(self._turn, min(IN_TURN, len(self._knobs))):
                self._read_again(name)
        return tuple(
            replace(knob.adjustment, active=knob.adjustment.active and not self._held(name))
            for name, knob in self._all().items()
        )

    def set(self, name: str, value: float) -> float:
        """As Adjustable.adjust."""
        knob = self._all().get(name)
        if knob is None:
            raise UnsupportedControl(f"{self._name} has no control {name}")
        if self._held(name):
            words = NAMES[name].lower()
            raise UnsupportedControl(f"{self._name} sets its {words} itself: switch {AUTOMATICS[name]} off first")
        wanted = knob.adjustment.nearest(value)
        knob.write(wanted)
        self._set_here.add(name)
        self._note(name, wanted)  # it stays so where it can't be read back
        for each in bound_to(name) & self._knobs.keys():
            self._read_again(each)
        return self._knobs[name].adjustment.value

    def reset(self, *, in_secret: bool = False) -> dict[str, float]:
        """Read all of them anew; return those to set again, with what they were set to.

        They are the ones that read otherwise now, and those that were set here: they may be reset and read as before.
        What an automatic had is left out: it moves that. ``in_secret`` : all others, whatever they read.
        """
        before = {name: knob.adjustment.value for name, knob in self._all().items() if not self._held(name)}
        for name in self._knobs:
            self._read_again(name)
        anyway = self._knobs.keys() if in_secret else self._set_here
        return {
            name: was for name, was in before.items() if name in anyway or self._knobs[name].adjustment.value != was
        }

    def _all(self) -> dict[str, Knob]:
        if not self._described:
            found = {knob.adjustment.name: knob for knob in self._describe()}
            self._knobs = {name: found[name] for name in NAMES if name in found}
            self._turn = cycle(self._knobs)
            self._described = True
        return self._knobs

    def _held(self, name: str) -> bool:
        """Whether its automatic has it."""
        automatic = self._knobs.get(AUTOMATICS.get(name, ""))
        return automatic is not None and bool(automatic.adjustment.value)

    def _note(self, name: str, value: float) -> None:
        knob = self._knobs[name]
        self._knobs[name] = replace(knob, adjustment=replace(knob.adjustment, value=value))

    def _read_again(self, name: str) -> None:
        read = self._knobs[name].read
        if read is None:
            return
        try:
            self._note(name, read())
        except CameraDisconnected:
            raise
        except CameraError as error:
            log.debug("%s", error)


def described(knobs: Iterable[Callable[[], Knob | None]]) -> Iterable[Knob]:
    """What each returns, but for those that are None or raise a CameraError: what can't be described is not there."""
    for make in knobs:
        try:
            knob = make()
        except CameraDisconnected:
            raise
        except CameraError as error:
            log.info("%s", error)
        else:
            if knob is not None:
                yield knob
