"""What the live layer learned, across sessions: it is learned again from the store, where every answer is safe.

What the network saw in an answer's picture is kept beside the answer, so that a start costs milliseconds an answer.
That is a cache: what is missing, or was made by another network, is made again.
"""

from __future__ import annotations

import io
import logging
import math
import zipfile

import numpy as np

from autoexposure.errors import FeedbackError, PolicyError
from autoexposure.feedback.store import FeedbackStore
from autoexposure.metering.preview import make_preview
from autoexposure.personal.learner import ClickFeatures
from autoexposure.personal.live_layer import LiveLayer

log = logging.getLogger(__name__)

MOST_RECALLED = 300
"""The newest answers, learned again at a start. The full fine-tune learns from older ones, too."""


def recall(layer: LiveLayer, store: FeedbackStore, model_hash: str) -> int:
    """Teach ``layer`` the settled answers of the store's profile, oldest first; returns how many it has learned.

    Also those that the network behind it was trained on: what the training got from them the layer need not add, and
    the rest it still does. An answer that can't be learned from is left out, and the log says so.

    Parameters
    ----------
    model_hash : of the network behind the layer.

    Raises
    ------
    FeedbackError : the answers can't be read at all.
    """
    kept, keeps = store.kept_features(model_hash), True
    for sample in reversed(store.samples(MOST_RECALLED, settled_only=True)):
        features = unpack_features(kept.get(sample.id, b""), layer, sample.bias_ev)
        if features is None:
            try:
                features = layer.features_of(make_preview(store.picture(sample.id)), sample.bias_ev)
            except (FeedbackError, PolicyError) as error:  # its picture is damaged, or too odd for the network
                log.warning("answer number %d is not learned from: %s", sample.id, error)
                continue
            keeps = keeps and _keep(store, sample.id, model_hash, pack_features(features, layer))
        layer.learn(features, sample.label, sample.id, sample.weight)
    return layer.clicks


def _keep(store: FeedbackStore, sample_id: int, model_hash: str, features: bytes) -> bool:
    """Keep features for the next start; False if the disk refuses, which costs that start some time, no more."""
    try:
        store.keep_features(sample_id, model_hash, features)
    except FeedbackError as error:
        log.warning("what was learned is computed again at the next start: %s", error)
        return False
    return True


def pack_features(features: ClickFeatures, layer: LiveLayer) -> bytes:
    """Features as bytes for the store."""
    data = io.BytesIO()
    np.savez(
        data,
        base_ev=features.base_ev,
        description=features.description,
        bias_ev=features.bias_ev,
        described_by=layer.people.identity,
    )
    return data.getvalue()


def unpack_features(data: bytes, layer: LiveLayer, bias_ev: float = 0.0) -> ClickFeatures | None:
    """The features in ``data``; None if they are missing, damaged, of another bias, or told otherwise than now.

    Older versions kept other numbers, which say nothing to this one: their pictures are looked at again.
    """
    if not data:
        return None
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if "described_by" not in arrays or str(arrays["described_by"]) != layer.people.identity:
                return None
            features = ClickFeatures(
                float(arrays["base_ev"]), arrays["description"].astype(np.float64), float(arrays["bias_ev"])
            )
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("what was learned from an answer is damaged (%s) and is learned again", error)
        return None
    fits = features.description.shape == (layer.people.size,) and features.bias_ev == bias_ev
    finite = math.isfinite(features.base_ev) and bool(np.isfinite(features.description).all())
    return features if fits and finite else None
