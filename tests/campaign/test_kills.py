"""kill -9 at random moments: nothing that was acknowledged is lost, files are whole, the camera is put back.

The moments are drawn by a fixed seed over the time that the whole work takes when it is left alone; where in the work
they fall still depends on the machine, which is wanted: no two runs kill at the same places.
"""

import random
from pathlib import Path

import pytest

from tests.campaign.kept_camera import plug_in
from tests.campaign.table import Row, row
from tests.campaign.victims import DEVICE
from tests.campaign.warmed import Ended, Trials

VICTIMS = "tests.campaign.victims"
KILLS = {
    "loop": (4, 260),
    "run": (2, 100),
    "store": (3, 180),
    "journal": (3, 200),
    "settings": (3, 160),
    "recording": (3, 150),
    "models": (2, 40),
}
"""Kills of each kind: in the suite, and in the large form."""
TRAINING_KILLS = 30


def kill(trials: Trials, home: Path, kind: str, kills: int, seed: int) -> None:
    """Kill ``kind`` so often, and check each time what the next start finds."""
    home.mkdir()
    for name in (DEVICE, *(f"{DEVICE}{number}" for number in range(3))):
        plug_in(home / name)
    drawn, found = random.Random(seed), row(f"kill -9: {kind}")
    left_alone = trials.run(f"{VICTIMS}:{kind}", home)
    assert left_alone.code == 0, left_alone.err
    _next_start(trials, home, kind, left_alone, found, by_command=False)
    for number in range(kills):
        killed = trials.run(f"{VICTIMS}:{kind}", home, kill_after_s=drawn.uniform(0, left_alone.seconds))
        assert killed.code in (None, 0), killed.err
        found.note(killed)
        _next_start(trials, home, kind, killed, found, by_command=number % 2 == 1)
    found.check()


def _next_start(trials: Trials, home: Path, kind: str, killed: Ended, found: Row, *, by_command: bool) -> None:
    given = {"by_command": by_command} if kind == "loop" else {}
    after = trials.run(f"{VICTIMS}:after_{kind}", home, said=killed.said, **given)
    found.hung += after.hung
    if after.code != 0:
        found.lost.append(f"{kind}, kill {found.trials}: {after.out[-500:]}{after.err[-1500:]}")


@pytest.mark.parametrize("kind", KILLS)
def test_a_few_kills(trials: Trials, home: Path, kind: str) -> None:
    kill(trials, home, kind, KILLS[kind][0], seed=1)


@pytest.mark.long
@pytest.mark.parametrize("kind", KILLS)
def test_a_thousand_kills(trials: Trials, home: Path, kind: str) -> None:
    kill(trials, home, kind, KILLS[kind][1], seed=2)


@pytest.mark.long
def test_kills_of_a_training(tmp_path: Path, home: Path) -> None:
    pytest.importorskip("torch")
    with Trials(tmp_path, ["torch", "models.training.finetune", VICTIMS]) as trials:
        found = row("kill -9: training")
        drawn = random.Random(3)
        for _ in range(TRAINING_KILLS):
            killed = trials.run(f"{VICTIMS}:training", home, kill_after_s=drawn.uniform(0.5, 4.0))
            found.note(killed)
            _next_start(trials, home, "training", killed, found, by_command=False)
        found.check()
