"""Setting a camera's controls beside exposure, and knowing how they are."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

from autoexposure.abilities.adjustable import AUTOMATICS, Adjustable, Adjustment, bound_to, in_order
from autoexposure.camera import Camera
from autoexposure.clock import Clock
from autoexposure.custody.custody import Custody
from autoexposure.errors import CameraDisconnected, CameraError, ConfigError, UnsupportedControl
from autoexposure.plain_text import plain

log = logging.getLogger(__name__)

LOOK_S = 0.5
"""Between two looks at what the controls are set to: automatics move them, and other programs do."""


class Adjusting:
    """The controls beside exposure of one open camera; one thread owns it.

    Parameters
    ----------
    camera : maybe without any.
    custody : of this camera: what a control was set to is noted before its first change.

    Attributes
    ----------
    now : every control as it was read last.
    chosen : what was set by our doing, by name.
    """

    def __init__(self, camera: Camera, custody: Custody, clock: Clock) -> None:
        self.now: tuple[Adjustment, ...] = ()
        self.chosen: dict[str, float] = {}
        self._camera = camera
        self._custody = custody
        self._clock = clock
        self._next_look_s = -math.inf

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
            self._custody.note({each.name: each.value for each in self.now if each.name in bound_to(name)})
            automatic = AUTOMATICS.get(name, "")
            if any(each.name == automatic and each.value for each in self.now):
                self._write(automatic, 0)
            self._write(name, wanted)
        except CameraDisconnected:
            self.chosen[name] = value  # it is what the camera is to be set to when it is back
            raise
        except (CameraError, ConfigError) as error:
            raise UnsupportedControl(str(error)) from error
        finally:
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

    def _write(self, name: str, value: float) -> None:
        with self._custody.changing():
            really = self._camera.adjust(name, value) if isinstance(self._camera, Adjustable) else value
        self.chosen[name] = really

    def _find(self, name: str) -> Adjustment:
        self.look()
        for adjustment in self.now:
            if adjustment.name == name:
                return adjustment
        has = ", ".join(adjustment.name for adjustment in self.now)
        camera = plain(self._camera.info.name)
        raise UnsupportedControl(f"{camera} has no control {name}" + (f": it has {has}" if has else ""))

    def _look(self) -> None:
        self._next_look_s = self._clock.now() + LOOK_S
        if not isinstance(self._camera, Adjustable):
            return
        try:
            self.now = self._camera.adjustments()
        except CameraDisconnected:
            raise
        except CameraError as error:
            log.info("%s does not tell its controls: %s", self._camera.info.name, error)
