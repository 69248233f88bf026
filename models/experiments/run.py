"""Which experiment is which, and how one is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from autoexposure.errors import ConfigError
from autoexposure.feedback.reward import FIGURE_6
from autoexposure.files.atomic_file import sweep
from autoexposure.process.long_work import Tell, tell_nobody
from models.experiments.attention import figure7, figure8
from models.experiments.bracket import bracket
from models.experiments.clicks import clicks
from models.experiments.native import native
from models.experiments.people import people, prior
from models.experiments.personal import personalise
from models.experiments.study import Outcome, StudyConfig, World, open_unseen_world, open_world, write_outcome
from models.experiments.tables import figure9, table3, table4, table5, table6
from models.experiments.trainings import Trainings

OF_TRAININGS: dict[str, Callable[[Trainings], Outcome]] = {
    "table3": table3,
    "table4": table4,
    "table5": table5,
    "table6": table6,
    "figure9": figure9,
}
OF_UNSEEN: dict[str, Callable[[StudyConfig, World, Tell], Outcome]] = {
    "clicks": clicks,
    "native": native,
    "people": people,
    "personalise": personalise,
    "prior": prior,
}
OF_ATTENTION: dict[str, Callable[[StudyConfig, World, Tell], Outcome]] = {
    "bracket": bracket,
    "figure7": figure7,
    "figure8": figure8,
}
PANELS = {
    "people": "20 SIMULATED people as hard to know as real ones, none of whom anything was tuned on",
    "personalise": "20 SIMULATED people as hard to know as real ones, none of whom anything was tuned on",
    "prior": "20 SIMULATED people to tune on",
}
"""Who they are where it is not the five experts."""
NAMES = (*OF_TRAININGS, *OF_UNSEEN, *OF_ATTENTION)

TABLES = "tables"
"""All of OF_TRAININGS, one after the other: of one base model, so that they can be compared."""


def experiments(name: str) -> tuple[str, ...]:
    """What a name stands for. Raises ConfigError for one that there is not."""
    if name not in (*NAMES, TABLES):
        raise ConfigError(f"the experiments are {', '.join(NAMES)}, and {TABLES} for all of these; given {name!r}")
    return tuple(OF_TRAININGS) if name == TABLES else (name,)


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """A finished experiment: what it found, and on what."""

    outcome: Outcome
    world: World


def run_experiment(name: str, config: StudyConfig, json_file: Path | None, tell: Tell = tell_nobody) -> Ran:
    """Run one experiment; what was done before in the same folder is not done again. Raises ConfigError."""
    experiments(name)
    try:
        config.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{config.out} can't be made ({error.strerror}); name another folder with --out") from error
    for folder in (config.out, config.out / "runs", config.out / "points"):
        sweep(folder)
    if name in OF_TRAININGS:
        world = open_world(config, tell)
        outcome = OF_TRAININGS[name](Trainings(config, world, tell))
    else:
        if config.fivek is not None:
            raise ConfigError(f"{name} needs simulated people: leave out --fivek and name --photos")
        if config.reward.name != FIGURE_6:
            raise ConfigError(f"{name} trains nothing by reinforcement: leave out --reward")
        world = open_unseen_world(config, tell)
        if name in OF_ATTENTION:  # nobody's taste is in it
            world = replace(world, people="photographs as they are")
        if name in PANELS:
            world = replace(world, people=PANELS[name])
        outcome = (OF_UNSEEN | OF_ATTENTION)[name](config, world, tell)
    write_outcome(outcome, config, world, json_file)
    return Ran(outcome, world)
