"""Setting a camera's controls beside exposure, and knowing how they are."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import replace

from autoexposure.abilities.abilities import Abilities
from autoexposure.abilities.adjustable import AUTOMATICS, NAMES, Adjustment, bound_to, in_order
from autoexposure.clock import Clock
from autoexposure.custody.custody import Custody
from autoexposure.errors import CameraDisconnected, CameraError, ConfigError, UnsupportedControl

log = logging.getLogger(__name__)

LOOK_S = 0.5
"""Between two looks at what the controls are set to: automatics move them, and other programs do."""


class Adjusting:
    """The controls beside exposure of one open camera; one thread owns it.

    Parameters
    ----------
    abilities : of the camera, which may have none of them.
    custody : of the same camera: what a control was set to is noted before its first change.

    Attributes
    ----------
    now : every control as it was read last.
    chosen : what was asked for, by name.
    found : what controls that were changed since were set to when the camera was found, by name.
    held : the automatic that is off for the moment, and counts as on; empty if none is.
    """

    def __init__(self, abilities: Abilities, custody: Custody, clock: Clock) -> None:
        self.now: tuple[Adjustment, ...] = ()
        self.chosen: dict[str, float] = {}
        self.found: Mapping[str, float] = {}
        self.held = ""
        self._abilities = abilities
        self._custody = custody
        self._clock = clock
        self._next_look_s = self._no_switch_before_s = -math.inf

    def look(self) -> None:
        """Read the controls anew if it is time to. Raises CameraDisconnected.

        A camera that does not tell them keeps those it told last.
        """
        if self._clock.now() >= self._next_look_s:
            self._look()

    def set(self, name: str, value: float) -> None:
        """Set one control, switching its automatic off first if that is on.

        Raises UnsupportedControl if the camera has no such control or refuses, CameraDisconnected if it is gone.
        """
        adjustment = self._find(name)
        try:
            wanted = adjustment.nearest(value)
            self._note(name)
            if self.has_on(automatic := AUTOMATICS.get(name, "")):
                self._take_from(automatic, name, wanted)
            else:
                self.chosen[name] = self._write(name, wanted)
        except CameraDisconnected:
            self.chosen[name] = value  # it is what the camera is to be set to when it is back
            raise
        except (CameraError, ConfigError) as error:
            raise UnsupportedControl(str(error)) from error
        finally:
            if self.held in bound_to(name):
                self.held = ""
            self._next_look_s = -math.inf
        self._look()

    def resume(self, chosen: Mapping[str, float]) -> str:
        """Set a camera that was just opened as it was before it was lost, or as was asked for before it was there.

        Returns a sentence on what it refused, if anything. Raises CameraDisconnected.
        """
        refused = []
        for name, value in in_order(chosen).items():
            try:
                self.set(name, value)
            except UnsupportedControl as error:
                refused.append(str(error))
        return next(iter(refused), "")

    def has_on(self, automatic: str) -> bool:
        """Whether the camera has this automatic and it is on, or held."""
        return any(each.name == automatic and each.value for each in self.now)

    def hold(self, automatic: str) -> None:
        """Switch an automatic off for the moment, if it is on. Raises CameraDisconnected; a refusal is only logged."""
        if not self.held and self.has_on(automatic):
            self._switch(automatic, on=False)

    def let_go(self) -> None:
        """Switch what is held on again. Raises CameraDisconnected; after a refusal it stays held."""
        if self.held:
            self._switch(self.held, on=True)

    def _take_from(self, automatic: str, name: str, value: float) -> None:
        """Set what an automatic has; if the camera refuses, that automatic goes on."""
        self._write(automatic, 0)
        try:
            self.chosen |= {automatic: 0.0, name: self._write(name, value)}
        except CameraDisconnected:
            raise
        except CameraError:
            self._write(automatic, 1)
            raise

    def _switch(self, automatic: str, *, on: bool) -> None:
        if self._clock.now() < self._no_switch_before_s:
            return
        try:
            self._note(automatic)
            self._write(automatic, float(on))
        except CameraDisconnected:
            raise
        except CameraError as error:
            log.info("%s", error)
            self._no_switch_before_s = self._clock.now() + LOOK_S
        else:
            self.held = "" if on else automatic

    def _note(self, name: str) -> None:
        self._custody.note({each.name: each.value for each in self.now if each.name in bound_to(name)})
        self.found = {each: value for each, value in self._custody.originals.items() if each in NAMES}

    def _write(self, name: str, value: float) -> float:
        with self._custody.changing():
            return self._abilities.adjust(name, value)

    def _find(self, name: str) -> Adjustment:
        self.look()
        for adjustment in self.now:
            if adjustment.name == name:
                return adjustment
        has = ", ".join(adjustment.name for adjustment in self.now)
        raise UnsupportedControl(f"{self._custody.name} has no control {name}" + (f": it has {has}" if has else ""))

    def _look(self) -> None:
        self._next_look_s = self._clock.now() + LOOK_S
        try:
            self.now = tuple(map(self._as_meant, self._abilities.adjustments()))
        except CameraDisconnected:
            raise
        except CameraError as error:
            log.info("%s does not tell its controls: %s", self._custody.name, error)

    def _as_meant(self, adjustment: Adjustment) -> Adjustment:
        """A control as it is but for what is held: that is on for all who look."""
        if adjustment.name == self.held:
            return replace(adjustment, value=1)
        moved = bool(self.held) and AUTOMATICS.get(adjustment.name) == self.held
        return replace(adjustment, active=False) if moved else adjustment
