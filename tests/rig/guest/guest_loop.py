"""In the guest: the whole program on a webcam nobody has measured, which starts three stops too dark."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autoexposure.evaluation.scores import TracePoint, score
from drivers.discovery import open_camera

CAMERA = "v4l2:/dev/video0,size=320x240"
DARK = {"auto_exposure": 1, "exposure_time_absolute": 42, "gain": 0}
FRAMES = 90


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    with open_camera(CAMERA) as camera:
        camera.restore({**camera.settings(), **DARK})
    out: Path = tmp_path_factory.mktemp("run") / "frames.jsonl"
    command = [sys.executable, "-m", "autoexposure", "run", "--camera", CAMERA, "--frames", str(FRAMES)]
    subprocess.run([*command, "--quiet", "--json", str(out)], check=True, timeout=90)
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_it_settles_in_two_moves_without_overshoot(lines):
    points = [TracePoint(at, line["ev"], line["delta_ev"], line["wrote"]) for at, line in enumerate(lines)]
    scores = score(points)
    assert scores.travel_ev > 2
    assert scores.settled
    assert scores.writes <= 3  # two moves and a touch; how many pictures that takes is judged where the delay is known
    assert scores.overshoot_ev <= 0.3
    assert score([replace(point, sequence=at) for at, point in enumerate(points[20:])]).writes == 0


def test_every_picture_was_metered_and_the_loop_came_to_rest(lines):
    assert len(lines) == FRAMES
    assert lines[-1]["state"] == "converged"
    assert not any(line["notice"] for line in lines)


def test_the_settings_are_back(lines):
    with open_camera(CAMERA) as camera:
        settings = camera.settings()
    assert {name: settings[name] for name in DARK} == DARK
