import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.errors import FeedbackError
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import Label, Source
from autoexposure.feedback.archive import Imported, export_answers, import_answers
from autoexposure.feedback.store import FeedbackStore, Profile
from autoexposure.frame import Frame
from autoexposure.states import AeState


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    answers = FeedbackStore(tmp_path / "feedback.sqlite", profile="ada")
    for sequence, label in enumerate(Label):
        add(answers, sequence, label)
    return answers


def add(
    store: FeedbackStore,
    sequence: int,
    label: Label = Label.UNDER,
    camera: str = "usb-1",
    source: Source = Source.CLICK,
    weight: float = 1.0,
) -> int:
    pixels = np.random.default_rng(sequence).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    frame = Frame(pixels, 0.0, sequence, Exposure(1 / 60, 2.0) if sequence else None, reported=bool(sequence))
    return store.add(
        frame,
        label,
        camera=camera,
        meter="attention",
        ae_state=AeState.CONVERGED,
        delta_ev=0.1,
        source=source,
        weight=weight,
    )


def imported(archive: Path, there: Path, profile: str | None = None) -> Imported:
    with FeedbackStore(there) as other:
        return import_answers(archive, other, profile)


def test_answers_come_back_on_another_computer(store: FeedbackStore, tmp_path: Path) -> None:
    archive = tmp_path / "answers.zip"
    assert export_answers(store, archive) == 3
    there = tmp_path / "there.sqlite"
    assert imported(archive, there) == Imported(3, 0)
    with FeedbackStore(there, profile="ada") as other:
        for mine, theirs in zip(store.samples(), other.samples(), strict=True):
            assert (mine.label, mine.exposure, mine.answered_at) == (theirs.label, theirs.exposure, theirs.answered_at)
            assert np.array_equal(store.picture(mine.id), other.picture(theirs.id))
    assert imported(archive, there) == Imported(0, 3)
    assert imported(archive, there, "bob") == Imported(3, 0)
    with FeedbackStore(there, profile="bob") as bob:
        assert bob.profiles() == [Profile("ada", "usb-1", 3), Profile("bob", "usb-1", 3)]


def test_source_and_weight_are_carried(store: FeedbackStore, tmp_path: Path) -> None:
    store.forget()
    add(store, 5, Label.WELL, source=Source.BIAS, weight=0.25)
    archive, there = tmp_path / "answers.zip", tmp_path / "there.sqlite"
    export_answers(store, archive)
    assert imported(archive, there) == Imported(1, 0)
    with FeedbackStore(there, profile="ada") as other:
        (sample,) = other.samples()
    assert (sample.source, sample.weight) == (Source.BIAS, 0.25)


def test_in_an_archive_of_the_first_version_every_answer_is_a_click(store: FeedbackStore, tmp_path: Path) -> None:
    archive, there = tmp_path / "answers.zip", tmp_path / "there.sqlite"
    export_answers(store, archive)

    def older(text: str) -> str:
        listed = json.loads(text)
        for entry in listed["answers"]:
            del entry["source"], entry["weight"]
        return json.dumps(listed | {"format": "autoexposure answers, version 1"})

    made = rewritten(archive, older)
    assert imported(made, there) == Imported(3, 0)
    with FeedbackStore(there, profile="ada") as other:
        assert {(sample.source, sample.weight) for sample in other.samples()} == {(Source.CLICK, 1.0)}
    missing = rewritten(archive, lambda text: older(text).replace("version 1", "version 2"))
    assert len(imported(missing, tmp_path / "second.sqlite").damaged) == 3, "nothing is guessed"


def rewritten(archive: Path, change: Callable[[str], str], pictures: dict[str, bytes | None] | None = None) -> Path:
    """The archive with another list, and other pictures: None leaves one out."""
    made = archive.with_name("made.zip")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            data = (pictures or {}).get(name, old.read(name))
            if data is not None:
                new.writestr(name, change(data.decode()) if name == "answers.json" else data)
    return made


def png(width: int, height: int) -> bytes:
    return bytes(cv2.imencode(".png", np.zeros((height, width, 3), np.uint8))[1])


DAMAGE = {
    "a label that is none": ('"label": "well"', '"label": "splendid"'),
    "a label of another kind": ('"label": "well"', '"label": ["well"]'),
    "no label": ('"label": "well",', ""),
    "no exposure": ('"gain": 2.0', '"loss": 2.0'),
    "an exposure that is a list": ('"exposure": {', '"exposure": [1], "other": {'),
    "a time that is text": ('"time_s": 0.016666666666666666', '"time_s": "long"'),
    "no time": ('"time_s": 0.016666666666666666', '"time_s": 0'),
    "a negative time": ('"time_s": 0.016666666666666666', '"time_s": -1'),
    "a time without end": ('"time_s": 0.016666666666666666', '"time_s": 1e999'),
    "an absurd time": ('"time_s": 0.016666666666666666', '"time_s": 5e-324'),
    "a time that is no number": ('"time_s": 0.016666666666666666', '"time_s": NaN'),
    "an absurd gain": ('"gain": 2.0', '"gain": 1e300'),
    "a gain of thousands of digits": ('"gain": 2.0', f'"gain": {"9" * 5000}'),
    "a source that is none": ('"source": "click"', '"source": "telepathy"'),
    "no source": ('"source": "click",', ""),
    "no weight": ('"weight": 1.0', '"mass": 1.0'),
    "a weight of nothing": ('"weight": 1.0', '"weight": 0'),
    "a weight above a click's": ('"weight": 1.0', '"weight": 50'),
    "a weight that is no number": ('"weight": 1.0', '"weight": NaN'),
    "an infinite correction": ('"delta_ev": 0.1', '"delta_ev": Infinity'),
    "an absurd correction": ('"delta_ev": 0.1', '"delta_ev": -1e18'),
    "a correction that is true": ('"delta_ev": 0.1', '"delta_ev": true'),
    "no bias": ('"bias_ev": 0.0', '"bias_ev": null'),
    "an infinite bias": ('"bias_ev": 0.0', '"bias_ev": -Infinity'),
    "an absurd bias": ('"bias_ev": 0.0', '"bias_ev": 99'),
    "a number of the picture that is text": ('"sequence": 1', '"sequence": "1"'),
    "a negative number of the picture": ('"sequence": 1', '"sequence": -1'),
    "a number of the picture too large for the store": ('"sequence": 1', f'"sequence": {2**64}'),
    "a date that is none": ('"answered_at": "20', '"answered_at": "x20'),
    "a date that is a number": ('"answered_at": "20', '"answered_at": 1700000000, "other": "20'),
    "the first of all days": ('"answered_at": "20', '"answered_at": "0001-01-01T00:00:00", "other": "20'),
    "the last of all days": ('"answered_at": "20', '"answered_at": "9999-12-31T23:59:59-12:00", "other": "20'),
    "a camera that is no text": ('"camera": "usb-1"', '"camera": null'),
    "a huge camera": ('"camera": "usb-1"', f'"camera": "{"x" * 1_000_000}"'),
    "nobody's answer": ('"profile": "ada"', '"profile": ""'),
    "a person of control characters": ('"profile": "ada"', '"profile": "\\u0007\\u001b"'),
    "a state that is none": ('"ae_state": "converged"', '"ae_state": "asleep"'),
    "reported as text": ('"reported": true', '"reported": "false"'),
    "an id that is text": ('"id": 2', '"id": "2"'),
    "an id that leads out of the archive": ('"id": 2', '"id": "../../etc/passwd"'),
    "an id of thousands of digits": ('"id": 2', f'"id": {"9" * 5000}'),
    "an id without a picture": ('"id": 2', '"id": 77'),
    "deep nesting": ('"reported": true', f'"other": {"[" * 100_000}{"]" * 100_000}, "reported": true'),
    "no value": ('"reported": true', '"reported": '),
}


@pytest.mark.parametrize(("before", "after"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_answer_costs_that_answer(before: str, after: str, store: FeedbackStore, tmp_path: Path) -> None:
    archive = tmp_path / "answers.zip"
    export_answers(store, archive)

    def damage(text: str) -> str:
        head, second, rest = text.partition('"id": 2,')  # the one of the three that is neither first nor last
        whole = second + rest
        assert before in whole
        return head + whole.replace(before, after, 1)

    there = tmp_path / "there.sqlite"
    found = imported(rewritten(archive, damage), there)
    assert (found.kept, found.known) == (2, 0)
    (sentence,) = found.damaged
    assert sentence.startswith("entry 2 of 3: ")
    assert len(sentence) < 300
    assert sentence.isprintable()
    with FeedbackStore(there, profile="ada") as other:
        assert [sample.label for sample in other.samples()] == [Label.OVER, Label.UNDER]


@pytest.mark.parametrize("entry", ["null", "[]", '"x"', "17", "{}", "tru", "", "{'id': 1}"])
def test_what_is_no_answer_at_all_costs_itself(entry: str, store: FeedbackStore, tmp_path: Path) -> None:
    archive = tmp_path / "answers.zip"
    export_answers(store, archive)
    made = rewritten(archive, lambda text: text.replace('"answers": [', f'"answers": [{entry},'))
    found = imported(made, tmp_path / "there.sqlite")
    assert (found.kept, len(found.damaged)) == (3, 1)


@pytest.mark.parametrize(
    "picture", [None, b"", b"no picture", png(4, 4), png(9000, 9), b"\x89PNG\r\n\x1a\n" + b"0" * 99]
)
def test_a_damaged_picture_costs_its_answer(picture: bytes | None, store: FeedbackStore, tmp_path: Path) -> None:
    archive = tmp_path / "answers.zip"
    export_answers(store, archive)
    made = rewritten(archive, lambda text: text, {"pictures/000002.png": picture})
    found = imported(made, tmp_path / "there.sqlite")
    assert (found.kept, found.known, len(found.damaged)) == (2, 0, 1)
    assert "picture" in found.damaged[0]


@pytest.mark.parametrize(
    ("offset", "value"), [(8, 99), (8, 12), (8, 14), (6, 1), (10, 77)], ids=["99", "bzip2", "lzma", "encrypted", "time"]
)
def test_an_entry_that_zip_can_not_read_costs_its_answer(
    offset: int, value: int, store: FeedbackStore, tmp_path: Path
) -> None:
    archive = tmp_path / "answers.zip"
    export_answers(store, archive)
    data = bytearray(archive.read_bytes())
    local, listed = data.index(b"pictures/000002.png"), data.rindex(b"pictures/000002.png")
    data[local - 30 + offset] = value
    data[listed - 46 + offset + 2] = value  # the same field in the list at the end
    archive.write_bytes(data)
    found = imported(archive, tmp_path / "there.sqlite")
    assert found.kept + len(found.damaged) == 3
    assert found.kept >= 2


def test_an_answer_that_stands_there_twice_is_added_once(store: FeedbackStore, tmp_path: Path) -> None:
    archive = tmp_path / "answers.zip"
    export_answers(store, archive)

    def twice(text: str) -> str:
        listed = json.loads(text)
        return json.dumps(listed | {"answers": listed["answers"] * 2})

    assert imported(rewritten(archive, twice), tmp_path / "there.sqlite") == Imported(3, 3)


def test_names_from_an_archive_are_plain(store: FeedbackStore, tmp_path: Path) -> None:
    archive = tmp_path / "answers.zip"
    export_answers(store, archive)
    made = rewritten(archive, lambda text: text.replace('"usb-1"', '"usb\\u001b]52;c;aGk=\\u0007-1"'))
    there = tmp_path / "there.sqlite"
    assert imported(made, there).kept == 3
    with FeedbackStore(there, profile="ada") as other:
        assert all(sample.camera.isprintable() for sample in other.samples())


def test_thousands_of_people_in_an_archive_open_one_store(store: FeedbackStore, tmp_path: Path) -> None:
    archive = tmp_path / "answers.zip"
    export_answers(store, archive)

    def crowd(text: str) -> str:
        listed = json.loads(text)
        one = listed["answers"][0]
        return json.dumps(listed | {"answers": [one | {"profile": f"person {n}"} for n in range(300)]})

    there = tmp_path / "there.sqlite"
    assert imported(rewritten(archive, crowd), there) == Imported(300, 0)
    with FeedbackStore(there) as other:
        assert len(other.profiles()) == 300


def test_an_archive_of_a_newer_version_says_so(store: FeedbackStore, tmp_path: Path) -> None:
    archive = tmp_path / "answers.zip"
    export_answers(store, archive)
    made = rewritten(archive, lambda text: text.replace("version 2", "version 3"))
    with pytest.raises(FeedbackError, match="a newer version of this program wrote it"):
        imported(made, tmp_path / "there.sqlite")


LISTS = [
    "",
    "[]",
    "{}",
    "{",
    "null",
    '"',
    "[" * 100_000,
    '{"format": 1, "answers": []}',
    '{"answers": []}',
    '{"format"}',
]
LISTS += [
    '{"format": "autoexposure answers, version 2", "answers": {}}',
    '{"format": "\x1b[31m", "answers": []}',
    "\\" * 99,
]
LISTS += ['{"format": "autoexposure answers, version 2", "answers": [}', '{"' + '\\"' * 100_000 + "}"]


@pytest.mark.parametrize("listed", LISTS, ids=range(len(LISTS)))
def test_a_list_that_is_none_is_one_sentence(listed: str, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("answers.json", listed)
    with pytest.raises(FeedbackError, match=r"x\.zip") as refused:
        imported(path, tmp_path / "there.sqlite")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("entries", ["11," * 300_000 + "1", "[" * 5_500_000 + "]" * 5_500_000])
def test_a_list_of_more_than_can_be_is_not_looked_at(entries: str, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("answers.json", f'{{"format": "autoexposure answers, version 1", "answers": [{entries}]}}')
    with pytest.raises(FeedbackError, match="more than"):
        imported(path, tmp_path / "there.sqlite")


def test_a_pipe_is_no_archive(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FeedbackError, match="no regular file"):
        imported(tmp_path / "pipe", tmp_path / "there.sqlite")


@pytest.mark.parametrize("content", [b"no zip", None])
def test_what_is_no_archive_is_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.zip"
    if content is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("answers.json", json.dumps({"format": "other"}))
    else:
        path.write_bytes(content)
    with pytest.raises(FeedbackError, match=r"x\.zip"):
        imported(path, tmp_path / "s.sqlite")


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


def test_undo_takes_back_the_last_answer_given_here_and_never_an_imported_one(
    store: FeedbackStore, tmp_path: Path
) -> None:
    archive = tmp_path / "answers.zip"
    export_answers(store, archive)
    with FeedbackStore(tmp_path / "other" / "feedback.sqlite", profile="ada") as here:
        add(here, 90)
        add(here, 91)
        assert import_answers(archive, here) == Imported(3, 0)
        taken = [here.undo(), here.undo(), here.undo()]
        assert [sample and sample.sequence for sample in taken] == [91, 90, None]
        assert here.counts().total == 3
    with FeedbackStore(tmp_path / "other" / "feedback.sqlite", profile="ada") as later:
        assert later.undo() is None  # it survives the program


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
    store.keep_features(newest, "model", b"look")
    store.keep_features(newest, "model", b"newer")
    store.keep_features(999, "model", b"of an answer that was taken back meanwhile")
    assert store.kept_features("model") == {newest: b"newer"}
    assert store.kept_features("another model") == {}
    store.undo()
    assert store.kept_features("model") == {}
    assert store._file._connection.execute("SELECT count(*) FROM look").fetchone() == (0,)
