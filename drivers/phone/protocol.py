"""What phone and computer say to each other, read with suspicion.

From the page: text messages are JSON objects with a ``type`` (camera, applied, trouble, bye); a binary message is a
picture: four bytes with the length of a JSON header (big endian), the header, the JPEG. To the page: ``next`` (send one
picture, so large, not before so long after the last), ``apply`` (constraints for the track), ``refused`` (what made no
sense), and ``here`` when there is nothing else to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autoexposure.errors import PictureError
from autoexposure.files.bounded import BadInput, parse_json
from autoexposure.files.decoding import decode_jpeg
from autoexposure.frame import Pixels
from autoexposure.plain_text import plain
from drivers.phone.controls import PhoneControls, TrackSettings

LARGEST_MESSAGE = 2 * 1024 * 1024
"""Bytes. A picture of 960 pixels at the best quality stays below a quarter of it."""

LARGEST_TEXT = 16 * 1024
"""Bytes of a text message, and of a picture's header."""


class ProtocolError(Exception):
    """A message that makes no sense; the sentence goes back to the page and into the log."""


@dataclass(frozen=True, slots=True)
class Lens:
    """The camera a page has open.

    Attributes
    ----------
    name : the browser's name of it, with the phone's model where it is told.
    device : the browser's id of it: the same at the next visit.
    frame_rate : pictures a second the track promises.
    capabilities : what the track can do, as the page said it.
    """

    name: str
    device: str
    frame_rate: float
    controls: PhoneControls
    settings: TrackSettings
    capabilities: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture, decoded.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 RGB.
    sequence : the page's count of the pictures it has sent.
    taken_ms : when it was taken, by the page's clock.
    settings : in force while it was taken.
    frames_since_change : camera frames since ``settings`` last changed; None while a change is on its way.
    applied : number of the last ``apply`` that was over when it was taken; None if the page doesn't say.
    round_ms : what the picture before this one took from sent to acknowledged; 0 for the first.
    """

    pixels: Pixels
    sequence: int
    taken_ms: float
    settings: TrackSettings
    frames_since_change: int | None
    applied: int | None
    round_ms: float


def read_text(text: str) -> dict[str, object]:
    """A text message as a JSON object. Raises ProtocolError."""
    if len(text) > LARGEST_TEXT:
        raise ProtocolError(f"a text message may have {LARGEST_TEXT} bytes, not {len(text)}")
    return _object(text)


def read_lens(message: Mapping[str, object]) -> Lens:
    """The ``camera`` message. Raises ProtocolError."""
    capabilities, settings = message.get("capabilities"), message.get("settings")
    if not isinstance(capabilities, Mapping) or not isinstance(settings, Mapping):
        raise ProtocolError("a camera must come with its capabilities and settings")
    model, label = words_of(message.get("model")), words_of(message.get("label"))
    rate = number_of(message, "frame_rate", 0.0)
    return Lens(
        name=", ".join(filter(None, (model or "Phone", label))),
        device=words_of(message.get("device"), 64),
        frame_rate=rate if 1 <= rate <= 240 else 30.0,
        controls=PhoneControls.from_page(capabilities),
        settings=TrackSettings.from_page(settings),
        capabilities=capabilities,
    )


def read_picture(message: bytes) -> Picture:
    """A binary message. Raises ProtocolError for anything but a whole picture with a sensible header."""
    length = int.from_bytes(message[:4], "big")
    if len(message) < 4 or length > LARGEST_TEXT or len(message) < 4 + length:
        raise ProtocolError("a picture must begin with the length of its header and the header")
    try:
        header = _object(message[4 : 4 + length].decode())
    except UnicodeDecodeError as error:
        raise ProtocolError("a picture's header must be JSON") from error
    settings = header.get("settings")
    since = header.get("frames_since_change")
    try:
        pixels = decode_jpeg(message[4 + length :])
    except PictureError as error:
        raise ProtocolError(str(error)) from error
    return Picture(
        pixels=pixels,
        sequence=int(number_of(header, "sequence")),
        taken_ms=number_of(header, "taken_ms"),
        settings=TrackSettings.from_page(settings if isinstance(settings, Mapping) else {}),
        frames_since_change=since if isinstance(since, int) and not isinstance(since, bool) and since >= 0 else None,
        applied=int(number_of(header, "applied")) if "applied" in header else None,
        round_ms=number_of(header, "round_ms", 0.0),
    )


def words_of(value: object, longest: int = 60) -> str:
    """A phone's words made plain; empty if they are none."""
    return plain(value, longest) if isinstance(value, str) else ""


def number_of(values: Mapping[str, object], key: str, default: float | None = None) -> float:
    """A number by its name. Raises ProtocolError if it is none; without a default also if it is missing."""
    value = values.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e15:
        raise ProtocolError(f"{key} must be a number")
    return float(value)


def _object(text: str) -> dict[str, object]:
    try:
        message = parse_json(text)
    except BadInput as error:
        raise ProtocolError("a message must be JSON") from error
    if not isinstance(message, dict):
        raise ProtocolError("a message must be a JSON object")
    return message
