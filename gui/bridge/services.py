"""What the window needs from the floors below, as one record that ``app.py`` fills in and tests fill with fakes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from PyQt6.QtCore import QSettings

from autoexposure.camera import Camera, CameraInfo
from autoexposure.control.commands import Command
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import FeedbackError, ModelFileError
from autoexposure.evaluation.comparison import Side
from autoexposure.evaluation.comparison_log import keep_verdict
from autoexposure.extras import first_missing
from autoexposure.family import Family
from autoexposure.feedback.store import FeedbackStore, default_store_path
from autoexposure.files.own_folders import exports_folder, recordings_folder
from autoexposure.frame import Pixels
from autoexposure.metering.policy import Policy
from autoexposure.personal.model_store import PersonalModel, PersonalModels
from autoexposure.personal.rounds import Round, rounds
from autoexposure.personal.training_job import JobState, PersonalisationJob, command_of
from autoexposure.personal.truth import Truth
from autoexposure.phone_status import PhoneStatus
from autoexposure.presets.shelf import PresetShelf
from autoexposure.recording.sink import QueuedSink
from autoexposure.recording.virtual_camera import VirtualCamera
from autoexposure.study.pairs import keep_pair

log = logging.getLogger(__name__)


class TrainingJob(Protocol):
    """A training in a process of its own; nothing here blocks but ``close``."""

    @property
    def state(self) -> JobState:
        """How the training is going."""

    def cancel(self) -> None:
        """Ask it to end; it goes on from its checkpoint the next time."""

    def close(self, timeout_s: float = 10.0) -> None:
        """End the process, after waiting this long for it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A person's models, newest first, the number of the one in use (None: the one that ships), and the rounds."""

    models: tuple[PersonalModel, ...]
    in_use: int | None
    rounds: tuple[Round, ...] = ()


def kept_models(person: str) -> Kept:
    """What is on the disk for ``person``; blocks. Where the model in use is damaged the one that ships is used."""
    shelf = PersonalModels(person)
    try:
        used = shelf.in_use()
    except ModelFileError as error:
        log.warning("%s", error)
        used = None
    models = shelf.all()
    return Kept(tuple(reversed(models)), used.number if used is not None else None, _rounds(person, models))


def _rounds(person: str, models: Sequence[PersonalModel]) -> tuple[Round, ...]:
    path = default_store_path()
    if not path.is_file():
        return ()
    try:
        with FeedbackStore(path, profile=person) as answers:
            return rounds(answers.samples(said_only=True), models)
    except FeedbackError as error:  # the models are listed all the same
        log.warning("the rounds of %s can't be counted: %s", person, error)
        return ()


def use_model(person: str, number: int | None) -> None:
    """Use this model from now on, None for the one that ships; blocks. Raises ModelFileError."""
    PersonalModels(person).use(number)


def start_training(person: str, camera: str | None) -> TrainingJob:
    """Train on the answers of ``person``, with one camera or all."""
    return PersonalisationJob(command_of(person, camera=camera))


def no_training_because() -> str:
    """What is missing for training on this computer, or nothing."""
    return first_missing("torch", "onnx", "safetensors")


def nothing_known(person: str, camera: str | None) -> Truth | None:
    """Nobody has measured what this person's answers are worth."""
    return None


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
    truth : what the answers of (person, camera or None) are worth, None if that is not known; may take seconds; called
        in the background.
    """

    make_policy: Callable[[str, str | None], Policy]
    start: Callable[[str, str | None], TrainingJob] = start_training
    kept: Callable[[str], Kept] = kept_models
    use: Callable[[str, int | None], None] = use_model
    lacking: Callable[[], str] = no_training_because
    given: str = ""
    truth: Callable[[str, str | None], Truth | None] = nothing_known


class LoopPort(Protocol):
    """What a window does with a control loop; nothing blocks."""

    def latest(self) -> Snapshot | None:
        """The newest Snapshot; None before the first."""

    def send(self, command: Command) -> None:
        """Have the loop carry out ``command`` between two frames."""

    def add_sink(self, sink: Callable[[Snapshot], None]) -> None:
        """Call ``sink`` in the loop's thread with every Snapshot."""

    def remove_sink(self, sink: Callable[[Snapshot], None]) -> None:
        """Stop calling ``sink``."""


class PhonePort(Protocol):
    """What a window does with the phone that is the camera; nothing here blocks."""

    def status(self) -> PhoneStatus | None:
        """How the phone is doing; None if no phone is the camera."""

    def renew(self) -> None:
        """Show another code."""

    def dismiss(self) -> None:
        """Send the phone away, and show a code again."""

    def stop(self) -> None:
        """Serve no page any more once the loop has another camera."""


@dataclass(frozen=True, slots=True)
class MeterChoice:
    """A meter the user can pick: ``name`` is the policy's own, ``make_policy`` runs in the loop's thread."""

    name: str
    make_policy: Callable[[], Policy]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything behind the window.

    Attributes
    ----------
    loop : the control loop.
    list_cameras : every camera there is, simulated ones included; may block, so it is asked in the background.
    open_camera : makes a camera of a specification; runs in the loop's thread.
    loaded_family : the family of a listed or open camera by its specification; None for any other.
    watched_files : patterns of the files that come and go with cameras; asked in the background.
    simulated : the family of the gallery's scenes.
    recordings : the family that plays a file.
    phone : the family that the phone panel belongs to.
    meters : what can be chosen, best first; the window makes the network as the chosen person uses it (``personal``).
    open_feedback : opens the store of answers; runs in the background, as does everything done with the store.
    settings : where the window remembers its layout and choices.
    render_scene : the (H, W, 3) uint8 picture of a simulated camera; asked in the background.
    virtual_camera : a new sink of the loop that shows pictures to other programs.
    camera_spec : what the loop was told to open at first, empty for the first camera found.
    personal : a person's own models, and training them.
    exports_folder : where tables and pictures are saved.
    recordings_folder : where recordings go, each a new file.
    keep_verdict : writes one verdict of a blind comparison to the disk; called in the background.
    keep_pair : writes both pictures of a comparison for a study, and when; called in the background.
    open_presets : the presets of this camera; used in the background.
    find_phone : the switchboard of the phone camera; loads it, so only to be called when a phone is the camera.
    """

    loop: LoopPort
    list_cameras: Callable[[], Sequence[CameraInfo]]
    open_camera: Callable[[str], Camera]
    meters: tuple[MeterChoice, ...]
    open_feedback: Callable[[], FeedbackStore]
    settings: QSettings
    loaded_family: Callable[[str], Family | None]
    watched_files: Callable[[], Sequence[str]]
    simulated: Family
    recordings: Family
    phone: Family
    find_phone: Callable[[], PhonePort]
    personal: PersonalServices
    render_scene: Callable[[str], Pixels]
    virtual_camera: Callable[[], QueuedSink[VirtualCamera]]
    camera_spec: str = ""
    exports_folder: Path = field(default_factory=exports_folder)
    recordings_folder: Path = field(default_factory=recordings_folder)
    keep_verdict: Callable[[Mapping[str, object]], None] = keep_verdict
    keep_pair: Callable[[Mapping[Side, Pixels], datetime], object] = keep_pair
    open_presets: Callable[[CameraInfo], PresetShelf] = PresetShelf.of
