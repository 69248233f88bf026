import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from autoexposure.errors import FeedbackError
from autoexposure.exposure import Exposure
from autoexposure.feedback import FeedbackStore, Label, Profile
from autoexposure.feedback_archive import Imported, export_answers, import_answers
from autoexposure.frame import Frame
from autoexposure.snapshot import AeState


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    answers = FeedbackStore(tmp_path / "feedback.sqlite", profile="ada")
    for sequence, label in enumerate(Label):
        add(answers, sequence, label)
    return answers


def add(store: FeedbackStore, sequence: int, label: Label = Label.UNDER, camera: str = "usb-1") -> int:
    pixels = np.random.default_rng(sequence).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    frame = Frame(pixels, 0.0, sequence, Exposure(1 / 60, 2.0) if sequence else None, reported=bool(sequence))
    return store.add(frame, label, camera=camera, meter="attention", ae_state=AeState.CONVERGED, delta_ev=0.1)


def test_answers_come_back_on_another_computer(store: FeedbackStore, tmp_path: Path) -> None:
    archive = tmp_path / "answers.zip"
    assert export_answers(store, archive) == 3
    there = tmp_path / "there.sqlite"
    assert import_answers(archive, lambda whose: FeedbackStore(there, profile=whose)) == Imported(3, 0, 0)
    with FeedbackStore(there, profile="ada") as other:
        for mine, theirs in zip(store.samples(), other.samples(), strict=True):
            assert (mine.label, mine.exposure, mine.answered_at) == (theirs.label, theirs.exposure, theirs.answered_at)
            assert np.array_equal(store.picture(mine.id), other.picture(theirs.id))
    assert import_answers(archive, lambda whose: FeedbackStore(there, profile=whose)) == Imported(0, 3, 0)
    assert import_answers(archive, lambda whose: FeedbackStore(there, profile=whose), "bob") == Imported(3, 0, 0)
    with FeedbackStore(there, profile="bob") as bob:
        assert bob.profiles() == [Profile("ada", "usb-1", 3), Profile("bob", "usb-1", 3)]


def test_damaged_answers_are_left_out_and_counted(store: FeedbackStore, tmp_path: Path) -> None:
    archive, broken = tmp_path / "answers.zip", tmp_path / "broken.zip"
    export_answers(store, archive)
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "answers.json":
                listed = json.loads(data)
                listed["answers"][2]["label"] = "splendid"
                data = json.dumps(listed).encode()
            new.writestr(name, b"no picture" if name == "pictures/000002.png" else data)
    there = tmp_path / "there.sqlite"
    assert import_answers(broken, lambda whose: FeedbackStore(there, profile=whose)) == Imported(1, 0, 2)


@pytest.mark.parametrize("content", [b"no zip", None])
def test_what_is_no_archive_is_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.zip"
    if content is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("answers.json", json.dumps({"format": "other"}))
    else:
        path.write_bytes(content)
    with pytest.raises(FeedbackError, match=r"x\.zip"):
        import_answers(path, lambda whose: FeedbackStore(tmp_path / "s.sqlite", profile=whose))


def test_an_archive_that_can_not_be_written_is_a_sentence(store: FeedbackStore, tmp_path: Path) -> None:
    with pytest.raises(FeedbackError, match="can't be written"):
        export_answers(store, store.path / "no folder" / "x.zip")


def test_an_archive_is_for_this_user_only_and_leaves_nothing_beside_it(store: FeedbackStore, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export_answers(store, tmp_path / "out" / "x.zip")
    assert (tmp_path / "out" / "x.zip").stat().st_mode & 0o777 == 0o600
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_forgetting_takes_answers_of_this_profile_only(store: FeedbackStore) -> None:
    with FeedbackStore(store.path, profile="bob") as bob:
        add(bob, 9)
        assert bob.forget(1) == 0  # ada's
        assert store.forget(2) == 1
        assert store.forget() == 2
        assert bob.counts().total == 1


def test_a_paused_profile_takes_no_answers_until_resumed(store: FeedbackStore) -> None:
    store.pause(True)
    with FeedbackStore(store.path, profile="ada") as later:  # it survives the program
        assert later.paused
        with pytest.raises(FeedbackError, match="paused"):
            add(later, 5)
        later.pause(False)
        add(later, 6)
    assert store.counts().total == 4


def test_a_profile_may_be_narrowed_to_one_camera(store: FeedbackStore) -> None:
    add(store, 7, camera="usb-2")
    with FeedbackStore(store.path, profile="ada", camera="usb-2") as narrowed:
        assert narrowed.counts().total == 1
        assert [sample.sequence for sample in narrowed.samples()] == [7]
        assert narrowed.undo() is not None
        assert narrowed.undo() is None
    assert store.counts().total == 3


def test_looks_are_kept_for_an_answer_and_go_with_it(store: FeedbackStore) -> None:
    newest = store.samples()[0].id
    store.keep_look(newest, "model", b"look")
    store.keep_look(newest, "model", b"newer")
    store.keep_look(999, "model", b"of an answer that was taken back meanwhile")
    assert store.looks("model") == {newest: b"newer"}
    assert store.looks("another model") == {}
    store.undo()
    assert store.looks("model") == {}
    assert store._file._connection.execute("SELECT count(*) FROM look").fetchone() == (0,)
