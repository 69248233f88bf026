"""The network as one person uses it: their own model if there is one, and the live layer with all their answers."""

from __future__ import annotations

import logging
from pathlib import Path

from autoexposure.errors import AutoexposureError, ModelFileError
from autoexposure.feedback.store import FeedbackStore, default_store_path
from autoexposure.personal.known_people import known_people
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.personal.model_store import PersonalModels
from autoexposure.personal.recall import recall
from models.files.model_file import live_model_path
from models.inference.onnx_policy import OnnxPolicy

log = logging.getLogger(__name__)


def personal_policy(
    profile: str = "default", model: Path | None = None, *, camera: str | None = None, store: Path | None = None
) -> LiveLayer:
    """The network of ``profile`` with its live layer.

    A ``model`` that is given is used instead of the person's own. A personal model or a store that can't be read costs
    what it taught and nothing else: the layer's ``notice`` says so. Raises ModelFileError if no network is left.
    """
    if model is None:
        try:
            own = PersonalModels(profile).in_use()
            layer = _layer(own.path if own is not None else live_model_path(), own=own is not None)
        except ModelFileError as error:
            log.warning("the personal model of %s is left out: %s", profile, error)
            layer = _layer(live_model_path())
            layer.notice = (
                f"Your own model can't be used ({error}); the one that ships with the program meters instead."
            )
    else:
        layer = _layer(model)
    _recall(layer, profile, camera, store)
    return layer


def _layer(model: Path, *, own: bool = False) -> LiveLayer:
    network = OnnxPolicy(model)
    return LiveLayer(network, people=known_people(model, network.sha256), own=own)


def _recall(layer: LiveLayer, profile: str, camera: str | None, store: Path | None) -> None:
    path = store or default_store_path()
    if not path.is_file():
        return
    network = layer.network
    assert isinstance(network, OnnxPolicy)
    try:
        with FeedbackStore(path, profile=profile, camera=camera) as answers:
            recall(layer, answers, network.sha256)
    except AutoexposureError as error:
        log.warning("what %s taught the meter is left out: %s", profile, error)
        layer.reset()
        layer.notice = f"What you taught the meter can't be recalled ({error})."
