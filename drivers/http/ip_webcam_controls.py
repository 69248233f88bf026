"""The exposure settings of the IP Webcam app: written, read back, written again after a restart, put back.

The app answers 'Ok' to a request it does not carry out, so what it says afterwards counts, not the answer.
"""

from __future__ import annotations

import logging
from urllib.parse import quote

from autoexposure.camera import Capabilities, Settings
from autoexposure.errors import CameraError, UnsupportedControl
from autoexposure.exposure import Exposure
from drivers.http.device import HttpDevice, ReadBack
from drivers.http.ip_webcam_status import (
    BANDING,
    COMPENSATION,
    FRAME,
    ISO,
    LOCK,
    MANUAL,
    NS,
    SWITCHES,
    TIME,
    Offered,
    Values,
)

log = logging.getLogger(__name__)

NOTHING = (
    "This phone's camera lets nothing be set through IP Webcam: pictures, metering and feedback work, the exposure "
    "stays its own."
)
COMPENSATION_ONLY = (
    "IP Webcam offers exposure compensation only on this phone: the phone's own automatic stays on and is shifted in "
    "steps of {step:.2g} EV."
)


class IpWebcamControls:
    """Manual control of time and ISO where the phone has it, else exposure compensation, else nothing.

    Parameters
    ----------
    http : the app.
    offered : what it lets be set; the frame rate found is kept as long as the exposure time fits into it.
    banding : the app's flicker filter while we are in control; empty leaves it alone.
    read_back : how long a setting may take to show.
    """

    def __init__(self, http: HttpDevice, offered: Offered, banding: str, read_back: ReadBack) -> None:
        self._http = http
        self._offered = offered
        self._scales = offered.scales
        self._banding = banding
        self._read_back = read_back
        self._wanted: dict[str, str] = {}
        self._last = Values()

    @property
    def capabilities(self) -> Capabilities:
        """What can be set, for the rest of the program."""
        return self._scales.capabilities(COMPENSATION_ONLY, NOTHING)

    def now(self) -> Exposure | None:
        """What is set; None under the app's automatic."""
        return self._exposure_of(self._values())

    def settings(self) -> Settings:
        """As Camera.settings; switches are 0 and 1, the flicker filter counts in the app's own list."""
        values = self._values()
        found: dict[str, int | float] = {}
        for name in self._ours():
            if name in SWITCHES and name in values.texts:
                found[name] = int(values.on(name))
            elif name == BANDING and values.texts.get(name) in self._offered.banding:
                found[name] = self._offered.banding.index(values.texts[name])
            elif (number := values.number(name)) is not None:
                found[name] = int(number)
        return found

    def restore(self, settings: Settings) -> None:
        """As Camera.restore. Raises CameraError if a switch or the compensation does not go back."""
        self._wanted = {}
        texts: dict[str, str] = {}
        for name in (name for name in self._ours() if name in settings):
            value = int(settings[name])
            if name in SWITCHES:
                texts[name] = "on" if value else "off"
            elif name == BANDING:
                texts[name] = self._offered.banding[value] if 0 <= value < len(self._offered.banding) else "auto"
            else:
                texts[name] = str(value)
        # The values go in while manual control takes them: its switch comes first to be on, and last to be off.
        if texts.get(MANUAL) == "on":
            self._write({MANUAL: "on"})
        self._write(texts)
        # Under the automatic the app shows other numbers than those it keeps, so only these can be checked.
        checked = {name: text for name, text in texts.items() if name in (MANUAL, COMPENSATION, LOCK)}
        values = self._await(texts if texts.get(MANUAL) == "on" else checked)
        for name, text in checked.items():
            if not _same(text, values.texts.get(name)):
                raise CameraError(f"{self._http.name} said Ok but did not put {name} back to {text}: set it in the app")

    def take(self) -> None:
        """As Camera.take_control."""
        if self._scales.manual:
            wanted = {MANUAL: "on"}
        elif self._scales.compensation is not None:
            wanted = {LOCK: "off"} if LOCK in self._values().texts else {}
        else:
            raise UnsupportedControl(NOTHING)
        if self._banding:
            wanted[BANDING] = self._banding
        self._write(wanted)
        values = self._await(wanted)
        if self._scales.manual and not values.on(MANUAL):
            raise UnsupportedControl(
                f"{self._http.name} said Ok but its automatic exposure stays on: switch on Camera2 in the app's video "
                "preferences and start its server again"
            )
        self._wanted = dict(wanted)
        if self._scales.manual:
            self._wanted |= {name: values.texts[name] for name in (FRAME, ISO, TIME) if name in values.texts}

    def set(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        wanted = self._texts_for(exposure)
        before = self._last
        self._write({name: text for name, text in wanted.items() if not _same(text, before.texts.get(name))})
        values = self._await(wanted, before)
        self._wanted |= wanted
        if self._scales.manual and not values.on(MANUAL):
            self.reassert()
            values = self._await(self._wanted)
        really = self._exposure_of(values)
        if really is None:
            raise CameraError(f"{self._http.name} went back to its automatic exposure: check the app on the phone")
        return really

    def set_automatic(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        if not self._scales.manual:
            raise UnsupportedControl(self.capabilities.note)
        self._wanted = {}
        if not on:
            self.take()
            return
        self._write({MANUAL: "off"})
        if self._await({MANUAL: "off"}).on(MANUAL):
            raise CameraError(f"{self._http.name} said Ok but its manual exposure stays on: switch it off in the app")

    def reassert(self) -> None:
        """Write again what we set and is no longer so: the app restarted, or somebody used it."""
        if not self._wanted:
            return
        values = self._values()
        lost = {name: text for name, text in self._wanted.items() if not _same(text, values.texts.get(name))}
        if MANUAL in lost:
            lost = self._wanted  # the numbers shown under the automatic may be ours by chance
        if lost:
            log.info("%s forgot %s: written again", self._http.name, ", ".join(lost))
            self._write(lost)

    def _ours(self) -> tuple[str, ...]:
        """Every setting that may be changed, in the order in which they are put back."""
        banding = (BANDING,) if self._banding else ()
        if self._scales.manual:
            return (*banding, FRAME, ISO, TIME, MANUAL)
        return (*banding, COMPENSATION, LOCK) if self._scales.compensation is not None else ()

    def _texts_for(self, exposure: Exposure) -> dict[str, str]:
        """The settings for the exposure that exists nearest to ``exposure``, in the order to write them."""
        scales, frames_ns = self._scales, self._offered.frame_ns
        numbers = scales.time_and_iso(exposure)
        if numbers is None:
            if scales.compensation is None:
                raise UnsupportedControl(NOTHING)
            return {COMPENSATION: str(scales.compensation.index_for(exposure.gain))}
        time_ns, iso = numbers
        wanted = {ISO: str(iso), TIME: str(time_ns)}
        if frames_ns is None:
            return wanted
        # A picture can't be shorter than its exposure; the rate comes back with the shorter exposure.
        frame_ns = round(min(max(scales.frame_s / NS, time_ns, frames_ns.minimum), frames_ns.maximum))
        return {FRAME: str(frame_ns)} | wanted

    def _exposure_of(self, values: Values) -> Exposure | None:
        if self._scales.manual and not values.on(MANUAL):
            return None  # under the automatic the app shows numbers that are no setting
        return self._scales.exposure_of(*(values.number(name) for name in (TIME, ISO, COMPENSATION)))

    def _values(self) -> Values:
        self._last = Values.of(self._http.get_json("/status.json"))
        return self._last

    def _write(self, texts: dict[str, str]) -> None:
        for name, text in texts.items():
            answer = self._http.request(f"/settings/{name}?set={quote(text, safe='')}")
            if answer.status != 200 or "ok" not in answer.text.lower():
                raise CameraError(f"{self._http.name} refused to set {name} to {text} (HTTP {answer.status})")

    def _await(self, wanted: dict[str, str], before: Values | None = None) -> Values:
        """Read back until ``wanted`` shows, or something else than ``before`` that stays: rounded by the phone."""
        previous = Values()

        def applied(values: Values) -> bool:
            nonlocal previous
            earlier, previous = previous, values
            return all(
                _same(text, now := values.texts.get(name))
                or (before is not None and now != before.texts.get(name) and now == earlier.texts.get(name))
                for name, text in wanted.items()
            )

        return self._read_back.wait(self._values, applied)


def _same(text: str, other: str | None) -> bool:
    """Whether two values are one, however they are written (``100``, ``100.0``)."""
    if text == other:
        return True
    try:
        return other is not None and float(text) == float(other)
    except ValueError:
        return False
