"""Table 4: fully supervised learning against reinforcement learning, and two teachers at equal clicks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.data.simulated_experts import MEAN, NAMES
from models.experiments.study import Outcome
from models.experiments.trainings import CLICKS, ERROR, Kind, Training, Trainings


def table4(trainings: Trainings) -> Outcome:
    """``mae_ev.{fsl,rl,base}.{mean,A..E}``, ``mae_ev.ordinal_clicks.{..}``: one answer on each of 300 pictures, and
    ``mae_ev.fsl_300.{..}``: the right corrections of the same 300.

    ``mae_ev.rl_clicks.{..}`` for the people of Figure 9 only. ``ratio.{..}`` is RL / FSL (the paper: 1.048 for the
    mean), ``ratio_clicks.{..}`` ordinal_clicks / fsl_300.
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
    table = [["", *NAMES]]
    for kind, errors in figures.items():
        table.append([kind, *(f"{errors[name]:.4f}" if name in errors else "" for name in NAMES)])
    table.append(["rl / fsl", *(f"{ratio[name]:.3f}" for name in NAMES)])
    table.append(["ordinal_clicks / fsl_300", *(f"{ratio_clicks[name]:.3f}" for name in NAMES)])
    summary = (
        f"RL / FSL {ratio[MEAN]:.3f} for the mean, at most {max(ratio.values()):.3f}; one click on each of {CLICKS} "
        f"pictures / their right corrections: {np.mean(list(ratio_clicks.values())):.3f} on average"
    )
    return Outcome("table4", {"mae_ev": figures, "ratio": ratio, "ratio_clicks": ratio_clicks}, table, summary)
