"""Which frequency the mains have where this computer stands: lamps flicker at twice that."""

from __future__ import annotations

import os
import time
from pathlib import Path

LOCALTIME = Path("/etc/localtime")

AMERICAN_50_HZ = (
    "Argentina",
    "Asuncion",
    "Barbados",
    "Buenos_Aires",
    "Cayenne",
    "Godthab",
    "Grenada",
    "Guadeloupe",
    "Jamaica",
    "La_Paz",
    "Martinique",
    "Montevideo",
    "Nuuk",
    "Punta_Arenas",
    "Santiago",
)
"""Zones under America/ that have 50 Hz all the same."""
ELSEWHERE_60_HZ = (
    "Asia/Seoul",
    "Asia/Taipei",
    "Asia/Manila",
    "Asia/Riyadh",
    "Pacific/Honolulu",
    "Pacific/Guam",
    "Pacific/Pago_Pago",
    "Pacific/Palau",
    "US/",
    "Canada/",
)
"""Zones outside America/ with 60 Hz. Japan has both and counts as 50, the frequency of Tokyo."""

AMERICAN_OFFSETS_H = (-10.0, -3.5)
"""Hours from UTC where a zone without a name is taken for 60 Hz."""


def regional_mains_hz() -> int:
    """50 or 60: the mains frequency of this computer's time zone."""
    return mains_hz_of(zone_name(), -time.timezone / 3600)


def mains_hz_of(zone: str, offset_h: float) -> int:
    """The mains frequency of a time zone by its name (``Europe/Berlin``), or by its offset from UTC without one."""
    if not zone:
        return 60 if AMERICAN_OFFSETS_H[0] <= offset_h <= AMERICAN_OFFSETS_H[1] else 50
    if zone.startswith("America/"):
        return 50 if any(place in zone for place in AMERICAN_50_HZ) else 60
    return 60 if zone.startswith(ELSEWHERE_60_HZ) else 50


def zone_name(localtime: Path = LOCALTIME) -> str:
    """Name of the time zone, empty where the system does not tell."""
    named = os.environ.get("TZ", "").lstrip(":")
    if "/" in named:
        return named
    _, found, zone = str(localtime.resolve()).partition("zoneinfo/")
    return zone if found and "/" in zone else ""
