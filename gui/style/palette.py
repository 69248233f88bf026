"""The two colour schemes. Greys are neutral, because a coloured surround changes how a picture is judged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as ``#rrggbb``.

    Attributes
    ----------
    window, card, control, hover, pressed, border : surfaces, from the back to the front.
    text, muted, faint : words that matter, words that explain, and disabled ones.
    accent, on_accent : the one accent colour and what is written on it.
    stage : the ground behind the picture: dark in both schemes, so that the picture is judged alike.
    inactive, searching, converged, locked, failed : states; also under / well / over and notices.
    red, green, blue, luma : curves of the histogram.
    """

    name: str
    window: str
    card: str
    control: str
    hover: str
    pressed: str
    border: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    stage: str
    on_stage: str
    inactive: str
    searching: str
    converged: str
    locked: str
    failed: str
    red: str
    green: str
    blue: str
    luma: str


DARK = Palette(
    name="dark",
    window="#1a1b1d",
    card="#232427",
    control="#303236",
    hover="#3a3d42",
    pressed="#45484e",
    border="#34363a",
    text="#ecedef",
    muted="#a2a6ad",
    faint="#6c7077",
    accent="#5a9cff",
    on_accent="#0b1a30",
    stage="#101112",
    on_stage="#c9ccd1",
    inactive="#8d929a",
    searching="#f2b340",
    converged="#46c489",
    locked="#b493ff",
    failed="#ff6b6b",
    red="#ff5d5d",
    green="#4fd07f",
    blue="#5a9cff",
    luma="#d5d7db",
)

LIGHT = Palette(
    name="light",
    window="#f1f2f4",
    card="#ffffff",
    control="#eceef1",
    hover="#e0e3e8",
    pressed="#d3d7de",
    border="#dcdfe4",
    text="#1b1d20",
    muted="#5b616a",
    faint="#a3a8b0",
    accent="#1f6feb",
    on_accent="#ffffff",
    stage="#1c1d1f",
    on_stage="#c9ccd1",
    inactive="#6d737c",
    searching="#9a6100",
    converged="#12804c",
    locked="#7448d6",
    failed="#cf2f2f",
    red="#e04545",
    green="#1f9d55",
    blue="#2a6fe0",
    luma="#4a4f57",
)
