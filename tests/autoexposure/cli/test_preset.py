"""The commands ``preset ...``, and ``--preset``: by name, on a camera, with other options beside it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoexposure import library
from autoexposure.cli.main import app
from autoexposure.clock import SimulatedClock
from autoexposure.control.program import ProgramConfig
from autoexposure.errors import ConfigError
from autoexposure.presets.preset import STARTERS, Preset
from autoexposure.presets.shelf import PresetShelf

SCENE = "sim:light=steady,width=64,height=48"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the person who runs the tests is read or written."""
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


def run(*words: str) -> str:
    done = CliRunner().invoke(app, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_what_is_saved_is_listed_used_and_deleted(tmp_path: Path) -> None:
    assert all(preset.name in run("preset", "list", "-c", SCENE) for preset in STARTERS)
    run(
        "preset",
        "save",
        "Desk lamp",
        "-c",
        SCENE,
        "--bias",
        "-0.7",
        "-m",
        "matrix",
        "--mains",
        "50",
        "--keep-night-dark",
        "--ramp",
        "2",
        "--motion",
        "sports",
    )
    listed = run("preset", "list", "-c", SCENE)
    assert "motion sports, anti-flicker 50 Hz" in listed
    assert "night kept dark, ramp 2 EV a minute" in listed
    lines = tmp_path / "lines"
    run("run", "-c", SCENE, "--preset", "DESK LAMP", "--frames", "3", "-q", "--json", str(lines))
    last = json.loads(lines.read_text().splitlines()[-1])
    assert (last["bias_ev"], last["meter"]) == (-0.7, "matrix")
    assert last["night_ev"] != 0
    assert last["motion_px_s"] >= 0
    run("preset", "delete", "Desk lamp", "-c", SCENE)
    assert "Desk lamp" not in run("preset", "list", "-c", SCENE)


def test_one_that_is_not_there_is_a_wrong_call_that_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match="no preset 'nigth'; it has 'Video call', 'Workbench', 'Night'"):
        run("run", "-c", SCENE, "--preset", "nigth", "--frames", "3", "-q")


def test_what_is_asked_for_beside_it_wins() -> None:
    stable_id = next(info.stable_id for info in library.list_cameras() if info.spec == "sim:")
    limits = ProgramConfig(max_gain=2.0, mains_hz=60)
    PresetShelf(stable_id).save(Preset("Desk", -1.0, "matrix", limits, 0.5))
    with library.open("sim:", preset="desk", clock=SimulatedClock()) as camera:
        plain = next(iter(camera))
    assert (plain.ev_bias, plain.meter, plain.program, plain.damping) == (-1.0, "matrix", limits, 0.5)
    beside = {"meter": "average", "bias_ev": 0.5, "mains_hz": 50, "allow_slow_frames": True}
    with library.open("sim:", preset="desk", clock=SimulatedClock(), **beside) as camera:
        seen = next(iter(camera))
    assert (seen.ev_bias, seen.meter, seen.damping) == (0.5, "average", 0.5)
    assert seen.program == ProgramConfig(max_gain=2.0, mains_hz=50, allow_slow_frames=True)


def test_what_is_given_beside_it_wins_also_where_it_is_what_it_would_be_anyway() -> None:
    stable_id = next(info.stable_id for info in library.list_cameras() if info.spec == "sim:")
    PresetShelf(stable_id).save(Preset("Desk", -1.0, "matrix", ProgramConfig(mains_hz=50)))
    beside = {"meter": "attention", "bias_ev": 0.0, "mains_hz": 0}
    with library.open("sim:", preset="desk", clock=SimulatedClock(), **beside) as camera:
        seen = next(iter(camera))
    assert (seen.ev_bias, seen.meter, seen.program.mains_hz) == (0.0, "attention", 0)


def test_controls_beside_exposure_are_saved_as_the_camera_counts_them() -> None:
    camera = f"{SCENE},controls=many"
    run("preset", "save", "Cold", "-c", camera, "--set", "white_balance_automatic=off", "--set", "contrast=30")
    listed = run("preset", "list", "-c", camera)
    assert "Cold: bias +0.0 EV, attention, white_balance_automatic=0, contrast=30\n" in listed
    with pytest.raises(ConfigError, match="no control 'focus_distance'"):
        run("preset", "save", "Near", "-c", SCENE, "--set", "focus_distance=3")
