"""The code a phone scans: as text for a terminal, and as the picture a camera shows that has no phone yet."""

from __future__ import annotations

import math
import shutil
import sys
from dataclasses import dataclass, field
from itertools import zip_longest

import cv2
import numpy as np
import segno

from autoexposure.frame import Pixels
from autoexposure.phone_status import Modules

CARD_PX = (960, 720)
"""(width, height) of the picture."""

_QUIET_MODULES = 4
"""Blank modules around a QR code that scanners need."""


@dataclass(frozen=True, slots=True, eq=False)
class PairingOffer:
    """What one phone needs to join, once.

    Attributes
    ----------
    address : of the page, to be shown and logged.
    secret : anyone who has it before it expires can send pictures.
    fingerprint : SHA-256 of the server's certificate.
    expires_s : when the secret is worth nothing any more, by the clock of the pairing (the monotonic one).
    reachable : whether other devices can reach that address at all.
    modules : the QR code that says ``url``.
    """

    address: str
    secret: str = field(repr=False)
    fingerprint: str
    expires_s: float
    reachable: bool = True
    modules: Modules = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows = segno.make_qr(self.url, error="l").matrix
        object.__setattr__(self, "modules", np.array([[bool(module) for module in row] for row in rows], bool))

    @property
    def url(self) -> str:
        """What the code says; browsers keep what stands behind the ``#`` to themselves."""
        return f"{self.address}#{self.secret}"

    def terminal_text(self) -> str:
        """The QR code in half blocks, two modules a character, black on white whatever the terminal's colours."""
        dark = np.pad(self.modules, _QUIET_MODULES)
        if len(dark) % 2:
            dark = np.pad(dark, ((0, 1), (0, 0)))
        blocks = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
        rows = zip(dark[::2].tolist(), dark[1::2].tolist(), strict=True)
        lines = ("".join(blocks[pair] for pair in zip(*row, strict=True)) for row in rows)
        return "\n".join(f"\x1b[30;107m{line}\x1b[0m" for line in lines)

    def card(self, now_s: float) -> Pixels:
        """The QR code and what to do with it as a picture of ``CARD_PX``, (720, 960, 3) uint8."""
        width, height = CARD_PX
        card = _blank()
        dark = self.modules
        scale = (height - 190) // len(dark)  # the card's own margins are the quiet zone
        code = np.kron(np.where(dark, 0, 255).astype(np.uint8), np.ones((scale, scale), np.uint8))
        left, top = (width - code.shape[1]) // 2, 98
        card[top : top + code.shape[0], left : left + code.shape[1]] = code[..., np.newaxis]
        minutes, seconds = divmod(max(0, math.ceil(self.expires_s - now_s)), 60)
        headline = "Scan with the phone's camera" if self.reachable else "First connect this computer to a network"
        _write(card, headline, 62, 1.1)
        _write(card, f"{self.address}   new code in {minutes}:{seconds:02d}", height - 62, 0.72)
        _write(card, f"certificate {self.fingerprint[:47]}...", height - 26, 0.52, shade=110)
        return card


def words_card(headline: str, detail: str) -> Pixels:
    """A picture of two lines, for when there is nothing to scan; (720, 960, 3) uint8."""
    card = _blank()
    _write(card, headline, CARD_PX[1] // 2 - 24, 1.1)
    _write(card, detail, CARD_PX[1] // 2 + 30, 0.72, shade=90)
    return card


def print_offer(offer: PairingOffer) -> None:
    """Show the code in the terminal; in a pipe or a log file it would be a secret lying about, so not there."""
    if not sys.stderr.isatty():
        sys.stderr.write(
            f"autoexposure: a phone can join at {offer.address}; only a window or a terminal shows the code to scan.\n"
        )
        return
    sys.stderr.write(f"{beside(offer, shutil.get_terminal_size().columns)}\n")


def beside(offer: PairingOffer, columns: int) -> str:
    """The code with what to do next to it, so that both fit into 24 lines; below it where there is no room."""
    pairs = offer.fingerprint.split(":")
    alone = ["", "But this computer is in no network:", "connect it, and another code follows."]
    words = [
        "",
        "Scan this with the phone's camera,",
        "let its browser go on to",
        offer.address,
        "although it warns, and let the page",
        "use the camera.",
        *([] if offer.reachable else alone),
        "",
        "The certificate's SHA-256:",
        *(" ".join(pairs[start : start + 8]) for start in range(0, len(pairs), 8)),
    ]
    code = offer.terminal_text().split("\n")
    code_columns = len(offer.modules) + 2 * _QUIET_MODULES
    if columns < code_columns + 2 + max(map(len, words)):
        return "\n".join((*code, *words))
    return "\n".join(f"{line}  {text}".rstrip() for line, text in zip_longest(code, words, fillvalue=""))


def _blank() -> Pixels:
    return np.full((CARD_PX[1], CARD_PX[0], 3), 255, np.uint8)


def _write(card: Pixels, text: str, baseline_px: int, scale: float, shade: int = 20) -> None:
    """Centred, and smaller where it would not fit."""
    face, weight = cv2.FONT_HERSHEY_DUPLEX, 1
    text = text.encode("ascii", "replace").decode()
    (width, _), _ = cv2.getTextSize(text, face, scale, weight)
    if width > CARD_PX[0] - 40:
        scale *= (CARD_PX[0] - 40) / width
        (width, _), _ = cv2.getTextSize(text, face, scale, weight)
    origin = ((CARD_PX[0] - width) // 2, baseline_px)
    cv2.putText(card, text, origin, face, scale, (shade, shade, shade), weight, cv2.LINE_AA)
