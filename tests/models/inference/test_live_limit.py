"""The live layer's limits on the network that ships."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from autoexposure.feedback.answer import Label
from autoexposure.metering.preview import make_preview
from autoexposure.personal.live_layer import LiveLayer
from models.files.model_file import default_model_path
from models.inference.onnx_policy import OnnxPolicy


@pytest.mark.parametrize(("label", "sign"), [(Label.UNDER, 1), (Label.OVER, -1)])
def test_nine_clicks_change_one_ev_at_the_most_the_tenth_more(
    label: Label, sign: int, make_scene: Callable[..., np.ndarray]
) -> None:
    layer = LiveLayer(OnnxPolicy(default_model_path()))
    preview = make_preview(make_scene(5))
    base_ev = layer.decide(preview).delta_ev
    far = replace(layer.features_of(preview), base_ev=-1.5 * sign)  # it would like to go far
    changes = []
    for _ in range(10):
        layer.learn(far, label)
        changes.append(sign * (layer.decide(preview).delta_ev - base_ev))
    assert changes[0] < 0.5  # which one answer is not enough for
    assert max(changes[:9]) == changes[8] == pytest.approx(1.0)
    assert 1.05 < changes[9] <= layer.config.limit_ev + 1e-6
