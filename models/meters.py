"""What an evaluation compares: the network, and the fitted classical baselines, all as functions of previews."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from autoexposure.evaluation.known_laws import LUMA
from autoexposure.frame import Pixels
from autoexposure.metering.policy import Policy
from autoexposure.metering.preview import SIDE_PX
from autoexposure.response import Floats, ResponseCurve
from models.data.exposure_ladder import LADDER_EV, label_ev, ladder

if TYPE_CHECKING:
    from models.network import AttentionFcn, AttentionOutput


class Meter(Protocol):
    """Answers many previews at once."""

    def delta_ev(self, previews: NDArray[np.uint8]) -> NDArray[np.float64]:
        """(N, 128, 128, 3) uint8 RGB -> (N,) EV, positive = raise."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a meter says of N pictures: ``delta_ev`` (N,) EV; ``doubt_ev`` (N,) as `Decision`'s, None if it has none."""

    delta_ev: NDArray[np.float64]
    doubt_ev: NDArray[np.float64] | None = None


class MapMeter(Meter, Protocol):
    """A meter that also says where it looks."""

    def attention(self, previews: NDArray[np.uint8]) -> Floats:
        """(N, 128, 128, 3) uint8 RGB -> (N, 15, 15), 0..1."""


ROUNDS = 8
"""Corrections after which a meter is taken to have come to rest."""

CONTENT_EV = 0.05
"""Corrections smaller than this are finer than any camera's steps: a meter that asks for less is at rest."""

FARTHEST_EV = 8.0
"""No correction leads further from a picture's own exposure: beyond it everything is black or white."""


def rest_ev(
    meter: Meter,
    shown: Callable[[float], Pixels],
    start_ev: float = 0.0,
    *,
    rounds: int = ROUNDS,
    farthest_ev: float = FARTHEST_EV,
) -> float:
    """Where a meter comes to rest that is asked again after each correction, EV relative to the picture's own exposure.

    Parameters
    ----------
    shown : the scene taken at an exposure in EV -> (128, 128, 3) uint8 RGB.
    start_ev : the exposure of the first picture.
    """
    return float(rests_ev(meter, [shown], start_ev, rounds=rounds, farthest_ev=farthest_ev)[0])


def rests_ev(
    meter: Meter,
    scenes: Sequence[Callable[[float], Pixels]],
    start_ev: float = 0.0,
    *,
    rounds: int = ROUNDS,
    farthest_ev: float = FARTHEST_EV,
) -> NDArray[np.float64]:
    """(N,) the same as `rest_ev` for N scenes, whose pictures are judged together."""
    offsets_ev = np.full(len(scenes), start_ev)
    moving = np.arange(len(scenes))
    for _ in range(rounds):
        steps_ev = meter.delta_ev(np.stack([scenes[place](float(offsets_ev[place])) for place in moving.tolist()]))
        offsets_ev[moving] = np.clip(offsets_ev[moving] + steps_ev, -farthest_ev, farthest_ev)
        moving = moving[np.abs(steps_ev) >= CONTENT_EV]
        if not len(moving):
            break
    return offsets_ev


class PolicyMeter:
    """A policy of the live loop: a model file run by onnxruntime, or one of the classical meters."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def delta_ev(self, previews: NDArray[np.uint8]) -> NDArray[np.float64]:
        """See `Meter`."""
        return self.answers(previews).delta_ev

    def answers(self, previews: NDArray[np.uint8]) -> Answers:
        """(N, 128, 128, 3) uint8 RGB -> what `delta_ev` says, with the doubt."""
        decisions = [self._policy.decide(_as_preview(picture)) for picture in previews]
        doubts = [decision.doubt_ev for decision in decisions if decision.doubt_ev is not None]
        sure = len(doubts) == len(decisions)
        return Answers(np.array([decision.delta_ev for decision in decisions]), np.array(doubts) if sure else None)

    def attention(self, previews: NDArray[np.uint8]) -> Floats:
        """See `MapMeter`."""
        maps = [self._policy.decide(_as_preview(picture)).attention for picture in previews]
        return np.array(maps, dtype=np.float32)


class TorchMeter:
    """A network still in training."""

    def __init__(self, network: AttentionFcn) -> None:
        self._network = network.eval()

    def delta_ev(self, previews: NDArray[np.uint8]) -> NDArray[np.float64]:
        """See `Meter`."""
        return self.answers(previews).delta_ev

    def answers(self, previews: NDArray[np.uint8]) -> Answers:
        """(N, 128, 128, 3) uint8 RGB -> what `delta_ev` says, with the doubt."""
        output = self._run(previews)
        doubt = output.doubt_ev
        return Answers(
            output.delta_ev.numpy().astype(np.float64), None if doubt is None else doubt.numpy().astype(np.float64)
        )

    def attention(self, previews: NDArray[np.uint8]) -> Floats:
        """See `MapMeter`."""
        attention: Floats = self._run(previews).attention.numpy()
        return attention

    def _run(self, previews: NDArray[np.uint8]) -> AttentionOutput:
        import torch

        from models.network import as_input

        with torch.inference_mode():
            output: AttentionOutput = self._network(as_input(previews))
        return output


class ZeroMeter:
    """Always content: the error of doing nothing."""

    def delta_ev(self, previews: NDArray[np.uint8]) -> NDArray[np.float64]:
        """See `Meter`."""
        return np.zeros(len(previews))


@dataclass(frozen=True, slots=True, eq=False)
class CubicMeter:
    """A cubic in the weighted mean of the code values: what can be had without looking at the picture.

    ``weights`` (128, 128) float32 with sum 1; ``coefficients`` as of numpy.polyval.
    """

    weights: Floats
    coefficients: NDArray[np.float64]

    def delta_ev(self, previews: NDArray[np.uint8]) -> NDArray[np.float64]:
        """See `Meter`."""
        return np.clip(np.polyval(self.coefficients, weighted_mean(previews, self.weights)), -2, 2)


def even_weights() -> Floats:
    """Every pixel counts the same."""
    return np.full((SIDE_PX, SIDE_PX), 1 / SIDE_PX**2, np.float32)


def centre_weights(spread: float = 0.25) -> Floats:
    """A Gaussian in the middle, ``spread`` of the side wide: the centre-weighted meter of cameras."""
    place = (np.arange(SIDE_PX) + 0.5) / SIDE_PX - 0.5
    line = np.exp(-0.5 * (place / spread) ** 2)
    square = np.outer(line, line)
    weights: Floats = (square / square.sum()).astype(np.float32)
    return weights


def weighted_mean(previews: NDArray[np.uint8], weights: Floats) -> NDArray[np.float64]:
    """(N, 128, 128, 3) uint8 -> (N,) mean luma, 0..1."""
    means = [float(((picture @ LUMA) * weights).sum()) / 255 for picture in previews]
    return np.array(means)


def fit_cubic(
    weights: Floats, pictures: NDArray[np.uint8], chosen: NDArray[np.int64], response: ResponseCurve
) -> CubicMeter:
    """Fit a cubic by least squares on the ladders of the ``chosen`` ones of ``pictures`` (N, side, side, 3) uint8.

    A cubic, because the mean code saturates at both ends of the ladder: one bend for the shadows, one for the lights.
    """
    means = np.concatenate([weighted_mean(ladder(pictures[index], response), weights) for index in chosen])
    labels = np.tile(label_ev(LADDER_EV), len(chosen))
    return CubicMeter(weights, np.polyfit(means, labels, 3))


def _as_preview(picture: Pixels) -> Floats:
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[np.newaxis], dtype=np.float32)
