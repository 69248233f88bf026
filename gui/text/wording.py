"""Values in words, the same wherever they are shown: no Qt here."""

from __future__ import annotations

from autoexposure.control.snapshot import Snapshot
from autoexposure.exposure import Exposure, shutter_text
from gui.text import texts


def signed(ev: float) -> str:
    """EV with its sign, a true minus, and no negative zero."""
    return texts.SIGNED_EV.format(ev=round(ev, 2) + 0.0).replace("-", "−")


def exposure_words(snapshot: Snapshot) -> str:
    """What made the picture of this Snapshot, as photographers say it (``1/60 s, ISO 200``); empty if not known."""
    exposure = snapshot.frame.exposure if snapshot.frame is not None else None
    return exposure_text(exposure, snapshot.capabilities.base_iso if snapshot.capabilities is not None else 100)


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


def as_sentence(text: str) -> str:
    """``text`` with a capital letter and a full stop: messages of errors begin small, to stand behind a colon."""
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")
