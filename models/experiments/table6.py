"""Table 6: the error in lightness (CIE L*) after applying the predicted exposure, once, to the picture as it is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels
from autoexposure.response import gamma
from models.data.simulated_experts import NAMES
from models.experiments.study import Outcome, World, kept
from models.experiments.trainings import Kind, Training, Trainings
from models.network import AttentionFcn
from models.training.answered import expose_at
from models.training.finetune import as_input

KINDS: tuple[Kind, ...] = ("fsl", "rl", "base")


def table6(trainings: Trainings) -> Outcome:
    """``lab_l_rmse.{fsl,rl,base,none}.{mean,A..E}`` and the same for ``lab_rmse``, over L, a and b.

    Root mean square over pixels, mean over pictures; ``none`` leaves the picture as it is. The paper's own numbers
    (Table 6) are against retouched pictures, contrast and colour included, so they are no yardstick for these.
    """
    lightness: dict[str, dict[str, float]] = {kind: {} for kind in (*KINDS, "none")}
    colour: dict[str, dict[str, float]] = {kind: {} for kind in (*KINDS, "none")}
    world, folder = trainings.world, trainings.config.out / "points"
    for name in NAMES:
        for kind in KINDS:
            key = ["table6", kind, name, trainings.errors_ev(Training(kind, name))]

            def measure(kind: Kind = kind, name: str = name) -> list[float]:
                return lab_errors(_predictions(trainings.network(Training(kind, name)), world), world, name)

            lightness[kind][name], colour[kind][name] = kept(folder, key, measure)
        lightness["none"][name], colour["none"][name] = lab_errors(np.zeros(len(world.test)), world, name)
    trainings.plot("table6", lightness, "root mean square error in L*")
    table = [["", *NAMES]]
    table += [[kind, *(f"{errors[name]:.2f}" for name in NAMES)] for kind, errors in lightness.items()]
    summary = "L* error: " + ", ".join(f"{kind} {errors['mean']:.2f}" for kind, errors in lightness.items())
    return Outcome("table6", {"lab_l_rmse": lightness, "lab_rmse": colour}, table, summary)


def lab_errors(delta_ev: NDArray[np.float64], world: World, person: str) -> list[float]:
    """Root mean square error in L*, and over L*, a* and b*, with these corrections applied to the test pictures."""
    response = gamma()
    lightness, colour = [], []
    for row, index in enumerate(world.test):
        picture = world.pictures[int(index)]
        ours = _lab(expose_at(picture, response, float(delta_ev[row])))
        theirs = _lab(expose_at(picture, response, float(world.wishes_ev[person][index])))
        squares = ((ours - theirs) ** 2).mean(axis=(0, 1))
        lightness.append(float(np.sqrt(squares[0])))
        colour.append(float(np.sqrt(squares.mean())))
    return [float(np.mean(lightness)), float(np.mean(colour))]


def _predictions(network: AttentionFcn, world: World) -> NDArray[np.float64]:
    import torch

    with torch.inference_mode():
        answers = [
            float(network(as_input(expose_at(world.pictures[int(index)], gamma(), 0.0)[np.newaxis])).delta_ev[0])
            for index in world.test
        ]
    return np.array(answers)


def _lab(pixels: Pixels) -> NDArray[np.float32]:
    """(H, W, 3) float32: L* 0..100, a*, b*."""
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
