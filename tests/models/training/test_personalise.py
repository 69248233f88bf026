from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from autoexposure.errors import ConfigError, FeedbackError, ModelFileError
from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import NEED, RewardConfig, agreement
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.metering.preview import make_preview
from autoexposure.personal.model_store import PersonalModels, Verdict
from autoexposure.states import AeState
from models.files.checkpoint import training_in
from models.files.model_file import default_model_path
from models.inference import personal_policy
from models.network import AttentionFcn
from models.training import acceptance, personalise
from models.training.answered import Answered, draw_states
from models.training.finetune import FineTuneConfig
from models.training.personalise import PersonaliseConfig
from models.training.trainable import load_trainable

QUICK = PersonaliseConfig(FineTuneConfig(steps=1, batch=1), folds=2, export_check=2)


@pytest.fixture
def store(tmp_path: Path, make_scene: Callable[..., np.ndarray]) -> FeedbackStore:
    """Twelve settled pictures, all called too dark, and one that was still searching."""
    answers = FeedbackStore(tmp_path / "feedback.sqlite", profile="ada")
    for seed in range(13):
        state = AeState.CONVERGED if seed < 12 else AeState.SEARCHING
        frame = Frame(make_scene(seed), 0.0, seed)
        answers.add(frame, Label.UNDER, camera="usb-1", meter="attention", ae_state=state, delta_ev=0.0)
    return answers


@pytest.fixture
def models(tmp_path: Path) -> PersonalModels:
    return PersonalModels("ada", tmp_path / "models")


def trained_to(bias: float) -> Callable[..., AttentionFcn]:
    """A training that learns exactly one thing: how much brighter."""

    def fine_tune(network: AttentionFcn, *_: object, **__: object) -> AttentionFcn:
        with torch.no_grad():
            assert network.exposure_head.bias is not None
            network.exposure_head.bias += bias
        return network.eval()

    return fine_tune


def use(monkeypatch: pytest.MonkeyPatch, bias: float) -> None:
    for module in (acceptance, personalise):
        monkeypatch.setattr(module, "fine_tune", trained_to(bias))


def test_a_better_model_is_used_and_can_be_taken_back(
    store: FeedbackStore, models: PersonalModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, 3.0)
    told: list[tuple[str, float]] = []
    outcome = personalise.personalise(store, models, QUICK, lambda stage, done: told.append((stage, done)))
    assert outcome.verdict.answers == 12  # the one that was searching is not learned from
    assert outcome.verdict.new_agrees == 12 > outcome.verdict.old_agrees
    assert outcome.model is not None
    assert models.in_use() == outcome.model
    assert outcome.model.last_answer == 12
    assert [sample.id for sample in store.samples() if not outcome.model.knows(sample)] == [13]
    brighter = personal_policy.OnnxPolicy(outcome.model.path)
    base = personal_policy.OnnxPolicy(default_model_path())
    preview = make_preview(store.picture(3))
    assert brighter.decide(preview).delta_ev > base.decide(preview).delta_ev
    assert models.roll_back() is None


def test_a_worse_model_is_not_even_made(
    store: FeedbackStore, models: PersonalModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, -3.0)
    outcome = personalise.personalise(store, models, QUICK)
    assert outcome.model is None
    assert not outcome.verdict.better
    assert models.all() == []
    assert models.in_use() is None


def test_it_trains_for_real_and_starts_again_where_it_was(store: FeedbackStore, models: PersonalModels) -> None:
    first = personalise.personalise(store, models, QUICK)
    folds = {path: path.stat().st_mtime_ns for path in (models.folder / "work").glob("fold-*.json")}
    assert len(folds) == 2
    again = personalise.personalise(store, models, QUICK)
    assert again.verdict.new_agrees == first.verdict.new_agrees  # the old model may be the first run's by now
    assert folds == {path: path.stat().st_mtime_ns for path in folds}
    store.undo()  # the searching one: nothing that is learned from changed
    store.undo()
    assert personalise.personalise(store, models, QUICK).verdict.answers == 11


def test_what_killed_trainings_left_is_swept_and_two_do_not_run_at_once(
    store: FeedbackStore, models: PersonalModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, -3.0)
    for left in (models.folder / "7.new", models.folder / "work"):
        left.mkdir(parents=True)
    (models.folder / "7.new" / "model.onnx").write_bytes(b"half")
    (models.folder / "work" / "tmpabcd1234.part").write_bytes(b"half")
    with training_in(models.folder / "work"), pytest.raises(ConfigError, match="another training writes"):
        personalise.personalise(store, models, QUICK)
    personalise.personalise(store, models, QUICK)
    assert not (models.folder / "7.new").exists()
    assert not list(models.folder.rglob("*.part"))


def test_too_few_answers_is_a_sentence(tmp_path: Path, models: PersonalModels) -> None:
    with FeedbackStore(tmp_path / "empty.sqlite", profile="bob") as store, pytest.raises(FeedbackError, match="10 are"):
        personalise.personalise(store, models, QUICK)


def test_every_answer_is_judged_by_a_network_that_has_not_seen_it(
    store: FeedbackStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[int]] = []

    def spy(network: AttentionFcn, answered: Answered, *_: object) -> AttentionFcn:
        seen.append(set(answered.chosen.tolist()))
        return network.eval()

    monkeypatch.setattr(acceptance, "fine_tune", spy)
    judged: list[set[int]] = []
    monkeypatch.setattr(
        acceptance,
        "judged_previews",
        lambda part: judged.append(set(part.chosen.tolist())) or np.zeros((0, 128, 128, 3)),
    )
    monkeypatch.setattr(acceptance, "network_says", lambda network: lambda previews: np.zeros(len(judged[-1])))
    samples = store.samples(settled_only=True)
    answered = personalise.answers_of(store, samples)
    acceptance.cross_validate(AttentionFcn, answered, QUICK.training, 4, tmp_path / "work", "x")
    assert sorted(n for part in judged for n in part) == list(range(12))
    for trained_on, judged_on in zip(seen, judged, strict=True):
        assert not trained_on & judged_on
        assert trained_on | judged_on == set(range(12))


def test_acceptance_counts_as_agreement_does_and_the_training_aims_where_the_live_layer_does(
    tmp_path: Path, make_scene: Callable[..., np.ndarray]
) -> None:
    given = [(Label.WELL, -1.0, 1.0), (Label.WELL, 0.0, 1.0), (Label.UNDER, 0.5, -0.2), (Label.OVER, 0.3, -1.0)]
    with FeedbackStore(tmp_path / "feedback.sqlite") as store:
        for seed, (label, delta_ev, bias_ev) in enumerate(given):
            frame = Frame(make_scene(seed), 0.0, seed)
            about = {"camera": "", "meter": "attention", "ae_state": AeState.CONVERGED}
            store.add(frame, label, **about, delta_ev=delta_ev, bias_ev=bias_ev)
        samples = sorted(store.samples(), key=lambda sample: sample.id)
        answered = personalise.answers_of(store, samples)
    delta_ev = np.array([sample.delta_ev for sample in samples])
    agreed = acceptance.agrees(delta_ev - acceptance.judged_ev(answered), answered.needs[:, 0], RewardConfig())
    assert agreed.tolist() == [agreement([sample]).agreed == 1 for sample in samples] == [True, False, True, True]
    states = draw_states(answered, 64, np.random.default_rng(0), np.zeros(1))
    for target, need in zip(states.answers.targets_ev[:, 0], states.answers.needs[:, 0], strict=True):
        assert (-target, need) in {(sample.bias_ev, NEED[sample.label]) for sample in samples}
    assert answered.part(np.array([2])).targets_ev.tolist() == [[0.2]]


def test_agreement_is_to_say_what_the_person_said() -> None:
    said = acceptance.agrees(np.array([0.5, 0.1, -0.5, -0.1]), np.array([1, 1, 1, 0]), RewardConfig())
    assert said.tolist() == [True, False, False, True]


def test_the_shipped_weights_belong_to_the_shipped_model(tmp_path: Path) -> None:
    load_trainable(default_model_path())
    for suffix in (".onnx", ".json"):
        (tmp_path / f"base{suffix}").write_bytes(default_model_path().with_suffix(suffix).read_bytes())
    with pytest.raises(ModelFileError, match="can't be read"):
        load_trainable(tmp_path / "base.onnx")


def test_what_was_clicked_is_there_at_the_next_start_but_not_learned_twice(
    store: FeedbackStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    shelf = PersonalModels("ada")
    layer = personal_policy.personal_policy("ada", store=store.path)
    assert layer.clicks == 12
    kept = store.kept_features(layer.network.sha256)
    assert len(kept) == 12
    again = personal_policy.personal_policy("ada", store=store.path)
    preview = make_preview(store.picture(1))
    assert again.decide(preview).delta_ev == pytest.approx(layer.decide(preview).delta_ev, abs=1e-5)
    assert personal_policy.personal_policy("bob", store=store.path).clicks == 0
    own = shelf.add(default_model_path(), Verdict(9, 8, 12), last_answer=7)
    shelf.use(own.number)
    assert personal_policy.personal_policy("ada", store=store.path).clicks == 5
    given_at = [sample.answered_at for sample in store.samples(settled_only=True)]
    shelf.use(shelf.add(default_model_path(), Verdict(9, 8, 3), 12, given_at[:3]).number)
    assert personal_policy.personal_policy("ada", store=store.path).clicks == 9  # older ones too: of another camera
    shelf.use(own.number)
    own.path.write_bytes(b"damaged")
    assert personal_policy.personal_policy("ada", store=store.path).clicks == 12  # the model that ships, and all clicks
