"""A policy looks at one picture and says how far its exposure is off, and where that matters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import PolicyError
from autoexposure.metering.preview import Preview

Map = NDArray[np.float32]
"""(15, 15) float32: row, column; cell (0, 0) is the top left of the picture."""

MAP_SIDE = 15
"""Side of the maps: what fire7 leaves of 128 pixels (paper 7.1)."""


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """One answer.

    Attributes
    ----------
    delta_ev : correction that would make this picture right; positive = raise the exposure.
    attention : weight of every cell, 0..1 (paper's AM); None if the policy has none.
    exposure_map : correction every cell asks for, in EV (paper's EM scaled to EV); None if there is none.
    weighted : whether the maps are pooled to the answer as a mean weighted by the attention, or, as in the paper's
        equation 1, as the plain mean of their product.
    doubt_ev : half width, in EV, of the interval around ``delta_ev`` that holds 68 % of the answer's errors; None if
        the policy does not say.

    For the network's own answer ``delta_ev`` is the mean of the exposure map weighted by the attention, limited to
    +-2 EV (paper 4.2, equation 1, but divided by the sum of the attention). Classical meters average light instead, and
    after a look-ahead the maps are still those of the real picture.
    """

    delta_ev: float
    attention: Map | None = None
    exposure_map: Map | None = None
    weighted: bool = False
    doubt_ev: float | None = None

    def _repr_png_(self) -> bytes | None:
        """What a notebook shows: both maps with their scales; None, and so the words, if there are none."""
        from autoexposure.metering.drawing import as_png, draw_maps  # which knows what a Decision is

        drawn = draw_maps(self)
        return as_png(drawn) if drawn is not None else None


class Policy(Protocol):
    """Anything that meters: the network and the classical meters alike."""

    @property
    def name(self) -> str:
        """What people are shown and what is stored with feedback: ``attention``, ``average``, ``centre``..."""

    @property
    def coarse(self) -> bool:
        """Whether an answer far from the goal gets better by asking again about the picture re-exposed by it.

        True for the network, whose answers end at +-2 EV; False for meters that calculate.
        """

    def decide(self, preview: Preview) -> Decision:
        """Judge one picture.

        Parameters
        ----------
        preview : (1, 3, 128, 128) float32, code values 0..255; it is not written into.

        Raises
        ------
        PolicyError
            If it can't be judged.
        """


def ask(policy: Policy, preview: Preview) -> Decision:
    """What ``policy`` says of one picture, looked at before anything is done with it: a policy may be a user's own.

    Raises
    ------
    PolicyError
        If it can't judge the picture, or its answer is no Decision or not finite, or its doubt is no width.
    """
    answer: object = policy.decide(preview)
    if not isinstance(answer, Decision):
        raise PolicyError(f"the {policy.name} meter must answer with a Decision, given {type(answer).__name__}")
    if not math.isfinite(answer.delta_ev):
        raise PolicyError(f"the {policy.name} meter must answer with a finite delta_ev, given {answer.delta_ev}")
    doubt_ev = answer.doubt_ev
    if doubt_ev is not None and not 0 <= doubt_ev < math.inf:
        raise PolicyError(f"the {policy.name} meter must answer with a doubt_ev from 0, or None; given {doubt_ev}")
    return answer


class OfModel(Protocol):
    """A policy whose answers come from a model's file."""

    @property
    def sha256(self) -> str:
        """Of that file, in hexadecimal."""
