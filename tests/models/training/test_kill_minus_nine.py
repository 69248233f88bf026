"""kill -9 while somebody clicks and a training runs: no click is lost, nothing is corrupt, the next start works."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autoexposure.feedback.store import FeedbackStore
from autoexposure.metering.preview import make_preview
from autoexposure.personal.model_store import PersonalModels
from models.files.checkpoint import load_network, read_progress
from models.inference.personal_policy import personal_policy
from models.network import AttentionFcn

CLICKS_AND_TRAINS = """
import os, sys, threading
from pathlib import Path
import numpy as np
import torch
from autoexposure.feedback.answer import Label
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.personal.model_store import PersonalModels, Verdict
from autoexposure.feedback.reward import RewardConfig
from autoexposure.states import AeState
from models.training.answered import judged_along_the_ladder
from models.training.finetune import FineTuneConfig, fine_tune
from models.files.model_file import default_model_path
from models.network import AttentionFcn

torch.set_num_threads(1)
home = Path(sys.argv[1])

def say(word, value):
    os.write(1, f"{word} {value}\\n".encode())  # in one piece, whichever thread says it

def work(seed):
    pictures = np.random.default_rng(seed).integers(0, 256, (2, 192, 192, 3), dtype=np.uint8)
    store = FeedbackStore(home / "feedback.sqlite")
    shelf = PersonalModels("default", home / "autoexposure" / "models")
    pause = threading.Event()

    def click():
        sequence = 0
        while not pause.wait(0.005):
            sequence += 1
            frame = Frame(pictures[sequence % 2, :60, :80], 0.0, sequence)
            label = list(Label)[sequence % 3]
            id = store.add(frame, label, camera="", meter="attention", ae_state=AeState.CONVERGED, delta_ev=0.0)
            say("click", id)

    def use():
        while not pause.wait(0.05):
            number = shelf.add(default_model_path(), Verdict(2, 1, 3), last_answer=0).number
            shelf.use(number)
            say("use", number)

    for task in (click, use):
        threading.Thread(target=task, daemon=True).start()
    answered = judged_along_the_ladder(pictures, np.arange(2), np.zeros(2), RewardConfig())
    config = FineTuneConfig(steps=10_000, batch=1, checkpoint_every=1)
    fine_tune(AttentionFcn(), answered, config, home / "training", "x", lambda done: say("step", done))

# A process of its own for every line that comes in; forked, so that only the first one waits for the imports.
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        work(int(line))
        os._exit(0)
    say("pid", child)
    _, status = os.waitpid(child, 0)
    say("ended", os.WTERMSIG(status))
"""


def kill_at(home: Path, moments: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    clicks: list[int] = []
    last_step, used = 0.0, 0
    parent = subprocess.Popen(
        [sys.executable, "-c", CLICKS_AND_TRAINS, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    for moment in range(moments):
        print(moment, file=parent.stdin, flush=True)
        # A random number of lines after the training has begun, so at a random moment of all that goes on.
        left, began, child = int(random.integers(1, 40)), False, 0
        for line in parent.stdout:
            word, value = line.split()
            began = began or word == "step"
            left -= began
            if word == "pid":
                child = int(value)
            elif word == "click":
                clicks.append(int(value))
            elif word == "use":
                used = int(value)
            elif word == "step":
                last_step = float(value)
            elif word == "ended":
                assert int(value) == signal.SIGKILL
                break
            if left == 0:
                os.kill(child, signal.SIGKILL)

        with FeedbackStore(home / "feedback.sqlite") as store:
            assert store.set_aside is None
            assert set(clicks) <= {sample.id for sample in store.samples()}
            assert store.picture(clicks[-1]).shape == (60, 80, 3)
            assert store._file._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            for sample in store.samples()[50:]:  # so that a hundred moments stay quick
                store.forget(sample.id)
            clicks = [kept for kept in clicks if kept >= store.samples()[-1].id]
        progress = read_progress(home / "training")
        assert progress is not None
        assert progress.fraction >= last_step
        load_network(home / "training", AttentionFcn())
        shelf = PersonalModels("default", home / "autoexposure" / "models")
        in_use = shelf.in_use()
        assert in_use is not None
        assert in_use.number >= used  # the last that was said to be in use, or one more
    parent.stdin.close()
    parent.stdout.close()
    assert parent.wait() == 0
    layer = personal_policy(store=home / "feedback.sqlite")
    assert np.isfinite(layer.decide(make_preview(np.full((60, 80, 3), 90, np.uint8))).delta_ev)
    assert layer.clicks > 0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


def test_a_few_random_moments(home: Path) -> None:
    kill_at(home, 3, seed=1)


@pytest.mark.long
def test_a_hundred_random_moments(home: Path) -> None:
    kill_at(home, 100, seed=2)
