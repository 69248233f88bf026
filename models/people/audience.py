"""Simulated people in front of photographs that a network has looked at: what they want of each, and what they miss."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.dataset import PhotoCache
from models.data.simulated_experts import Scene
from models.people.looks import Described, Evs, Places
from models.people.panel import Person
from models.people.scene_facts import Facts, scene_facts

ROUNDS = 8
"""Corrections after which a meter is taken to have come to rest."""

FARTHEST_EV = 3.0
"""How far from its photograph a picture is shown: few here want much more than half of that."""

Change = Callable[[NDArray[np.float64]], Evs]
"""(M, D) descriptions -> (M,) EV on top of the network's answers."""


@dataclass(frozen=True, slots=True, eq=False)
class Scenes:
    """N photographs as people see them: ``facts`` of each, what ``kinds`` of things they show, ``keys`` by content."""

    facts: tuple[Facts, ...]
    kinds: tuple[str, ...]
    keys: tuple[str, ...]

    def told_ev(self, person: Person) -> Evs:
        """(N,) all of a person's wishes that can be learned."""
        return np.array([person.told_ev(*each) for each in zip(self.facts, self.kinds, strict=True)])

    def lasting_ev(self, person: Person) -> Evs:
        """(N,) what the person wants on an even day."""
        likings = np.array([person.liking_ev(key) for key in self.keys], np.float64)
        lasting: Evs = self.told_ev(person) + likings
        return lasting


def see_scenes(cache: PhotoCache, places: Places, scene_at: Callable[[PhotoCache, int], Scene]) -> Scenes:
    """Photographs of a cache as people see them."""
    return Scenes(
        tuple(scene_facts(scene_at(cache, int(place))) for place in places),
        tuple(kind_of(cache.photos[int(place)].path) for place in places),
        tuple(cache.photos[int(place)].sha256 for place in places),
    )


def kind_of(path: Path) -> str:
    """What kind of thing a photograph shows, as far as its file's name says: its words before the number."""
    return re.split(r"[\d.]", path.name)[0].strip("_- ")


def rest_ev(described: Described, places: Places, change: Change, start_ev: Evs | None = None) -> Evs:
    """(M,) where a loop comes to rest, EV relative to the photographs as they are."""
    offsets_ev = np.zeros(len(places)) if start_ev is None else start_ev
    for _ in range(ROUNDS):
        base_ev, descriptions = described.at(places, offsets_ev)
        offsets_ev = np.clip(offsets_ev + base_ev + change(descriptions), -FARTHEST_EV, FARTHEST_EV)
    return offsets_ev


def no_change(descriptions: NDArray[np.float64]) -> Evs:
    """The network as it is."""
    return np.zeros(len(descriptions))


def linear(weights: NDArray[np.float64]) -> Change:
    """A change that is linear in the first numbers of a description."""
    return lambda descriptions: descriptions[:, : len(weights)] @ weights
