import numpy as np
import pytest

from gui.panels.histogram import BINS, histogram


def test_curves_are_shares_of_the_picture():
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:50] = (255, 128, 64)
    counted = histogram(picture)
    assert counted.curves.shape == (4, BINS)
    assert counted.curves.sum(axis=1) == pytest.approx([1, 1, 1, 1])
    assert counted.curves[0, BINS - 1] == pytest.approx(0.5)
    assert counted.curves[1, 32] == pytest.approx(0.5)
    assert counted.curves[2, 16] == pytest.approx(0.5)


def test_clipping_counts_one_full_channel_but_needs_three_empty_ones():
    picture = np.full((100, 100, 3), 100, np.uint8)
    picture[:10] = (255, 100, 100)
    picture[10:30] = 0
    picture[30:60] = (0, 0, 90)
    counted = histogram(picture)
    assert counted.highlights == pytest.approx(0.1)
    assert counted.shadows == pytest.approx(0.2)


def test_a_large_picture_is_sampled_with_the_same_result():
    ramp = np.repeat(np.tile(np.arange(256, dtype=np.uint8), (1080, 8))[..., None], 3, axis=2)
    assert histogram(ramp).curves[3] == pytest.approx(np.full(BINS, 1 / BINS), abs=0.004)
