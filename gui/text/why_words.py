"""An answer taken apart, in one or two sentences. No Qt."""

from __future__ import annotations

from autoexposure.control.controller import ControllerConfig
from autoexposure.metering.explain import Region, Why
from gui.text import texts
from gui.text.wording import signed

CONTENT_EV = ControllerConfig().dead_band_ev
"""Below this the controller leaves the exposure alone, so the sentence does not speak of raising or lowering."""
AGAINST = 0.3
"""A pull the other way is worth a sentence from this share of the leading pull on."""
QUIET_EV = 0.05
"""Pulls below this balance nothing: nothing is asked for."""
BEYOND_EV = 0.2
"""From this difference between maps and answer on, the sentence says what the maps alone ask for."""


def sentence(why: Why) -> str:
    """Why the exposure moves, or stays."""
    lead = why.strongest(why.delta_ev) or why.regions[0]
    against = why.strongest(-lead.pull_ev)
    if abs(why.delta_ev) < CONTENT_EV:
        if against is None or abs(against.pull_ev) < QUIET_EV:
            return texts.WHY_QUIET.format(what=texts.WHY_CONTENT)
        more, less = (lead, against) if lead.pull_ev > 0 else (against, lead)
        return texts.WHY_BALANCED.format(
            what=texts.WHY_CONTENT,
            more=_place(more),
            more_pull=signed(more.pull_ev),
            less=_place(less),
            less_pull=signed(less.pull_ev),
        )
    what = (texts.WHY_RAISE if why.delta_ev > 0 else texts.WHY_LOWER).format(ev=abs(why.delta_ev))
    said = texts.WHY_LEADS.format(what=what, place=_place(lead), weight=lead.weight, wants=signed(lead.wants_ev))
    if not why.averages_light and abs(why.delta_ev - why.maps_ev) >= BEYOND_EV:
        return f"{said} {texts.WHY_BEYOND.format(ev=signed(why.maps_ev))}"
    if against is not None and abs(against.pull_ev) >= max(AGAINST * abs(lead.pull_ev), QUIET_EV):
        return f"{said} {texts.WHY_AGAINST.format(place=_place(against), pull=signed(against.pull_ev))}"
    return said


def tip(region: Region, *, averages_light: bool) -> str:
    """The arithmetic behind one bar."""
    text = texts.WHY_PULL_TIP_LIGHT if averages_light else texts.WHY_PULL_TIP
    return text.format(
        place=_place(region).capitalize(),
        weight=region.weight,
        wants=signed(region.wants_ev),
        pull=signed(region.pull_ev),
    )


def _place(region: Region) -> str:
    return texts.PLACES[region.place]
