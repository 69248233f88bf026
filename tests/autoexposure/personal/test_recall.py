import io
from pathlib import Path

import numpy as np
import pytest

from autoexposure.errors import FeedbackError
from autoexposure.feedback.answer import Label
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.metering.policy import MAP_SIDE, Decision
from autoexposure.metering.preview import Preview, make_preview
from autoexposure.personal.features import FACTS, FEATURE_CHANNELS, FeatureDecision, FeatureScale, Pooling
from autoexposure.personal.known_people import KnownPeople
from autoexposure.personal.learner import ClickFeatures
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.personal.recall import pack_features, recall, unpack_features
from autoexposure.personal.taste import TastePrior
from autoexposure.states import AeState


class Plain:
    """A network whose features are even; it counts how often it was asked."""

    name = "attention"
    sha256 = "plain"
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
    assert first.network.asked == 3
    recall(second, store, "model")
    assert second.network.asked == 0
    preview = make_preview(store.picture(1))
    assert second.decide(preview).delta_ev == pytest.approx(first.decide(preview).delta_ev, abs=1e-6)


def test_a_recalled_answer_teaches_what_it_taught_when_it_was_given_bias_included(tmp_path: Path) -> None:
    taught, recalled, again = (LiveLayer(Plain()) for _ in range(3))
    pixels = np.full((128, 128, 3), 150, np.uint8)
    taught.click(make_preview(pixels), Label.WELL, 1.0)
    with FeedbackStore(tmp_path / "feedback.sqlite") as answers:
        given = {"camera": "", "meter": "attention", "ae_state": AeState.CONVERGED, "delta_ev": -1.0}
        number = answers.add(Frame(pixels, 0.0, 0), Label.WELL, **given, bias_ev=1.0)
        answers.keep_features(number, "model", _as_older_versions_kept_them())
        recall(recalled, answers, "model")
        recall(again, answers, "model")
    for layer in (recalled, again):
        assert layer.knows(number)
        assert layer.decide(make_preview(pixels)).delta_ev == taught.decide(make_preview(pixels)).delta_ev
    assert again.network.asked == 1  # the decision; what was looked at is kept


def test_an_answer_that_can_not_be_learned_from_costs_itself_only(
    store: FeedbackStore, caplog: pytest.LogCaptureFixture
) -> None:
    store._file.execute("test", "UPDATE sample SET picture = x'00' WHERE id = 2")
    layer = LiveLayer(Plain())
    assert recall(layer, store, "model") == layer.clicks == 2
    assert "answer number 2 is not learned from" in caplog.text


def test_a_disk_that_is_full_costs_the_next_start_time_and_no_lesson(
    store: FeedbackStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = []

    def full(*_: object) -> None:
        tries.append(1)
        raise FeedbackError("the disk is full")

    monkeypatch.setattr(store, "keep_features", full)
    assert recall(LiveLayer(Plain()), store, "model") == 3
    assert "the disk is full" in caplog.text
    assert len(tries) == 1


def test_another_model_looks_for_itself(store: FeedbackStore) -> None:
    recall(LiveLayer(Plain()), store, "model")
    other = LiveLayer(Plain())
    recall(other, store, "another")
    assert other.network.asked == 3


def test_damaged_features_are_made_again(store: FeedbackStore) -> None:
    layer = LiveLayer(Plain())
    features = layer.features_of(make_preview(store.picture(1)))
    packed = pack_features(features, layer)
    kept = unpack_features(packed, layer)
    assert kept is not None
    assert np.array_equal(kept.description, features.description)
    assert kept.base_ev == features.base_ev
    short = pack_features(ClickFeatures(features.base_ev, features.description[:-1]), layer)
    no_number = pack_features(ClickFeatures(features.base_ev, features.description * np.nan), layer)
    for data in (b"", b"rubbish", packed[:-9], short, no_number, _as_older_versions_kept_them()):
        assert unpack_features(data, layer) is None
    assert unpack_features(packed, layer, bias_ev=1.0) is None
    store.keep_features(1, "model", b"rubbish")
    recall(layer, store, "model")
    assert unpack_features(store.kept_features("model")[1], layer) is not None


def test_what_was_described_in_other_terms_is_looked_at_again(store: FeedbackStore) -> None:
    plain, other = LiveLayer(Plain()), LiveLayer(Plain())
    random = np.random.default_rng(0)
    scale = FeatureScale(random.random(FEATURE_CHANNELS), random.normal(0, 0.1, (FEATURE_CHANNELS, 2)))
    size = len(FACTS) + 2
    other.people = KnownPeople(TastePrior(np.zeros(size), np.full(size, 0.1)), scale)
    recall(plain, store, "model")
    assert recall(other, store, "model") == 3
    assert other.network.asked == 3


def _as_older_versions_kept_them() -> bytes:
    data = io.BytesIO()
    np.savez(data, base_ev=np.zeros(3, np.float32), descriptions=np.zeros((3, 776), np.float32), bias_ev=0.0)
    return data.getvalue()
