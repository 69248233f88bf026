from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from autoexposure.camera import CameraInfo
from autoexposure.custody.journal import Journal
from autoexposure.evaluation.comparison_log import keep_verdict
from autoexposure.feedback.store import FeedbackStore
from autoexposure.files.own_folders import exports_folder, look_after, look_after_all, own_folders, recordings_folder
from autoexposure.files.private_files import make_folder, own_folder, private, tighten
from autoexposure.personal.model_store import PersonalModels, Verdict
from drivers.phone.pairing.certificate import certificate_for


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _an_open_umask() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


def test_new_files_and_folders_are_for_this_user_only(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    with open(tmp_path / "a" / "b" / "lines", "a", opener=private) as file:
        file.write("one")
    assert [mode(tmp_path / name) for name in ("a", "a/b", "a/b/lines")] == [0o700, 0o700, 0o600]


def test_a_file_that_was_open_to_others_is_not_any_more(tmp_path: Path) -> None:
    (tmp_path / "lines").touch(0o666)
    with open(tmp_path / "lines", "w", opener=private) as file:
        file.write("one")
    assert mode(tmp_path / "lines") == 0o600


def test_a_folder_that_the_user_chose_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_folder(tmp_path)
    assert mode(tmp_path) == 0o755
    own_folder(tmp_path)
    assert mode(tmp_path) == 0o700


def test_a_file_in_the_way_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "file")


def test_everything_in_the_programs_own_folders_becomes_private(tmp_path: Path) -> None:
    below = tmp_path / "data" / "models" / "anna"
    below.mkdir(parents=True)
    names = ["feedback.sqlite", "feedback.sqlite-wal", "feedback.damaged-1.sqlite", "models/anna/in-use.json"]
    for name in names:
        (tmp_path / "data" / name).touch(0o666)
    (below / "script").touch(0o777)
    (tmp_path / "data" / "locked").touch(0o400)
    (tmp_path / "data" / "tmpabcdefgh.part").touch()
    (below / "tmpabcdefgh.part").touch()
    shared = tmp_path / "shared"
    shared.touch(0o666)
    (below / "link").symlink_to(shared)
    look_after([tmp_path / "data", tmp_path / "not there"])
    assert {mode(tmp_path / "data" / name) for name in names} == {0o600}
    assert mode(below / "script") == 0o700, "what may be run may be run by its owner still"
    assert {mode(folder) for folder in (below, below.parent, below.parent.parent)} == {0o700}
    assert mode(tmp_path / "data" / "locked") == 0o400
    assert mode(shared) == 0o666, "a link leads out of the folder"
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / "not there").exists()


def test_a_folder_that_is_a_link_is_looked_after_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "notes").touch(0o644)
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    look_after([tmp_path / "data"])
    assert mode(tmp_path / "disk" / "notes") == 0o600
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    look_after([tmp_path / "circle"])


def test_among_the_users_documents_only_what_the_window_saved_is_looked_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone of the program lies well there, and its programs are to be run again."""
    monkeypatch.setenv("XDG_DOCUMENTS_DIR", str(tmp_path / "documents"))
    monkeypatch.setenv("XDG_VIDEOS_DIR", str(tmp_path))  # as desktops do where that folder was removed
    for kind in ("DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    assert (exports_folder().parent.name, recordings_folder()) == ("documents", tmp_path / "autoexposure")
    for folder in (exports_folder(), recordings_folder()):
        folder.mkdir(parents=True)
        (folder / "bin").mkdir()
        (folder / "bin").chmod(0o755)
        (folder / "bin" / "program").touch(0o755)
        (folder / "README.md").touch(0o644)
        for saved in ("plots.csv", "plots.png", "a camera.tar", "tmpabcdefgh.part"):
            (folder / saved).touch(0o644)
    look_after_all()
    for folder in (exports_folder(), recordings_folder()):
        assert (mode(folder), mode(folder / "bin")) == (0o700, 0o755)
        assert (mode(folder / "bin" / "program"), mode(folder / "README.md")) == (0o755, 0o644)
        assert {mode(folder / saved) for saved in ("plots.csv", "plots.png", "a camera.tar")} == {0o600}
        assert not (folder / "tmpabcdefgh.part").exists()


def test_what_cant_be_made_private_is_said_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "notes").touch(0o644)

    def refused(path: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refused)
    tighten(tmp_path / "notes")
    assert "stays readable for other users of this computer: Operation not permitted" in caplog.text
    tighten(tmp_path / "gone")


def test_the_folders_are_the_ones_that_are_written_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from autoexposure.custody.journal import default_journal_folder
    from autoexposure.evaluation.comparison_log import default_log_path
    from autoexposure.feedback.store import default_store_path
    from autoexposure.personal.model_store import default_models_folder
    from autoexposure.profiles.files import profile_folder
    from drivers.phone.pairing.certificate import default_certificate_folder

    for path in (
        *(profile_folder(), default_log_path(), default_store_path(), default_journal_folder()),
        *(default_models_folder(), default_certificate_folder()),
    ):
        assert any(folder in path.parents for folder in own_folders()), path


def test_whatever_is_kept_as_a_library_is_private_too(tmp_path: Path) -> None:
    """No console script has set the umask here."""
    made = [tmp_path / f"made{suffix}" for suffix in (".onnx", ".safetensors", ".json")]
    for path in made:
        path.touch(0o644)
    home = tmp_path / "home"
    shelf = PersonalModels("ada", home / "models")
    shelf.folder.mkdir(parents=True)
    shelf.use(shelf.add(made[0], Verdict(2, 1, 3), 1).number)
    keep_verdict({"choice": "left"}, home / "comparisons.jsonl")
    Journal(home / "state").note(CameraInfo("sim:", "A camera", "sim:"), {"gain": 1})
    certificate_for("127.0.0.1", home / "phone")
    (home / "feedback.sqlite").touch(0o644)
    with FeedbackStore(home / "feedback.sqlite") as store:
        store.pause(True)
        files = [path for path in home.rglob("*") if path.is_file()]
        assert len(files) == 11, files
        assert {mode(path) for path in files} == {0o600}
    assert {mode(folder) for folder in (shelf.folder, shelf.folder / "1", home / "state", home / "phone")} == {0o700}
