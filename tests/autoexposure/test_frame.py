import numpy as np
import pytest

from autoexposure.exposure import Exposure
from autoexposure.frame import Frame, check_pixels


def test_an_inferred_exposure_is_not_reported() -> None:
    told = Frame(np.zeros((4, 6, 3), np.uint8), 1.5, 9, Exposure(0.5), reported=True)
    inferred = told.made_by(Exposure(0.25, 2.0))
    assert inferred.exposure == Exposure(0.25, 2.0)
    assert not inferred.reported
    assert told.exposure == Exposure(0.5)
    assert told.reported
    assert inferred.pixels is told.pixels
    assert (inferred.timestamp_s, inferred.sequence) == (1.5, 9)


def test_size_is_width_then_height() -> None:
    assert Frame(np.zeros((480, 640, 3), np.uint8), 0.0, 0).size_px == (640, 480)


def test_repr_does_not_print_pixels() -> None:
    frame = Frame(np.zeros((480, 640, 3), np.uint8), 12.3456, 7, Exposure(1 / 60, 2.0))
    assert repr(frame) == "Frame(#7, 640x480, 12.346 s, 1/60 s x2)"
    assert repr(Frame(np.zeros((1, 2, 3), np.uint8), 0.0, 0)) == "Frame(#0, 2x1, 0.000 s, None)"


def test_frames_are_compared_by_identity() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    frame = Frame(pixels, 0.0, 0)
    assert frame in [frame]  # comparing arrays would raise
    assert frame != Frame(pixels, 0.0, 0)


def test_pixels_that_fit_come_back_themselves() -> None:
    pixels = np.zeros((3, 4, 3), np.uint8)
    assert check_pixels(pixels) is pixels


@pytest.mark.parametrize(
    ("pixels", "remedy"),
    [
        (np.zeros((3, 4), np.uint8), "dstack"),
        (np.zeros((3, 4, 4), np.uint8), r"\[\.\.\., :3\]"),
        (np.zeros((1, 3, 4, 3), np.uint8), "one picture at a time"),
        (np.zeros((3, 4, 5), np.uint8), "the colours last"),
        (np.zeros((3, 4, 3), np.uint16), "range from 0 to 255"),
        (np.zeros((3, 4, 3), np.float32), r"\* 255"),
        (np.zeros((0, 4, 3), np.uint8), "no pixel"),
        ([[[0, 0, 0]]], "numpy.asarray"),
        (None, "numpy.asarray"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_to_do(pixels: object, remedy: str) -> None:
    with pytest.raises(ValueError, match=rf"\(H, W, 3\) uint8 .*{remedy}"):
        check_pixels(pixels)
    with pytest.raises(ValueError, match=remedy):
        Frame(pixels, 0.0, 0)  # type: ignore[arg-type]  # wrong on purpose
