"""A camera's calibration in words: for the terminal and for the window."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autoexposure.exposure import shutter_text
from autoexposure.profiles.profile import CameraProfile, MeasuredControl, ReadBack
from autoexposure.response import srgb

READ_BACK = {
    ReadBack.HONEST: "reads back what it uses",
    ReadBack.ECHO: "reads back what it was asked, not what it uses",
    ReadBack.NONE: "doesn't read back",
}

JUDGED_CODES = (20, 230)
"""Codes at which the response curve is compared: noise and black level rule below, clipping above."""


@dataclass(frozen=True, slots=True)
class Line:
    """One property and what was found."""

    what: str
    found: str


def report(profile: CameraProfile) -> list[Line]:
    """Everything in a calibration, one line a property; what was not measured says so."""
    lines = [Line("delay", _delay(profile)), Line("start-up", _startup(profile))]
    if profile.time is not None:
        lines.append(Line("exposure time", _time(profile.time)))
        lines += _oddities(profile.time, "exposure time", shutter_text)
    lines.append(Line("frame rate", _rate(profile)))
    if profile.gain is not None:
        lines.append(Line("gain", _gain(profile.gain)))
        lines += _oddities(profile.gain, "gain", lambda gain: f"x{gain:.3g}")
        if noise := _noise(profile.gain):
            lines.append(Line("noise", noise))
    lines.append(Line("response", _response(profile)))
    lines.append(Line("flicker", _flicker(profile)))
    lines += [Line("note", note) for note in profile.notes]
    return lines


def _delay(profile: CameraProfile) -> str:
    if (delay := profile.delay) is None:
        return "could not be seen"
    after = f"{delay.shortest}" if delay.shortest == delay.longest else f"{delay.shortest} to {delay.longest}"
    pictures = "1 picture" if delay.frames == 1 else f"{delay.frames} pictures"
    text = f"{pictures} from a setting to its effect ({after} here, transfer included)"
    return f"{text}, {delay.latency_s * 1e3:.0f} ms" if delay.latency_s else text


def _startup(profile: CameraProfile) -> str:
    count = profile.startup_frames
    return f"the first {count} pictures are not steady" if count else "steady from the first picture on"


def _time(control: MeasuredControl) -> str:
    found = control.map
    said = f"{shutter_text(control.advertised.low)} to {shutter_text(control.advertised.high)}"
    if found.honest and not (control.dead_zones or control.falls):
        return f"{said}, as it says; {READ_BACK[control.read_back]}"
    text = f"{shutter_text(found.really[0])} to {shutter_text(found.really[-1])}, though it says {said}"
    steps = f"; only {len(found.really)} steps" if control.stepped else ""
    return f"{text}{steps}; {READ_BACK[control.read_back]}"


def _gain(control: MeasuredControl) -> str:
    found = control.map
    codes = f", codes {control.codes[0]} to {control.codes[-1]}" if control.codes else ""
    steps = f" in {len(found.really)} steps" if control.stepped else ""
    said_ev = math.log2(control.advertised.high / control.advertised.low)
    return f"+{found.span_ev:.2f} EV{steps}{codes} (by default taken for +{said_ev:.2f})"


def _oddities(control: MeasuredControl, name: str, say: Callable[[float], str]) -> list[Line]:
    lines = [Line(name, f"nothing moves from {say(zone.low)} to {say(zone.high)}") for zone in control.dead_zones]
    lines += [Line(name, f"gets darker from {say(fall.low)} to {say(fall.high)}") for fall in control.falls]
    return lines


def _noise(control: MeasuredControl) -> str:
    if not control.noise:
        return ""
    return f"{control.noise[0]:.1f} code values at the lowest gain, {control.noise[-1]:.1f} at the highest"


def _rate(profile: CameraProfile) -> str:
    text = f"{1 / profile.frame_interval_s:.1f} frames/s"
    if profile.capped_at_s is not None:
        return f"{text}; exposures end at {shutter_text(profile.capped_at_s)}, longer settings change nothing"
    if profile.slows_frames is None:
        return text
    return f"{text}; longer exposures {'slow the pictures down' if profile.slows_frames else 'do not slow them down'}"


def _response(profile: CameraProfile) -> str:
    if profile.response is None:
        return "not measured, taken for sRGB"
    codes = np.arange(*JUDGED_CODES)
    off_ev = np.log2(profile.response.relative[codes] / srgb().relative[codes])
    return f"within {float(np.abs(off_ev - np.median(off_ev)).max()):.2f} EV of sRGB"


def _flicker(profile: CameraProfile) -> str:
    if not profile.mains_hz:
        return "none seen"
    return f"lamps on {profile.mains_hz} Hz mains, {profile.flicker_ev:.1f} EV from dark to bright at short exposures"
