"""One camera in one program's hands: who may take it, and what a rescue from another thread leaves."""

import threading
from pathlib import Path

import pytest

from autoexposure.camera import CameraInfo
from autoexposure.custody.custody import Custody, Hands
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError, SettledOtherwise

ORIGINAL = {"auto": 3, "gain": 20}


class Knobs:
    """As much of a camera as custody touches. ``hanging`` names a call that waits for ``let_go``."""

    def __init__(self, name: str = "desk", *, lasting: bool = True) -> None:
        self.info = CameraInfo("v4l2:0", f"The {name} camera", name, lasting=lasting)
        self.now: dict[str, int | float] = dict(ORIGINAL)
        self.hanging = ""
        self.hangs = threading.Event()
        self.let_go = threading.Event()
        self.broken = False
        self.refuses: CameraError | None = None

    def settings(self) -> dict[str, int | float]:
        return dict(self.now)

    def restore(self, settings) -> None:
        self.wait("restore")
        if self.broken:
            raise ZeroDivisionError("two threads at once")
        if self.refuses is not None:
            raise self.refuses
        self.now = dict(settings)

    def turn(self, gain: float) -> None:
        self.wait("turn")
        self.now = {"auto": 1, "gain": gain}

    def wait(self, call: str) -> None:
        if self.hanging == call:
            self.hangs.set()
            self.let_go.wait(30)


@pytest.fixture
def hands() -> Hands:
    return Hands()


def changed(camera: Knobs, journal: Journal, hands: Hands) -> Custody:
    custody = Custody(camera, journal, hands)
    custody.take()
    with custody.changing():
        camera.turn(7)
    return custody


def test_taken_and_given_back(tmp_path: Path, hands: Hands) -> None:
    camera, journal = Knobs(), Journal(tmp_path)
    custody = changed(camera, journal, hands)
    custody.take()  # again is fine
    (entry,) = journal.entries()
    assert entry.settings == ORIGINAL
    custody.give_back()
    custody.give_back()
    assert camera.now == ORIGINAL
    assert journal.entries() == []
    custody.release()
    custody.release()
    assert hands.rescue(1.0) == []


def test_a_camera_that_refuses_to_be_put_back_is_used_all_the_same_and_its_original_is_kept(
    tmp_path: Path, hands: Hands
) -> None:
    camera, journal = Knobs(), Journal(tmp_path)
    changed(camera, journal, hands).release()  # an earlier run, which was killed
    camera.refuses = CameraError("it refused to put gain back")
    again = changed(camera, journal, hands)
    assert again.notice == (
        "The desk camera could not be put back to how it was before an earlier run: it refused to put gain back."
    )
    with pytest.raises(CameraError, match="put gain back"):
        again.give_back()
    (entry,) = journal.entries()
    assert entry.settings == ORIGINAL
    camera.refuses = None
    again.give_back()
    assert camera.now == ORIGINAL
    assert journal.entries() == []


def test_a_value_that_settles_elsewhere_is_said_once(tmp_path: Path, hands: Hands) -> None:
    camera, journal = Knobs(), Journal(tmp_path)
    custody = changed(camera, journal, hands)
    camera.refuses = SettledOtherwise("its gain is 19 now, where it was 20")
    with pytest.raises(SettledOtherwise):
        custody.give_back()
    assert journal.entries() == []
    custody.give_back()
    custody.release()
    camera.refuses = None
    changed(camera, journal, hands).release()
    camera.refuses = SettledOtherwise("its gain is 19 now, where it was 20")
    assert "its gain is 19 now" in changed(camera, journal, hands).notice


@pytest.mark.parametrize("error", [CameraBusy("another has it"), CameraDisconnected("it left")])
def test_a_camera_that_is_not_there_for_us_is_not_taken(tmp_path: Path, hands: Hands, error: CameraError) -> None:
    camera, journal = Knobs(), Journal(tmp_path)
    changed(camera, journal, hands).release()
    camera.refuses = error
    with pytest.raises(type(error)):
        Custody(camera, journal, hands).take()


def test_a_second_one_is_told_and_touches_nothing(tmp_path: Path, hands: Hands) -> None:
    camera, journal = Knobs(), Journal(tmp_path)
    first = changed(camera, journal, hands)
    second = Custody(camera, Journal(tmp_path), hands)
    with pytest.raises(CameraBusy, match="The desk camera is in use by this very program"):
        second.take()
    second.give_back()
    second.release()
    assert camera.now == {"auto": 1, "gain": 7}
    assert len(journal.entries()) == 1
    first.give_back()
    first.release()
    second.take()
    second.release()


def test_what_an_earlier_run_left_is_put_back_before(tmp_path: Path, hands: Hands) -> None:
    camera, journal = Knobs(), Journal(tmp_path)
    changed(camera, journal, hands).release()  # as much as the system does for a program that is killed
    custody = Custody(camera, journal, hands)
    custody.take()
    assert camera.now == ORIGINAL
    custody.give_back()
    custody.release()
    assert camera.now == ORIGINAL


def test_a_camera_of_this_process_alone_needs_no_place_on_the_disk(tmp_path: Path, hands: Hands) -> None:
    camera = Knobs(lasting=False)
    journal = Journal(tmp_path / "file" / "folder")
    (tmp_path / "file").write_text("in the way")
    custody, other = changed(camera, journal, hands), Custody(camera, journal, hands)
    other.take()
    custody.give_back()
    assert camera.now == ORIGINAL


def test_a_camera_with_nothing_to_set_needs_none_either(tmp_path: Path, hands: Hands) -> None:
    camera = Knobs()
    camera.now = {}
    custody = Custody(camera, Journal(tmp_path / "new"), hands)
    custody.take()
    custody.give_back()
    custody.release()
    assert not (tmp_path / "new").exists()


def test_a_note_set_aside_is_said(tmp_path: Path, hands: Hands) -> None:
    camera, journal = Knobs(), Journal(tmp_path)
    journal._path("desk").write_text("{")
    custody = changed(camera, journal, hands)
    assert "can't be used (it is no JSON" in custody.notice
    custody.give_back()
    assert camera.now == ORIGINAL
    custody.release()


def test_a_rescue_puts_back_what_a_thread_that_hangs_holds(tmp_path: Path, hands: Hands) -> None:
    camera, journal = Knobs(), Journal(tmp_path)
    custody = changed(camera, journal, hands)
    assert hands.rescue(5.0) == ["The desk camera is as it was"]
    assert camera.now == ORIGINAL
    assert journal.entries() == []
    with pytest.raises(CameraError, match="not changed any more"), custody.changing():
        camera.turn(9)
    custody.give_back()  # the thread comes back to life and ends in good order
    custody.release()
    assert camera.now == ORIGINAL


def test_where_the_thread_hangs_in_a_change_the_note_stays(tmp_path: Path, hands: Hands) -> None:
    camera, journal = Knobs(), Journal(tmp_path)
    custody = changed(camera, journal, hands)
    camera.hanging = "turn"

    def turn() -> None:
        with custody.changing():
            camera.turn(9)

    thread = threading.Thread(target=turn)
    thread.start()
    assert camera.hangs.wait(30)
    (said,) = hands.rescue(5.0)
    assert "run 'autoexposure restore'" in said
    assert camera.now == ORIGINAL
    assert len(journal.entries()) == 1, "the change may still come"
    camera.let_go.set()
    thread.join(30)
    custody.release()
    changed(camera, journal, Hands()).give_back()
    assert camera.now == ORIGINAL


def test_a_rescue_that_hangs_or_fails_is_waited_for_no_longer_than_said(tmp_path: Path, hands: Hands) -> None:
    stuck, broken, good = Knobs("stuck"), Knobs("broken"), Knobs("good")
    journal = Journal(tmp_path)
    for camera in (stuck, broken, good):
        changed(camera, journal, hands)
    stuck.hanging, broken.broken = "restore", True
    said = {sentence.split()[1]: sentence for sentence in hands.rescue(0.5)}
    assert said["good"] == "The good camera is as it was"
    assert all("may not be as it was" in said[name] for name in ("stuck", "broken"))
    assert {entry.stable_id for entry in journal.entries()} == {"stuck", "broken"}
    stuck.let_go.set()


def test_nothing_is_taken_once_a_rescue_has_begun(tmp_path: Path, hands: Hands) -> None:
    hands.rescue(0.1)
    camera, journal = Knobs(), Journal(tmp_path)
    custody = Custody(camera, journal, hands)
    with pytest.raises(CameraError, match="the program ends"):
        custody.take()
    custody.give_back()
    custody.release()
    assert journal.entries() == []
    journal.lock(camera.info).close()


def test_a_real_camera_is_left_alone_where_nothing_can_be_written(tmp_path: Path, hands: Hands) -> None:
    (tmp_path / "file").write_text("in the way")
    camera = Knobs()
    custody = Custody(camera, Journal(tmp_path / "file" / "state"), hands)
    with pytest.raises(CameraError, match="left alone"):
        custody.take()
    custody.release()
    assert camera.now == ORIGINAL


class Adjustable(Knobs):
    """Has controls beside exposure, which neither its settings nor its restoring know of."""

    def __init__(self, name: str = "desk", *, lasting: bool = True) -> None:
        super().__init__(name, lasting=lasting)
        self.beside = {"brightness": 3.0}

    def adjustments(self) -> tuple[()]:
        return ()

    def adjust(self, name: str, value: float) -> float:
        self.beside[name] = value
        return value


@pytest.mark.parametrize("lasting", [True, False])
@pytest.mark.parametrize("settings", [ORIGINAL, {}])
@pytest.mark.parametrize("taken", [True, False])
def test_what_was_noted_later_is_given_back_too(
    tmp_path: Path, hands: Hands, lasting: bool, settings: dict[str, int | float], taken: bool
) -> None:
    camera, journal = Adjustable(lasting=lasting), Journal(tmp_path)
    camera.now = dict(settings)
    custody = Custody(camera, journal, hands)
    if taken or settings:
        custody.take()
    custody.note({"brightness": 3.0})
    assert [entry.settings for entry in journal.entries()] == [{**settings, "brightness": 3.0}] * lasting
    camera.adjust("brightness", 9)
    custody.note({"brightness": 9.0})  # it is noted already
    custody.give_back()
    custody.release()
    assert camera.beside == {"brightness": 3.0}
    assert camera.now == settings
    assert journal.entries() == []


def test_a_rescue_puts_them_back_too(tmp_path: Path, hands: Hands) -> None:
    camera, journal = Adjustable(), Journal(tmp_path)
    custody = changed(camera, journal, hands)
    custody.note({"brightness": 3.0})
    camera.adjust("brightness", 9)
    assert hands.rescue(5.0) == ["The desk camera is as it was"]
    assert camera.beside == {"brightness": 3.0}
    assert journal.entries() == []
    custody.release()


def test_a_note_that_failed_can_be_tried_again(tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    camera, journal = Adjustable(), Journal(tmp_path)
    camera.now = {}
    custody = Custody(camera, journal, hands)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(CameraError, match="No space left"):
            custody.note({"brightness": 3.0})
    custody.note({"brightness": 3.0})
    (entry,) = journal.entries()
    assert entry.settings == {"brightness": 3.0}
    custody.give_back()
    custody.release()
