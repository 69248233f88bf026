import numpy as np

from gui.panels.waveform import COLUMNS, LEVELS, waveform


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
