"""What the program knows of people before this one has answered: how they differ, and what is common to them.

A small file beside a network holds what was learned for it from people (`autoexposure experiment prior` writes it). It
counts for that network alone, because features mean something else in every other. For a network without one, a
personal one for example, there are the facts about a picture, and how much people differ in each.
"""

from __future__ import annotations

import hashlib
import io
import logging
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from autoexposure.errors import ModelFileError
from autoexposure.files.bounded import read_file
from autoexposure.personal.features import FACTS, FEATURE_CHANNELS, FeatureScale
from autoexposure.personal.taste import TastePrior

log = logging.getLogger(__name__)

FACT_DEVIATIONS_EV = np.array(
    [0.36, 0.07, 0.02, 0.05, 0.03, 0.07, 0.10, 0.08, 0.04, 0.11, 0.08, 0.11, 0.06, 0.03], np.float64
)
"""How much people differ in how each of `FACTS` moves their wish, standard deviations: twenty simulated people
(`models.people.panel`, the ones to tune on)."""

LARGEST_FILE_BYTES = 1_000_000
"""Ten times the shipped file."""

MOST_DIRECTIONS = 64
"""Far more than answers can tell apart."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownPeople:
    """What is known before the first answer; ``scale`` is None for a network whose features nobody looked at."""

    prior: TastePrior = field(default_factory=lambda: TastePrior(np.zeros_like(FACT_DEVIATIONS_EV), FACT_DEVIATIONS_EV))
    scale: FeatureScale | None = None

    @property
    def size(self) -> int:
        """How many numbers describe a picture."""
        return len(self.prior.deviations)

    @property
    def identity(self) -> str:
        """Changes whenever a description would mean something else."""
        if self.scale is None:
            return ",".join(FACTS)
        told = self.scale.mean.tobytes() + self.scale.directions.tobytes()
        return ",".join(FACTS) + hashlib.sha256(told).hexdigest()


def people_path(model: Path) -> Path:
    """Where the file for a network lies, if there is one."""
    return model.with_suffix(".people.npz")


def known_people(model: Path, sha256: str) -> KnownPeople:
    """What is known for a network; where its file is missing, damaged or another network's, what is known for any."""
    path = people_path(model)
    if not path.is_file():
        return KnownPeople()
    try:
        return read_people(path, sha256)
    except ModelFileError as error:
        log.warning("what was learned from people is left out: %s", error)
        return KnownPeople()


def read_people(path: Path, sha256: str) -> KnownPeople:
    """Read the file of the network with this hash. Raises ModelFileError."""
    try:
        with np.load(io.BytesIO(read_file(path, LARGEST_FILE_BYTES)), allow_pickle=False) as arrays:
            learned_for = str(arrays["model_sha256"])
            mean, directions, common, deviations = (
                arrays[name].astype(np.float64) for name in ("mean", "directions", "common", "deviations")
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelFileError(f"{path} is damaged ({error}); install the program again") from error
    if learned_for != sha256:
        raise ModelFileError(f"{path} was learned for another network ({learned_for[:8]:.8})")
    kinds = directions.shape[1] if directions.ndim == 2 else 0
    shapes = [(FEATURE_CHANNELS,), (FEATURE_CHANNELS, kinds), (len(FACTS) + kinds,), (len(FACTS) + kinds,)]
    given = [mean, directions, common, deviations]
    whole = [array.shape for array in given] == shapes and all(bool(np.isfinite(array).all()) for array in given)
    if not whole or not 0 < kinds <= MOST_DIRECTIONS or not float(deviations.min()) > 0:
        raise ModelFileError(f"{path} is damaged (its numbers make no sense); install the program again")
    return KnownPeople(TastePrior(common, deviations), FeatureScale(mean, directions))


def people_bytes(people: KnownPeople, sha256: str) -> bytes:
    """Such a file, for the network with this hash."""
    assert people.scale is not None
    data = io.BytesIO()
    np.savez(
        data,
        model_sha256=np.array(sha256),
        mean=people.scale.mean.astype(np.float32),
        directions=people.scale.directions.astype(np.float32),
        common=people.prior.common.astype(np.float32),
        deviations=people.prior.deviations.astype(np.float32),
    )
    return data.getvalue()
