"""Known quirks of certain cameras: a small library that ships with the program, used until a camera is measured."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from autoexposure.camera import CameraInfo, Capabilities
from autoexposure.errors import ConfigError
from autoexposure.files.bounded import parse_toml
from autoexposure.profiles.control_map import ControlMap

TICK_S = 1e-4
"""The unit of exposure times in the library."""


class Remedy(StrEnum):
    """What makes a camera obey that ignores what it is set to."""

    NONE = ""
    AUTOMATIC = "automatic"
    """Switch its own automatic on once, and off again, when control is taken."""
    AUTOMATIC_FOR_A_WHILE = "automatic for a while"
    """The same, with some pictures between on and off."""


@dataclass(frozen=True, slots=True)
class Quirk:
    """What is known of one kind of camera.

    Attributes
    ----------
    usb : ``vendor:product``, lower-case hexadecimal.
    camera : what people call it.
    name_ends : the end of the camera's own name, where the product number is not enough; empty fits all.
    times_s : exposure times that work: the ends of the range, or every value if ``stepped``; empty for all announced.
    remedy : what makes it obey.
    note : a sentence for the user.
    source : where that is known from.
    """

    usb: str
    name_ends: str
    camera: str
    times_s: tuple[float, ...]
    stepped: bool
    remedy: Remedy
    note: str
    source: str

    def time_map(self, capabilities: Capabilities) -> ControlMap | None:
        """What its exposure times really are; None where everything that the driver announces works."""
        offered = capabilities.time_s
        if offered is None or not self.times_s:
            return None
        known = tuple(time_s for time_s in self.times_s if offered.minimum <= time_s <= offered.maximum)
        if not known:
            return None
        if not self.stepped:
            low, high = max(self.times_s[0], offered.minimum), min(self.times_s[-1], offered.maximum)
            known = (low, high) if low < high else (low,)
            if known == (offered.minimum, offered.maximum):
                return None
        return ControlMap(known, known, self.stepped)


def quirk_of(info: CameraInfo) -> Quirk | None:
    """What is known of a camera, by the USB number in its stable id; None of most."""
    usb = usb_of(info.stable_id)
    for quirk in all_quirks():
        if quirk.usb == usb and info.name.endswith(quirk.name_ends):
            return quirk
    return None


def usb_of(stable_id: str) -> str:
    """``vendor:product`` in a stable id as drivers write it; empty if it is no USB camera's."""
    found = re.search(r"(?:^|[^0-9a-f])([0-9a-f]{4}:[0-9a-f]{4})(?![0-9a-f])", stable_id.lower())
    return found.group(1) if found else ""


def remedy_line(info: CameraInfo, remedy: Remedy) -> str:
    """The entry for the library of a camera that obeys since its automatic was on; empty if it is no USB camera's."""
    lasting = " for some pictures" if remedy is Remedy.AUTOMATIC_FOR_A_WHILE else ""
    entry = {
        "usb": usb_of(info.stable_id),
        "camera": info.name,
        "remedy": str(remedy),
        "note": f"Ignores what it is set to until its own automatic was on once{lasting}.",
        "source": "seen by its owner",
    }
    # A JSON string is a TOML string, too.
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items())
    return "\n".join(["[[quirk]]", *lines]) if entry["usb"] else ""


@cache
def all_quirks() -> tuple[Quirk, ...]:
    """The whole library."""
    return parse_quirks(files("autoexposure.profiles").joinpath("quirks.toml").read_text(encoding="utf-8"))


def parse_quirks(text: str) -> tuple[Quirk, ...]:
    """Read the text of a library. Raises ConfigError."""
    try:
        entries = parse_toml(text)["quirk"]
        if not isinstance(entries, list):
            raise TypeError("[[quirk]] tables were expected")
        return tuple(_quirk(entry) for entry in entries)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ConfigError(f"the library of camera quirks is damaged ({error!r}): install the program again") from error


def _quirk(entry: dict[str, object]) -> Quirk:
    remedy = Remedy(str(entry.get("remedy", "")))
    ticks = entry.get("steps_100us") or entry.get("time_100us") or []
    if not isinstance(ticks, list) or sorted(ticks) != ticks or len(ticks) < (0 if remedy else 2):
        raise ValueError(f"times that rise were expected, given {ticks}")
    if not re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{4}", str(entry["usb"])):
        raise ValueError(f"a USB number like 046d:0825 was expected, given {entry['usb']}")
    return Quirk(
        usb=str(entry["usb"]),
        name_ends=str(entry.get("name_ends", "")),
        camera=str(entry["camera"]),
        times_s=tuple(round(tick * TICK_S, 6) for tick in ticks),
        stepped="steps_100us" in entry,
        remedy=remedy,
        note=str(entry["note"]),
        source=str(entry["source"]),
    )
