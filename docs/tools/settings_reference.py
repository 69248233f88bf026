"""The page of settings, from the dataclasses that hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from described_fields import table

from autoexposure.control.config import LoopConfig
from autoexposure.control.program import ProgramConfig
from autoexposure.profiles.profile import CameraProfile, Delay, MeasuredControl
from drivers.simulated.config import SimulatedConfig

Section = tuple[str, str, type[Any], str]
"""Title, what stands below it, the dataclass, and what its fields are called."""


def _parts_of_the_loop() -> Iterator[Section]:
    """The settings that `LoopConfig` holds, each a table of its own; those of the program are the limits."""
    for field in fields(LoopConfig):
        part = field.default_factory
        if isinstance(part, type) and part is not ProgramConfig:
            yield f"The control loop: {field.name}", f"`{part.__name__}`.", part, "field"


SECTIONS: tuple[Section, ...] = (
    (
        "Limits",
        "What the automatic may do. In the window this is the card *Limits* (`Ctrl+L`), which keeps it in `window.ini` "
        "under `program/`; on the command line `--mains`, `--allow-slow-frames` and `--motion`; in Python "
        "`ProgramConfig`.",
        ProgramConfig,
        "limit",
    ),
    (
        "The simulated camera",
        "Each is a key of `sim:key=value,key=value`, as in `sim:scene=cat,delay=4`. Numbers may be written as `1/50`, "
        "switches as `on` or `off`.",
        SimulatedConfig,
        "key",
    ),
    (
        "A camera's profile",
        "What `autoexposure probe` measures and writes as TOML; see [file formats](formats.md#camera-profiles).",
        CameraProfile,
        "field",
    ),
    ("A profile's controls", "Exposure time and gain, each measured like this.", MeasuredControl, "field"),
    ("A profile's delay", "How late a setting shows.", Delay, "field"),
    ("The control loop", "For programs that use the library: `LoopConfig`.", LoopConfig, "field"),
    *_parts_of_the_loop(),
)

HEAD = """# Settings

Written from the program itself: every setting, its default and what it does. The window keeps its choices in
`window.ini` below the [folder of settings](../privacy.md); commands take theirs as [options](commands.md).
"""

WINDOW = """## What the window remembers

`window.ini` is an ordinary INI file. Delete it and the window starts as on the first day.

| key | what it keeps |
| --- | --- |
| `camera/spec`, `camera/stable_id` | the camera used last; one that moved to another port is found by its identity |
| `meter`, `spot/x`, `spot/y` | the meter, and where a spot meter looks, as shares of width and height |
| `cameras/ID/mode` | size, frame rate and format chosen for a camera; forgotten where it refuses them |
| `cameras/ID/turned` | how its picture is turned on screen: degrees, `mirrored` |
| `damping` | the speed, 0.1 to 1 |
| `hold_white_balance` | whether the automatic white balance is held while the exposure is searched |
| `keep_night_dark` | whether dark scenes are kept dark |
| `program/...` | the limits below |
| geometry, state and switches | size and layout of the window, overlays, theme |
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [HEAD, WINDOW]
    for title, text, kind, head in SECTIONS:
        parts += [f"## {title}\n", f"{text}\n", f"{table(kind, head)}\n"]
    return "\n".join(parts)
