"""Every meter there is: what it goes by, how it is shown and how it is made.

Commands, the window and the library read this one table. A new meter is a row here; where no class in `classical` can
make it, write a `Policy` of its own in this file, or in one beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autoexposure.errors import ConfigError
from autoexposure.metering.classical import AverageMeter, CentreWeightedMeter, MatrixMeter, SpotMeter
from autoexposure.metering.policy import Policy

ATTENTION = "attention"
"""The network's meter, the one that is used unless another is asked for."""

CLIPPED_SHARE = 0.02
"""Share of a picture that the highlight meter lets clip: lamps and glints, and no window. It is what the evaluation of
guarded metering uses as well."""

SHADOW_LUMINANCE = 0.12
"""Mean luminance that the shadow meter lifts the darker half of a picture to, 0.6 EV below a grey card, since a
subject's own shadows lie in that half too. Measured: 153 ordinary photographs come out 0.6 EV brighter on average than
by matrix metering; at 0.17 they come out 1.1 EV brighter, at 0.09 most of them stay as they are."""


@dataclass(frozen=True, slots=True)
class Meter:
    """One meter that can be chosen.

    Attributes
    ----------
    name : as in ``--meter``, in stored answers, and `Policy.name` of what is made.
    label : as the window shows it.
    tip : one line on what it does.
    make : makes it with its usual settings; None for the network, which the floor above (``models``) makes.
    """

    name: str
    label: str
    tip: str
    make: Callable[[], Policy] | None = None

    @property
    def averages_light(self) -> bool:
        """Whether it calculates a mean of light, where the network gives a mean of EV."""
        return self.make is not None


METERS: dict[str, Meter] = {
    meter.name: meter
    for meter in (
        Meter(ATTENTION, "Attention", "The network: finds what matters and exposes for it"),
        Meter("average", "Average", "Every part of the picture counts the same", AverageMeter),
        Meter("centre", "Centre-weighted", "The middle counts most", CentreWeightedMeter),
        Meter("spot", "Spot", "Only a small spot in the middle counts", SpotMeter),
        Meter("matrix", "Matrix", "Zones, weighed by how bright they are", MatrixMeter),
        Meter(
            "highlight",
            "Highlights",
            "Matrix, but bright parts are kept from clipping",
            lambda: MatrixMeter(highlight_guard=CLIPPED_SHARE, name="highlight"),
        ),
        Meter(
            "shadow",
            "Shadows",
            "Matrix, but dark parts are lifted, as for a face before a window",
            lambda: MatrixMeter(shadow_floor=SHADOW_LUMINANCE, name="shadow"),
        ),
    )
}
"""By name, in the order in which they are offered."""


def find_meter(name: str) -> Meter:
    """The row of the table that goes by ``name``.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if name not in METERS:
        raise ConfigError(f"a meter is one of {', '.join(METERS)}; given {name!r}")
    return METERS[name]
