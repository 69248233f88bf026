import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from autoexposure.errors import SceneError
from autoexposure.simulation import builtin_scenes
from autoexposure.simulation.builtin_scenes import DEFAULT_SCENE, GALLERY, PHOTOGRAPHS, builtin_scene
from autoexposure.simulation.light import STEADY_S
from autoexposure.simulation.scene import MID_GREY, REFERENCE, VGA, Size, luminance

SMALL = Size(160, 120)
FACE = np.s_[90:170, 330:385]
SKY = np.s_[110:250, 60:190]
SUIT = np.s_[330:420, 200:260]


def log_average(light: np.ndarray) -> float:
    return float(np.exp(np.log(np.maximum(light, 1e-3)).mean()))


@pytest.mark.parametrize("name", GALLERY)
@pytest.mark.parametrize("size", [SMALL, Size(192, 108)])
def test_every_scene_comes_in_every_size(name: str, size: Size) -> None:
    light = builtin_scene(name, size).radiance(0.0)
    assert light.shape == (size.height_px, size.width_px, 3)
    assert light.dtype == np.float32
    assert np.isfinite(light).all()
    assert light.min() >= 0


@pytest.mark.parametrize("name", GALLERY)
def test_the_reference_exposure_suits_the_beginning(name: str) -> None:
    light = luminance(builtin_scene(name, SMALL).radiance(0.0))
    assert log_average(light) * REFERENCE.time_s == pytest.approx(MID_GREY, rel=0.25)


@pytest.mark.parametrize("name", GALLERY)
def test_the_light_is_steady_first_and_changes_by_more_than_a_stop_later(name: str) -> None:
    scene = builtin_scene(name, SMALL)
    first = scene.radiance(0.0)
    assert scene.radiance(STEADY_S - 0.1) is first
    later = [log_average(luminance(scene.radiance(STEADY_S + seconds))) for seconds in range(1, 40, 3)]
    changes_ev = np.abs(np.log2(np.array(later) / log_average(luminance(first))))
    assert changes_ev.max() > 1


def test_the_person_sits_several_stops_below_the_window_until_the_lamp_is_on() -> None:
    scene = builtin_scene(DEFAULT_SCENE, VGA)
    by_day, by_lamp = luminance(scene.radiance(0.0)), luminance(scene.radiance(STEADY_S + 1))
    assert 4 < np.log2(by_day[SKY].mean() / by_day[FACE].mean()) < 7
    assert 1.5 < np.log2(by_lamp[FACE].mean() / by_day[FACE].mean()) < 4
    assert np.log2(by_lamp[SKY].mean() / by_day[SKY].mean()) < 0.1  # the lamp does not light the sky


def test_the_person_is_there_and_wears_orange() -> None:
    red, green, blue = builtin_scene(DEFAULT_SCENE, VGA).radiance(0.0)[SUIT].reshape(-1, 3).mean(axis=0)
    assert red > 2 * green > 2 * blue


def test_building_it_twice_gives_the_same_picture() -> None:
    assert np.array_equal(
        builtin_scene("portrait", SMALL).radiance(0.0), builtin_scene("portrait", SMALL).radiance(0.0)
    )


def test_an_unknown_scene_is_refused_with_those_there_are() -> None:
    with pytest.raises(SceneError, match="portrait, coffee, cat, rocket"):
        builtin_scene("beach")


def test_a_missing_photograph_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(builtin_scenes, "PHOTOGRAPHS", tmp_path)
    with pytest.raises(SceneError, match=r"coffee\.png of the built-in scenes is missing; install autoexposure again"):
        builtin_scene("coffee", SMALL)


def test_every_photograph_is_the_original_with_its_licence_beside_it() -> None:
    """Another file, even of the same picture, would change every trace of a closed loop."""
    said = (PHOTOGRAPHS / "LICENSES.txt").read_text()
    entries = re.findall(r"^(\S+)\n    .*\n    Source:  .*\n    Licence: (.*)\n    SHA-256: (\w+)$", said, re.MULTILINE)
    pictures = {path.name for path in PHOTOGRAPHS.iterdir()} - {"LICENSES.txt"}
    assert {name for name, _, _ in entries} == pictures
    for name, licence, digest in entries:
        assert licence.startswith(("CC0 1.0", "public domain"))
        assert hashlib.sha256((PHOTOGRAPHS / name).read_bytes()).hexdigest() == digest
