"""Table 5: six personal models, each on everybody's wishes."""

from __future__ import annotations

from models.data.simulated_experts import MEAN, NAMES
from models.experiments.study import Outcome
from models.experiments.trainings import ERROR, Training, Trainings


def table5(trainings: Trainings) -> Outcome:
    """``matrix_ev.{train}.{test}`` for train in mean, A..E and test in A..E."""
    experts = [name for name in NAMES if name != MEAN]
    matrix = {}
    for name in NAMES:
        errors = trainings.errors_ev(Training("rl", name))
        matrix[name] = {test: errors[test] for test in experts}
    trainings.plot("table5", {f"trained for {name}": row for name, row in matrix.items()}, ERROR)
    table = [["trained for", *experts]]
    table += [[name, *(f"{row[test]:.4f}" for test in experts)] for name, row in matrix.items()]
    own = sum(matrix[name][name] == min(row[name] for row in matrix.values()) for name in experts)
    summary = f"their own model is the best of its column for {own} of {len(experts)} experts"
    return Outcome("table5", {"matrix_ev": matrix}, table, summary)
