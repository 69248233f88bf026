"""Doubt is calibrated on photographs that no step has seen: of their errors 68 % lie within it, 95 % within its ratio.

What is found depends on the network and the photographs alone, and is kept among the network's own weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from autoexposure.response import gamma
from models.data.dataset import PhotoCache
from models.data.exposure_ladder import LADDER_EV, label_ev, ladder
from models.network import LAPLACE_95_TO_68, AttentionFcn, as_input
from models.training.workers import training_device

STEPS_EV: NDArray[np.float64] = LADDER_EV[2:-2:4]
"""-1.6..+1.6 EV: at the ladder's ends labels and answers are limited alike, and agree whatever the network knows."""

MOST_PHOTOS = 400
"""That it is calibrated on; with five answers each a quantile is sure to 2 %."""

FEWEST_ANSWERS = 250
"""Those of fifty pictures, since the five of one err together. With fewer the doubt stays as the network learned it:
calibrated on 47 pictures it held 59 % of the errors on 87 others instead of 68 %."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What makes a doubt true.

    Attributes
    ----------
    factor : what the head's word is multiplied by to hold 68 % of the errors.
    ratio_95 : the half width that holds 95 % of them, over that for 68 %.
    answers : how many it was found from; 0 where there were too few, and nothing is changed.
    """

    factor: float = 1.0
    ratio_95: float = LAPLACE_95_TO_68
    answers: int = 0


def fit(errors_ev: NDArray[np.float64], doubts_ev: NDArray[np.float64]) -> Calibration:
    """The calibration of doubts (N,) as the head says them, by the errors (N,) of their answers, in EV."""
    if len(errors_ev) < FEWEST_ANSWERS:
        return Calibration()
    within_68, within_95 = np.quantile(np.abs(errors_ev) / doubts_ev, (0.68, 0.95))
    if not within_68 > 0:  # a network that is never wrong says nothing about doubt
        return Calibration()
    return Calibration(float(within_68), float(within_95 / within_68), len(errors_ev))


def calibrate(network: AttentionFcn, cache: PhotoCache) -> Calibration:
    """Find how true the doubt of ``network`` is on the validation part of ``cache``, and make it so in place.

    It counts on photographs without a mask, re-exposed as a ladder is. One factor can't be true of relit subjects too:
    their errors have a longer tail, and calibrated on both together the doubt was a fifth too wide for photographs.
    """
    if not network.config.doubt:
        return Calibration()
    with torch.no_grad():
        network.doubt_calibration.copy_(torch.tensor([1.0, LAPLACE_95_TO_68]))
    found = fit(*_held_out(network.eval(), cache))
    with torch.no_grad():
        network.doubt_calibration.copy_(torch.tensor([found.factor, found.ratio_95]))
    return found


def _held_out(network: AttentionFcn, cache: PhotoCache) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Errors and doubts of all answers, (N,) EV each."""
    device, response = training_device(), gamma()
    labels = label_ev(STEPS_EV)
    errors, doubts = [np.zeros(0)], [np.zeros(0)]
    for index in cache.indices("validation", masked=False)[:MOST_PHOTOS]:
        with torch.inference_mode():
            answer = network(as_input(ladder(cache.pictures[index], response, STEPS_EV)).to(device))
        assert answer.doubt_ev is not None
        errors.append(answer.delta_ev.cpu().numpy().astype(np.float64) - labels)
        doubts.append(answer.doubt_ev.cpu().numpy().astype(np.float64))
    return np.concatenate(errors), np.concatenate(doubts)
