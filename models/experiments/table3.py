"""Table 3: reinforcement learning with pre-training (the paper's RL+PT) against without (its RL)."""

from __future__ import annotations

from models.data.simulated_experts import NAMES
from models.experiments.study import Outcome
from models.experiments.trainings import ERROR, Training, Trainings


def table3(trainings: Trainings) -> Outcome:
    """``mae_ev.{rl_scratch,rl,base}.{mean,A,B,C,D,E}``."""
    figures = {
        kind: {name: trainings.error_ev(Training(kind, name)) for name in NAMES}
        for kind in ("rl_scratch", "rl", "base")
    }
    words = {"rl_scratch": "RL", "rl": "RL+PT", "base": "no personal training"}
    trainings.plot("table3", {words[kind]: errors for kind, errors in figures.items()}, ERROR)
    table = [["", *NAMES]]
    table += [[words[kind], *(f"{errors[name]:.4f}" for name in NAMES)] for kind, errors in figures.items()]
    better = sum(figures["rl"][name] < figures["rl_scratch"][name] for name in NAMES)
    summary = f"RL+PT better than RL for {better} of {len(NAMES)}; mean {figures['rl']['mean']:.3f} EV"
    return Outcome("table3", {"mae_ev": figures}, table, f"{summary} against {figures['rl_scratch']['mean']:.3f}")
