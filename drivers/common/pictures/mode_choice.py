"""Which of the picture modes that a camera offers to ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autoexposure.abilities.moded import PictureMode
from autoexposure.errors import ConfigError
from drivers.common.pictures.formats import FORMATS, format_named


@dataclass(frozen=True, slots=True)
class WantedMode:
    """What to ask for; the nearest mode the camera offers is used.

    Attributes
    ----------
    width_px, height_px : size of the picture.
    rate_fps : frames per second.
    fourcc : insist on this pixel format, by its name in FORMATS or a usual other one; empty leaves the choice to
        ``choose_mode``.

    Raises
    ------
    ConfigError
        If a size or rate is not above zero, or no such format is read.
    """

    width_px: int = 640
    height_px: int = 480
    rate_fps: float = 30.0
    fourcc: str = ""

    def __post_init__(self) -> None:
        if self.width_px <= 0 or self.height_px <= 0 or not 0 < self.rate_fps <= 1000:
            raise ConfigError(
                f"a picture needs a size and a rate above zero, given {self.width_px}x{self.height_px} "
                f"at {self.rate_fps:g} frames/s"
            )
        if self.fourcc:
            object.__setattr__(self, "fourcc", format_named(self.fourcc))


USB2_BYTES_S = 24_000_000
"""What one webcam gets through USB 2 with room for another: 3072 bytes in each of 8000 microframes a second is the most
that an isochronous one may book."""


def choose_mode(offered: Iterable[PictureMode], wanted: WantedMode) -> PictureMode | None:
    """The offered mode nearest to ``wanted``: size before frame rate before pixel format; None if none can be decoded.

    Among formats, colour comes before a sensor's mosaic, and that before grey; then comes what fits through USB 2 at
    that rate, and then what takes the least time to decode.
    """

    def distance(mode: PictureMode) -> tuple[float, float, int, bool, float]:
        size = abs(mode.width_px - wanted.width_px) + abs(mode.height_px - wanted.height_px)
        missing_fps = max(0.0, wanted.rate_fps - max(mode.rates_fps)) if mode.rates_fps else 0.0
        made_as = FORMATS[mode.fourcc]
        bytes_s = mode.width_px * mode.height_px * made_as.bits / 8 * choose_rate(mode, wanted.rate_fps)
        return size, round(missing_fps, 1), made_as.kind, bytes_s > USB2_BYTES_S, made_as.cost_ns

    usable = [mode for mode in offered if mode.fourcc in FORMATS and wanted.fourcc in ("", mode.fourcc)]
    return min(usable, key=distance, default=None)


def choose_rate(mode: PictureMode, wanted_fps: float) -> float:
    """The lowest offered rate that reaches ``wanted_fps``, else the highest there is."""
    if not mode.rates_fps:
        return wanted_fps
    enough = [rate for rate in mode.rates_fps if rate >= wanted_fps - 0.1]
    return min(enough) if enough else max(mode.rates_fps)
