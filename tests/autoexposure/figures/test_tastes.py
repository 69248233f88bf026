import numpy as np
import pytest

from autoexposure.figures.tastes import CLOSE_UP_SHARE, TAUGHT_OFFSETS_EV, Tasted, close_ups, teach
from autoexposure.metering.policy import MAP_SIDE, Decision
from autoexposure.metering.preview import make_preview
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.simulation.builtin_scenes import shipped_photograph
from models.files.model_file import default_model_path
from models.inference.onnx_policy import OnnxPolicy


def test_close_ups_lie_on_the_attention_and_on_the_light() -> None:
    picture = np.full((100, 200, 3), 40, np.uint8)
    picture[80:95, 10:40] = 220
    attention = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
    attention[2, 12] = 1.0
    counts, brightest = close_ups(picture, attention)
    for rows, columns in (counts, brightest):
        assert (rows.stop - rows.start, columns.stop - columns.start) == (30, 60)
        assert 0 <= rows.start < rows.stop <= 100
        assert 0 <= columns.start < columns.stop <= 200
    assert counts[0].start <= 2.5 / 15 * 100 < counts[0].stop
    assert counts[1].start <= 12.5 / 15 * 200 < counts[1].stop
    assert picture[brightest].mean() > 80
    assert CLOSE_UP_SHARE == 0.3


def test_the_brightest_place_is_looked_for_outside_of_what_counts() -> None:
    picture = np.full((100, 200, 3), 40, np.uint8)
    picture[45:55, 95:105] = 255
    picture[0:20, 0:20] = 100
    attention = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
    attention[7, 7] = 1.0
    _, (rows, columns) = close_ups(picture, attention)
    assert (rows.start, columns.start) == (0, 0)


def test_what_is_foretold_was_not_taught() -> None:
    """Two people with opposite wishes differ on a picture that neither was asked about."""
    pictures = {name: shipped_photograph(name) for name in ("coffee.png", "chelsea.png", "rocket.jpg")}
    network = OnnxPolicy(default_model_path())
    foretold = []
    for wish_ev in (-1.0, 1.0):
        wishes = {name: wish_ev for name in pictures if name != "rocket.jpg"}  # a wish for it would be looked up
        layer = teach(LiveLayer(network), pictures, wishes, "rocket.jpg")
        assert layer.clicks == 2 * len(TAUGHT_OFFSETS_EV)
        foretold.append(layer.decide(make_preview(pictures["rocket.jpg"])).delta_ev)
    assert foretold[0] < foretold[1] - 0.3


def test_labels() -> None:
    decision = Decision(0.5)
    picture = np.zeros((4, 4, 3), np.uint8)
    assert Tasted("Ann", "a", picture, decision, None).label() == "Ann\npredicted +0.50 EV"
    assert Tasted("Ann", "a", picture, decision, -1.0).label() == "Ann\nwants -1.00 EV\npredicted +0.50 EV"


@pytest.mark.parametrize("size", [(4, 4), (7, 300), (300, 7)])
def test_close_ups_of_odd_pictures_stay_inside(size: tuple[int, int]) -> None:
    picture = np.full((*size, 3), 9, np.uint8)
    for rows, columns in close_ups(picture, np.eye(MAP_SIDE, dtype=np.float32)):
        assert picture[rows, columns].size > 0
