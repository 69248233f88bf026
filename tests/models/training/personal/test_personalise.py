import errno
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch

from autoexposure.errors import ConfigError, FeedbackError, ModelFileError
from autoexposure.feedback.answer import Label
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.metering.preview import make_preview
from autoexposure.personal.known_people import known_people
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.personal.model_store import PersonalModels, Verdict
from autoexposure.states import AeState
from models.files.checkpoint import training_in
from models.files.model_file import default_model_path
from models.inference import personal_policy
from models.inference.onnx_policy import OnnxPolicy
from models.network import AttentionFcn
from models.training.finetune import FineTuneConfig, fine_tune
from models.training.personal import acceptance, layered, personalise
from models.training.personal.personalise import PersonaliseConfig
from models.training.trainable import load_trainable

QUICK = PersonaliseConfig(FineTuneConfig(steps=1, batch=1), folds=2, export_check=2)


@pytest.fixture
def store(tmp_path: Path, make_scene: Callable[..., np.ndarray]) -> FeedbackStore:
    """Twelve settled pictures, all called too dark with a bias of -1.5 EV, and one that was still searching."""
    answers = FeedbackStore(tmp_path / "feedback.sqlite", profile="ada")
    for seed in range(13):
        state = AeState.CONVERGED if seed < 12 else AeState.SEARCHING
        frame = Frame(make_scene(seed), 0.0, seed)
        about = {"camera": "usb-1", "meter": "attention", "ae_state": state}
        answers.add(frame, Label.UNDER, **about, delta_ev=0.0, bias_ev=-1.5)
    return answers


@pytest.fixture
def models(tmp_path: Path) -> PersonalModels:
    return PersonalModels("ada", tmp_path / "models")


def trained_to(bias: float) -> Callable[..., AttentionFcn]:
    """A training that learns exactly one thing: how much brighter."""

    def taught(network: AttentionFcn, _: object, config: object, folder: Path, *__: object, **___: object):
        folder.mkdir(parents=True, exist_ok=True)
        with torch.no_grad():
            assert network.exposure_head.bias is not None
            network.exposure_head.bias += bias
        return network.eval()

    return taught


def use(monkeypatch: pytest.MonkeyPatch, bias: float) -> None:
    for module in (acceptance, personalise):
        monkeypatch.setattr(module, "fine_tune", trained_to(bias))


def no_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layer learns nothing, so that what is seen is the network's."""
    monkeypatch.setattr(LiveLayer, "learn", lambda *_, **__: None)


def test_a_better_model_is_used_and_can_be_taken_back(
    store: FeedbackStore, models: PersonalModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_layer(monkeypatch)
    use(monkeypatch, 3.0)
    told: list[tuple[str, float]] = []
    outcome = personalise.personalise(store, models, QUICK, lambda stage, done: told.append((stage, done)))
    assert outcome.verdict.answers == 12  # the one that was searching is not learned from
    assert outcome.verdict.new_agrees == 12 > outcome.verdict.old_agrees
    assert [kind.label for kind in outcome.verdict.kinds] == [Label.UNDER]
    assert outcome.model is not None
    assert models.in_use() == outcome.model
    assert outcome.model.last_answer == 12
    assert [sample.id for sample in store.samples() if not outcome.model.knows(sample)] == [13]
    brighter = personal_policy.OnnxPolicy(outcome.model.path)
    base = personal_policy.OnnxPolicy(default_model_path())
    preview = make_preview(store.picture(3))
    assert brighter.decide(preview).delta_ev > base.decide(preview).delta_ev
    assert len(store.kept_features(brighter.sha256)) == 12  # the layer is on top of it at once
    carried, shipped = (known_people(each.path, each.sha256) for each in (brighter, base))
    assert carried.scale is not None
    assert carried.identity == shipped.identity  # its features are the base's, and so is what is known of people
    assert models.roll_back() is None


def test_training_moves_the_heads_and_leaves_the_features(store: FeedbackStore, tmp_path: Path) -> None:
    before = load_trainable(default_model_path()).state_dict()
    network = personalise.heads_to_train(default_model_path())
    answered = layered.lessons_in(store).answered
    after = fine_tune(network, answered, FineTuneConfig(method="ordinal", steps=2, batch=2), tmp_path).state_dict()
    moved = {name.split(".")[0] for name, value in before.items() if not torch.equal(value, after[name])}
    assert moved == {"exposure_head", "attention_head"}


def test_a_worse_model_is_not_even_made(
    store: FeedbackStore, models: PersonalModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, -3.0)
    outcome = personalise.personalise(store, models, QUICK)
    assert outcome.model is None
    assert outcome.steps == 0
    assert models.all() == []
    assert models.in_use() is None


def test_the_opponent_is_what_is_in_use_with_its_layer(
    store: FeedbackStore, models: PersonalModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that beats the bare one, and not the one with the layer on top, is not taken."""
    use(monkeypatch, 0.0)  # the bare network again, and again
    monkeypatch.setattr(layered.LiveLayer, "features_of", LiveLayer.features_of)
    parts = [np.arange(0, 12, 2), np.arange(1, 12, 2)]
    lessons = layered.lessons_in(store)
    taught = layered.in_use_says_ev(None, default_model_path(), lessons, parts)
    bare = layered.Layered(OnnxPolicy(default_model_path()), lessons).says_ev(np.array([], int), np.arange(12))
    assert taught.mean() > bare.mean() + 0.1  # all of them were called too dark
    outcome = personalise.personalise(store, models, QUICK)
    assert outcome.verdict.old_agrees == outcome.verdict.new_agrees
    assert outcome.model is None


def test_no_answer_is_asked_of_what_was_taught_it(
    store: FeedbackStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of a network nor of a layer, on either side."""
    trained: list[set[int]] = []

    def spy(network: AttentionFcn, answered: layered.Answered, _: object, folder: Path, *__: object, **___: object):
        folder.mkdir(parents=True, exist_ok=True)
        trained.append(set(answered.chosen.tolist()))
        return network.eval()

    monkeypatch.setattr(acceptance, "fine_tune", spy)
    asked: list[tuple[set[int], set[int]]] = []

    def says_ev(_: object, taught: np.ndarray, places: np.ndarray) -> np.ndarray:
        asked.append((set(taught.tolist()), set(places.tolist())))
        return np.zeros(len(places))

    monkeypatch.setattr(layered.Layered, "says_ev", says_ev)
    lessons = layered.lessons_in(store)
    parts = acceptance.deal([sample.answered_at for sample in lessons.samples], 4, {}, 1)
    assert [len(part) for part in parts] == [3] * 4
    assert sorted(int(place) for part in parts for place in part) == list(range(12))
    layered.in_use_says_ev(None, default_model_path(), lessons, parts)
    acceptance.cross_validate(
        lambda: load_trainable(default_model_path()), lessons, QUICK.training, parts, np.zeros(12), tmp_path / "w", "x"
    )
    assert len(asked) == 8
    for taught, places in asked:
        assert not taught & places
        assert taught | places == set(range(12))
    assert trained == [set(range(12)) - set(part.tolist()) for part in parts]


def test_how_long_training_lasts_is_chosen_by_answers_that_were_held_out(
    store: FeedbackStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look at the middle is the best; what it says of a part is judged by the other parts' choice."""
    steps_seen: list[int] = []

    def spy(network: AttentionFcn, _: object, __: object, folder: Path, *___: object, until: int) -> AttentionFcn:
        folder.mkdir(parents=True, exist_ok=True)
        steps_seen.append(until)
        return network.eval()

    monkeypatch.setattr(acceptance, "fine_tune", spy)
    by_step = {10: -1.0, 20: 2.0, 40: 0.0, 60: -2.0}
    monkeypatch.setattr(layered.Layered, "says_ev", lambda *given: np.full(len(given[2]), by_step[steps_seen[-1]]))
    lessons = layered.lessons_in(store)
    parts = acceptance.deal([sample.answered_at for sample in lessons.samples], 3, {}, 1)
    config = FineTuneConfig(steps=60, batch=1)
    tested = acceptance.cross_validate(
        lambda: load_trainable(default_model_path()), lessons, config, parts, np.zeros(12), tmp_path / "w", "x"
    )
    assert tested.steps == 20
    assert [step for step, _ in tested.course] == [0, 10, 20, 40, 60]
    assert max(tested.course, key=lambda point: point[1])[0] == 20
    assert np.all(tested.says_ev == 2.0)
    assert all(path.is_file() and path.name == "look-20.safetensors" for path in tested.weights.values())
    assert set(tested.weights) == {0, 1, 2}


def test_it_trains_for_real_and_starts_again_where_it_was(store: FeedbackStore, models: PersonalModels) -> None:
    first = personalise.personalise(store, models, QUICK)
    looks = {path: path.stat().st_mtime_ns for path in (models.folder / "work").rglob("look-1.json")}
    assert len(looks) == 2
    models.use(None)
    again = personalise.personalise(store, models, QUICK)
    assert again.verdict == first.verdict
    assert looks == {path: path.stat().st_mtime_ns for path in looks}
    store.undo()  # the searching one: nothing that is learned from changed
    store.undo()
    assert personalise.personalise(store, models, QUICK).verdict.answers == 11


def test_a_full_disk_is_a_sentence_and_leaves_what_was_in_use(
    store: FeedbackStore, models: PersonalModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, 3.0)

    def full(path: Path, _: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as refusing:
        refusing.setattr(acceptance, "atomic_write", full)
        with pytest.raises(ConfigError, match="make room there"):
            personalise.personalise(store, models, QUICK)
    no_layer(monkeypatch)
    with monkeypatch.context() as refusing:
        refusing.setattr("autoexposure.personal.model_store.atomic_write", full)
        with pytest.raises(ModelFileError, match="No space left"):
            personalise.personalise(store, models, QUICK)
    assert models.in_use() is None
    assert models.all() == []
    assert personalise.personalise(store, models, QUICK).model is not None


def test_a_model_in_use_is_judged_by_networks_that_have_not_seen_the_answer(
    store: FeedbackStore, models: PersonalModels, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    no_layer(monkeypatch)
    use(monkeypatch, 3.0)
    own = personalise.personalise(store, models, QUICK).model
    assert own is not None
    lessons = layered.lessons_in(store)
    parts = acceptance.deal([sample.answered_at for sample in lessons.samples], 2, own.learned, 5)
    assert [sorted(own.learned.values()).count(part) for part in (0, 1)] == [6, 6]
    for number, part in enumerate(parts):  # whatever the seed, an answer stays in its part
        assert {own.learned[lessons.samples[int(place)].answered_at] for place in part} == {number}
    used: list[Path] = []
    loads = layered._fold
    monkeypatch.setattr(layered, "_fold", lambda model, weights: used.append(weights) or loads(model, weights))
    says = layered.in_use_says_ev(own, default_model_path(), lessons, parts)
    assert sorted(path.name for path in used) == ["fold-0.safetensors", "fold-1.safetensors"]
    assert np.all(np.isfinite(says))
    used[0].write_bytes(b"cut")
    damaged = layered.in_use_says_ev(own, default_model_path(), lessons, parts)
    assert np.isnan(damaged).sum() == 6  # what is left can still be judged
    assert "6 answers can't be judged" in caplog.text


def test_a_model_of_an_older_version_is_judged_on_newer_answers_or_not_at_all(
    store: FeedbackStore, models: PersonalModels, make_scene: Callable[..., np.ndarray]
) -> None:
    given_at = [sample.answered_at for sample in store.samples(settled_only=True)]
    models.use(models.add(default_model_path(), Verdict(9, 8, 12), 12, dict.fromkeys(given_at)).number)
    with pytest.raises(FeedbackError, match="go back to the model that ships"):
        personalise.personalise(store, models, QUICK)
    for seed in range(10):
        frame = Frame(make_scene(seed, 50), 0.0, seed)
        store.add(frame, Label.OVER, camera="", meter="attention", ae_state=AeState.CONVERGED, delta_ev=0.0)
    assert personalise.personalise(store, models, QUICK).verdict.answers == 10


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


def test_a_damaged_picture_costs_its_answer_only(
    store: FeedbackStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = FeedbackStore.picture

    def picture(self: FeedbackStore, sample_id: int) -> np.ndarray:
        if sample_id == 4:
            raise FeedbackError("The picture of answer number 4 is damaged.")
        return whole(self, sample_id)

    monkeypatch.setattr(FeedbackStore, "picture", picture)
    lessons = layered.lessons_in(store)
    assert [sample.id for sample in lessons.samples] == [1, 2, 3, *range(5, 13)]
    assert len(lessons.previews) == len(lessons.answered.chosen) == 11
    assert "answer number 4" in caplog.text


def test_the_shipped_weights_belong_to_the_shipped_model(tmp_path: Path) -> None:
    load_trainable(default_model_path())
    for suffix in (".onnx", ".json"):
        (tmp_path / f"base{suffix}").write_bytes(default_model_path().with_suffix(suffix).read_bytes())
    with pytest.raises(ModelFileError, match="can't be read"):
        load_trainable(tmp_path / "base.onnx")


def test_what_was_clicked_is_there_at_the_next_start_on_top_of_whichever_network(
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
    learned = dict.fromkeys([datetime(2026, 3, 1, tzinfo=UTC)], 0)
    own = shelf.add(default_model_path(), Verdict(9, 8, 12), 7, learned)
    shelf.use(own.number)
    assert personal_policy.personal_policy("ada", store=store.path).clicks == 12
    own.path.write_bytes(b"damaged")
    assert personal_policy.personal_policy("ada", store=store.path).clicks == 12  # on the model that ships
