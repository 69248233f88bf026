"""The paper's Tables 3 to 6 and its Figure 9, each from the trainings behind it (`models.experiments.trainings`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels
from autoexposure.response import gamma
from models.data.simulated_experts import MEAN, NAMES
from models.experiments.plots import Curve, plot_curves
from models.experiments.study import Outcome, World, against_the_paper, kept
from models.experiments.trainings import CLICKS, CONVERGED, ERROR, Kind, Spread, Training, Trainings
from models.training.answered import expose_at
from models.training.finetune import ladder_answers_ev

EXPERT_NAMES = tuple(name for name in NAMES if name != MEAN)


LEFT_ALONE, ONE_BIAS = "left alone", "one bias"
"""Rows without any training: the exposure is never changed; the base model with one EV bias for each person."""

Rows = dict[str, dict[str, Spread]]
"""A table: a row's name -> person -> what was found."""


def table3(trainings: Trainings) -> Outcome:
    """Reinforcement learning with pre-training (the paper's RL+PT) against without (its RL).

    ``mae_ev.{left alone,one bias,rl_scratch,rl,base}.{mean,A..E}``, mean of the seeds; ``deviation_ev``, between them.
    """
    kinds: tuple[Kind, ...] = ("rl_scratch", "rl", "base")
    figures = baselines(trainings) | errors_of(trainings, {str(kind): Training(kind, MEAN) for kind in kinds})
    words = {"rl_scratch": "RL", "rl": "RL+PT", "base": "no personal training"}
    rows = {words.get(kind, kind): errors for kind, errors in figures.items()}
    trainings.plot("table3", means(rows), ERROR)
    better = sum(figures["rl"][name].mean < figures["rl_scratch"][name].mean for name in NAMES)
    summary = (
        f"RL+PT better than RL for {better} of {len(NAMES)}; mean {figures['rl'][MEAN]} EV against"
        f" {figures['rl_scratch'][MEAN]}"
    )
    summary += against_the_paper(
        {
            "RL+PT is not better than RL for everyone": better < len(NAMES),
            "RL+PT is further off than the model it starts from for some": any(
                figures["rl"][name].mean > figures["base"][name].mean for name in NAMES
            ),
        }
    )
    return Outcome("table3", as_figures(figures), as_rows(rows), summary)


def table4(trainings: Trainings) -> Outcome:
    """Fully supervised learning against reinforcement learning, and the teachers side by side at equal answers.

    ``mae_ev.{..}.{mean,A..E}`` and ``deviation_ev``, as in `table3`. At an answer for every step of the ladder:
    ``fsl``, ``rl`` (REINFORCE as in the paper), ``rl_reduced`` (with a baseline and more actions), ``ordinal``. At one
    answer on each of 300 pictures: ``rl_clicks``, ``rl_reduced_clicks``, ``ordinal_clicks``, and ``fsl_300`` (the right
    corrections of as many). ``ratio.{..}`` is RL / FSL (the paper: 1.048 for the mean), ``ratio_clicks.{..}``
    ordinal_clicks / fsl_300. ``course_ev.{..}``: the error of FSL on its way, ``[batches, EV]``, and ``converged``
    whether its last quarter changed little.
    """
    kinds: tuple[Kind, ...] = ("base", "fsl", "rl", "rl_reduced", "ordinal")
    clicks: tuple[Kind, ...] = ("rl_clicks", "rl_reduced_clicks", "ordinal_clicks")
    sides = {str(kind): Training(kind, MEAN) for kind in kinds} | {"fsl_300": Training("fsl", MEAN, CLICKS)}
    sides |= {str(kind): Training(kind, MEAN) for kind in clicks}
    figures = baselines(trainings) | errors_of(trainings, sides)
    ratio = {name: _ratio(trainings, Training("rl", name), Training("fsl", name)) for name in NAMES}
    ratio_clicks = {
        name: _ratio(trainings, Training("ordinal_clicks", name), Training("fsl", name, CLICKS)) for name in NAMES
    }
    course = {name: trainings.course_ev(Training("fsl", name)) for name in NAMES}
    converged = {name: has_converged(points) for name, points in course.items()}
    trainings.plot("table4", means(figures), ERROR)
    curves = [Curve(name, [float(n) for n, _ in points], [ev for _, ev in points]) for name, points in course.items()]
    note = f"{trainings.world.people}; supervised, on pictures that were not learned from"
    plot_curves(curves, "batches", ERROR, note, trainings.config.out / "table4-fsl.png")
    table = as_rows(figures)
    table += as_rows({"rl / fsl": ratio, "ordinal_clicks / fsl_300": ratio_clicks}, digits=3)[1:]
    worst = max(each.mean for each in ratio.values())
    summary = (
        f"RL / FSL {ratio[MEAN]:.3f} for the mean, at most {worst:.3f}; FSL had converged for {sum(converged.values())}"
        f" of {len(NAMES)}; one click on each of {CLICKS} pictures / their right corrections:"
        f" {np.mean([each.mean for each in ratio_clicks.values()]):.3f} on average"
    )
    summary += against_the_paper(
        {
            "FSL is no upper bound, RL is nearer for some": any(each.mean < 1 for each in ratio.values()),
            f"FSL on {CLICKS} pictures is nearer than on all": any(
                figures["fsl_300"][name].mean < figures["fsl"][name].mean for name in NAMES
            ),
            "REINFORCE from one answer a picture is further off than the model it starts from for some": any(
                figures["rl_clicks"][name].mean > figures["base"][name].mean for name in NAMES
            ),
        }
    )
    found = as_figures(figures) | {
        "ratio": {name: each.mean for name, each in ratio.items()},
        "ratio_deviation": {name: each.deviation for name, each in ratio.items()},
        "ratio_clicks": {name: each.mean for name, each in ratio_clicks.items()},
        "course_ev": course,
        "converged": converged,
    }
    return Outcome("table4", found, table, summary)


def table5(trainings: Trainings) -> Outcome:
    """Six personal models, each on everybody's wishes.

    ``matrix_ev.{train}.{test}`` for train in mean, A..E and test in A..E, mean of the seeds, and ``deviation_ev``; the
    rows ``left alone`` and ``one bias`` (each person's own) beside them.
    """

    def against(seeded: Training, test: str) -> float:
        return trainings.errors_ev(seeded)[test]

    matrix: Rows = {
        name: {test: trainings.of_seeds(Training("rl", name), partial(against, test=test)) for test in EXPERT_NAMES}
        for name in NAMES
    }
    trainings.plot("table5", {f"trained for {name}": row for name, row in means(matrix).items()}, ERROR)
    own = sum(matrix[name][name].mean == min(row[name].mean for row in matrix.values()) for name in EXPERT_NAMES)
    summary = f"their own model is the best of its column for {own} of {len(EXPERT_NAMES)} experts"
    summary += against_the_paper({"someone else's model suits some better": own < len(EXPERT_NAMES)})
    others = {row: {name: errors[name] for name in EXPERT_NAMES} for row, errors in baselines(trainings).items()}
    figures = as_figures(matrix | others)
    figures["matrix_ev"] = figures.pop("mae_ev")
    return Outcome("table5", figures, as_rows(matrix | others, EXPERT_NAMES, corner="trained for"), summary)


def table6(trainings: Trainings) -> Outcome:
    """The error in lightness (CIE L*) after applying the predicted exposure, once, to the picture as it is.

    ``lab_l_rmse.{fsl,rl,base,one bias,left alone}.{mean,A..E}``, mean of the seeds, its ``deviation``, and
    ``lab_rmse``, over L, a and b. Root mean square over pixels, mean over pictures. The paper's own numbers (Table 6)
    are against retouched pictures, contrast and colour included, so they are no yardstick for these.
    """
    kinds: tuple[Kind, ...] = ("fsl", "rl", "base")
    world, folder = trainings.world, trainings.config.out / "points"
    none = np.zeros(len(world.test))

    def measured(training: Training, which: int) -> float:
        key = ["table6", training.kind, training.person, training.seed, trainings.errors_ev(training)]
        predict = partial(_predictions, trainings, training)
        return kept(folder, key, lambda: lab_errors(predict(), world, training.person))[which]

    lightness: Rows = {kind: {} for kind in (*kinds, ONE_BIAS, LEFT_ALONE)}
    colour: Rows = {kind: {} for kind in lightness}
    base = _predictions(trainings, Training("base", MEAN))
    for name in NAMES:
        for kind in kinds:
            for which, rows in enumerate((lightness, colour)):
                rows[kind][name] = trainings.of_seeds(Training(kind, name), partial(measured, which=which))
        for row, answers in ((ONE_BIAS, base + trainings.bias_ev(name)), (LEFT_ALONE, none)):
            found = lab_errors(answers, world, name)
            lightness[row][name], colour[row][name] = map(Spread, found)
    trainings.plot("table6", means(lightness), "root mean square error in L*")
    summary = "L* error: " + ", ".join(f"{kind} {errors[MEAN].mean:.2f}" for kind, errors in lightness.items())
    summary += against_the_paper(
        {
            "a picture left alone is nearer than after RL for some": any(
                lightness[LEFT_ALONE][name].mean < lightness["rl"][name].mean for name in NAMES
            )
        }
    )
    found_all = {
        "lab_l_rmse": means(lightness),
        "deviation": as_figures(lightness)["deviation_ev"],
        "lab_rmse": means(colour),
    }
    return Outcome("table6", found_all, as_rows(lightness, digits=2), summary)


def figure9(trainings: Trainings) -> Outcome:
    """The error against the number of training images, with the supervised error on all of them beside it.

    ``figure9_ev.{person}.{images}`` and ``mae_ev.fsl.{person}``, means of the seeds, ``figure9_deviation_ev``, and a
    plot.
    """
    config, everything = trainings.config, len(trainings.world.train)
    images = [*(count for count in config.sizes.images if count < everything), everything]
    curves: Rows = {}
    for person in config.sizes.people:
        curves[person] = {
            str(count): trainings.error_ev(Training("rl", person, None if count == everything else count))
            for count in images
        }
    supervised = {person: trainings.error_ev(Training("fsl", person)).mean for person in curves}
    table = [["images", *(f"{person} {kind}" for person in curves for kind in ("rl", "fsl, all"))]]
    for count in images:
        cells = [text for p in curves for text in (str(curves[p][str(count)]), f"{supervised[p]:.4f}")]
        table.append([str(count), *cells])
    drawn = means(curves)
    lines = [Curve(f"{person}, RL", [float(n) for n in images], list(row.values())) for person, row in drawn.items()]
    lines += [
        Curve(f"{person}, FSL on all", [float(images[0]), float(everything)], [supervised[person]] * 2, dashed=True)
        for person in curves
    ]
    note = f"{trainings.world.people}; {config.sizes.steps} steps of {config.sizes.batch}"
    plot_curves(lines, "training images", ERROR, note, config.out / "figure9.png", logarithmic=True)
    first, last = str(images[0]), str(images[-1])
    summary = "; ".join(f"{p}: {c[first]:.3f} at {first}, {c[last]:.3f} at {last}" for p, c in drawn.items())
    rising = [person for person, row in drawn.items() if row[last] >= row[first] and first != last]
    summary += against_the_paper({f"the error does not fall for {', '.join(rising)}": bool(rising)})
    found = {
        "figure9_ev": drawn,
        "figure9_deviation_ev": as_figures(curves)["deviation_ev"],
        "mae_ev": {"fsl": supervised},
    }
    return Outcome("figure9", found, table, summary)


def baselines(trainings: Trainings) -> Rows:
    """What no personal training at all comes to: the rows that every table of errors is read against."""
    return {
        LEFT_ALONE: {name: trainings.left_alone_ev(name) for name in NAMES},
        ONE_BIAS: {name: trainings.one_bias_ev(name) for name in NAMES},
    }


def errors_of(trainings: Trainings, sides: Mapping[str, Training]) -> Rows:
    """Everybody's error after each of these trainings, each made for the person themselves."""
    return {
        side: {name: trainings.error_ev(replace(training, person=name)) for name in NAMES}
        for side, training in sides.items()
    }


def has_converged(course: Sequence[tuple[int, float]]) -> bool:
    """Whether the last part of a training changed its error by no more than a share of `CONVERGED`."""
    return len(course) > 1 and course[-2][1] - course[-1][1] <= CONVERGED * course[-2][1]


def means(rows: Mapping[str, Mapping[str, Spread]]) -> dict[str, dict[str, float]]:
    """The means alone."""
    return {name: {column: each.mean for column, each in row.items()} for name, row in rows.items()}


def as_figures(rows: Mapping[str, Mapping[str, Spread]]) -> dict[str, object]:
    """``mae_ev``, the means, and ``deviation_ev``, the standard deviations between seeds."""
    deviations = {name: {column: each.deviation for column, each in row.items()} for name, row in rows.items()}
    return {"mae_ev": means(rows), "deviation_ev": deviations}


def as_rows(
    figures: Mapping[str, Mapping[str, Spread]], columns: Sequence[str] = NAMES, *, corner: str = "", digits: int = 4
) -> list[list[str]]:
    """A table as text: its head, then a row for each entry of ``figures``; what a row lacks stays empty."""
    cells = [
        [name, *(f"{row[column]:.{digits}f}" if column in row else "" for column in columns)]
        for name, row in figures.items()
    ]
    return [[corner, *columns], *cells]


def _ratio(trainings: Trainings, over: Training, under: Training) -> Spread:
    """Of two trainings' errors, seed by seed."""

    def of_seed(seeded: Training) -> float:
        other = trainings.errors_ev(replace(under, seed=seeded.seed))[under.person]
        return trainings.errors_ev(seeded)[over.person] / other

    return trainings.of_seeds(over, of_seed)


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


def _predictions(trainings: Trainings, training: Training) -> NDArray[np.float64]:
    """(N,) what the network of a training answers to the N test pictures as they are, EV."""
    world = trainings.world
    answers_ev = ladder_answers_ev(trainings.network(training), world.pictures, world.test, np.zeros(1))
    return answers_ev[:, 0]


def _lab(pixels: Pixels) -> NDArray[np.float32]:
    """(H, W, 3) float32: L* 0..100, a*, b*."""
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
