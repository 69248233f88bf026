"""A training run on disk: weights and optimiser state as safetensors, the rest as JSON; nothing is unpickled.

The weights carry the step in their name. They are on the disk, and so is their name, before the JSON names them; the
JSON is, before the weights of the step before are removed. So a run that is killed or loses power at any moment leaves
the last complete checkpoint.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from autoexposure.errors import ConfigError, ModelFileError
from autoexposure.files.atomic_file import atomic_write, sweep
from autoexposure.files.bounded import BadInput, open_file, parse_json, read_text
from autoexposure.files.private_files import make_folder
from models.network import AttentionFcn, fill

LATEST = "checkpoint.json"
_LOCK = "lock"
_SLOT = re.compile(r"optimiser\.([0-9]{1,9})\.(.+)")

log = logging.getLogger(__name__)

CHECKPOINT_EVERY_S = 60.0
"""Most training that a kill or a power cut may lose; writing a checkpoint takes a tenth of a second."""


if sys.platform != "win32":
    import fcntl


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    step : batches trained on.
    elapsed_s : seconds of training, over all its interruptions.
    fraction : how much of the schedule is done, 0..1.
    settings : what the run was started with; a resumed run must agree with it.
    training_list_sha256 : the photographs it is trained on.
    """

    step: int
    elapsed_s: float
    fraction: float
    settings: dict[str, object]
    training_list_sha256: str


class _Record(TypedDict):
    """The JSON of a checkpoint: a Progress, and the file of its weights."""

    weights: str
    step: int
    elapsed_s: float
    fraction: float
    settings: dict[str, object]
    training_list_sha256: str


@contextmanager
def training_in(folder: Path) -> Iterator[None]:
    """While a training writes to ``folder``, no other one does: each would remove what the other's checkpoint names.

    Makes the folder if it is missing. Raises ConfigError if another one writes there already. Removes what
    killed trainings left half-written there.
    """
    try:
        make_folder(folder)
        lock = (folder / _LOCK).open("ab")
    except OSError as error:
        raise ConfigError(f"{folder} can't be written ({error.strerror}): name another folder with --out") from error
    with lock:
        if sys.platform != "win32":  # which has no such locks
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConfigError(
                    f"another training writes to {folder}: end that one, wait for it, or name another folder"
                ) from error
            except OSError as error:
                log.debug("%s is on a file system without locks (%s)", folder, error)
        sweep(folder)
        yield


def weights_file(network: AttentionFcn) -> bytes:
    """The weights of ``network`` as a safetensors file."""
    contents: bytes = save({name: value.contiguous() for name, value in network.state_dict().items()})
    return contents


def save_checkpoint(folder: Path, network: AttentionFcn, optimiser: torch.optim.Optimizer, progress: Progress) -> None:
    """Write a checkpoint to ``folder`` and remove the one before. Raises ConfigError where the disk refuses."""
    tensors = {f"network.{name}": value.contiguous() for name, value in network.state_dict().items()}
    for number, slots in optimiser.state_dict()["state"].items():
        for slot, value in slots.items():
            if isinstance(value, Tensor):
                tensors[f"optimiser.{number}.{slot}"] = value.contiguous()
    weights = folder / f"checkpoint-{progress.step}.safetensors"
    record: _Record = {
        "weights": weights.name,
        "step": progress.step,
        "elapsed_s": progress.elapsed_s,
        "fraction": progress.fraction,
        "settings": progress.settings,
        "training_list_sha256": progress.training_list_sha256,
    }
    try:
        atomic_write(weights, save(tensors))
        atomic_write(folder / LATEST, json.dumps(record, indent=1))
        for old in folder.glob("checkpoint-*.safetensors"):
            if old != weights:
                old.unlink()
    except OSError as error:
        raise ConfigError(
            f"the checkpoint of step {progress.step} can't be written to {folder} ({error.strerror}): make room there"
            " and run the same command again, it goes on from the checkpoint before"
        ) from error


def read_progress(folder: Path) -> Progress | None:
    """The progress of the run in ``folder``; None if there is none yet. Raises ModelFileError if it is damaged."""
    if not (folder / LATEST).is_file():
        return None
    record = _record(folder)
    try:
        return Progress(
            int(record["step"]),
            float(record["elapsed_s"]),
            float(record["fraction"]),
            dict(record["settings"]),
            str(record["training_list_sha256"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"the checkpoint {folder / LATEST} is damaged ({error}); start the run anew") from error


def load_network(folder: Path, network: AttentionFcn) -> None:
    """Fill ``network`` from the checkpoint in ``folder``. Raises ModelFileError."""
    _fill(network, _tensors(folder), folder)


def load_checkpoint(folder: Path, network: AttentionFcn, optimiser: torch.optim.Optimizer) -> None:
    """Fill network and optimiser from the checkpoint in ``folder``. Raises ModelFileError."""
    tensors = _tensors(folder)
    _fill(network, tensors, folder)
    state = optimiser.state_dict()
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        found = _SLOT.fullmatch(name)
        if found:
            slots.setdefault(int(found[1]), {})[found[2]] = value
    state["state"] = slots
    try:
        optimiser.load_state_dict(state)
    except (ValueError, KeyError, RuntimeError) as error:
        raise ModelFileError(
            f"the checkpoint in {folder} holds another optimiser's state; start the run anew"
        ) from error


def _fill(network: AttentionFcn, tensors: dict[str, Tensor], folder: Path) -> None:
    weights = {name.removeprefix("network."): t for name, t in tensors.items() if name.startswith("network.")}
    try:
        fill(network, weights)
    except RuntimeError as error:
        raise ModelFileError(f"the checkpoint in {folder} was made for another network") from error


def _record(folder: Path) -> _Record:
    try:
        record = parse_json(read_text(folder / LATEST))
    except (OSError, ValueError) as error:
        raise ModelFileError(f"the checkpoint {folder / LATEST} cannot be read: {error}") from error
    if not isinstance(record, dict) or "weights" not in record:
        raise ModelFileError(f"the checkpoint {folder / LATEST} is damaged; start the run anew")
    return cast(_Record, record)  # its other entries are checked where they are read


def _tensors(folder: Path) -> dict[str, Tensor]:
    path = folder / Path(str(_record(folder)["weights"])).name
    try:
        open_file(path).close()  # a pipe would be waited for
        tensors: dict[str, Tensor] = load_file(path)
    except (OSError, BadInput, SafetensorError) as error:
        raise ModelFileError(f"the checkpoint's weights {path} cannot be read: {error}") from error
    return tensors
