"""Values in words, the same wherever they are shown: no Qt here."""

from __future__ import annotations

from autoexposure.exposure import shutter_text
from autoexposure.snapshot import Snapshot
from gui import texts


def signed(ev: float) -> str:
    """EV with its sign, a true minus, and no negative zero."""
    return texts.SIGNED_EV.format(ev=round(ev, 2) + 0.0).replace("-", "−")


def exposure_words(snapshot: Snapshot) -> str:
    """What made the picture of this Snapshot, as photographers say it (``1/60 s, ISO 200``); empty if not known."""
    exposure = snapshot.frame.exposure if snapshot.frame is not None else None
    if exposure is None:
        return ""
    iso = exposure.iso(snapshot.capabilities.base_iso if snapshot.capabilities is not None else 100)
    return f"{shutter_text(exposure.time_s)}, {texts.ISO_VALUE.format(iso=iso)}"


def as_sentence(text: str) -> str:
    """``text`` with a capital letter and a full stop: messages of errors begin small, to stand behind a colon."""
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")
