"""What is killed, and what the next start must find. Each pair runs in a child of `warmed`.

A victim says, line by line, what it has promised; the function that starts next takes these lines and fails if one of
them does not hold.
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from autoexposure.camera import CameraInfo
from autoexposure.control.loop import ControlLoop
from autoexposure.control.program import ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal, default_journal_folder
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import Label
from autoexposure.feedback.store import FeedbackStore, default_store_path
from autoexposure.frame import Frame
from autoexposure.metering.meters import METERS
from autoexposure.personal.model_store import PersonalModels, Verdict
from autoexposure.recording.reader import Recording
from autoexposure.recording.writer import RecordingWriter
from autoexposure.states import AeState, LoopState
from models.files.model_file import default_model_path, load_model
from tests.campaign.kept_camera import ORIGINAL, KeptCamera, set_to
from tests.campaign.warmed import Say, cli

DEVICE = "device"
INFO = CameraInfo("kept:device", "Kept camera", "kept-device")


def pictures(seed: int = 0) -> list[Snapshot]:
    """A few different Snapshots of a running loop."""
    random = np.random.default_rng(seed)
    return [
        Snapshot(
            turn=number,
            loop_state=LoopState.RUNNING,
            camera=INFO,
            frame=Frame(random.integers(0, 256, (48, 64, 3), np.uint8), number / 30, number, Exposure(0.01, 1.0)),
        )
        for number in range(1, 41)
    ]


def no_remains(folder: Path) -> None:
    """Nothing half-written is left."""
    left = [path.name for path in folder.rglob("*") if path.name.endswith((".part", ".lock.rmlock"))]
    assert not left, f"half-written files are left: {left}"


def loop(say: Say, home: Path) -> None:
    """The control loop from opening to putting back, again and again, other cameras' notes beside it."""
    for _ in range(3):
        with ControlLoop(lambda: KeptCamera(home / DEVICE), METERS["average"].make) as control:
            for _ in range(12):
                snapshot = control.turn()
                if snapshot.loop_state is LoopState.FAILED:
                    raise snapshot.error or RuntimeError(snapshot.notice)
                say(f"turn {snapshot.turn}")


def after_loop(say: Say, home: Path, said: Sequence[str], by_command: bool) -> None:
    """The next start, or ``restore``, has put the camera back."""
    if not by_command:
        with ControlLoop(lambda: KeptCamera(home / DEVICE), METERS["average"].make) as control:
            for _ in range(2):
                assert control.turn().loop_state is not LoopState.FAILED
        assert set_to(home / DEVICE) == ORIGINAL
    cli(say, home, ["restore"])
    assert set_to(home / DEVICE) == ORIGINAL
    assert Journal().entries() == []
    no_remains(home)


def run(say: Say, home: Path) -> None:
    """The command that a user starts, with lines and a recording."""
    out = ["--json", str(home / "lines.jsonl"), "--record", str(home / "run.tar")]
    cli(
        say, home, ["run", "--camera", f"kept:{home / DEVICE}", "--meter", "average", "--frames", "40", "--quiet", *out]
    )


def after_run(say: Say, home: Path, said: Sequence[str]) -> None:
    """The same command without outputs puts the camera back; lines and recording are whole but for their ends."""
    camera = ["run", "--camera", f"kept:{home / DEVICE}", "--meter", "average", "--frames", "2", "--quiet"]
    cli(say, home, camera)
    assert set_to(home / DEVICE) == ORIGINAL
    assert Journal().entries() == []
    lines = (home / "lines.jsonl").read_text().splitlines(keepends=True) if (home / "lines.jsonl").exists() else []
    for line in lines:
        assert json.loads(line) if line.endswith("\n") else line is lines[-1]
    if (home / "run.tar").exists() and (home / "run.tar").stat().st_size:
        with Recording(home / "run.tar") as recording:
            # A frame's line is written before the recorder's thread has its picture, eight may wait.
            assert len(recording.pictures) >= len(lines) - 10
            assert recording.pixels(len(recording.pictures) - 1).shape == (24, 32, 3)
    for path in (home / "lines.jsonl", home / "run.tar"):
        path.unlink(missing_ok=True)
    no_remains(home)


def store(say: Say, home: Path) -> None:
    """Answers given, taken back and forgotten."""
    labels = itertools.cycle(Label)
    with FeedbackStore(default_store_path()) as answers:
        for number, snapshot in enumerate(pictures()[:20]):
            assert snapshot.frame is not None
            id = answers.add(
                snapshot.frame, next(labels), camera="c", meter="average", ae_state=AeState.CONVERGED, delta_ev=0.0
            )
            say(f"kept {id}")
            if number % 5 == 4:
                say(f"going {id}")
                answers.forget(id)
                say(f"gone {id}")


def after_store(say: Say, home: Path, said: Sequence[str]) -> None:
    """All that was kept and not forgotten is there with its picture, and nothing was set aside."""
    promised = {"kept": set[int](), "going": set[int](), "gone": set[int]()}
    for line in said:
        word, _, id = line.partition(" ")
        promised[word].add(int(id))
    with FeedbackStore(default_store_path()) as answers:
        assert answers.set_aside is None
        there = {sample.id for sample in answers.samples()}
        assert promised["kept"] - promised["going"] <= there
        assert not promised["gone"] & there
        for id in sorted(there)[-2:]:
            assert answers.picture(id).shape == (48, 64, 3)
        assert answers._file.execute("checking", "PRAGMA integrity_check") == [("ok",)]
        for id in sorted(there)[:-20]:  # so that hundreds of kills stay quick
            answers.forget(id)
    cli(say, home, ["feedback", "list"])
    no_remains(home)


def journal(say: Say, home: Path) -> None:
    """Cameras noted and put back, several at a time."""
    notes = Journal()
    for round_ in range(4):
        for number in range(3):
            device = home / f"{DEVICE}{number}"
            with KeptCamera(device) as camera:
                notes.note(camera.info, camera.settings())
                say(f"noted {number}")
                camera.take_control()
                camera.set_exposure(Exposure(0.001 * (number + 1), 1.0 + round_))
        for number in range(3):
            with KeptCamera(home / f"{DEVICE}{number}") as camera:
                notes.put_back(camera)
                say(f"back {number}")


def after_journal(say: Say, home: Path, said: Sequence[str]) -> None:
    """Whoever was changed has a whole note with the true original, and ``restore`` puts all of them back."""
    noted = {entry.spec: entry.settings for entry in Journal().entries()}
    for settings in noted.values():
        assert settings == ORIGINAL
    for number in range(3):
        if set_to(home / f"{DEVICE}{number}") != ORIGINAL:
            assert f"kept:{home / f'{DEVICE}{number}'}" in noted
    cli(say, home, ["restore"])
    assert all(set_to(home / f"{DEVICE}{number}") == ORIGINAL for number in range(3))
    assert Journal().entries() == []
    no_remains(default_journal_folder())


def settings(say: Say, home: Path) -> None:
    """The window's choices, changed again and again."""
    from PyQt6.QtCore import QSettings

    from gui.preferences import Preferences

    kept = QSettings(str(home / "window.ini"), QSettings.Format.IniFormat)
    preferences = Preferences(kept)
    for number, snapshot in enumerate(pictures()):
        share = (number + 1) / 100
        program = ProgramConfig(max_gain=float(number + 1))
        preferences.note(replace(snapshot, damping=share, meter="matrix", program=program))
        say(f"setting {number}")
        kept.sync()
        say(f"set {number}")


def after_settings(say: Say, home: Path, said: Sequence[str]) -> None:
    """The choices are those last kept, or the ones after, and never a mixture."""
    from PyQt6.QtCore import QSettings

    from gui.preferences import Preferences

    last = max((int(line.split()[1]) for line in said if line.startswith("set ")), default=None)
    kept = QSettings(str(home / "window.ini"), QSettings.Format.IniFormat)
    preferences = Preferences(kept)
    if last is not None:
        assert preferences.damping is not None
        assert preferences.program is not None
        number = round(preferences.damping.share * 100) - 1
        assert number in (last, last + 1)
        assert preferences.program.max_gain == number + 1
        assert preferences.meter == "matrix"
    kept.setValue("meter", "matrix")
    kept.sync()
    assert kept.status() is QSettings.Status.NoError


def recording(say: Say, home: Path) -> None:
    """Pictures recorded one after the other."""
    if (home / "film.tar").exists():
        (home / "film.tar").unlink()
    with RecordingWriter(home / "film.tar") as writer:
        for snapshot in pictures():
            writer.add(snapshot)
            say(f"written {writer.written.pictures}")
    say("closed 0")


def after_recording(say: Say, home: Path, said: Sequence[str]) -> None:
    """Every picture that was written can be read."""
    written = max((int(line.split()[1]) for line in said if line.startswith("written")), default=0)
    if not written:
        return
    cli(say, home, ["restore"])
    with Recording(home / "film.tar") as film:
        assert len(film.pictures) >= written
        for index in range(written):
            assert film.pixels(index).shape == (48, 64, 3)
    no_remains(home)


def models(say: Say, home: Path) -> None:
    """Personal models kept and used."""
    shelf = PersonalModels("default")
    for _ in range(4):
        number = shelf.add(default_model_path(), Verdict(2, 1, 3), last_answer=0).number
        say(f"kept {number}")
        shelf.use(number)
        say(f"used {number}")


def after_models(say: Say, home: Path, said: Sequence[str], instances: int = 1) -> None:
    """Every model kept is there, whole; in use is the one last said to be, or a newer one; of two the later wins."""
    promised = {word: {int(line.split()[1]) for line in said if line.startswith(word)} for word in ("kept", "used")}
    shelf = PersonalModels("default")
    assert promised["kept"] <= set(shelf.numbers())
    in_use = shelf.in_use()
    number = in_use.number if in_use is not None else 0
    assert number in promised["used"] if instances > 1 else number >= max(promised["used"], default=0)
    for model in shelf.all():
        assert model.path.read_bytes() == default_model_path().read_bytes()
        load_model(model.path)
        if in_use is not None and model.number < number - 5:  # so that hundreds of kills stay quick
            shutil.rmtree(model.path.parent)
    cli(say, home, ["restore"])
    no_remains(home)


def training(say: Say, home: Path) -> None:
    """A training that keeps a checkpoint after each step."""
    import torch

    from autoexposure.feedback.reward import RewardConfig
    from models.network import AttentionFcn
    from models.training.answered import judged_along_the_ladder
    from models.training.finetune import FineTuneConfig, fine_tune

    torch.set_num_threads(1)
    shown = np.random.default_rng(0).integers(0, 256, (2, 192, 192, 3), dtype=np.uint8)
    answered = judged_along_the_ladder(shown, np.arange(2), np.zeros(2), RewardConfig())
    config = FineTuneConfig(steps=10_000, batch=1, checkpoint_every=1)
    fine_tune(AttentionFcn(), answered, config, home / "training", "x", lambda done: say(f"step {done!r}"))


def after_training(say: Say, home: Path, said: Sequence[str]) -> None:
    """The last step that was told of is in the checkpoint, which loads; the next start sweeps what was half-written."""
    from models.files.checkpoint import load_network, read_progress
    from models.network import AttentionFcn

    told = max((float(line.split()[1]) for line in said), default=0.0)
    progress = read_progress(home / "training")
    if progress is None:
        assert told == 0.0
        return
    assert progress.fraction >= told
    load_network(home / "training", AttentionFcn())
