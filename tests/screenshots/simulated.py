"""A loop on a simulated camera whose time passes only while it turns, so that a minute takes a moment."""

from __future__ import annotations

from pathlib import Path

from autoexposure.clock import SimulatedClock
from autoexposure.control.loop import ControlLoop
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from drivers.discovery import open_camera
from models.inference.onnx_policy import OnnxPolicy

SETTLED_TURNS = 90


def settled(spec: str, state_folder: Path) -> Snapshot:
    """What a loop on this camera shows once it has come to rest."""
    with simulated_loop(spec, None, state_folder) as loop:
        for _ in range(SETTLED_TURNS):
            loop.turn()
        return loop.latest()


def simulated_loop(spec: str, model: Path | None, state_folder: Path) -> ControlLoop:
    """A loop that meters by the network itself, whatever the user of this computer has taught it."""
    clock = SimulatedClock()
    return ControlLoop(
        lambda: open_camera(spec, clock=clock),
        lambda: OnnxPolicy(model),
        journal=Journal(state_folder),
        clock=clock,
    )
