"""Recordings of the simulated camera, on a simulated clock."""

from collections.abc import Callable
from pathlib import Path

import pytest

from autoexposure.metering.policy import Policy
from autoexposure.recording.writer import PictureFormat, RecordingWriter
from autoexposure.simulation.light import Switched
from drivers.simulated import config

Record = Callable[..., Path]


@pytest.fixture
def record(tmp_path: Path, closed_loop, monkeypatch: pytest.MonkeyPatch) -> Record:
    """``record(name, spec, make_policy, frames)`` runs a loop and returns the file of its recording.

    With ``light=switch`` a lamp that leaves a sixth of the light goes off after two seconds and on after four.
    """
    monkeypatch.setitem(config.LIGHTS, "switch", Switched(1.0, 1 / 6, steady_s=2.0, every_s=2.0))

    def recorded(name: str, spec: str, make_policy: Callable[[], Policy], frames: int, *, vague: bool = False) -> Path:
        path = tmp_path / name
        loop = closed_loop(spec, make_policy, vague=vague)
        with RecordingWriter(path, PictureFormat.PNG) as writer:
            for snapshot in loop.run(frames):
                writer.add(snapshot)
        return path

    return recorded
