"""Photographs as a network sees them at several exposures, so that thousands of answers cost no second look."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autoexposure.files.atomic_file import atomic_write
from autoexposure.metering.preview import make_preview
from autoexposure.personal.features import FACTS, FEATURE_CHANNELS, FeaturePolicy, channel_means, picture_facts
from autoexposure.personal.known_people import KnownPeople
from autoexposure.process.long_work import Tell
from autoexposure.response import gamma
from models.training.answered import Pictures, expose_at

OFFSETS_EV = np.array([-2.0, -1.3, -0.65, 0.0, 0.65, 1.3, 2.0])
"""Exposures at which each photograph is looked at. Between them answers run straight."""

Places = NDArray[np.int64]
Evs = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """What a network says and sees of N photographs at L exposures.

    Attributes
    ----------
    base_ev : (N, L) its answers. facts : (N, L, 14). means : (N, L, 384) of its features' channels.
    """

    base_ev: NDArray[np.float32]
    facts: NDArray[np.float32]
    means: NDArray[np.float32]

    def described_by(self, people: KnownPeople) -> Described:
        """The same with descriptions."""
        facts = self.facts.astype(np.float64)
        if people.scale is not None:
            facts = np.concatenate([facts, people.scale.place(self.means)], axis=-1)
        return Described(self.base_ev.astype(np.float64), facts)


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """N photographs at L exposures: ``base_ev`` (N, L), ``descriptions`` (N, L, D)."""

    base_ev: Evs
    descriptions: NDArray[np.float64]

    def at(self, places: Places, offsets_ev: Evs) -> tuple[Evs, NDArray[np.float64]]:
        """(M,) answers and (M, D) descriptions of M photographs at any exposure within `OFFSETS_EV`."""
        offsets_ev = np.clip(offsets_ev, OFFSETS_EV[0], OFFSETS_EV[-1])
        below = np.clip(np.searchsorted(OFFSETS_EV, offsets_ev) - 1, 0, len(OFFSETS_EV) - 2)
        share = (offsets_ev - OFFSETS_EV[below]) / (OFFSETS_EV[below + 1] - OFFSETS_EV[below])
        base_ev = self.base_ev[places, below] * (1 - share) + self.base_ev[places, below + 1] * share
        lower, upper = self.descriptions[places, below], self.descriptions[places, below + 1]
        return base_ev, lower * (1 - share[:, np.newaxis]) + upper * share[:, np.newaxis]


def look(network: FeaturePolicy, pictures: Pictures, places: Places, kept: Path, tell: Tell) -> Looks:
    """Look at ``places`` of ``pictures``; what was ``kept`` in a file under the name of all it depends on is read."""
    if kept.is_file():
        try:
            with np.load(io.BytesIO(kept.read_bytes()), allow_pickle=False) as arrays:
                return Looks(arrays["base_ev"], arrays["facts"], arrays["means"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            pass  # looked at again
    shape = (len(places), len(OFFSETS_EV))
    base_ev, facts = np.zeros(shape, np.float32), np.zeros((*shape, len(FACTS)), np.float32)
    means = np.zeros((*shape, FEATURE_CHANNELS), np.float32)
    for number, place in enumerate(places.tolist()):
        tell("looking at photographs", number / len(places))
        shown = partial(expose_at, pictures[place], gamma())
        for step, offset_ev in enumerate(OFFSETS_EV.tolist()):
            preview = make_preview(shown(offset_ev))
            seen = network.decide_with_features(preview)
            base_ev[number, step] = seen.decision.delta_ev
            facts[number, step] = picture_facts(preview, seen.decision)
            means[number, step] = channel_means(seen.features)
    data = io.BytesIO()
    np.savez(data, base_ev=base_ev, facts=facts, means=means)
    atomic_write(kept, data.getvalue())
    return Looks(base_ev, facts, means)
