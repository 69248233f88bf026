import numpy as np
import pytest

from gui.preview.mask_brush import SIDE, MaskPainting
from gui.preview.viewport import Point

MIDDLE = Point(0.5, 0.5)
WIDE = 16 / 9


def test_untouched_there_is_no_mask():
    painting = MaskPainting()
    assert painting.empty
    assert painting.cells() is None
    assert painting.layer() is None


def test_painting_what_counts_leaves_out_the_rest():
    painting = MaskPainting()
    painting.stroke(MIDDLE, MIDDLE, 0.1, WIDE, counts=True)
    cells = painting.cells()
    assert cells is not None
    assert cells[7, 7] == 1
    assert cells[0, 0] == 0
    assert cells.mean() == pytest.approx(np.pi * 0.1 * 0.1 * WIDE, rel=0.1), "round on the picture, so an ellipse here"


def test_painting_what_does_not_count_leaves_in_the_rest():
    painting = MaskPainting()
    painting.stroke(MIDDLE, MIDDLE, 0.1, 1.0, counts=False)
    cells = painting.cells()
    assert cells is not None
    assert cells[7, 7] == 0
    assert cells[0, 0] == 1


def test_a_stroke_has_no_holes():
    painting = MaskPainting()
    painting.stroke(Point(0.1, 0.5), Point(0.9, 0.5), 0.05, WIDE, counts=True)
    layer = painting.layer()
    assert layer is not None
    assert layer.shape == (SIDE, SIDE, 4)
    assert (layer[SIDE // 2, SIDE // 10 : 9 * SIDE // 10, 3] == 0).all()
    assert layer[0, 0, 3] > 100


def test_what_was_painted_can_be_taken_away_again():
    painting = MaskPainting()
    painting.stroke(MIDDLE, MIDDLE, 0.2, 1.0, counts=True)
    painting.stroke(Point(0.567, 0.5), Point(0.567, 0.5), 0.06, 1.0, counts=False)
    cells = painting.cells()
    assert cells is not None
    assert cells[7, 8] < 0.1 < cells[7, 6]


@pytest.mark.parametrize("counts", [True, False])
def test_all_or_nothing_is_no_mask(counts):
    painting = MaskPainting()
    painting.stroke(MIDDLE, MIDDLE, 0.01, 1.0, counts=counts)
    painting.stroke(Point(0, 0), Point(1, 1), 1.5, 1.0, counts=counts)
    assert painting.empty
    painting.stroke(MIDDLE, MIDDLE, 0.01, 1.0, counts=counts)
    painting.stroke(Point(0, 0), Point(1, 1), 1.5, 1.0, counts=not counts)
    assert painting.empty
