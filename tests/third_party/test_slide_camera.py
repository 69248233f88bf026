"""A third party's camera family, really installed: listed, found again, watched and timed as a built-in one is."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt is loaded

import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.errors import ConfigError
from drivers import discovery
from drivers.discovery import list_cameras, loaded_family, open_camera, open_same, watched_files
from gui.bridge.bridge import Background
from gui.bridge.device_watch import DeviceWatch
from gui.cameras.picker import CameraPicker
from gui.style.theme import Theme, ThemeChoice

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(__file__).with_name("slide_camera")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip has installed the package, without any network."""
    folder = tmp_path_factory.mktemp("slides")
    shutil.copytree(PACKAGE, folder / "source")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-build-isolation"]
    command += ["--target", str(folder / "site"), str(folder / "source")]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "site"


@pytest.fixture
def trays(tmp_path: Path) -> Path:
    folder = tmp_path / "trays"
    folder.mkdir()
    (folder / "holidays.tray").write_text("serial-7\n")
    return folder


@pytest.fixture
def environment(site: Path, trays: Path, tmp_path: Path) -> dict[str, str]:
    """Of a process for which it is installed."""
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    path = os.pathsep.join([str(site), str(ROOT)])
    return {**os.environ, **homes, "PYTHONPATH": path, "SLIDE_TRAYS": str(trays), "COLUMNS": "200"}


@pytest.fixture
def installed(site: Path, trays: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """It is installed for this process; returns the folder of its trays."""
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("SLIDE_TRAYS", str(trays))
    monkeypatch.setattr(discovery, "_PLUGINS", {})
    yield trays
    sys.modules.pop("slide_camera", None)


def said(environment: dict[str, str], *words: str) -> str:
    command = [sys.executable, "-W", "error", "-m", *words]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_keeps_the_contract(environment: dict[str, str], tmp_path: Path) -> None:
    shutil.copytree(PACKAGE / "tests", tmp_path / "tests")
    told = said(environment, "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(tmp_path / "tests"))
    assert " passed" in told
    assert "failed" not in told


def test_it_is_in_the_list_and_runs(environment: dict[str, str]) -> None:
    listed = said(environment, "autoexposure", "list")
    assert "slides:holidays" in listed
    assert listed.index("Slide tray holidays") < listed.index("sim:")
    lines = said(
        environment, "autoexposure", "run", "-c", "slides:", "--meter", "average", "--frames", "5", "--json", "-"
    ).splitlines()
    assert len(lines) == 5
    assert all(json.loads(line) for line in lines)


def test_it_is_in_the_window(installed: Path, qtbot, qapp) -> None:
    background = Background("test")
    picker = CameraPicker(Theme(qapp, ThemeChoice.DARK), background, list_cameras, loaded_family, open_camera)
    qtbot.addWidget(picker)
    watch = DeviceWatch(picker)
    watch.watch(watched_files())
    watch.changed.connect(picker.refresh)
    arrived = []
    picker.arrived.connect(arrived.append)
    picker.refresh()
    qtbot.waitUntil(lambda: picker.count() > 0)
    assert picker.itemText(0) == "Slide tray holidays"
    (installed / "birds.tray").write_text("serial-8\n")
    qtbot.waitUntil(lambda: bool(arrived))
    assert [camera.name for camera in arrived] == ["Slide tray birds"]
    background.close()


def test_it_is_the_camera_of_somebody_who_names_none(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.v4l2.paths.DEVICES", installed)
    with open_camera() as camera:
        assert camera.info.name == "Slide tray holidays"


def test_it_is_found_again_and_has_a_clock(installed: Path) -> None:
    clock = SimulatedClock()
    with open_camera("slides:holidays", clock=clock) as camera:
        info = camera.info
    (installed / "holidays.tray").rename(installed / "summer.tray")
    with open_same(info, lambda: pytest.fail("by its old name"), clock=clock) as camera:
        assert camera.info.spec == "slides:summer"
        began_s = clock.now()
        for _ in range(30):
            camera.read(1.0)
        assert clock.now() - began_s == pytest.approx(1.0)


def test_its_family_is_named_among_those_there_are(installed: Path) -> None:
    with pytest.raises(ConfigError, match="sim:, slides:, v4l2:"):
        open_camera("nonsense:")
