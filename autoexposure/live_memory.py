"""What the live layer learned, across sessions: it is learned again from the store, where every answer is safe.

What the network saw in an answer's picture is kept beside the answer, so that a start costs milliseconds an answer and
no more; it is a cache, and is made again where it is missing or made by another network.
"""

from __future__ import annotations

import io
import logging
import zipfile

import numpy as np

from autoexposure.feedback import FeedbackStore
from autoexposure.live_layer import LiveLayer, Look
from autoexposure.preview import make_preview

log = logging.getLogger(__name__)

MOST_RECALLED = 300
"""Answers that are learned again at a start, the newest; older ones are for the full fine-tune."""


def recall(layer: LiveLayer, store: FeedbackStore, model_hash: str, *, after_id: int = 0) -> int:
    """Teach ``layer`` the settled answers of the store's profile, oldest first; returns how many.

    ``model_hash`` : of the network behind the layer. ``after_id`` : leave out answers up to this one, because the
    network itself was trained on them. Raises FeedbackError or PolicyError.
    """
    kept = store.looks(model_hash)
    samples = [sample for sample in store.samples(MOST_RECALLED, settled_only=True) if sample.id > after_id]
    for sample in reversed(samples):
        look = unpack_look(kept.get(sample.id, b""), layer)
        if look is None:
            look = layer.look(make_preview(store.picture(sample.id)))
            store.keep_look(sample.id, model_hash, pack_look(look))
        layer.learn(look, sample.label)
    return len(samples)


def pack_look(look: Look) -> bytes:
    """A Look as bytes for the store."""
    data = io.BytesIO()
    np.savez(data, base_ev=look.base_ev, descriptions=look.descriptions)
    return data.getvalue()


def unpack_look(data: bytes, layer: LiveLayer) -> Look | None:
    """The Look in ``data``; None if there is none, or if it was made for other settings than the layer's."""
    if not data:
        return None
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            look = Look(arrays["base_ev"].astype(np.float32), arrays["descriptions"].astype(np.float32))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("what was learned from an answer is damaged (%s) and is learned again", error)
        return None
    steps = len(layer.config.ladder_ev)
    fits = look.base_ev.shape == (steps,) and look.descriptions.shape == (steps, layer.description_size)
    return look if fits and np.isfinite(look.descriptions).all() else None
