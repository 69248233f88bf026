"""What the live layer learned, across sessions: it is learned again from the store, where every answer is safe.

What the network saw in an answer's picture is kept beside the answer, so that a start costs milliseconds an answer and
no more; it is a cache, and is made again where it is missing or made by another network.
"""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Callable

import numpy as np

from autoexposure.errors import FeedbackError, PolicyError
from autoexposure.feedback.answer import Sample
from autoexposure.feedback.store import FeedbackStore
from autoexposure.metering.preview import make_preview
from autoexposure.personal.live_layer import LiveLayer, Look

log = logging.getLogger(__name__)

MOST_RECALLED = 300
"""Answers that are learned again at a start, the newest; older ones are for the full fine-tune."""


def recall(
    layer: LiveLayer, store: FeedbackStore, model_hash: str, *, known: Callable[[Sample], bool] = lambda _: False
) -> int:
    """Teach ``layer`` the settled answers of the store's profile, oldest first; returns how many it has learned.

    ``model_hash`` : of the network behind the layer. ``known`` : leave out the answers of which this is true,
    because the network itself was trained on them. An answer that can't be learned from is left out, which the log
    says. Raises FeedbackError if the answers can't be read at all.
    """
    kept, keeps = store.looks(model_hash), True
    samples = [sample for sample in store.samples(MOST_RECALLED, settled_only=True) if not known(sample)]
    for sample in reversed(samples):
        look = unpack_look(kept.get(sample.id, b""), layer, sample.bias_ev)
        if look is None:
            try:
                look = layer.look(make_preview(store.picture(sample.id)), sample.bias_ev)
            except (FeedbackError, PolicyError) as error:  # its picture is damaged, or too odd for the network
                log.warning("answer number %d is not learned from: %s", sample.id, error)
                continue
            keeps = keeps and _keep(store, sample.id, model_hash, look)
        layer.learn(look, sample.label, sample.id)
    return layer.clicks


def _keep(store: FeedbackStore, sample_id: int, model_hash: str, look: Look) -> bool:
    """Keep a Look for the next start; False if the disk refuses, which costs that start some time and nothing else."""
    try:
        store.keep_look(sample_id, model_hash, pack_look(look))
    except FeedbackError as error:
        log.warning("what was learned is learned anew at the next start: %s", error)
        return False
    return True


def pack_look(look: Look) -> bytes:
    """A Look as bytes for the store."""
    data = io.BytesIO()
    np.savez(data, base_ev=look.base_ev, descriptions=look.descriptions, bias_ev=look.bias_ev)
    return data.getvalue()


def unpack_look(data: bytes, layer: LiveLayer, bias_ev: float = 0.0) -> Look | None:
    """The Look in ``data``; None if there is none, or if it was made for another bias or other settings of a layer."""
    if not data:
        return None
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            judged_with_ev = float(arrays["bias_ev"]) if "bias_ev" in arrays else 0.0  # none in those of older versions
            look = Look(arrays["base_ev"].astype(np.float32), arrays["descriptions"].astype(np.float32), judged_with_ev)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("what was learned from an answer is damaged (%s) and is learned again", error)
        return None
    steps = len(layer.config.ladder_ev)
    fits = look.base_ev.shape == (steps,) and look.descriptions.shape == (steps, layer.description_size)
    finite = np.isfinite(look.descriptions).all() and np.isfinite(look.base_ev).all()
    return look if fits and look.bias_ev == bias_ev and finite else None
