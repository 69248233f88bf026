import os
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.errors import AutoexposureError, FeedbackError
from autoexposure.exposure import Exposure
from autoexposure.feedback import sqlite as feedback_file
from autoexposure.feedback.answer import Label, Sample, Source
from autoexposure.feedback.store import MOST_LOOKS, Counts, FeedbackStore, Subject, default_store_path
from autoexposure.frame import Frame
from autoexposure.states import AeState


def a_frame(sequence: int = 7, size: tuple[int, int] = (40, 60), exposure: Exposure | None = None) -> Frame:
    pixels = np.random.default_rng(sequence).integers(0, 256, (*size, 3), dtype=np.uint8)
    return Frame(pixels, 12.5, sequence, exposure or Exposure(1 / 60, 2.0), reported=True)


def add(store: FeedbackStore, label: Label = Label.UNDER, frame: Frame | None = None, **given: object) -> int:
    fields = {"camera": "usb-1", "meter": "matrix", "ae_state": AeState.CONVERGED, "delta_ev": 0.05} | given
    return store.add(frame or a_frame(), label, **fields)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "feedback.sqlite"


def test_everything_about_an_answer_comes_back(path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    with FeedbackStore(path, profile="ada") as store:
        sample_id = store.add(
            a_frame(exposure=Exposure(1 / 125, 4.0)),
            Label.OVER,
            camera="usb-0000:00:14.0-1",
            meter="attention",
            ae_state=AeState.SEARCHING,
            delta_ev=-0.25,
            bias_ev=0.5,
            model_hash="abc",
        )
    with FeedbackStore(path, profile="ada") as store:
        (sample,) = store.samples()
    assert before <= sample.answered_at <= datetime.now(UTC)
    assert sample == Sample(
        id=sample_id,
        answered_at=sample.answered_at,
        profile="ada",
        label=Label.OVER,
        exposure=Exposure(1 / 125, 4.0),
        reported=True,
        sequence=7,
        camera="usb-0000:00:14.0-1",
        meter="attention",
        model_hash="abc",
        ae_state=AeState.SEARCHING,
        delta_ev=-0.25,
        bias_ev=0.5,
    )


def test_what_nobody_knew_stays_unknown(path: Path) -> None:
    frame = Frame(np.zeros((4, 4, 3), np.uint8), 0.0, 1)
    with FeedbackStore(path) as store:
        add(store, frame=frame, delta_ev=None)
        (sample,) = store.samples()
    assert sample.exposure is None
    assert sample.delta_ev is None
    assert not sample.reported


def test_a_small_picture_comes_back_code_for_code(path: Path) -> None:
    frame = a_frame()
    with FeedbackStore(path) as store:
        assert np.array_equal(store.picture(add(store, frame=frame)), frame.pixels)


@pytest.mark.parametrize(
    ("size", "stored"), [((480, 640), (256, 341)), ((640, 480), (341, 256)), ((256, 300), (256, 300))]
)
def test_a_large_picture_is_shrunk_to_256_pixels_short_side(
    path: Path, size: tuple[int, int], stored: tuple[int, int]
) -> None:
    frame = a_frame(size=size)
    with FeedbackStore(path) as store:
        picture = store.picture(add(store, frame=frame))
    assert picture.shape == (*stored, 3)
    assert np.array_equal(picture, cv2.resize(frame.pixels, stored[::-1], interpolation=cv2.INTER_AREA))


def test_colours_keep_their_order(path: Path) -> None:
    red = np.zeros((5, 5, 3), np.uint8)
    red[..., 0] = 200
    with FeedbackStore(path) as store:
        picture = store.picture(add(store, frame=Frame(red, 0.0, 1)))
    assert picture[0, 0].tolist() == [200, 0, 0]


def test_samples_come_newest_first_and_limited(path: Path) -> None:
    with FeedbackStore(path) as store:
        ids = [add(store, frame=a_frame(n)) for n in range(5)]
        assert [sample.id for sample in store.samples()] == ids[::-1]
        assert [sample.sequence for sample in store.samples(2)] == [4, 3]


def test_an_answer_during_a_search_is_kept_but_told_apart(path: Path) -> None:
    with FeedbackStore(path) as store:
        for state in AeState:
            add(store, ae_state=state)
        assert {sample.ae_state for sample in store.samples()} == set(AeState)
        settled = store.samples(settled_only=True)
        assert {sample.ae_state for sample in settled} == {AeState.CONVERGED, AeState.LOCKED}
        assert settled == [sample for sample in store.samples() if sample.settled]
        assert store.counts(settled_only=True).total == len(settled) < store.counts().total


def test_counts(path: Path) -> None:
    with FeedbackStore(path) as store:
        assert store.counts() == Counts(0, 0, 0)
        for label in (Label.UNDER, Label.OVER, Label.OVER, Label.WELL, Label.WELL, Label.WELL):
            add(store, label)
        assert store.counts() == Counts(under=1, well=3, over=2)
        assert store.counts().total == 6


def test_undo_takes_back_the_newest_also_of_an_earlier_session(path: Path) -> None:
    with FeedbackStore(path) as store:
        first, second = add(store, Label.UNDER), add(store, Label.WELL)
    with FeedbackStore(path) as store:
        taken = store.undo()
        assert taken is not None
        assert (taken.id, taken.label) == (second, Label.WELL)
        with pytest.raises(FeedbackError, match="no answer number"):
            store.picture(second)
        assert add(store) > second  # an id is never used twice
        store.undo()
        taken = store.undo()
        assert taken is not None
        assert taken.id == first
        assert store.undo() is None


def test_profiles_do_not_see_each_other(path: Path) -> None:
    with FeedbackStore(path, profile="ada") as ada, FeedbackStore(path, profile="bob") as bob:
        add(ada, Label.WELL)
        add(bob, Label.OVER)
        assert ada.counts() == Counts(well=1)
        assert bob.undo() is not None
        assert bob.undo() is None
        assert ada.counts() == Counts(well=1)


def test_what_was_taken_back_leaves_no_picture_in_the_file(path: Path) -> None:
    with FeedbackStore(path) as store:
        add(store, frame=a_frame(size=(100, 100)))
        (picture,) = store._file._connection.execute("SELECT picture FROM sample").fetchone()
    assert picture[-3000:-2900] in path.read_bytes()
    with FeedbackStore(path) as store:
        store.undo()
    left = path.read_bytes()
    assert not any(picture[start : start + 100] in left for start in range(0, len(picture), 100))


def test_several_threads_may_answer_at_once(path: Path) -> None:
    with FeedbackStore(path) as store:
        ids: list[int] = []
        threads = [
            threading.Thread(target=lambda: ids.extend(add(store, frame=a_frame(n)) for n in range(10)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(ids) == sorted(sample.id for sample in store.samples())
        assert len(set(ids)) == 40


def test_several_stores_may_open_a_new_file_at_once(path: Path) -> None:
    gate = threading.Barrier(6)
    failures: list[Exception] = []

    def answer() -> None:
        gate.wait()
        try:
            with FeedbackStore(path) as store:
                add(store)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=answer) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with FeedbackStore(path) as store:
        assert store.counts().total == 6


def test_only_the_owner_may_read_it(path: Path) -> None:
    with FeedbackStore(path) as store:
        add(store)
        for file in path.parent.iterdir():
            assert file.stat().st_mode & 0o077 == 0, file


ENDLESS_ANSWERS = """
import sys
from pathlib import Path
import numpy as np
from autoexposure.feedback.answer import Label
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.states import AeState

store = FeedbackStore(Path(sys.argv[1]))
pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
for sequence in range(100_000):
    frame = Frame(pixels, 0.0, sequence)
    print(store.add(frame, Label.WELL, camera="", meter="", ae_state=AeState.CONVERGED, delta_ev=0.0), flush=True)
"""


def test_kill_minus_nine_loses_no_acknowledged_answer(path: Path) -> None:
    acknowledged: list[int] = []
    for until in (1, 30, 70):
        child = subprocess.Popen([sys.executable, "-c", ENDLESS_ANSWERS, str(path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        acknowledged.extend(int(child.stdout.readline()) for _ in range(until))
        child.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in child.stdout if line.endswith("\n")]
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        with FeedbackStore(path) as store:
            stored = {sample.id for sample in store.samples()}
            assert set(acknowledged) <= stored
            assert store.set_aside is None
            assert store.picture(acknowledged[-1]).shape == (60, 80, 3)
    assert len(stored) - len(acknowledged) <= 3  # at most one a kill was stored and not yet told
    assert len(acknowledged) >= 101


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from autoexposure.errors import FeedbackError
from autoexposure.feedback.answer import Label
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.states import AeState

def add(sequence):
    frame = Frame(np.random.default_rng(sequence).integers(0, 256, (100, 100, 3), dtype=np.uint8), 0.0, sequence)
    return store.add(frame, Label.WELL, camera="", meter="", ae_state=AeState.CONVERGED, delta_ev=0.0)

store = FeedbackStore(Path(sys.argv[1]))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
added = 0
try:
    while added < 100:
        add(added)
        added += 1
except FeedbackError as error:
    print(error)
assert 0 < added < 100
assert store.counts().total == added
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
add(added)
assert store.counts().total == added + 1
store.close()
print(added + 1)
"""


def test_when_the_disk_takes_no_more_the_user_is_told_and_nothing_is_lost(path: Path) -> None:
    child = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    sentence, stored = child.stdout.splitlines()
    assert sentence.startswith("Your answer was not stored")
    assert "disk" in sentence
    with FeedbackStore(path) as store:
        assert store.counts().total == int(stored)
        assert store.set_aside is None


def test_a_full_disk_is_called_full(path: Path) -> None:
    with FeedbackStore(path) as store:
        add(store)
        connection = store._file._connection
        connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
        with pytest.raises(FeedbackError, match="disk is full; free some space"):
            add(store, frame=a_frame(size=(200, 200)))
        assert store.counts().total == 1


def test_a_locked_file_is_a_sentence(path: Path) -> None:
    with FeedbackStore(path, wait_s=0.01) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(FeedbackError, match="another program is writing"):
            add(store)
        other.execute("ROLLBACK")
        other.close()
        assert add(store) > 0


def test_another_process_reading_does_not_hinder(path: Path) -> None:
    with FeedbackStore(path, wait_s=0.01) as store:
        add(store)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM sample").fetchall()
        add(store)
        other.close()
        assert store.counts().total == 2


@pytest.mark.parametrize("damage", [b"not a database at all, but long enough to look like one" * 40, b"short"])
def test_a_damaged_file_is_set_aside_byte_for_byte(path: Path, damage: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(damage)
    path.with_name(path.name + "-wal").write_bytes(b"log")
    with FeedbackStore(path) as store:
        assert store.counts().total == 0
        assert add(store) > 0
        aside = store.set_aside
        assert aside is not None
        assert aside.parent == path.parent
        assert "damaged" in aside.name
        assert aside.read_bytes() == damage
        assert aside.with_name(aside.name + "-wal").read_bytes() == b"log"


def test_damage_found_while_answering_does_not_cost_the_answer(path: Path) -> None:
    with FeedbackStore(path) as store:
        for n in range(3):
            add(store, frame=a_frame(n, (100, 100)))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))  # the first page, and so opening, is sound
    damaged = path.read_bytes()
    with FeedbackStore(path) as store:
        with pytest.raises(FeedbackError, match="damaged"):
            store.samples()
        assert store.set_aside is None  # reading alone moves nothing
        add(store, Label.WELL)
        assert store.counts() == Counts(well=1)
        assert store.set_aside is not None
        assert store.set_aside.read_bytes() == damaged


@pytest.mark.parametrize("becomes", ["removed", "folder removed", "replaced", "set aside", "no store"])
def test_an_answer_goes_into_the_file_that_has_the_name_now(path: Path, becomes: str) -> None:
    """A window stays open for days; meanwhile its file may go, or come back from a backup."""
    backup = path.with_name("backup")
    with FeedbackStore(backup) as store:
        add(store, Label.OVER)
    with FeedbackStore(path) as store:
        add(store, Label.WELL)
        if becomes == "replaced":
            backup.replace(path)
        elif becomes == "no store":
            backup.write_bytes(b"no store" * 100)
            backup.replace(path)
        elif becomes == "set aside":
            path.rename(path.with_name("aside"))
            FeedbackStore(path).close()
        else:
            for file in path.parent.iterdir():
                file.unlink()
            if becomes == "folder removed":
                path.parent.rmdir()
        add(store, Label.UNDER)
        found = [sample.label for sample in store.samples()]
    assert found == ([Label.UNDER, Label.OVER] if becomes == "replaced" else [Label.UNDER])
    with FeedbackStore(path) as store:
        assert [sample.label for sample in store.samples()] == found
    with pytest.raises(FeedbackError, match="closed"):
        store.counts()


def test_a_disk_that_went_and_came_back_costs_the_answers_between(path: Path) -> None:
    with FeedbackStore(path) as store:
        add(store, Label.WELL)
        path.parent.rename(path.parent.with_name("away"))
        path.parent.symlink_to("nowhere")
        for _ in range(2):
            with pytest.raises(FeedbackError, match="not stored"):
                add(store, Label.OVER)
        path.parent.unlink()
        path.parent.with_name("away").rename(path.parent)
        add(store, Label.UNDER)
        assert [sample.label for sample in store.samples()] == [Label.UNDER, Label.WELL]


def test_a_file_that_comes_back_from_a_backup_is_not_mixed_with_answers_that_were_in_the_log(path: Path) -> None:
    backup = path.with_name("backup")
    with FeedbackStore(backup) as store:
        add(store, Label.OVER)
    with FeedbackStore(path) as store:
        add(store, Label.WELL)
        path.rename(path.with_name("away"))
        backup.rename(path)
    for file, label in ((path, Label.OVER), (path.with_name("away"), Label.WELL)):
        with FeedbackStore(file) as store:
            assert [sample.label for sample in store.samples()] == [label]


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE bookmarks (url TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(FeedbackError, match="another program"):
        FeedbackStore(path)
    assert path.read_bytes() == before


def test_a_file_of_a_newer_version_is_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = (*feedback_file.MIGRATIONS, ("ALTER TABLE sample ADD COLUMN mood TEXT",))
    with monkeypatch.context() as patch:
        patch.setattr(feedback_file, "MIGRATIONS", later)
        with FeedbackStore(path) as store:
            add(store)
    before = path.read_bytes()
    with pytest.raises(FeedbackError, match="newer version"):
        FeedbackStore(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_an_older_file_is_migrated_with_its_answers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FeedbackStore(path) as store:
        add(store, Label.OVER)
    later = (*feedback_file.MIGRATIONS, ("ALTER TABLE sample ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'",))
    monkeypatch.setattr(feedback_file, "MIGRATIONS", later)
    with FeedbackStore(path) as store:
        assert store.counts() == Counts(over=1)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT mood FROM sample").fetchall() == [("calm",)]
    assert connection.execute("PRAGMA user_version").fetchone() == (len(later),)
    connection.close()


def test_answers_of_before_there_were_sources_are_clicks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(feedback_file, "MIGRATIONS", feedback_file.MIGRATIONS[:3])
        FeedbackStore(path).close()
    connection = sqlite3.connect(path)
    row = ("2026-03-01T12:00:00.000+00:00", "default", "over", b"png", 1, 7, "usb-1", "matrix", "", "converged", 0.0)
    names = "answered_at, profile, label, picture, reported, sequence, camera, meter, model_hash, ae_state, bias_ev"
    connection.execute(f"INSERT INTO sample ({names}) VALUES ({', '.join('?' * len(row))})", row)
    connection.commit()
    connection.close()
    with FeedbackStore(path) as store:
        (sample,) = store.samples()
        assert (sample.source, sample.weight) == (Source.CLICK, 1.0)
        assert store.permission(Subject.BY_HAND) is None
        assert add(store, Label.WELL, source=Source.BIAS, weight=0.2) > sample.id


def test_what_was_set_by_hand_is_told_apart_and_can_be_forgotten_alone(path: Path) -> None:
    with FeedbackStore(path) as store:
        add(store, Label.UNDER)
        add(store, Label.WELL, source=Source.QUESTION)
        add(store, Label.WELL, source=Source.LOCK, weight=0.5, ae_state=AeState.LOCKED)
        add(store, Label.OVER, ae_state=AeState.SEARCHING)
        newest = store.samples()[1]
        assert (newest.source, newest.weight) == (Source.LOCK, 0.5)
        assert store.counts(said_only=True) == Counts(under=1, well=1, over=1)
        assert store.counts(said_only=True, settled_only=True) == Counts(under=1, well=1)
        assert [sample.source for sample in store.samples(said_only=True)].count(Source.LOCK) == 0
        assert store.forget(by_hand=True) == 1
        assert store.counts() == Counts(under=1, well=1, over=1)


def test_undo_takes_back_what_was_learned_last_too(path: Path) -> None:
    with FeedbackStore(path) as store:
        add(store, Label.UNDER)
        add(store, Label.WELL, source=Source.EXPOSURE, weight=0.1)
        taken = [store.undo(), store.undo()]
    assert [sample.source for sample in taken if sample is not None] == [Source.EXPOSURE, Source.CLICK]


def test_leave_is_each_persons_and_outlasts_the_program(path: Path) -> None:
    with FeedbackStore(path, profile="ada") as store:
        assert [store.permission(subject) for subject in Subject] == [None, None]
        store.permit(Subject.BY_HAND, True)
        store.permit(Subject.QUESTIONS, False)
        store.permit(Subject.BY_HAND, False)
        store.permit(Subject.BY_HAND, True)
    with FeedbackStore(path, profile="ada") as store:
        assert [store.permission(subject) for subject in Subject] == [True, False]
        store.profile = "bob"
        assert store.permission(Subject.BY_HAND) is None


def test_looks_are_each_persons_and_go_with_all_answers(path: Path) -> None:
    with FeedbackStore(path, profile="ada") as store:
        for number in range(MOST_LOOKS + 5):
            store.keep_look(number.to_bytes(4, "big"))
        looks = store.looks()
        assert len(looks) == MOST_LOOKS
        assert looks[0] == (MOST_LOOKS + 4).to_bytes(4, "big"), "the newest"
        add(store)
        store.forget(by_hand=True)
        assert store.looks()
        store.forget()
        assert store.looks() == []


def test_a_migration_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FeedbackStore(path) as store:
        add(store, Label.OVER)
    broken = (*feedback_file.MIGRATIONS, ("ALTER TABLE sample ADD COLUMN mood TEXT", "NONSENSE"))
    with monkeypatch.context() as patch:
        patch.setattr(feedback_file, "MIGRATIONS", broken)
        with pytest.raises(FeedbackError):
            FeedbackStore(path)
    with FeedbackStore(path) as store:
        assert store.counts() == Counts(over=1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(FeedbackError, match="can't be opened"):
        FeedbackStore(tmp_path / "feedback.sqlite")
    tmp_path.chmod(0o700)


def test_a_path_that_is_no_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FeedbackError, match="can't be opened"):
        FeedbackStore(tmp_path / "file" / "feedback.sqlite")
    with pytest.raises(FeedbackError, match="can't be opened"):
        FeedbackStore(tmp_path)


def test_a_damaged_picture_is_a_sentence(path: Path) -> None:
    with FeedbackStore(path) as store:
        sample_id = add(store)
        store._file._connection.execute("UPDATE sample SET picture = x'00'")
        with pytest.raises(FeedbackError, match="is damaged"):
            store.picture(sample_id)


def test_closing_twice_is_harmless_and_using_it_then_is_a_sentence(path: Path) -> None:
    store = FeedbackStore(path)
    store.close()
    store.close()
    with pytest.raises(FeedbackError, match="closed"):
        store.counts()
    assert list(path.parent.iterdir()) == [path]  # the log is folded in


def test_answers_wait_for_the_disk(path: Path) -> None:
    with FeedbackStore(path) as store:
        connection = store._file._connection
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_the_error_is_one_that_the_window_catches() -> None:
    assert issubclass(FeedbackError, AutoexposureError)


def test_the_default_place_belongs_to_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    place = default_store_path()
    assert place.name == "feedback.sqlite"
    assert place.parent.name == "autoexposure"
    if sys.platform == "linux":
        assert place == tmp_path / "autoexposure" / "feedback.sqlite"


def traces(folder: Path, png: bytes) -> list[str]:
    """Names of the files in which a piece of a picture can be found."""
    pieces = [png[start : start + 64] for start in range(64, len(png) - 64, 1000)]
    return sorted(file.name for file in folder.iterdir() if any(piece in file.read_bytes() for piece in pieces))


@pytest.fixture
def png(path: Path) -> bytes:
    """The picture of the only answer in the store."""
    with FeedbackStore(path) as store:
        return store.answer(add(store, frame=a_frame(1, (256, 256)))).png


def test_forgotten_pictures_are_in_no_file_although_another_connection_is_open(path: Path, png: bytes) -> None:
    with FeedbackStore(path) as other, FeedbackStore(path) as store:
        add(other, frame=a_frame(2, (256, 256)))
        assert other.counts().total == 2
        second = store.answer(2).png
        look = np.random.default_rng(5).bytes(40_000)
        store.keep_features(2, "model", look)
        assert "feedback.sqlite" in traces(path.parent, png)
        assert traces(path.parent, second) == ["feedback.sqlite-wal"]
        assert store.forget() == 2
        assert traces(path.parent, png) == []
        assert traces(path.parent, second) == []
        assert traces(path.parent, look) == []
        assert other.counts().total == 0


def test_an_answer_taken_back_is_in_no_file_either(path: Path) -> None:
    with FeedbackStore(path) as other, FeedbackStore(path) as store:
        picture = store.answer(add(store, frame=a_frame(1, (256, 256)))).png
        assert other.counts().total == 1
        store.undo()
        assert traces(path.parent, picture) == []


def test_what_can_not_be_erased_while_another_program_reads_is_said_and_done_later(path: Path, png: bytes) -> None:
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sample").fetchone()  # holds on to what there was
    with FeedbackStore(path, wait_s=0.05) as store:
        with pytest.raises(FeedbackError, match=r"1 answer is forgotten.*still hold.*close it and forget again"):
            store.forget()
        assert store.counts().total == 0
        assert traces(path.parent, png)
        reader.execute("ROLLBACK")
        assert store.forget() == 0
        assert traces(path.parent, png) == []
    reader.close()


def test_files_set_aside_are_erased_on_request(path: Path, png: bytes) -> None:
    data = bytearray(path.read_bytes())
    data[:100] = bytes(100)
    path.write_bytes(data)
    with FeedbackStore(path) as store:
        aside = store.set_aside
        assert aside is not None
        aside.with_name(f"{aside.name}-wal").write_bytes(png)
        (path.parent / "feedback.damaged-notes.txt").write_text("not ours")
        assert traces(path.parent, png) == [aside.name, f"{aside.name}-wal"]
        assert store.erase_set_aside() == [aside]
        assert traces(path.parent, png) == []
        assert (path.parent / "feedback.damaged-notes.txt").exists()
        assert store.erase_set_aside() == []
        aside.with_name(f"{aside.name}-wal").write_bytes(png)  # killed between the copy of the log and the file's move
        assert store.erase_set_aside() == [aside]
        assert traces(path.parent, png) == []


@pytest.mark.parametrize("number", [10**30, -(10**30), 2**63])
def test_a_number_larger_than_any_answer_is_a_feedback_error(tmp_path, number):
    with FeedbackStore(tmp_path / "feedback.sqlite") as store, pytest.raises(FeedbackError, match="larger than any"):
        store.answer(number)
