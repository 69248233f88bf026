from pathlib import Path

import numpy as np
import pytest

from autoexposure.feedback import FeedbackStore, Label
from autoexposure.frame import Frame
from autoexposure.live_layer import LiveLayer, Look
from autoexposure.live_look import FEATURE_CHANNELS, FeatureDecision, Pooling
from autoexposure.live_memory import pack_look, recall, unpack_look
from autoexposure.policy import MAP_SIDE, Decision
from autoexposure.preview import Preview, make_preview
from autoexposure.snapshot import AeState


class Plain:
    """A network whose features are even; it counts how often it was asked."""

    name = "attention"
    coarse = True

    def __init__(self) -> None:
        self.asked = 0

    def decide(self, preview: Preview) -> Decision:
        return self.decide_with_features(preview).decision

    def decide_with_features(self, preview: Preview) -> FeatureDecision:
        self.asked += 1
        level = float(preview.mean()) / 255
        exposure = np.full((MAP_SIDE, MAP_SIDE), 1 - 2 * level, np.float32)
        attention = np.full((MAP_SIDE, MAP_SIDE), 0.5, np.float32)
        features = np.full((FEATURE_CHANNELS, MAP_SIDE, MAP_SIDE), level, np.float32)
        return FeatureDecision(
            Decision(Pooling.MEAN.pool(attention, exposure), attention, exposure), features, Pooling.MEAN
        )


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    answers = FeedbackStore(tmp_path / "feedback.sqlite")
    for sequence in range(4):
        frame = Frame(np.full((40, 50, 3), 60 + 40 * sequence, np.uint8), 0.0, sequence)
        state = AeState.SEARCHING if sequence == 2 else AeState.CONVERGED
        answers.add(frame, Label.UNDER, camera="", meter="attention", ae_state=state, delta_ev=0.0)
    return answers


def test_settled_answers_are_learned_again_and_looked_at_only_once(store: FeedbackStore) -> None:
    first, second = LiveLayer(Plain()), LiveLayer(Plain())
    assert recall(first, store, "model") == first.clicks == 3
    assert first.network.asked == 9  # type: ignore[attr-defined] # three steps of the ladder of each
    recall(second, store, "model")
    assert second.network.asked == 0  # type: ignore[attr-defined]
    preview = make_preview(store.picture(1))
    assert second.decide(preview).delta_ev == pytest.approx(first.decide(preview).delta_ev, abs=1e-6)


def test_another_model_looks_for_itself(store: FeedbackStore) -> None:
    recall(LiveLayer(Plain()), store, "model")
    other = LiveLayer(Plain())
    recall(other, store, "another")
    assert other.network.asked == 9  # type: ignore[attr-defined]


def test_answers_that_the_model_was_trained_on_are_left_out(store: FeedbackStore) -> None:
    layer = LiveLayer(Plain())
    assert recall(layer, store, "model", after_id=1) == 2


def test_a_damaged_look_is_made_again(store: FeedbackStore) -> None:
    layer = LiveLayer(Plain())
    look = layer.look(make_preview(store.picture(1)))
    assert unpack_look(pack_look(look), layer) is not None
    for data in (b"", b"rubbish", pack_look(look)[:-9], pack_look(Look(look.base_ev[:1], look.descriptions[:1]))):
        assert unpack_look(data, layer) is None
    store.keep_look(1, "model", b"rubbish")
    recall(layer, store, "model")
    assert unpack_look(store.looks("model")[1], layer) is not None
