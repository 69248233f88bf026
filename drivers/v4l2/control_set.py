"""Which exposure controls a V4L2 device has, what they can do, and reading and writing them raw."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from linuxpy.video.device import get_controls_values, set_controls_values

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.exposure import Exposure
from drivers.common.gain_law import GainLaw
from drivers.common.time_unit import TimeUnit
from drivers.v4l2.control import IDS, Control, insisting, query_control
from drivers.v4l2.errors import GONE, refusal

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

log = logging.getLogger(__name__)

TIMES = ("exposure_time_absolute", "exposure")
GAINS = ("gain", "analogue_gain", "iso_sensitivity", "digital_gain")
"""What can be an exposure time and a gain; of each the first that works is used."""

AUTOGAINS = {"iso_sensitivity": "iso_sensitivity_auto"}
"""The automatic of a gain; of most it is ``gain_automatic``."""

MODE, DYNAMIC = "auto_exposure", "exposure_dynamic_framerate"

AUTO, MANUAL, SHUTTER_PRIORITY, APERTURE_PRIORITY = range(4)
"""Entries of ``auto_exposure``. UVC cameras have a fixed iris: theirs are MANUAL and APERTURE_PRIORITY."""

MILLI_ISO = 1000
"""V4L2 counts ISO in thousandths (its documentation of V4L2_CID_ISO_SENSITIVITY)."""

DELAY_FRAMES = (1, 9)
"""For cameras that were not measured: the camera's own delay, which is 0 to 8 pictures, and the one that is on its way
through the USB while the control is written (measured with uvcvideo: always exactly one)."""

NO_AMPLIFIER = frozenset({"vivid", "vimc"})
"""Kernel drivers whose gain is there for testing applications and moves nothing in the picture (measured)."""

OF_GAIN = frozenset({*GAINS, "gain_automatic", *AUTOGAINS.values()})


class ControlSet:
    """The controls of one open device that decide its exposure. Its methods raise OSError.

    One that can't be described or read is not there: what can't be read can't be put back.

    Parameters
    ----------
    device : an open linuxpy Device (or anything with ``fileno()``).
    name : what log messages call it.
    driver : the kernel driver's name.
    frame_interval_s : nominal time between two pictures, which is the exposure time of a camera that has no control
        of it.
    law : what its gain codes mean; a guess where there is no profile.

    Attributes
    ----------
    there : every control that may be written, by name. Where the time can't be set, what only serves it isn't among
        them, but for a mode that was found manual: such a camera keeps the mode it was found in.
    time, gain, autogain : the names of those with which exposure time and gain are set, and of the automatic that the
        gain has; empty where there is none.
    manual, automatic : entries of ``auto_exposure`` to switch between, None where there are none.
    law : the gain law in use.
    capabilities : what can be set, as far as is known.
    """

    def __init__(
        self, device: FileDescriptorLike, name: str, driver: str, frame_interval_s: float, law: GainLaw | None = None
    ) -> None:
        self._device = device
        self._name = name
        self._frame_interval_s = frame_interval_s
        self._known_law = law
        self._broken: dict[str, str] = {}
        self._found: dict[str, Control] = {}
        self._mode_found: int | None = None
        for key in IDS:
            if not (driver in NO_AMPLIFIER and key in OF_GAIN):
                self._look_for(key)
        self._choose()

    def _look_for(self, key: str) -> None:
        try:
            control = query_control(self._device, key)
            if control is not None and control.minimum > control.maximum:
                self._forget(key, "its range ends before it begins")
            elif control is not None and (control.settable or key == MODE):
                self._found[key] = control
                value = insisting(self._read, [control])[0]
                self._mode_found = value if key == MODE else self._mode_found
        except OSError as error:
            if error.errno in GONE:
                raise
            self._forget(key, refusal(error))

    def _choose(self) -> None:
        """Find out which control does what, of those that work."""
        found, mode = self._found, self._found.get(MODE)
        choices = mode.choices if mode is not None else frozenset()
        self.manual = next((m for m in (MANUAL, SHUTTER_PRIORITY) if m in choices), None)
        # What the camera was found with, else what UVC cameras have.
        automatic = [m for m in (AUTO, APERTURE_PRIORITY) if m in choices]
        self.automatic = next((m for m in (self._mode_found, *reversed(automatic)) if m in automatic), None)
        self._stuck_in_auto = mode is not None and (
            self.manual is None or not (mode.settable or self._mode_found in (MANUAL, SHUTTER_PRIORITY))
        )
        self._unit = TimeUnit()
        self.time = next((key for key in TIMES if key in found), "")
        if self.time == "exposure":
            scale = found[self.time]
            self._unit = TimeUnit.of_scale(scale.minimum, scale.maximum, self._frame_interval_s)
        if self.time and (self._stuck_in_auto or self._times(found[self.time]) is None):
            self.time = ""
        self.gain, self.law = "", GainLaw((0,), (1.0,))
        for key in filter(found.__contains__, GAINS):
            law = self._law_of(found[key])
            if law is not None:
                self.gain, self.law = key, law
                break
        autogain = AUTOGAINS.get(self.gain, "gain_automatic")
        self.autogain = autogain if autogain in found and self.settable else ""
        # Without a time, a mode that was found manual is only kept so: a start of the stream may reset it.
        kept = (MODE,) if self._mode_found == self.manual else ()
        of_time = (DYNAMIC, MODE, self.time) if self.time else kept
        used = {*of_time, self.gain, self.autogain}
        self.there = {key: control for key, control in found.items() if key in used and control.settable}
        self.capabilities = self._told()  # kept, since it is asked for with every picture

    def _law_of(self, gain: Control) -> GainLaw | None:
        if gain.name == "iso_sensitivity":
            return GainLaw.of_iso(dict(gain.numbers))
        return self._known_law or GainLaw.assumed(gain.minimum, gain.maximum, gain.step)

    def _forget(self, name: str, why: str) -> None:
        log.info("%s: %s is left alone: %s", self._name, name, why)
        self._broken[name] = why
        self._found.pop(name, None)

    def forget(self, names: Iterable[str], why: str) -> None:
        """Do without controls that turned out not to work; ``why`` is their refusal in words."""
        for name in names:
            if name in self._found:
                self._forget(name, why)
        self._choose()

    def __contains__(self, name: str) -> bool:
        return name in self.there

    @property
    def settable(self) -> bool:
        """Whether there is anything to set at all."""
        return bool(self.time or self.gain)

    def _told(self) -> Capabilities:
        """What can be set, of what was chosen."""
        gain = self.there[self.gain] if self.gain else None
        isos = dict(gain.numbers) if gain is not None else {}
        return Capabilities(
            time_s=self._times(self.there[self.time]) if self.time else None,
            gain=self.law.range(reads_back=gain.reads_back) if gain is not None else None,
            native_auto=self.native_auto,
            delay_frames=DELAY_FRAMES,
            base_iso=max(1, round(isos[self.law.codes[0]] / MILLI_ISO)) if isos else Capabilities().base_iso,
            note=self.note,
        )

    @property
    def left_automatic(self) -> bool:
        """Whether the firmware has an automatic that is left alone and is on, for all that is known."""
        return MODE not in self.there and (MODE in self._broken or self._mode_found in (AUTO, APERTURE_PRIORITY))

    @property
    def native_auto(self) -> bool:
        """Whether the firmware has an automatic that can be switched."""
        by_time = bool(self.time) and MODE in self.there and self.automatic is not None and self.manual is not None
        return by_time or bool(self.autogain)

    @property
    def note(self) -> str:
        """A sentence or two on what is missing, and why; empty when nothing is."""
        replaced = {*(TIMES if self.time else ()), *(GAINS if self.gain else ())}
        broken = [f"{key.replace('_', ' ')} ({why})" for key, why in self._broken.items() if key not in replaced]
        left_alone = "These of its controls don't work and are left alone: " + ", ".join(broken) + "."
        return " ".join(filter(None, (self._missing(), left_alone if broken else "")))

    def _missing(self) -> str:
        if self._stuck_in_auto and not self.time:
            stuck = "The automatic exposure of this camera can't be switched off"
            return stuck + ("; only gain is set beside it." if self.gain else ".")
        if not self.settable:
            return "This camera has no exposure control: its pictures can be watched, but not corrected."
        if not self.time:
            if self.left_automatic:
                return "This camera's exposure time can't be set and is its own automatic's; only gain is set."
            return "This camera's exposure time can't be set; only its gain can."
        if not self.gain:
            return "This camera has no gain control; only its exposure time can be set."
        return ""

    @property
    def frame_code(self) -> int:
        """The longest exposure time that fits into a frame, in the control's own units."""
        return round(self._unit.code(self._frame_interval_s))

    def read(self, *names: str) -> dict[str, int]:
        """The raw values of those controls that are there; the request is made again if it is refused."""
        asked = [self.there[name] for name in names if name in self.there]
        values = insisting(self._read, asked) if asked else ()
        return {control.name: value for control, value in zip(asked, values, strict=True)}

    def read_back(self, written: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
        """As `read`, of a control that can't be read what was ``written``, if it was."""
        values: dict[str, int] = {}
        for name in filter(self.there.__contains__, names):
            try:
                values |= self.read(name)
            except OSError as error:
                if error.errno in GONE:
                    raise
                log.debug("%s: %s is not read back: %s", self._name, name, error)
                values |= {name: self.there[name].nearest(written[name])} if name in written else {}
        return values

    def _read(self, controls: Sequence[Control]) -> list[int]:
        return [int(value) for value in get_controls_values(self._device, controls)]

    def write(self, values: Mapping[str, int]) -> None:
        """Write several controls in one request, in this order."""
        log.debug("%s: %s", self._name, values)
        set_controls_values(self._device, [(self.there[name], value) for name, value in values.items()])

    def flags_of(self, name: str) -> Control | None:
        """The control as the kernel describes it now: what is inactive or grabbed depends on other controls.

        None where it is not there, or does not say.
        """
        try:
            return query_control(self._device, name) if name in self.there else None
        except OSError as error:
            if error.errno in GONE:
                raise
            log.debug("%s: %s is not described again: %s", self._name, name, error)
            return None

    def raw(self, exposure: Exposure) -> dict[str, int]:
        """The codes nearest to an exposure, of the controls there are."""
        values: dict[str, int] = {}
        if self.time:
            control = self.there[self.time]
            times = self._times(control)
            shortest_s = times.minimum if times is not None else 0.0  # what is below it is no exposure
            values[self.time] = control.nearest(self._unit.code(max(exposure.time_s, shortest_s)))
        if self.gain:
            values[self.gain] = self.law.code_for(exposure.gain)
        return values

    def exposure_of(self, values: Mapping[str, int]) -> Exposure:
        """What the codes in ``values`` mean."""
        time_s = self._unit.seconds(values[self.time]) if self.time in values else self._frame_interval_s
        return Exposure(time_s, self.law.gain_of(values[self.gain]) if self.gain in values else 1.0)

    def _times(self, control: Control) -> ControlRange | None:
        return self._unit.range(control.minimum, control.maximum, control.step, reads_back=control.reads_back)
