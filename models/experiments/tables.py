"""The paper's Tables 3 to 6 and its Figure 9, each from the trainings behind it (`models.experiments.trainings`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from autoexposure.frame import Pixels
from autoexposure.response import gamma
from models.data.simulated_experts import MEAN, NAMES
from models.experiments.plots import Curve, plot_curves
from models.experiments.study import Outcome, World, kept
from models.experiments.trainings import CLICKS, ERROR, Kind, Training, Trainings
from models.network import AttentionFcn, as_input
from models.training.answered import expose_at

EXPERT_NAMES = tuple(name for name in NAMES if name != MEAN)


def table3(trainings: Trainings) -> Outcome:
    """Reinforcement learning with pre-training (the paper's RL+PT) against without (its RL).

    ``mae_ev.{rl_scratch,rl,base}.{mean,A..E}``.
    """
    kinds: tuple[Kind, ...] = ("rl_scratch", "rl", "base")
    figures = {kind: {name: trainings.error_ev(Training(kind, name)) for name in NAMES} for kind in kinds}
    words = {"rl_scratch": "RL", "rl": "RL+PT", "base": "no personal training"}
    rows = {words[kind]: errors for kind, errors in figures.items()}
    trainings.plot("table3", rows, ERROR)
    better = sum(figures["rl"][name] < figures["rl_scratch"][name] for name in NAMES)
    summary = (
        f"RL+PT better than RL for {better} of {len(NAMES)}; mean {figures['rl'][MEAN]:.3f} EV against"
        f" {figures['rl_scratch'][MEAN]:.3f}"
    )
    return Outcome("table3", {"mae_ev": figures}, as_rows(rows), summary)


def table4(trainings: Trainings) -> Outcome:
    """Fully supervised learning against reinforcement learning, and two teachers at equal clicks.

    ``mae_ev.{fsl,rl,base,ordinal_clicks,fsl_300}.{mean,A..E}``, and ``mae_ev.rl_clicks`` for Figure 9's people only.
    ``ordinal_clicks`` and ``rl_clicks`` have one answer on each of 300 pictures, ``fsl_300`` the right corrections of
    the same 300. ``ratio.{..}`` is RL / FSL (the paper: 1.048 for the mean), ``ratio_clicks.{..}`` ordinal_clicks /
    fsl_300.
    """
    kinds: tuple[Kind, ...] = ("fsl", "rl", "base", "ordinal_clicks")
    sides = {**{str(kind): Training(kind, MEAN) for kind in kinds}, "fsl_300": Training("fsl", MEAN, CLICKS)}
    figures = {
        side: {name: trainings.error_ev(replace(training, person=name)) for name in NAMES}
        for side, training in sides.items()
    }
    few = trainings.config.sizes.people
    figures["rl_clicks"] = {name: trainings.error_ev(Training("rl_clicks", name)) for name in few}
    ratio = {name: figures["rl"][name] / figures["fsl"][name] for name in NAMES}
    ratio_clicks = {name: figures["ordinal_clicks"][name] / figures["fsl_300"][name] for name in NAMES}
    trainings.plot("table4", figures, ERROR)
    table = as_rows(figures)
    table += as_rows({"rl / fsl": ratio, "ordinal_clicks / fsl_300": ratio_clicks}, digits=3)[1:]
    summary = (
        f"RL / FSL {ratio[MEAN]:.3f} for the mean, at most {max(ratio.values()):.3f}; one click on each of {CLICKS} "
        f"pictures / their right corrections: {np.mean(list(ratio_clicks.values())):.3f} on average"
    )
    return Outcome("table4", {"mae_ev": figures, "ratio": ratio, "ratio_clicks": ratio_clicks}, table, summary)


def table5(trainings: Trainings) -> Outcome:
    """Six personal models, each on everybody's wishes.

    ``matrix_ev.{train}.{test}`` for train in mean, A..E and test in A..E.
    """
    matrix = {}
    for name in NAMES:
        errors = trainings.errors_ev(Training("rl", name))
        matrix[name] = {test: errors[test] for test in EXPERT_NAMES}
    trainings.plot("table5", {f"trained for {name}": row for name, row in matrix.items()}, ERROR)
    own = sum(matrix[name][name] == min(row[name] for row in matrix.values()) for name in EXPERT_NAMES)
    summary = f"their own model is the best of its column for {own} of {len(EXPERT_NAMES)} experts"
    return Outcome("table5", {"matrix_ev": matrix}, as_rows(matrix, EXPERT_NAMES, corner="trained for"), summary)


def table6(trainings: Trainings) -> Outcome:
    """The error in lightness (CIE L*) after applying the predicted exposure, once, to the picture as it is.

    ``lab_l_rmse.{fsl,rl,base,none}.{mean,A..E}`` and the same for ``lab_rmse``, over L, a and b. Root mean square over
    pixels, mean over pictures; ``none`` leaves the picture as it is. The paper's own numbers (Table 6) are against
    retouched pictures, contrast and colour included, so they are no yardstick for these.
    """
    kinds: tuple[Kind, ...] = ("fsl", "rl", "base")
    lightness: dict[str, dict[str, float]] = {kind: {} for kind in (*kinds, "none")}
    colour: dict[str, dict[str, float]] = {kind: {} for kind in (*kinds, "none")}
    world, folder = trainings.world, trainings.config.out / "points"
    for name in NAMES:
        for kind in kinds:
            key = ["table6", kind, name, trainings.errors_ev(Training(kind, name))]

            def measure(kind: Kind = kind, name: str = name) -> list[float]:
                return lab_errors(_predictions(trainings.network(Training(kind, name)), world), world, name)

            lightness[kind][name], colour[kind][name] = kept(folder, key, measure)
        lightness["none"][name], colour["none"][name] = lab_errors(np.zeros(len(world.test)), world, name)
    trainings.plot("table6", lightness, "root mean square error in L*")
    summary = "L* error: " + ", ".join(f"{kind} {errors[MEAN]:.2f}" for kind, errors in lightness.items())
    return Outcome("table6", {"lab_l_rmse": lightness, "lab_rmse": colour}, as_rows(lightness, digits=2), summary)


def figure9(trainings: Trainings) -> Outcome:
    """The error against the number of training images, with the supervised error on all of them beside it.

    ``figure9_ev.{person}.{images}`` and ``mae_ev.fsl.{person}``, and a plot.
    """
    config, everything = trainings.config, len(trainings.world.train)
    images = [*(count for count in config.sizes.images if count < everything), everything]
    curves, supervised = {}, {}
    for person in config.sizes.people:
        curves[person] = {
            str(count): trainings.error_ev(Training("rl", person, None if count == everything else count))
            for count in images
        }
        supervised[person] = trainings.error_ev(Training("fsl", person))
    table = [["images", *(f"{person} {kind}" for person in curves for kind in ("rl", "fsl, all"))]]
    for count in images:
        cells = [f"{value:.4f}" for p in curves for value in (curves[p][str(count)], supervised[p])]
        table.append([str(count), *cells])
    lines = [Curve(f"{person}, RL", [float(n) for n in images], list(curves[person].values())) for person in curves]
    lines += [
        Curve(f"{person}, FSL on all", [float(images[0]), float(everything)], [supervised[person]] * 2, dashed=True)
        for person in curves
    ]
    note = f"{trainings.world.people}; {config.sizes.steps} steps of {config.sizes.batch}"
    plot_curves(lines, "training images", "mean absolute error, EV", note, config.out / "figure9.png", logarithmic=True)
    first, last = images[0], images[-1]
    summary = "; ".join(f"{p}: {c[str(first)]:.3f} at {first}, {c[str(last)]:.3f} at {last}" for p, c in curves.items())
    return Outcome("figure9", {"figure9_ev": curves, "mae_ev": {"fsl": supervised}}, table, summary)


def as_rows(
    figures: Mapping[str, Mapping[str, float]], columns: Sequence[str] = NAMES, *, corner: str = "", digits: int = 4
) -> list[list[str]]:
    """A table as text: its head, then a row for each entry of ``figures``; what a row lacks stays empty."""
    cells = [
        [name, *(f"{row[column]:.{digits}f}" if column in row else "" for column in columns)]
        for name, row in figures.items()
    ]
    return [[corner, *columns], *cells]


def lab_errors(delta_ev: NDArray[np.float64], world: World, person: str) -> list[float]:
    """Root mean square error in L*, and over L*, a* and b*, with ``delta_ev`` (N,) applied to the N test pictures."""
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
    """(N,) the network's answers to the N test pictures as they are, EV."""
    with torch.inference_mode():
        answers = [
            float(network(as_input(expose_at(world.pictures[int(index)], gamma(), 0.0)[np.newaxis])).delta_ev[0])
            for index in world.test
        ]
    return np.array(answers)


def _lab(pixels: Pixels) -> NDArray[np.float32]:
    """(H, W, 3) float32: L* 0..100, a*, b*."""
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
