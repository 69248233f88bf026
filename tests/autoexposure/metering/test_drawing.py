"""What a notebook shows of a decision and of a Snapshot; the layers themselves are tested where they are laid over."""

import cv2
import numpy as np
import pytest

from autoexposure.control.snapshot import Snapshot
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.drawing import CELL_PX, GREEN, LARGEST_PX, OVERLAY_OPACITY, RED, STRIP_PX
from autoexposure.metering.policy import Decision
from autoexposure.states import AeState

SIDE = 15 * CELL_PX


def decoded(png: bytes | None) -> np.ndarray:
    assert png is not None
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def half_and_half() -> Decision:
    """The left half counts and wants more light, the right half does not and wants less."""
    attention = np.zeros((15, 15), np.float32)
    attention[:, :7] = 0.5
    exposure_map = np.where(attention > 0, 3.0, -3.0).astype(np.float32)
    return Decision(1.25, attention, exposure_map)


def test_a_decision_shows_both_maps_with_their_scales() -> None:
    picture = decoded(half_and_half()._repr_png_())
    assert picture.shape[0] == 3 * STRIP_PX + SIDE
    attention, exposure = picture[:, :SIDE], picture[:, -SIDE:]
    row = 2 * STRIP_PX + SIDE // 2
    assert tuple(attention[row, 20]) == (255, 255, 255)
    assert tuple(attention[row, -20]) == (0, 0, 0)
    assert tuple(exposure[row, 20]) == GREEN
    assert tuple(exposure[row, -20]) == RED
    scale = picture[-STRIP_PX // 2]
    assert any(np.array_equal(pixel, GREEN) for pixel in scale[-SIDE:])
    assert any(np.array_equal(pixel, RED) for pixel in scale[-SIDE:])


def test_the_answer_is_written_above_its_maps() -> None:
    strips = [
        decoded(Decision(ev, half_and_half().attention, half_and_half().exposure_map)._repr_png_())[:STRIP_PX]
        for ev in (1.25, -0.5)
    ]
    assert all(strip.max() > 150 for strip in strips)
    assert not np.array_equal(*strips)


def test_without_maps_there_is_no_picture() -> None:
    assert Decision(1.0)._repr_png_() is None
    assert Snapshot()._repr_png_() is None


def test_no_attention_at_all_is_black_and_no_error() -> None:
    nothing = np.zeros((15, 15), np.float32)
    assert decoded(Decision(0.0, nothing, nothing)._repr_png_())[2 * STRIP_PX : -STRIP_PX].max() == 0


@pytest.mark.parametrize("size", [(60, 90), (720, 1280), (1280, 720)])
def test_a_snapshot_shows_the_picture_darker_where_nothing_counts(size: tuple[int, int]) -> None:
    frame = Frame(np.full((*size, 3), (200, 100, 50), np.uint8), 0.0, 0, Exposure(1 / 60, 2.0))
    shown = decoded(Snapshot(frame=frame, decision=half_and_half(), meter="attention")._repr_png_())
    picture, strip = shown[:-STRIP_PX], shown[-STRIP_PX:]
    assert max(picture.shape[:2]) == min(LARGEST_PX, max(size))
    assert picture.shape[0] / picture.shape[1] == pytest.approx(size[0] / size[1], rel=0.01)
    middle = picture.shape[0] // 2
    assert tuple(picture[middle, 2]) == (200, 100, 50)
    assert np.allclose(picture[middle, -2], np.array((200, 100, 50)) * (1 - OVERLAY_OPACITY), atol=2)
    assert strip.max() > 150


def test_a_snapshot_without_a_decision_shows_the_picture_as_it_is() -> None:
    frame = Frame(np.full((60, 90, 3), (200, 100, 50), np.uint8), 0.0, 0)
    shown = decoded(Snapshot(frame=frame, ae_state=AeState.LOCKED)._repr_png_())
    assert np.array_equal(shown[:60], frame.pixels)
