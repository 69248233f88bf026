"""What the phone that is, or will become, the camera is doing: can be read without blocking, for display."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

Modules = np.ndarray[tuple[int, int], np.dtype[np.bool_]]
"""A QR code: (n, n), True where it is dark, without its quiet zone."""


class PhoneState(StrEnum):
    """How far a phone has come."""

    WAITING = "waiting"
    """None is there: the code is to be scanned."""
    JOINING = "joining"
    """One is connected, but its camera isn't open yet, or not any more."""
    LIVE = "live"
    """It is the camera."""
    AWAY = "away"
    """It dropped out (screen locked, no Wi-Fi) and is expected back."""


@dataclass(frozen=True, slots=True, eq=False)
class PhoneStatus:
    """One look at the phone camera.

    Attributes
    ----------
    address : of the page, without any secret.
    fingerprint : SHA-256 of the page's certificate, pairs of hexadecimal digits with colons between.
    reachable : whether other devices can reach that address at all.
    code : what a phone scans to join, while WAITING; anyone who sees it can send pictures.
    code_ends_in_s : when another one takes its place.
    lens : name of phone and lens, while LIVE.
    throughput_bps : what its pictures come with; 0 until known.
    trouble : why there is no picture although a phone is, or was, there; a sentence, or empty.
    remark : who was refused since a phone last joined, and why; a sentence, or empty.
    """

    state: PhoneState
    address: str
    fingerprint: str
    reachable: bool = True
    code: Modules | None = field(default=None, repr=False)
    code_ends_in_s: float = 0.0
    lens: str = ""
    throughput_bps: float = 0.0
    trouble: str = ""
    remark: str = ""
