import numpy as np
import pytest

from autoexposure.errors import SceneError
from autoexposure.simulation.light import Steady, Switched
from autoexposure.simulation.scene import (
    MID_GREY,
    REFERENCE,
    Layer,
    LitScene,
    Size,
    StillScene,
    fitted,
    luminance,
    normalised,
)
from autoexposure.simulation.sensor import Radiance


def flat(value: float, rows: int = 4, columns: int = 6) -> Radiance:
    return np.full((rows, columns, 3), value, np.float32)


def test_a_still_scene_is_always_the_same_frozen_array() -> None:
    scene = StillScene(flat(3.0))
    assert scene.radiance(0.0) is scene.radiance(99.0)
    assert not scene.radiance(0.0).flags.writeable


def test_layers_add_up_in_the_strength_of_their_lights() -> None:
    scene = LitScene(
        (Layer(StillScene(flat(2.0)), Steady(0.5)), Layer(StillScene(flat(10.0)), Switched(0.0, 1.0, steady_s=5.0)))
    )
    assert np.allclose(scene.radiance(0.0), 1.0)
    assert np.allclose(scene.radiance(6.0), 11.0)


def test_the_sum_is_the_same_array_until_a_light_changes() -> None:
    scene = LitScene((Layer(StillScene(flat(2.0)), Switched(1.0, 0.5, steady_s=5.0, every_s=5.0)),))
    before = scene.radiance(0.0)
    assert scene.radiance(4.9) is before
    dimmed = scene.radiance(5.1)
    assert dimmed is not before
    assert scene.radiance(9.9) is dimmed
    assert not dimmed.flags.writeable
    assert np.allclose(before, 2.0)


def test_all_lights_off_is_black_and_not_an_error() -> None:
    scene = LitScene((Layer(StillScene(flat(2.0)), Steady(0.0)), Layer(StillScene(flat(3.0)), Steady(0.0))))
    assert np.all(scene.radiance(0.0) == 0)


def test_steady_light_holds_what_the_scene_begins_with() -> None:
    scene = LitScene((Layer(StillScene(flat(2.0)), Switched(0.25, 1.0, steady_s=5.0)),)).in_steady_light()
    assert np.allclose(scene.radiance(0.0), 0.5)
    assert np.allclose(scene.radiance(7.0), 0.5)


def test_normalising_puts_the_log_average_at_mid_grey_under_the_reference_exposure() -> None:
    generator = np.random.default_rng(4)
    radiance = np.exp(generator.normal(3, 1.0, (60, 80, 1))).astype(np.float32).repeat(3, axis=2)
    exposed = luminance(normalised(radiance)) * REFERENCE.time_s * REFERENCE.gain
    assert np.exp(np.log(exposed).mean()) == pytest.approx(MID_GREY, rel=0.03)


def test_black_borders_and_a_single_sun_do_not_decide() -> None:
    plain = flat(5.0, 50, 50)
    framed = plain.copy()
    framed[:15] = 0.0
    framed[30, 30] = 1e6
    assert normalised(framed)[40, 40, 0] == pytest.approx(normalised(plain)[40, 40, 0], rel=0.02)


def test_a_black_scene_is_refused() -> None:
    with pytest.raises(SceneError, match="black"):
        normalised(flat(0.0))


@pytest.mark.parametrize("size", [Size(8, 6), Size(40, 30), Size(64, 36), Size(30, 50)])
def test_fitting_fills_the_size_with_the_middle(size: Size) -> None:
    picture = np.zeros((20, 60, 3), np.float32)
    picture[:, 20:40] = 1.0
    result = fitted(picture, size)
    assert result.shape == (size.height_px, size.width_px, 3)
    assert result.dtype == np.float32
    middle = result[size.height_px // 2, size.width_px // 2]
    assert np.allclose(middle, 1.0)


def test_fitting_keeps_code_values_code_values() -> None:
    assert fitted(np.full((20, 30, 3), 77, np.uint8), Size(16, 16)).dtype == np.uint8
