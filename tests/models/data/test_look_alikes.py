from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data.look_alikes import BAND_EDGES, BANDS, LOOK_ALIKE_BITS, first_look_alikes

MASKS = st.sets(st.integers(0, 63), max_size=LOOK_ALIKE_BITS + 2).map(lambda bits: sum(1 << bit for bit in bits))


def compared_with_all(looks: np.ndarray) -> list[int]:
    """The same by definition: each with every other, the first ones first."""
    alike_to = [-1] * len(looks)
    for place, look in enumerate(looks):
        for first in range(place):
            if alike_to[first] < 0 and int(look ^ looks[first]).bit_count() <= LOOK_ALIKE_BITS:
                alike_to[place] = first
                break
    return alike_to


def found(looks: np.ndarray) -> list[int]:
    return first_look_alikes(looks, lambda done: None, 20).tolist()


@given(st.lists(st.tuples(st.sampled_from((0, 2**64 - 1, 0x123456789ABCDEF0)), MASKS), max_size=30))
def test_bands_find_what_comparing_all_would(drawn: list[tuple[int, int]]) -> None:
    looks = np.array([look ^ mask for look, mask in drawn], np.uint64)
    assert found(looks) == compared_with_all(looks)


def test_many_hashes_by_chance_with_some_that_are_alike() -> None:
    random = np.random.default_rng(3)
    looks = random.integers(0, 2**64, 600, dtype=np.uint64)
    for bits in range(10):
        for place in random.integers(0, 600, 20):
            flipped = sum(1 << int(bit) for bit in random.choice(64, bits, replace=False))
            looks[random.integers(0, 600)] = looks[place] ^ np.uint64(flipped)
    expected = compared_with_all(looks)
    assert sum(first >= 0 for first in expected) > 30
    assert found(looks) == expected


@pytest.mark.parametrize("band", range(BANDS))
def test_bits_that_spoil_every_band_but_one_are_still_alike(band: int) -> None:
    look = 0x0F1E2D3C4B5A6978
    spoiled = look
    for other in range(BANDS):
        if other != band:
            spoiled ^= 1 << BAND_EDGES[other]
    assert found(np.array([look, spoiled], np.uint64)) == [-1, 0]


def test_one_that_was_left_out_leaves_out_nothing() -> None:
    """The second is alike to the first, the third to the second only."""
    chain = np.array([0, 0b111111, 0b111111111111], np.uint64)
    assert found(chain) == [-1, 0, -1]


def test_how_far_it_is() -> None:
    told: list[float] = []
    first_look_alikes(np.arange(50, dtype=np.uint64) << np.uint64(8), told.append, 20)
    assert told == [0.0, 0.4, 0.8]
