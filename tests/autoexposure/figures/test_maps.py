from dataclasses import dataclass

import numpy as np
import pytest

from autoexposure.errors import ConfigError
from autoexposure.figures.maps import SHOWN_PICTURES, exposed, mapped, shrunk
from autoexposure.metering.policy import MAP_SIDE, Decision
from autoexposure.metering.preview import Preview


@dataclass
class Peaked:
    """Its attention has one peak, as much higher than the rest as the picture is bright."""

    name: str = "peaked"
    coarse: bool = False

    def decide(self, preview: Preview) -> Decision:
        attention = np.full((MAP_SIDE, MAP_SIDE), 0.1, np.float32)
        attention[3, 4] += float(preview.mean()) / 255
        return Decision(1.0, attention, np.full_like(attention, 1.0))


def test_pictures_stand_from_even_to_uneven_and_are_not_chosen() -> None:
    pictures = {f"{grey}": np.full((60, 80, 3), grey, np.uint8) for grey in (200, 20, 110, 80, 140, 50, 170, 230, 10)}
    found = mapped(Peaked(), pictures)
    assert len(found) == SHOWN_PICTURES
    shown = [each.unevenness for each in found]
    assert shown == sorted(shown)
    assert (found[0].name, found[-1].name) == ("10", "230")  # the ends are quantiles, too


def test_a_column_is_picture_answer_and_maps() -> None:
    (found,) = mapped(Peaked(), {"a": np.full((60, 80, 3), 90, np.uint8)})
    as_it_is, asked, exposure_map, attention = found.column()
    assert as_it_is.mean() == 90
    assert asked.mean() == pytest.approx(255 * (2 * (90 / 255) ** 2.2) ** (1 / 2.2), abs=1)
    assert exposure_map[..., 1].mean() > exposure_map[..., 0].mean()  # green: more light
    brightest = np.unravel_index(int(attention[..., 0].argmax()), attention.shape[:2])
    assert (brightest[0] * MAP_SIDE // 60, brightest[1] * MAP_SIDE // 80) == (3, 4)


@dataclass
class Mapless:
    name: str = "mapless"
    coarse: bool = False

    def decide(self, preview: Preview) -> Decision:
        return Decision(0.0)


def test_what_has_no_maps_or_no_pictures_is_said() -> None:
    with pytest.raises(ConfigError, match="no maps"):
        mapped(Mapless(), {"a": np.full((60, 80, 3), 90, np.uint8)})
    with pytest.raises(ConfigError, match="no picture"):
        mapped(Peaked(), {})


def test_sizes() -> None:
    assert shrunk(np.zeros((1000, 2000, 3), np.uint8)).shape == (240, 480, 3)
    assert shrunk(np.zeros((10, 20, 3), np.uint8)).shape == (10, 20, 3)
    assert exposed(np.full((2, 2, 3), 255, np.uint8), -1.0).max() == round(255 * 0.5 ** (1 / 2.2))
