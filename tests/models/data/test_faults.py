from __future__ import annotations

import numpy as np
import pytest

from models.data.faults import fault_of, log_average


def picture(code: int) -> np.ndarray:
    return np.full((100, 100, 3), code, np.uint8)


def with_part(code: int, rows: int) -> np.ndarray:
    pixels = picture(110)
    pixels[:rows] = code
    return pixels


@pytest.mark.parametrize("pixels", [picture(110), picture(60), picture(180), with_part(255, 8), with_part(5, 15)])
def test_ordinary_pictures_serve(pixels: np.ndarray) -> None:
    assert fault_of(pixels) is None


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (picture(20), "too dark"),
        (picture(240), "too bright"),
        (with_part(255, 15), "15% of it is clipped"),
        (with_part(5, 30), "30% of it is black"),
    ],
)
def test_others_are_refused_with_a_reason(pixels: np.ndarray, reason: str) -> None:
    assert reason in str(fault_of(pixels))


def test_no_sun_and_no_shadow_decides_the_average_alone() -> None:
    light = np.full((100, 100), 0.2, np.float32)
    light[:4] = 1e4
    light[-4:] = 0
    assert log_average(light) == pytest.approx(0.2, rel=0.05)
