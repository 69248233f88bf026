"""Camera response: which code value a relative exposure becomes, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError

Floats = NDArray[np.float32]

REC709 = (0.2126, 0.7152, 0.0722)
"""Share of linear red, green and blue in luminance (ITU-R BT.709)."""


@dataclass(frozen=True, slots=True, eq=False)
class ResponseCurve:
    """A monotone curve between relative exposure (1 = saturation) and code value (0..255).

    Attributes
    ----------
    name : ``srgb``, ``gamma 2.2`` or where it was measured.
    relative : (256,) float32, ascending from 0 to 1: the relative exposure of each code value.
    """

    name: str
    relative: Floats

    def __post_init__(self) -> None:
        curve = self.relative
        if curve.shape != (256,) or not (0 <= curve[0] < 0.1 and curve[-1] == 1 and np.all(np.diff(curve) > 0)):
            raise ConfigError(f"response curve {self.name!r} must be 256 values that rise from about 0 to 1")

    def linearise(self, codes: NDArray[np.uint8] | Floats) -> Floats:
        """Code values (any shape, 0..255, fractions allowed) -> relative exposure, float32."""
        if codes.dtype == np.uint8:
            return self.relative[codes]
        return np.interp(codes, np.arange(256), self.relative).astype(np.float32)

    def encode(self, relative: Floats) -> Floats:
        """Relative exposure (any shape; clipped to 0..1) -> code values, float32, not rounded."""
        return np.interp(relative, self.relative, np.arange(256)).astype(np.float32)

    def re_expose(self, codes: NDArray[np.uint8] | Floats, delta_ev: float) -> Floats:
        """Code values of the same scene with ``delta_ev`` more exposure (paper 5.3), float32, rounded to 8 bit.

        What was clipped counts as light of exactly saturation, so darkening makes one grey of it; see
        `autoexposure.metering.lookahead.re_exposer` for a better guess.
        """
        return np.rint(self.encode(self.linearise(codes) * np.float32(2.0**delta_ev)))


def gamma(exponent: float = 2.2) -> ResponseCurve:
    """The paper's power curve (5.3): relative exposure = (code / 255) ** exponent. Raises ConfigError unless > 0."""
    if not exponent > 0:
        raise ConfigError(f"the exponent of a response curve must be positive, given {exponent}")
    return ResponseCurve(f"gamma {exponent:g}", (np.arange(256) / 255).astype(np.float32) ** np.float32(exponent))


def srgb() -> ResponseCurve:
    """IEC 61966-2-1, what most webcams aim at."""
    code = np.arange(256) / 255
    relative = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return ResponseCurve("srgb", relative.astype(np.float32))
