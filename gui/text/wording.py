"""Values in words, the same wherever they are shown: no Qt here."""

from __future__ import annotations

from autoexposure.abilities.moded import PictureMode
from autoexposure.control.controller import ControllerConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.exposure import Exposure, shutter_text
from autoexposure.goal.scene_light import knows_light
from autoexposure.metering.explain import PLACES_ALONG, Place, Region, Why
from autoexposure.personal.truth import Truth
from gui.orientation import AS_IT_IS, Orientation
from gui.text import texts


def signed(ev: float) -> str:
    """EV with its sign, a true minus, and no negative zero."""
    return texts.SIGNED_EV.format(ev=round(ev, 2) + 0.0).replace("-", "−")


def exposure_words(snapshot: Snapshot) -> str:
    """What made the picture of this Snapshot, as photographers say it (``1/60 s, ISO 200``); empty if not known."""
    exposure, can = snapshot.exposure, snapshot.capabilities
    if exposure is None:
        return ""
    iso = texts.ISO_VALUE.format(iso=exposure.iso(can.base_iso if can is not None else 100))
    known = {shutter_text(exposure.time_s): snapshot.time_known, iso: snapshot.gain_known}
    return ", ".join(text for text, is_known in known.items() if is_known)


def exposure_text(exposure: Exposure | None, base_iso: int = 100) -> str:
    """An exposure as photographers say it; empty if there is none."""
    if exposure is None:
        return ""
    return f"{shutter_text(exposure.time_s)}, {texts.ISO_VALUE.format(iso=exposure.iso(base_iso))}"


def clock_text(seconds: float) -> str:
    """A length of time as players show it: ``0:07``, ``12:30``, ``1:02:03``."""
    minutes, rest = divmod(int(seconds + 1e-6), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def size_text(size_bytes: int) -> str:
    """A file's size: ``840 kB``, ``34 MB``, ``1.2 GB``."""
    if size_bytes < 1e6:
        return f"{size_bytes / 1e3:.0f} kB"
    return f"{size_bytes / 1e6:.0f} MB" if size_bytes < 1e9 else f"{size_bytes / 1e9:.1f} GB"


TOO_VAGUE = 0.25
"""Standard deviation of a share above which it is not told: "a third" could be nothing, or most of it."""


def truth_sentence(truth: Truth | None) -> str:
    """What a person's answers are worth; empty while nothing is known."""
    if truth is None or not truth.answers:
        return ""
    told = truth.deviation <= TOO_VAGUE
    said = texts.TRUTH_KNOWN if told else texts.TRUTH_TOO_FEW
    more = texts.TRUTH_MORE if told else texts.TRUTH_TOO_FEW_MORE
    sentence = said.format(answers=truth.answers, share=_share_text(truth.explained))
    return f"{sentence} {more.format(more=truth.more)}" if truth.more else sentence


def truth_short(truth: Truth | None) -> str:
    """The same in a few words; empty where there is no share to tell."""
    if truth is None or not truth.answers or truth.deviation > TOO_VAGUE:
        return ""
    return texts.TRUTH_SHORT.format(answers=truth.answers, share=_share_text(truth.explained))


def _share_text(share: float) -> str:
    return min(texts.TRUTH_SHARES, key=lambda named: abs(named[0] - share))[1]


def mode_text(mode: PictureMode) -> str:
    """A picture mode: ``1280 × 720, 30 fps, MJPG``; what is left to the driver is left out."""
    size = texts.STATUS_SIZE.format(width=mode.width_px, height=mode.height_px)
    rate = texts.MODE_RATE_VALUE.format(rate=round(mode.rates_fps[0], 2)) if mode.rates_fps else ""
    return ", ".join(filter(None, (size, rate, mode.fourcc)))


def as_sentence(text: str) -> str:
    """``text`` with a capital letter and a full stop: messages of errors begin small, to stand behind a colon."""
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")


def control_reason(snapshot: Snapshot) -> str:
    """Why the exposure can't be controlled just now, or nothing."""
    capabilities = snapshot.capabilities
    if capabilities is None:
        return texts.NOT_READY
    if capabilities.controls_exposure:
        return ""
    return texts.NO_CONTROL_BECAUSE.format(note=capabilities.note) if capabilities.note else texts.NO_CONTROL


def time_reason(snapshot: Snapshot) -> str:
    """Why there is no exposure time to set, or nothing."""
    if reason := control_reason(snapshot):
        return reason
    assert snapshot.capabilities is not None
    return texts.NO_TIME if snapshot.capabilities.time_s is None else ""


def gain_reason(snapshot: Snapshot) -> str:
    """Why there is no gain to set, or nothing."""
    if reason := control_reason(snapshot):
        return reason
    assert snapshot.capabilities is not None
    return texts.NO_GAIN if snapshot.capabilities.gain is None else ""


def night_reason(snapshot: Snapshot) -> str:
    """Why the night can't be kept dark just now, or nothing."""
    if reason := control_reason(snapshot):
        return reason
    assert snapshot.capabilities is not None
    return "" if knows_light(snapshot.capabilities) else texts.NO_LIGHT


CONTENT_EV = ControllerConfig().dead_band_ev
"""Below this the controller leaves the exposure alone, so the sentence does not speak of raising or lowering."""
AGAINST = 0.3
"""A pull the other way is worth a sentence from this share of the leading pull on."""
QUIET_EV = 0.05
"""Pulls below this balance nothing: nothing is asked for."""
BEYOND_EV = 0.2
"""From this difference between maps and answer on, the sentence says what the maps alone ask for."""


def why_sentence(why: Why, turned: Orientation = AS_IT_IS) -> str:
    """Why the exposure moves, or stays; places are called as they stand in the picture ``turned`` like this."""
    lead = why.strongest(why.delta_ev) or why.regions[0]
    against = why.strongest(-lead.pull_ev)
    if abs(why.delta_ev) < CONTENT_EV:
        if against is None or abs(against.pull_ev) < QUIET_EV:
            return texts.WHY_QUIET.format(what=texts.WHY_CONTENT)
        more, less = (lead, against) if lead.pull_ev > 0 else (against, lead)
        return texts.WHY_BALANCED.format(
            what=texts.WHY_CONTENT,
            more=place_text(more, turned),
            more_pull=signed(more.pull_ev),
            less=place_text(less, turned),
            less_pull=signed(less.pull_ev),
        )
    what = (texts.WHY_RAISE if why.delta_ev > 0 else texts.WHY_LOWER).format(ev=abs(why.delta_ev))
    said = texts.WHY_LEADS.format(
        what=what, place=place_text(lead, turned), weight=lead.weight, wants=signed(lead.wants_ev)
    )
    if not why.averages_light and abs(why.delta_ev - why.maps_ev) >= BEYOND_EV:
        return f"{said} {texts.WHY_BEYOND.format(ev=signed(why.maps_ev))}"
    if against is not None and abs(against.pull_ev) >= max(AGAINST * abs(lead.pull_ev), QUIET_EV):
        return f"{said} {texts.WHY_AGAINST.format(place=place_text(against, turned), pull=signed(against.pull_ev))}"
    return said


def unsure_sentence(snapshot: Snapshot) -> str:
    """Why a picture is left alone that the meter finds a little off; empty where it is not."""
    decision = snapshot.decision
    if not snapshot.left_alone or decision is None or decision.doubt_ev is None:
        return ""
    off_ev = abs(decision.delta_ev + snapshot.compensation_ev)
    return texts.WHY_UNSURE.format(what=texts.WHY_CONTENT, off=off_ev, doubt=decision.doubt_ev)


GOAL_EV = 0.05
"""What would be written as 0.0 is not worth a sentence."""


def goal_sentence(snapshot: Snapshot) -> str:
    """Why a picture stays that the meter would change: a ramp, or the night; empty where it is neither."""
    decision = snapshot.decision
    if decision is None or abs(decision.delta_ev + snapshot.compensation_ev) >= ControllerConfig().wake_ev:
        return ""  # it is on its way, and the places of the picture say why
    if abs(snapshot.ramp_ev) >= GOAL_EV:
        return texts.WHY_RAMP.format(ev=abs(snapshot.ramp_ev))
    if abs(snapshot.night_ev) < GOAL_EV:
        return ""
    words = texts.WHY_NIGHT if snapshot.night_ev < 0 else texts.WHY_SNOW
    return words.format(ev=abs(snapshot.night_ev))


def motion_sentence(snapshot: Snapshot) -> str:
    """Why the exposure time is shorter than the light asks for; empty where it is not."""
    motion = snapshot.motion
    if motion is None or motion.shorter_ev < GOAL_EV:
        return ""
    speed = float(f"{motion.px_s:.1g}") if motion.px_s < 100 else round(motion.px_s, -1)
    said = texts.WHY_MOTION.format(ev=motion.shorter_ev, speed=speed)
    return f"{said} {texts.WHY_BANDS}" if motion.bands else said


def why_tip(region: Region, turned: Orientation = AS_IT_IS, *, averages_light: bool) -> str:
    """The arithmetic behind one bar."""
    text = texts.WHY_PULL_TIP_LIGHT if averages_light else texts.WHY_PULL_TIP
    return text.format(
        place=place_text(region, turned).capitalize(),
        weight=region.weight,
        wants=signed(region.wants_ev),
        pull=signed(region.pull_ev),
    )


def place_text(region: Region, turned: Orientation = AS_IT_IS) -> str:
    """What a place is called in the picture ``turned`` like this."""
    middle = ((region.place.column + 0.5) / PLACES_ALONG, (region.place.row + 0.5) / PLACES_ALONG)
    column, row = (int(share * PLACES_ALONG) for share in turned.to_screen(*middle))
    return texts.PLACES[list(Place)[row * PLACES_ALONG + column]]
