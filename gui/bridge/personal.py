"""What the window does with a person's own models: train one, see which there are, go back to an earlier one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from autoexposure.errors import ModelFileError
from autoexposure.extras import first_missing
from autoexposure.metering.policy import Policy
from autoexposure.personal.model_store import PersonalModel, PersonalModels
from autoexposure.personal.training_job import JobState, PersonalisationJob, command_of

log = logging.getLogger(__name__)


class TrainingJob(Protocol):
    """A training in a process of its own; nothing here blocks but ``close``."""

    @property
    def state(self) -> JobState: ...

    def cancel(self) -> None: ...

    def close(self, timeout_s: float = 10.0) -> None: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """The models of one person, newest first, and the number of the one in use; None is the one that ships."""

    models: tuple[PersonalModel, ...]
    in_use: int | None


def kept_models(person: str) -> Kept:
    """What is on the disk for ``person``; blocks. Where the model in use is damaged the one that ships is used."""
    shelf = PersonalModels(person)
    try:
        used = shelf.in_use()
    except ModelFileError as error:
        log.warning("%s", error)
        used = None
    return Kept(tuple(reversed(shelf.all())), used.number if used is not None else None)


def use_model(person: str, number: int | None) -> None:
    """Use this model from now on, None for the one that ships; blocks. Raises ModelFileError."""
    PersonalModels(person).use(number)


def start_training(person: str, camera: str | None) -> TrainingJob:
    """Train on the answers of ``person``, with one camera or all."""
    return PersonalisationJob(command_of(person, camera=camera))


def no_training_because() -> str:
    """What is missing for training on this computer, or nothing."""
    return first_missing("torch", "onnx", "safetensors")


@dataclass(frozen=True, slots=True)
class PersonalServices:
    """Everything behind the personalisation.

    Attributes
    ----------
    make_policy : the network as (person, camera or None) uses it, with all they taught it; called in the loop's thread.
    start : trains for (person, camera or None).
    kept, use : the models on disk; called in the background.
    lacking : name of the library that training lacks here, or nothing.
    given : name of the model that was asked for at the start and is used instead of everybody's own, or nothing.
    """

    make_policy: Callable[[str, str | None], Policy]
    start: Callable[[str, str | None], TrainingJob] = start_training
    kept: Callable[[str], Kept] = kept_models
    use: Callable[[str, int | None], None] = use_model
    lacking: Callable[[], str] = no_training_because
    given: str = ""
