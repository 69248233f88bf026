import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoexposure.cli.main import app
from autoexposure.errors import ModelFileError
from autoexposure.feedback.answer import Label
from autoexposure.personal.model_store import SURE, JudgedKind, PersonalModels, Verdict
from gui.bridge.services import Kept, kept_models
from tests.autoexposure.personal.samples import sample_of

KINDS = (JudgedKind(Label.UNDER, 12, 11, 8), JudgedKind(Label.WELL, 8, 6, 6))


def exported(folder: Path, text: str) -> Path:
    for suffix in (".onnx", ".safetensors", ".json"):
        (folder / f"made{suffix}").write_text(text + suffix)
    return folder / "made.onnx"


@pytest.fixture
def models(tmp_path: Path) -> PersonalModels:
    return PersonalModels("Ada / her desk", tmp_path / "models")


def test_at_first_the_shipped_model_is_in_use(models: PersonalModels) -> None:
    assert models.in_use() is None
    assert models.all() == []
    assert models.roll_back() is None


def test_a_model_is_kept_whole_and_used_when_asked(models: PersonalModels, tmp_path: Path) -> None:
    model = models.add(exported(tmp_path, "one"), Verdict(17, 14, 20), last_answer=33)
    assert models.in_use() is None
    assert str(model.verdict) == "17 of 20, before 14"
    assert model.last_answer == 33
    assert model.path.with_suffix(".safetensors").read_text() == "one.safetensors"
    models.use(model.number)
    assert models.in_use() == model


def test_a_model_knows_its_answers_by_their_time(models: PersonalModels, tmp_path: Path) -> None:
    learned, other = (sample_of(datetime(2026, 3, day, 9, 30, 1, 125000, UTC)) for day in (1, 2))
    model = models.add(exported(tmp_path, "one"), Verdict(17, 14, 20), 33, {learned.answered_at: 0})
    assert models.all() == [model]
    assert model.knows(learned)
    assert model.knows(replace(learned, id=99))  # imported into another store
    assert not model.knows(other)  # a store begun anew counts from 1 again
    older = models.add(exported(tmp_path, "two"), Verdict(17, 14, 20), last_answer=33)
    assert older.knows(other)
    assert not older.knows(replace(other, id=34))


def test_a_model_keeps_what_was_made_without_each_part_of_its_answers(models: PersonalModels, tmp_path: Path) -> None:
    first, second, other = (sample_of(datetime(2026, 3, day, tzinfo=UTC)) for day in (1, 2, 3))
    weights = tmp_path / "made.safetensors"
    learned = {first.answered_at: 0, second.answered_at: 1}
    model = models.add(exported(tmp_path, "one"), Verdict(17, 14, 20), 2, learned, {0: weights, 1: weights})
    kept = model.without(second)
    assert kept is not None
    assert kept.parent == model.path.parent
    assert kept.read_text() == "one.safetensors"
    assert kept != model.without(first)
    assert model.without(other) is None
    assert models.all() == [model]
    older = models.add(exported(tmp_path, "two"), Verdict(17, 14, 20), 2, dict.fromkeys(learned))
    assert older.knows(first)
    assert older.without(first) is None


def test_what_older_versions_wrote_is_read(models: PersonalModels, tmp_path: Path) -> None:
    """Without parts, and with a verdict that only counted; and before that without a list of what was learned."""
    model = models.add(exported(tmp_path, "one"), Verdict(17, 14, 20, KINDS, 0.2, 0.25, 0.99), 33)
    made = model.path.parent / "made.json"
    record = {
        "made_at": "2026-03-01T09:30:01+00:00",
        "last_answer": 33,
        "verdict": {"new_agrees": 17, "old_agrees": 14, "answers": 20},
    }
    made.write_text(json.dumps(record))
    (oldest,) = models.all()
    assert oldest.verdict == Verdict(17, 14, 20)
    assert oldest.verdict.better
    assert oldest.learned == {}
    made.write_text(json.dumps(record | {"learned": ["2026-03-01T09:00:00+00:00"]}))
    (older,) = models.all()
    assert older.learned == {datetime(2026, 3, 1, 9, tzinfo=UTC): None}


def test_a_verdict_comes_back_as_it_was_written(models: PersonalModels, tmp_path: Path) -> None:
    verdict = Verdict(17, 14, 20, KINDS, 0.2, 0.25, 0.99)
    assert Verdict.from_json(json.loads(json.dumps(asdict(verdict)))) == verdict
    for damage in ({"kinds": [{"label": "odd"}]}, {"kinds": 3}, {"new_ev": "much"}, {"sure": None}, {"kinds": [3]}):
        with pytest.raises((ValueError, KeyError)):
            Verdict.from_json(asdict(verdict) | damage)


def test_any_earlier_model_can_be_brought_back(models: PersonalModels, tmp_path: Path) -> None:
    first = models.add(exported(tmp_path, "one"), Verdict(5, 4, 10), 1)
    second = models.add(exported(tmp_path, "two"), Verdict(6, 5, 10), 2)
    models.use(first.number)
    models.use(second.number)
    assert models.roll_back() == first
    assert models.roll_back() is None
    models.use(second.number)
    assert models.in_use() == second
    models.use(None)
    assert models.in_use() is None
    assert models.roll_back() == second


def test_what_a_kill_left_half_made_is_no_model(models: PersonalModels, tmp_path: Path) -> None:
    first = models.add(exported(tmp_path, "one"), Verdict(5, 4, 10), 1)
    models.use(first.number)
    half = models.folder / "2.new"
    half.mkdir()
    (half / "model.onnx").write_text("half")
    (models.folder / "in-use.json.new").write_text('{"used"')
    assert models.all() == [first]
    assert models.in_use() == first
    assert models.add(exported(tmp_path, "two"), Verdict(6, 5, 10), 2).number == 2


def test_profiles_have_models_of_their_own_and_names_stay_in_the_folder(tmp_path: Path) -> None:
    for name in ("..", "a/b", ".", "A"):
        folder = PersonalModels(name, tmp_path).folder
        assert folder.parent == tmp_path
    assert PersonalModels("a", tmp_path).folder != PersonalModels("b", tmp_path).folder


def test_damage_and_numbers_that_are_not_there_are_sentences(models: PersonalModels, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="there are: none"):
        models.use(3)
    model = models.add(exported(tmp_path, "one"), Verdict(5, 4, 10), 1)
    models.use(model.number)
    (model.path.parent / "made.json").write_text("{")
    with pytest.raises(ModelFileError, match="damaged"):
        models.in_use()
    (models.folder / "in-use.json").write_text("no")
    with pytest.raises(ModelFileError, match="remove it"):
        models.in_use()


def test_a_damaged_model_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("autoexposure.personal.model_store.default_models_folder", lambda: tmp_path / "models")
    models = PersonalModels("ada")
    first, second = (models.add(exported(tmp_path, "one"), Verdict(5, 4, 10), 1) for _ in range(2))
    models.use(second.number)
    (second.path.parent / "made.json").write_text("{")
    assert kept_models("ada") == Kept((first,), None), "the window"
    assert "damaged" in caplog.text
    done = CliRunner().invoke(app, ["personalise", "--profile", "ada", "--models"])
    assert done.exit_code == 0
    assert "damaged" in done.stdout
    assert "* 0  the model that ships" in done.stdout
    assert "agreed with 5 of 10" in done.stdout
    assert CliRunner().invoke(app, ["personalise", "--profile", "ada", "--use", "1"]).exit_code == 0
    assert models.in_use() == first


def test_only_a_nearer_model_is_better_and_not_by_chance() -> None:
    assert Verdict(15, 14, 20).better
    assert not Verdict(14, 14, 20).better
    assert Verdict(14, 14, 20, (), 0.2, 0.3, SURE).better
    by_chance = Verdict(15, 14, 20, (), 0.2, 0.3, SURE - 0.01)
    assert by_chance.ahead
    assert not by_chance.better
    assert not Verdict(15, 14, 20, (), 0.3, 0.2, 1.0).better
