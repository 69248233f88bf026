import numpy as np
import pytest

from gui.panels.histogram import BINS, COLUMNS, LEVELS, histogram, waveform


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


def test_a_ramp_is_a_line_from_black_at_the_left_to_white_at_the_right():
    ramp = np.repeat(np.tile(np.arange(256, dtype=np.uint8), (90, 1))[..., None], 3, axis=2)
    trace = waveform(ramp, luma=True)
    assert trace.shape == (LEVELS, COLUMNS, 3)
    assert trace.dtype == np.uint8
    for column in (0, 100, 255):
        (lit,) = np.nonzero(trace[:, column, 0])
        assert list(lit) == [(255 - column) // 2]


def test_each_colour_is_traced_at_its_own_level():
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[...] = (255, 128, 0)
    trace = waveform(picture, luma=False)
    assert (trace[0, :, 0] == 255).all()
    assert (trace[63, :, 1] == 255).all()
    assert (trace[LEVELS - 1, :, 2] == 255).all()
    assert (np.count_nonzero(trace.reshape(-1, 3), axis=0) == COLUMNS).all()


def test_a_single_pixel_is_seen_and_many_are_brighter():
    picture = np.zeros((160, 256, 3), np.uint8)
    picture[7, 40] = 255
    trace = waveform(picture, luma=True)
    assert 30 < trace[0, 40, 0] < trace[LEVELS - 1, 40, 0]
    assert trace[0, 41].max() == 0
