"""Setting the exposure of a V4L2 device: in which order controls have to be written, and whether they stay."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Mapping

from linuxpy.video.device import Device

from autoexposure.camera import Capabilities, Settings
from autoexposure.errors import (
    CameraBusy,
    CameraDisconnected,
    CameraError,
    ControlTaken,
    SettledOtherwise,
    UnsupportedControl,
)
from autoexposure.exposure import Exposure
from drivers.common.gain_law import GainLaw
from drivers.v4l2.control import ControlWatch, insisting
from drivers.v4l2.control_set import APERTURE_PRIORITY, AUTO, DYNAMIC, GAINS, MANUAL, MODE, TIMES, ControlSet
from drivers.v4l2.errors import another_program, controlling, refusal

log = logging.getLogger(__name__)

OWN_ECHO_S = 0.3
"""How long after a write a change of the value counts as the camera's own answer (rounded, limited)."""

LIVE_LOOK_S = 1.0
"""How often values that the kernel asks the device for are compared with the last look: a moment for a person, and a
thousandth of the time for the USB. The first look is so long after a write, when the camera has rounded and limited."""

MOVED_EV = 0.1
"""What changes by less between two looks was read inexactly; an automatic in search moves by more in a second."""


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
        self._ours: dict[str, int] = {}  # what the controls read as while they are ours
        self._ours_since_s = self._looked_s = 0.0
        self._live: dict[str, int] = {}  # what was read at the last look, with no write since
        self._commanded: dict[str, int] = {}  # what was written last; empty while the firmware decides
        self._automatic = False  # by our doing
        self._taken = False
        self._obeys = False  # its automatic was seen to go off since the stream began
        self._found: Settings = {}  # before the stream began; empty once anything was written
        with controlling(name, "describe its controls"):
            self._set = ControlSet(device, name, driver, frame_interval_s, law)
            self._watch = ControlWatch(device, self._set.there.values())

    @property
    def capabilities(self) -> Capabilities:
        """What can be set, as far as is known; less once a control turned out to refuse what is written to it."""
        return self._set.capabilities

    def settings(self) -> Settings:
        """The raw value of every control this driver may change, by name.

        One that can no longer be read before it was changed is not changed at all.
        """
        with controlling(self._name, "tell its settings"):
            values = self._set.read_back(self._ours, self._set.there)
        for key in self._set.there.keys() - values.keys():
            self._do_without(key, "it can't be read", {})
        return {key: self._found.get(key, value) for key, value in values.items() if key in self._set}

    def keep(self, found: Settings) -> bool:
        """Set the device as it was ``found`` before its stream began, if that has reset it; returns whether it has.

        Until it is set by hand, ``settings`` stays what was found, whatever can be read: a firmware may reset its
        controls later, or in secret. What an automatic moves is no reset.
        """
        controls, now = self._set, self.settings()
        steady = {MODE, DYNAMIC, controls.autogain}
        if not (controls.left_automatic or found.get(MODE, controls.manual) != controls.manual):
            steady |= {controls.time} if found.get(controls.autogain) else {controls.time, controls.gain}
        if reset := sorted(key for key in steady & found.keys() & now.keys() if now[key] != found[key]):
            log.info("%s: the start of its stream reset %s", self._name, " and ".join(map(_words, reset)))
            try:
                self.restore(found)
            except CameraDisconnected:
                raise
            except CameraError as error:  # tried again at the end, since ``settings`` says what was found
                log.warning("%s", error)
        self._found = dict(found)
        return bool(reset)

    def restore(self, settings: Settings) -> None:
        """Write back what ``settings`` returned: by hand first, while the device obeys, then the automatics.

        Goes on after a control that refuses. Raises its error at the end; SettledOtherwise if all were written and one
        reads otherwise. What the firmware's automatic moves again is not looked at.
        """
        self._ours, self._commanded, self._automatic, self._found = {}, {}, False, {}
        controls = self._set
        wanted = {key: int(value) for key, value in settings.items() if key in controls}
        by_hand = {key: wanted[key] for key in (controls.time, controls.gain) if key in wanted}
        refused: dict[str, CameraError] = {}
        by_its_mode = controls.time in wanted or wanted.get(MODE) == controls.manual
        if controls.manual is not None and MODE in controls and by_its_mode:
            self._put_back({MODE: controls.manual}, refused)
        if controls.gain in wanted and controls.autogain in wanted:
            self._put_back({controls.autogain: 0}, refused)
        differing = self._put_back(by_hand, refused)
        if controls.left_automatic or wanted.get(MODE, controls.manual) != controls.manual:
            differing = {}
        elif wanted.get(controls.autogain):
            differing.pop(controls.gain, None)
        automatics = {key: wanted[key] for key in (controls.autogain, MODE, DYNAMIC) if key in wanted}
        differing |= self._put_back(automatics, refused)
        told = [refused[key] for key in differing if key in refused]
        for error in told[1:]:
            log.warning("%s", error)
        if told:
            raise told[0]
        if differing:
            settled = (f"its {_words(key)} is {now} now, where it was {wanted[key]}" for key, now in differing.items())
            raise SettledOtherwise(f"{self._name} took everything back, but {' and '.join(settled)}")

    def _put_back(self, values: Mapping[str, int], refused: dict[str, CameraError]) -> dict[str, object]:
        """Write each; return those that read otherwise afterwards, or can't be read after they were refused."""
        for key, value in values.items():
            try:
                with controlling(self._name, f"put {key} back"):
                    insisting(self._set.write, {key: value})
            except CameraDisconnected:
                raise
            except CameraError as error:
                log.info("%s", error)  # raised by `restore`, if it is still so at the end
                refused[key] = error
        with controlling(self._name, "tell its settings"):
            now = self._set.read_back({key: value for key, value in values.items() if key not in refused}, values)
        return {key: now.get(key, "unknown") for key, value in values.items() if now.get(key) != value}

    def take(self) -> None:
        """Dynamic frame rate off, automatics off, then write time and gain. Raises UnsupportedControl.

        The first time, a control that refuses to be written is done without from then on, and where that is the time
        the automatic exposure stays on.
        """
        controls = self._set
        if not controls.settable:
            raise UnsupportedControl(controls.note)
        self._found = {}
        # Read before the switch: some cameras come out of automatic with the values they went in with.
        with controlling(self._name, "tell its exposure"):
            before = controls.read_back(self._commanded, controls.there)
        self._switch_to_manual(before)
        # Both are written whatever was read: the kernel's cache need not be what the camera uses.
        if controls.time in before:
            before[controls.time] = min(
                before[controls.time], controls.there[controls.time].nearest(controls.frame_code)
            )
        for key in (controls.time, controls.gain):
            if key in before:
                self._take_over(key, before[key], before)
        if not controls.settable:
            raise UnsupportedControl(controls.note)
        self._taken = self._obeys = True
        self._automatic = False
        self._commanded = {key: before[key] for key in (controls.time, controls.gain) if key in before}
        with controlling(self._name, "tell its exposure"):
            self._take_for_ours(controls.read_back({**before, **self._commanded}, controls.there))

    def _switch_to_manual(self, before: Mapping[str, int]) -> None:
        controls = self._set
        self._take_over(DYNAMIC, 0, before)
        self._take_over(controls.autogain, 0, before)
        if controls.manual is not None:
            by_hand = bool(controls.time) and before.get(MODE) == controls.manual
            if by_hand and controls.automatic is not None and not self._obeys:
                # Some firmware obeys only once it saw its automatic go off, whatever mode it says it is in. The
                # automatic may move the time: where that can't be written back, it stays off.
                self._put_back({MODE: controls.automatic}, {})
            self._take_over(MODE, controls.manual, before)
        with controlling(self._name, "describe its exposure time"):
            duration = controls.flags_of(controls.time)
        if duration is not None and duration.grabbed:
            raise CameraBusy(f"{self._name} has its exposure held by another program: close that one and try again")
        if duration is not None and duration.inactive:
            if self._taken:
                raise ControlTaken(f"{self._name} went back to its automatic exposure")
            on = "it stays automatic although manual was switched on"
            self._do_without(controls.time, on if MODE in controls else "its automatic can't be switched off", before)

    def _take_over(self, key: str, value: int, before: Mapping[str, int]) -> None:
        """Write one control that is there; the first time, one that refuses for good is done without."""
        if key not in self._set:
            return
        try:
            with controlling(self._name, f"have its {_words(key)} set"):
                insisting(self._set.write, {key: value})
        except CameraError as error:
            reason = error.__cause__
            if self._taken or isinstance(error, CameraDisconnected) or not isinstance(reason, OSError):
                raise
            log.warning("%s", error)
            self._do_without(key, refusal(reason), before)

    def _do_without(self, key: str, why: str, before: Mapping[str, int]) -> None:
        """Leave a control alone from now on; what is of no use without it is left as it was found."""
        controls = self._set
        if key in (MODE, controls.time):
            self._put_back({name: before[name] for name in (MODE, DYNAMIC) if name in controls and name in before}, {})
            controls.forget((key, *TIMES), why)
        elif key in (controls.gain, controls.autogain):
            controls.forget((*GAINS, controls.autogain), why)
        else:
            controls.forget((key,), why)

    def set(self, exposure: Exposure) -> Exposure:
        """Write time, then gain; return what the kernel says they are now.

        A time longer than the frame interval needs the dynamic frame rate, which is switched along where there is one.
        """
        controls = self._set
        if not controls.settable:
            raise UnsupportedControl(controls.note)
        self._found = {}
        values = controls.raw(exposure)
        with controlling(self._name, f"set its exposure to {exposure}"):
            if controls.time:
                slow = int(values[controls.time] > controls.frame_code)
                if controls.read_back(self._ours, (DYNAMIC,)).get(DYNAMIC, slow) != slow:
                    values = {DYNAMIC: slow, **values}
            try:
                controls.write(values)
            except OSError as error:
                self._obeys &= error.errno != errno.EILSEQ  # the kernel knows of no automatic, so that the camera lies
                raise
            really = controls.read_back(values, (controls.time, controls.gain))
        self._commanded |= values
        self._take_for_ours({**values, **really})
        return controls.exposure_of(really)

    def reassert(self) -> None:
        """Write everything once more, whatever the kernel believes it is set to: the stream began anew.

        Some firmware forgets its controls then, which neither changes the kernel's cache nor sends an event.
        """
        self._obeys = False
        if self._automatic:
            self.set_automatic(True)
        elif self._commanded:
            order = (DYNAMIC, self._set.time, self._set.gain)
            commanded = {key: self._commanded[key] for key in order if key in self._commanded}
            with controlling(self._name, "tell its settings"):
                before = self._set.read_back(self._ours, self._set.there)
            self._switch_to_manual(before)
            with controlling(self._name, "be set again after its stream began anew"):
                insisting(self._set.write, commanded)
            self._obeys = True
            self._take_for_ours({DYNAMIC: 0, **commanded} if DYNAMIC in self._set else commanded)

    def now(self) -> Exposure | None:
        """What the device is set to; None while it decides for itself and can't be asked."""
        controls = self._set
        if not controls.settable:
            return None
        asked = [name for name in (controls.time, controls.gain) if name]
        with controlling(self._name, "tell its exposure"):
            mode = controls.read_back(self._ours, (MODE, controls.autogain))
            automatic = mode.get(MODE, MANUAL) in (AUTO, APERTURE_PRIORITY) or mode.get(controls.autogain)
            if automatic and not all(controls.there[name].reads_back for name in asked):
                return None
            values = controls.read_back(self._ours, asked)
        return controls.exposure_of(values) if len(values) == len(asked) else None

    def set_automatic(self, on: bool) -> None:
        """Hand the exposure to the firmware or take it back. Raises UnsupportedControl if there is no automatic."""
        controls = self._set
        if not controls.native_auto:
            raise UnsupportedControl(f"{self._name} has no automatic exposure that can be switched")
        if not on:
            self.take()
            return
        self._ours, self._commanded, self._automatic, self._found = {}, {}, True, {}
        with controlling(self._name, "switch its automatic exposure on"):
            if controls.time and MODE in controls and controls.automatic is not None:
                controls.write({MODE: controls.automatic})
            if controls.autogain:
                controls.write({controls.autogain: 1})

    def foreign_change(self) -> str:
        """As Watched.foreign_change; what the camera itself moves under its automatic is not meant."""
        with controlling(self._name, "tell its settings"):
            changed = self._watch.changed() & self._ours.keys() & self._set.there.keys()
            now = self._set.read_back(self._ours, changed)
        if MODE not in changed and time.monotonic() - self._ours_since_s < OWN_ECHO_S:
            self._ours |= now
            self._live = {}
            return ""
        changed = {name for name in changed if now[name] != self._ours[name]}
        if not changed:
            return self._moved_by_itself()
        self._live = {}
        who = another_program(self._name)
        if changed & {MODE, self._set.autogain}:
            return f"{who} switched the automatic exposure on"
        return f"{who} set " + " and ".join(f"{_words(name)} to {now[name]}" for name in sorted(changed))

    def _moved_by_itself(self) -> str:
        """What its own automatic did in secret, whatever the mode reads; looked at now and then, costs nothing else."""
        controls, now_s = self._set, time.monotonic()
        if not self._ours or now_s - max(self._ours_since_s, self._looked_s) < LIVE_LOOK_S:
            return ""
        self._looked_s = now_s
        live = [key for key in (controls.time, controls.gain) if key in controls and controls.there[key].reads_back]
        with controlling(self._name, "tell its exposure"):
            values = controls.read_back({}, live)
        before, self._live = self._live, values
        if before.keys() != values.keys() or not values:
            return ""
        if abs(controls.exposure_of(values).ev - controls.exposure_of(before).ev) < MOVED_EV:
            return ""
        self._live = {}
        self._obeys = False  # so that control is taken through the automatic
        return "its own automatic changed the exposure although it is switched off"

    def _take_for_ours(self, values: Mapping[str, int]) -> None:
        self._live = {}
        self._ours |= values
        self._ours_since_s = time.monotonic()


def _words(key: str) -> str:
    return key.replace("_", " ")
