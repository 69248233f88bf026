"""``autoexposure probe`` from the outside: what it writes and what it says; the measuring itself is played."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoexposure.camera import Camera, CameraInfo
from autoexposure.cli import main as cli
from autoexposure.errors import CameraNotFound, ConfigError
from autoexposure.probe.plot import check_plotting, plot_profile
from autoexposure.probe.rig import Progress
from autoexposure.profiles.files import profile_path, read_profile
from autoexposure.profiles.profile import CameraProfile, Delay, MeasuredControl, ReadBack, Span
from autoexposure.response import gamma

SPEC = "sim:scene=cat,width=64,height=48"
STABLE_ID = "sim:scene=cat"
"""The same camera in whichever mode."""


def profile(**changes: object) -> CameraProfile:
    fields: dict[str, object] = {
        "stable_id": STABLE_ID,
        "name": "Simulated camera: portrait",
        "detail": "64x48 at 30/s",
        "measured_at": "2026-11-22T21:00:00+00:00",
        "program": "0.1.0",
        "took_s": 61.5,
        "frame_interval_s": 1 / 30,
        "delay": Delay(2, 3, 4, 12),
        "time": MeasuredControl((0.0001, 0.5), (-13.2877, -1.0), Span(0.0001, 0.5), 0.0001, read_back=ReadBack.HONEST),
        "gain": MeasuredControl((1.0, 16.0), (0.0, 6.0), Span(1.0, 16.0), codes=(0, 255), noise=(1.5, 9.0)),
        "response": gamma(2.0),
    }
    return CameraProfile(**{**fields, **changes})  # type: ignore[arg-type]  # fields of several types


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    """A runner for which measuring takes no time, with folders of its own."""

    def played(camera: Camera, progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> CameraProfile:
        progress(Progress(0.5, "measuring gains"))
        assert not cancelled()
        return profile(stable_id=camera.info.stable_id)

    monkeypatch.setattr("autoexposure.probe.measure.probe", played)
    monkeypatch.setattr("autoexposure.profiles.files.profile_folder", lambda: tmp_path / "config")
    return CliRunner()


def test_the_profile_is_kept_where_every_run_finds_it(measured: CliRunner, tmp_path: Path) -> None:
    result = measured.invoke(cli.app, ["probe", SPEC])
    assert result.exit_code == 0, result.output
    path = profile_path(STABLE_ID, tmp_path / "config")
    assert read_profile(path).delay == Delay(2, 3, 4, 12)
    assert str(path) in result.stderr
    assert "every run with this camera uses it" in result.stderr


def test_it_can_go_elsewhere_with_a_picture_and_figures(measured: CliRunner, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out, plot, figures = tmp_path / "a.toml", tmp_path / "a.png", tmp_path / "a.json"
    arguments = ["probe", SPEC, "--out", str(out), "--plot", str(plot), "--json", str(figures)]
    result = measured.invoke(cli.app, arguments)
    assert result.exit_code == 0, result.output
    assert read_profile(out).gain == profile().gain
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert json.loads(figures.read_text())["delay"]["frames"] == 2
    assert "--camera-profile" in result.stderr
    assert not (tmp_path / "config").exists()


def test_json_on_stdout_is_alone_there(measured: CliRunner) -> None:
    result = measured.invoke(cli.app, ["probe", SPEC, "--json", "-", "--quiet"])
    assert json.loads(result.stdout)["camera"]["stable_id"] == STABLE_ID
    assert result.stderr == ""


def test_without_a_real_camera_nothing_is_measured(measured: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.discovery._default", lambda: SPEC)
    result = measured.invoke(cli.app, ["probe"])
    assert isinstance(result.exception, CameraNotFound)
    assert "autoexposure probe sim:" in str(result.exception)


def test_a_camera_that_can_not_be_opened_says_why(measured: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.discovery._default", lambda: SPEC)
    found = [CameraInfo("v4l2:/dev/video999", "Webcam", "usb-1234:5678-A-1.0.0", "may not be opened")]
    monkeypatch.setattr("drivers.discovery.list_cameras", lambda: [*found, CameraInfo("sim:", "Simulated", "sim:")])
    result = measured.invoke(cli.app, ["probe"])
    assert "/dev/video999" in str(result.exception)


@pytest.mark.parametrize("name", ["a.gif", "nowhere/a.png"])
def test_a_picture_that_could_not_be_written_is_refused_before(measured: CliRunner, tmp_path: Path, name: str) -> None:
    pytest.importorskip("matplotlib")
    result = measured.invoke(cli.app, ["probe", SPEC, "--plot", str(tmp_path / name)])
    assert isinstance(result.exception, ConfigError)
    assert "--plot" in str(result.exception)
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize("option", ["--out", "--json"])
def test_a_file_that_could_not_be_written_is_refused_before(measured: CliRunner, tmp_path: Path, option: str) -> None:
    (tmp_path / "file").write_text("")
    for bad in (tmp_path / "file" / "a", tmp_path):
        result = measured.invoke(cli.app, ["probe", SPEC, option, str(bad)])
        assert isinstance(result.exception, ConfigError)
        assert "can't be written" in str(result.exception)
    assert not (tmp_path / "config").exists()


def test_a_picture_needs_matplotlib_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(ConfigError, match="pip install"):
        check_plotting(tmp_path / "a.png")


def test_a_named_profile_that_is_not_there_is_said_at_once() -> None:
    result = CliRunner().invoke(
        cli.app, ["run", "--camera", SPEC, "--camera-profile", "/nowhere.toml", "--frames", "1"]
    )
    assert isinstance(result.exception, ConfigError)
    assert "/nowhere.toml" in str(result.exception)


def test_what_lies_and_what_is_missing_can_be_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    time = MeasuredControl(
        (0.0005, 0.001, 0.002),
        (-11.0, -10.0, -9.0),
        Span(0.0001, 0.5),
        stepped=True,
        read_back=ReadBack.ECHO,
        dead_zones=(Span(0.002, 0.5),),
        falls=(Span(0.1, 0.11),),
    )
    lying = profile(time=time, gain=None, delay=None, response=None, capped_at_s=0.002)
    plot_profile(lying, tmp_path / "lying.png")
    assert (tmp_path / "lying.png").stat().st_size > 10_000
