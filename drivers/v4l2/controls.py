"""Setting the exposure of a V4L2 device: in which order controls have to be written, and whether they stay."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Iterable, Mapping

from linuxpy.video.device import Device, EventType, deque_event, subscribe_event

from autoexposure.camera import Capabilities, Settings
from autoexposure.errors import CameraBusy, CameraError, UnsupportedControl
from autoexposure.exposure import Exposure
from drivers.common.gain_law import GainLaw
from drivers.v4l2.control_set import (
    APERTURE_PRIORITY,
    AUTO,
    AUTOGAIN,
    DYNAMIC,
    GAIN,
    MANUAL,
    MODE,
    TIME,
    Control,
    ControlSet,
)
from drivers.v4l2.errors import another_program, controlling

log = logging.getLogger(__name__)

OWN_ECHO_S = 0.3
"""How long after a write a change of the value counts as the camera's own answer (rounded, limited)."""


class ControlWatch:
    """The events of some controls of one open device; subscribing changes nothing on it.

    The kernel sends no event for what this file handle itself writes, unless a flag changes with it.

    Parameters
    ----------
    device : an open linuxpy Device, in non-blocking mode.
    controls : which to listen to. A driver without events is simply silent.
    """

    def __init__(self, device: Device, controls: Iterable[Control]) -> None:
        self._device = device
        self._names: dict[int, str] = {}
        for control in controls:
            try:
                subscribe_event(device, EventType.CTRL, control.id)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOTTY):
                    raise
                log.info("no events of %s: %s", control.name, error)
            else:
                self._names[control.id] = control.name

    def changed(self) -> set[str]:
        """The names of the controls that had an event since the last call. Raises OSError."""
        names: set[str] = set()
        while self._names:
            try:
                event = deque_event(self._device)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.EAGAIN):  # no more of them
                    break
                raise
            if event.type == EventType.CTRL and event.id in self._names:
                names.add(self._names[event.id])
        return names


class ExposureControls:
    """Reads and writes the controls that decide a device's exposure. Changes nothing until asked to.

    Parameters
    ----------
    device : an open linuxpy Device, in non-blocking mode.
    name : its path, which is also what error messages call it.
    driver : the kernel driver's name.
    frame_interval_s : nominal time between two pictures; longer exposure times need the dynamic frame rate.
    law : what its gain codes mean; a guess where there is no profile.

    Raises CameraError and its kin, never OSError.
    """

    def __init__(
        self, device: Device, name: str, driver: str, frame_interval_s: float, law: GainLaw | None = None
    ) -> None:
        self._name = name
        self._ours: dict[str, int] = {}
        self._ours_since_s = 0.0
        with controlling(name, "describe its controls"):
            self._set = ControlSet(device, name, driver, frame_interval_s, law)
            self._watch = ControlWatch(device, self._set.there.values())

    @property
    def capabilities(self) -> Capabilities:
        """What can be set, as far as is known."""
        return self._set.capabilities

    def settings(self) -> Settings:
        """The raw value of every control this driver may change, by name."""
        with controlling(self._name, "tell its settings"):
            return dict(self._set.read(*self._set.there))

    def restore(self, settings: Settings) -> None:
        """Write back what ``settings`` returned: by hand first, while the device obeys, then the automatics.

        Goes on after a control that refuses, and raises its error at the end.
        """
        self._ours = {}
        wanted = {key: int(value) for key, value in settings.items() if key in self._set}
        steps: list[dict[str, int]] = []
        if self._set.manual is not None and TIME in wanted:
            steps.append({MODE: self._set.manual})
        if GAIN in wanted and AUTOGAIN in wanted:
            steps.append({AUTOGAIN: 0})
        steps += [{key: wanted[key]} for key in (TIME, GAIN, AUTOGAIN, MODE, DYNAMIC) if key in wanted]
        refused: CameraError | None = None
        for step in steps:
            try:
                with controlling(self._name, f"put {' and '.join(step)} back"):
                    self._set.write(step)
            except CameraError as error:
                log.warning("%s", error)
                refused = refused or error
        if refused is not None:
            raise refused

    def take(self) -> None:
        """Dynamic frame rate off, automatics off, then write time and gain. Raises UnsupportedControl."""
        if not self._set.settable:
            raise UnsupportedControl(self._set.note)
        # Read before the switch: some cameras come out of automatic with the values they went in with.
        with controlling(self._name, "tell its exposure"):
            handed_over = self._set.read(TIME, GAIN)
        by_hand = {DYNAMIC: 0, AUTOGAIN: 0, MODE: self._set.manual}
        with controlling(self._name, "switch its automatic exposure off"):
            for name, value in by_hand.items():
                if name in self._set and value is not None:
                    self._set.write({name: value})
            duration = self._set.flags_of(TIME)
        if duration is not None and duration.inactive:
            raise UnsupportedControl(f"{self._name} keeps its exposure automatic although manual was switched on")
        if duration is not None and duration.grabbed:
            raise CameraBusy(f"{self._name} has its exposure held by another program: close that one and try again")
        # Both are written whatever was read: the kernel's cache need not be what the camera uses.
        if duration is not None:
            handed_over[TIME] = min(handed_over[TIME], duration.nearest(self._set.frame_ticks))
        with controlling(self._name, "take over its exposure"):
            self._set.write(handed_over)
            self._take_for_ours(self._set.read(*self._set.there))

    def set(self, exposure: Exposure) -> Exposure:
        """Write time, then gain; return what the kernel says they are now.

        A time longer than the frame interval needs the dynamic frame rate, which is switched along where there is one.
        """
        if not self._set.settable:
            raise UnsupportedControl(self._set.note)
        values = self._set.raw(exposure)
        with controlling(self._name, f"set its exposure to {exposure}"):
            if TIME in values:
                slow = int(values[TIME] > self._set.frame_ticks)
                if self._set.read(DYNAMIC).get(DYNAMIC, slow) != slow:
                    values = {DYNAMIC: slow, **values}
            self._set.write(values)
            really = self._set.read(TIME, GAIN)
        self._take_for_ours({**values, **really})
        return self._set.exposure_of(really)

    def now(self) -> Exposure | None:
        """What the device is set to; None while it decides for itself and can't be asked."""
        if not self._set.settable:
            return None
        with controlling(self._name, "tell its exposure"):
            mode = self._set.read(MODE, AUTOGAIN)
            automatic = mode.get(MODE, MANUAL) in (AUTO, APERTURE_PRIORITY) or mode.get(AUTOGAIN)
            asked = [self._set.there[name] for name in (TIME, GAIN) if name in self._set]
            if automatic and not all(control.reads_back for control in asked):
                return None
            return self._set.exposure_of(self._set.read(TIME, GAIN))

    def set_automatic(self, on: bool) -> None:
        """Hand the exposure to the firmware or take it back. Raises UnsupportedControl if there is no automatic."""
        if not self._set.native_auto:
            raise UnsupportedControl(f"{self._name} has no automatic exposure that can be switched")
        if not on:
            self.take()
            return
        self._ours = {}
        with controlling(self._name, "switch its automatic exposure on"):
            if self._set.automatic is not None:
                self._set.write({MODE: self._set.automatic})
            if AUTOGAIN in self._set:
                self._set.write({AUTOGAIN: 1})

    def foreign_change(self) -> str:
        """As Watched.foreign_change; what the camera itself moves under its automatic is not meant."""
        with controlling(self._name, "tell its settings"):
            changed = self._watch.changed() & self._ours.keys()
            now = self._set.read(*changed)
        if MODE not in changed and time.monotonic() - self._ours_since_s < OWN_ECHO_S:
            self._ours |= now
            return ""
        changed = {name for name in changed if now[name] != self._ours[name]}
        if not changed:
            return ""
        who = another_program(self._name)
        if changed & {MODE, AUTOGAIN}:
            return f"{who} switched the automatic exposure on"
        return f"{who} set " + " and ".join(f"{name.replace('_', ' ')} to {now[name]}" for name in sorted(changed))

    def _take_for_ours(self, values: Mapping[str, int]) -> None:
        self._ours |= values
        self._ours_since_s = time.monotonic()
