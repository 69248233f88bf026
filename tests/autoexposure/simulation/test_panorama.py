import math

import numpy as np
import pytest

from autoexposure.errors import ConfigError
from autoexposure.simulation.light import STEADY_S
from autoexposure.simulation.panorama import FIELD_OF_VIEW_DEG, PanoramaScene
from autoexposure.simulation.scene import Size, luminance
from autoexposure.simulation.sensor import Radiance

SIZE = Size(64, 48)


def panorama_with_a_post_at(longitude_deg: float, width: int = 720) -> Radiance:
    """Grey all around but for a bright upright post 4 degrees wide; longitude 0 is the middle, right is positive."""
    panorama = np.full((width // 2, width, 3), 1.0, np.float32)
    longitudes = (np.arange(width) + 0.5) / width * 360 - 180
    distance = np.abs((longitudes - longitude_deg + 180) % 360 - 180)
    panorama[:, distance < 2] = 20.0
    return panorama


def post_column(view: Radiance) -> float:
    light = luminance(view)[SIZE.height_px // 2]
    bright = np.flatnonzero(light > light.min() * 5)
    return float(bright.mean())


def expected_column(angle_deg: float) -> float:
    focal_px = SIZE.width_px / 2 / math.tan(math.radians(FIELD_OF_VIEW_DEG / 2))
    return SIZE.width_px / 2 - 0.5 + focal_px * math.tan(math.radians(angle_deg))


@pytest.mark.parametrize("angle_deg", [-30.0, -10.0, 0.0, 20.0, 35.0])
def test_what_is_to_the_right_appears_where_perspective_puts_it(angle_deg: float) -> None:
    view = PanoramaScene(panorama_with_a_post_at(angle_deg), SIZE).radiance(0.0)
    assert view.shape == (SIZE.height_px, SIZE.width_px, 3)
    assert post_column(view) == pytest.approx(expected_column(angle_deg), abs=1.0)


def test_it_stands_still_first_and_pans_then() -> None:
    scene = PanoramaScene(panorama_with_a_post_at(30.0), SIZE, pan_deg_per_s=10.0)
    still = scene.radiance(0.0)
    assert scene.radiance(STEADY_S) is still
    assert post_column(scene.radiance(STEADY_S + 2.0)) == pytest.approx(expected_column(10.0), abs=1.0)
    assert post_column(scene.radiance(STEADY_S + 3.0)) == pytest.approx(expected_column(0.0), abs=1.0)
    assert np.allclose(scene.radiance(STEADY_S + 36.0), still, rtol=1e-3)


@pytest.mark.parametrize("longitude_deg", [180.0, 170.0, -175.0])
def test_the_seam_of_the_panorama_does_not_show(longitude_deg: float) -> None:
    scene = PanoramaScene(panorama_with_a_post_at(longitude_deg), SIZE, pan_deg_per_s=10.0)
    view = scene.radiance(STEADY_S + 18.0)
    offset_deg = (longitude_deg - 180 + 180) % 360 - 180
    assert post_column(view) == pytest.approx(expected_column(offset_deg), abs=1.0)
    edges = np.abs(np.diff(luminance(view)[SIZE.height_px // 2]))
    assert np.count_nonzero(edges > edges.max() * 0.1) <= 8  # the post's two sides and nothing else


def test_panning_can_be_switched_off() -> None:
    scene = PanoramaScene(panorama_with_a_post_at(30.0), SIZE, pan_deg_per_s=0.0)
    assert scene.radiance(1000.0) is scene.radiance(0.0)


def test_a_large_panorama_is_shrunk_to_what_the_view_can_show() -> None:
    large = PanoramaScene(panorama_with_a_post_at(10.0, width=2880), SIZE)
    assert post_column(large.radiance(0.0)) == pytest.approx(expected_column(10.0), abs=1.0)
    assert large._panorama.shape[1] < 720


def test_another_shape_is_refused() -> None:
    with pytest.raises(ConfigError, match="twice as wide"):
        PanoramaScene(np.ones((10, 30, 3), np.float32), SIZE)
