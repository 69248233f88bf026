"""Table 4: fully supervised learning against reinforcement learning, and two teachers at equal clicks."""

from __future__ import annotations

from models.experiments.study import Outcome
from models.experiments.trainings import CLICKS, Training, Trainings
from models.experts import MEAN, NAMES


def table4(trainings: Trainings) -> Outcome:
    """``mae_ev.{fsl,rl,base}.{mean,A..E}``; ``mae_ev.{rl,ordinal}_clicks.{..}``: one answer on each of 300 pictures.

    The latter for the people of Figure 9 only. ``ratio.{..}`` is RL / FSL (the paper: 1.048 for the mean).
    """
    figures = {
        kind: {name: trainings.error_ev(Training(kind, name)) for name in NAMES} for kind in ("fsl", "rl", "base")
    }
    few = trainings.config.sizes.people
    for kind in ("rl_clicks", "ordinal_clicks"):
        figures[kind] = {name: trainings.error_ev(Training(kind, name)) for name in few}
    ratio = {name: figures["rl"][name] / figures["fsl"][name] for name in NAMES}
    table = [["", *NAMES]]
    for kind, errors in figures.items():
        table.append([kind, *(f"{errors[name]:.4f}" if name in errors else "" for name in NAMES)])
    table.append(["rl / fsl", *(f"{ratio[name]:.3f}" for name in NAMES)])
    clicks = {kind: figures[kind][MEAN] for kind in ("rl_clicks", "ordinal_clicks") if MEAN in figures[kind]}
    summary = (
        f"RL / FSL {ratio[MEAN]:.3f} for the mean, at most {max(ratio.values()):.3f}; {CLICKS} clicks: "
        + ", ".join(f"{kind.removesuffix('_clicks')} {error:.3f} EV" for kind, error in clicks.items())
    )
    return Outcome("table4", {"mae_ev": figures, "ratio": ratio}, table, summary)
