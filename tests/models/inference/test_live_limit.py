"""The live layer's limits on the network that ships."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autoexposure.feedback.answer import Label
from autoexposure.metering.preview import make_preview
from autoexposure.personal.live_layer import LiveConfig, LiveLayer
from models.files.model_file import default_model_path
from models.inference.onnx_policy import OnnxPolicy


@pytest.mark.parametrize(("label", "sign"), [(Label.UNDER, 1), (Label.OVER, -1)])
def test_nine_clicks_change_one_ev_at_the_most_the_tenth_more(
    label: Label, sign: int, make_scene: Callable[..., np.ndarray]
) -> None:
    layer = LiveLayer(OnnxPolicy(default_model_path()), LiveConfig(shift_ev=3.0))  # it would like to go far
    preview = make_preview(make_scene(5))
    base_ev = layer.decide(preview).delta_ev
    features = layer.features_of(preview)
    changes = []
    for _ in range(10):
        layer.learn(features, label)
        changes.append(sign * (layer.decide(preview).delta_ev - base_ev))
    assert changes[1:9] == pytest.approx([1.0] * 8)
    assert 1.05 < changes[9] <= LiveConfig().limit_ev + 1e-6


def test_shown_brighter_a_picture_is_wanted_darker(make_scene: Callable[..., np.ndarray]) -> None:
    layer = LiveLayer(OnnxPolicy(default_model_path()))
    for seed in range(4):
        darker, itself, brighter = layer.features_of(make_preview(make_scene(seed))).base_ev
        assert darker > itself > brighter
