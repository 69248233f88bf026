"""Figure 9: the error against the number of training images, with the supervised error on all of them beside it."""

from __future__ import annotations

from models.experiments.plots import Curve, plot_curves
from models.experiments.study import Outcome
from models.experiments.trainings import Training, Trainings


def figure9(trainings: Trainings) -> Outcome:
    """``figure9_ev.{person}.{images}`` and ``mae_ev.fsl.{person}``, and a plot."""
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
