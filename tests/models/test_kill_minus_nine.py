"""kill -9 while somebody clicks and a training runs: no click is lost, nothing is corrupt, the next start works."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autoexposure.feedback import FeedbackStore
from autoexposure.personal_models import PersonalModels
from autoexposure.preview import make_preview
from models.checkpoint import load_network, read_progress
from models.network import AttentionFcn
from models.personal_policy import personal_policy

CLICKS_AND_TRAINS = """
import sys, threading
from pathlib import Path
import numpy as np, torch
from autoexposure.feedback import FeedbackStore, Label
from autoexposure.frame import Frame
from autoexposure.personal_models import PersonalModels, Verdict
from autoexposure.reward import RewardConfig
from autoexposure.snapshot import AeState
from models.answered import judged_along_the_ladder
from models.finetune import FineTuneConfig, fine_tune
from models.model_file import default_model_path
from models.network import AttentionFcn

home, seed = Path(sys.argv[1]), int(sys.argv[2])
random = np.random.default_rng(seed)
pictures = random.integers(0, 256, (2, 192, 192, 3), dtype=np.uint8)
store = FeedbackStore(home / "feedback.sqlite")
shelf = PersonalModels("default", home / "autoexposure" / "models")

def click():
    sequence = 0
    while True:
        sequence += 1
        frame = Frame(pictures[sequence % 2, :60, :80], 0.0, sequence)
        label = list(Label)[sequence % 3]
        id = store.add(frame, label, camera="", meter="attention", ae_state=AeState.CONVERGED, delta_ev=0.0)
        print("click", id, flush=True)

def use():
    while True:
        number = shelf.add(default_model_path(), Verdict(2, 1, 3), last_answer=0).number
        shelf.use(number)
        print("use", number, flush=True)

for work in (click, use):
    threading.Thread(target=work, daemon=True).start()
answered = judged_along_the_ladder(pictures, np.arange(2), np.zeros(2), RewardConfig())
config = FineTuneConfig(steps=10_000, batch=1, checkpoint_every=1)
fine_tune(AttentionFcn(), answered, config, home / "training", "x", lambda done: print("step", done, flush=True))
"""


def kill_at(home: Path, moments: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    clicks: list[int] = []
    last_step = 0.0
    for moment in range(moments):
        child = subprocess.Popen(
            [sys.executable, "-c", CLICKS_AND_TRAINS, str(home), str(moment)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        # A random number of lines after the training has begun, so at a random moment of all that goes on.
        left, began, used = int(random.integers(1, 40)), False, 0
        for line in child.stdout:
            words = line.split()
            began = began or words[0] == "step"
            if words[0] == "click":
                clicks.append(int(words[1]))
            used = int(words[1]) if words[0] == "use" else used
            if words[0] == "step":
                last_step = float(words[1])
            left -= began
            if left <= 0:
                break
        child.kill()
        rest = [line.split() for line in child.stdout if line.endswith("\n")]
        clicks += [int(words[1]) for words in rest if words[0] == "click"]
        used = max([used, *(int(words[1]) for words in rest if words[0] == "use")])
        child.stdout.close()
        assert child.wait() == -9

        with FeedbackStore(home / "feedback.sqlite") as store:
            assert store.set_aside is None
            assert set(clicks) <= {sample.id for sample in store.samples()}
            assert store.picture(clicks[-1]).shape == (60, 80, 3)
            assert store._file._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            while store.counts().total > 50:  # so that a hundred moments stay quick
                store.forget(clicks.pop(0))
        progress = read_progress(home / "training")
        assert progress is not None
        assert progress.fraction >= last_step
        load_network(home / "training", AttentionFcn())
        shelf = PersonalModels("default", home / "autoexposure" / "models")
        in_use = shelf.in_use()
        assert in_use is not None
        assert in_use.number >= used  # the last that was said to be in use, or one more
    layer = personal_policy(store=home / "feedback.sqlite")
    assert np.isfinite(layer.decide(make_preview(np.full((60, 80, 3), 90, np.uint8))).delta_ev)
    assert layer.clicks > 0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


def test_a_few_random_moments(home: Path) -> None:
    kill_at(home, 2, seed=1)


@pytest.mark.long
def test_a_hundred_random_moments(home: Path) -> None:
    kill_at(home, 100, seed=2)
