"""Photographs that look alike, found without comparing each with every other.

A perceptual hash is cut into one band more than bits may differ. Two hashes that differ in so few bits have at least
one band in common, so only photographs that share a band are compared, and the result is that of comparing all.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

LOOK_ALIKE_BITS = 6
"""Pictures whose 64-bit perceptual hashes differ in at most this many bits are taken for the same picture."""

BANDS = LOOK_ALIKE_BITS + 1
BAND_EDGES = tuple(64 * band // BANDS for band in range(BANDS + 1))
"""Bits where the bands begin and end: 9 or 10 bits each, so a band is shared by one photograph in 512 by chance."""

Hashes = NDArray[np.uint64]
Places = NDArray[np.intp]


class LookIndex:
    """Perceptual hashes, sorted by each of their bands.

    Parameters
    ----------
    looks : (N,) uint64.
    """

    def __init__(self, looks: Hashes) -> None:
        self._looks = looks
        self._bands = [_Band(looks, low, high) for low, high in pairwise(BAND_EDGES)]

    def later(self, index: int) -> Places:
        """The places after ``index`` whose hashes are alike to its own, in no order; one may be there several times."""
        look = self._looks[index]
        return np.concatenate([band.later(look, index) for band in self._bands])


class _Band:
    """The hashes sorted by the bits ``low`` to ``high``: those that share them lie side by side, in their own order."""

    def __init__(self, looks: Hashes, low: int, high: int) -> None:
        self._low, self._mask = np.uint64(low), np.uint64((1 << (high - low)) - 1)
        values = (looks >> self._low) & self._mask
        self._places: Places = np.argsort(values, kind="stable")
        self._looks = looks[self._places]
        counts = np.bincount(values.astype(np.intp), minlength=1 << (high - low))
        self._starts = np.concatenate([[0], np.cumsum(counts)]).tolist()

    def later(self, look: np.uint64, index: int) -> Places:
        value = int((look >> self._low) & self._mask)
        start, end = self._starts[value], self._starts[value + 1]
        start += int(np.searchsorted(self._places[start:end], index, side="right"))
        alike: Places = self._places[start:end][np.bitwise_count(self._looks[start:end] ^ look) <= LOOK_ALIKE_BITS]
        return alike


def first_look_alikes(looks: Hashes, tell: Callable[[float], None], told_every: int) -> Places:
    """For each hash the place of the first one before it that it looks like, of those that look like none before them.

    Parameters
    ----------
    looks : (N,) uint64, the most wanted first.
    tell : called with the share that is done.
    told_every : hashes between two calls.

    Returns
    -------
    (N,) places, -1 for a hash that is kept.
    """
    index_of = LookIndex(looks)
    alike_to = np.full(len(looks), -1)
    for index in range(len(looks)):
        if index % told_every == 0:
            tell(index / len(looks))
        if alike_to[index] < 0:
            places = index_of.later(index)
            alike_to[places[alike_to[places] < 0]] = index
    return alike_to
