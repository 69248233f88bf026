import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autoexposure.cli import main as cli
from autoexposure.custody.journal import Journal
from autoexposure.exposure import Exposure
from drivers import discovery
from drivers.simulated.camera import SimulatedCamera
from tests.autoexposure.hard_camera import HARD_FAMILY, open_hard

HARD = (sys.executable, "-m", "tests.autoexposure.hard_camera")
SIM = "sim:width=160,height=120,light=steady"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the person who runs the tests is read or written."""
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


TOO_LONG = "x" * 300
"""For a file's name."""


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The console script's exit code."""
    monkeypatch.setattr(sys, "argv", ["autoexposure", *words])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "--camera", "nope:"], 2, "a camera is named by one of"),
        (["run", "--camera", f"replay:{TOO_LONG}"], 2, "there is no recording"),
        (["run", "--camera", SIM, "--meter-from", TOO_LONG], 2, "a camera is named by one of"),
        (["run", "--camera", SIM, "--meter-from", f"./{TOO_LONG}"], 2, "there is no file"),
        (["run", "--camera", "sim:colour=red"], 2, "given 'colour='"),
        (["run", "--camera", "sim:scene=/nowhere.exr"], 2, "/nowhere.exr"),
        (["run", "--camera", "sim:scene={text}"], 2, "not a picture"),
        (["run", "--camera", "sim:", "--model", "/nowhere.onnx"], 1, "no model file /nowhere.onnx"),
        (["run", "--camera", "sim:", "--model", "{text}"], 1, "not an ONNX model"),
        (["run", "--camera", "sim:", "--json", "/nowhere/x.jsonl"], 2, "can't be written"),
        (["run", "--camera", SIM, "--mains", "55"], 2, "50 or 60 Hz"),
        (["run", "--camera", SIM, "--set", "zoom=3"], 2, "no camera has a control 'zoom'"),
        (["run", "--camera", SIM, "--set", "gamma"], 2, "NAME=VALUE, given 'gamma'"),
        (["run", "--camera", SIM, "--set", "gamma=1", "--set", "gamma=2"], 2, "--set gamma is given twice"),
        (["run", "--camera", SIM, "--set", "gamma=100"], 2, "no control 'gamma'; it has white_balance_automatic, "),
        (["controls", "--camera", "nope:"], 2, "a camera is named by one of"),
        (["evaluate", "/nowhere.onnx", "--photos", "/nowhere"], 1, "no model file /nowhere.onnx"),
        (["export", "/nowhere", "--out", "x.onnx"], 1, "no checkpoint"),
    ],
)
def test_errors_are_one_sentence(
    words: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not what was expected")
    assert call(monkeypatch, *(word.replace("{text}", str(text)) for word in words)) == code
    shown = capsys.readouterr().err.strip()
    assert said in shown
    assert "Traceback" not in shown
    assert shown.splitlines()[-1].startswith("autoexposure: ")


@pytest.mark.parametrize("option", ["--meter", "--motion"])
def test_a_wrong_option_is_a_usage_error(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "run", option, "guess") == 2
    assert "'guess' is not one of" in capsys.readouterr().err


def scene_run(monkeypatch: pytest.MonkeyPatch, *words: str) -> dict[str, object]:
    """What 'run' is called with for these words."""
    made: list[tuple[object, ...]] = []
    monkeypatch.setattr("autoexposure.library.make_loop", lambda *wishes, **_: made.append(wishes))
    monkeypatch.setattr("autoexposure.cli.headless.run_headless", lambda *_, **__: None)
    assert call(monkeypatch, *words) == 0
    names = ("camera", "meter", "model", "bias", "mains", "slow", "profile", "meter_from", "preset", "set")
    return dict(zip(names, made[0], strict=True))


def test_options_before_the_command_are_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ["--camera", "sim:scene=cat", "-m", "matrix", "--model", "x.onnx", "--bias", "-1", "--mains", "50"]
    before += ["--allow-slow-frames", "--camera-profile", "c.toml", "--meter-from", "sim:", "--preset", "night"]
    assert scene_run(monkeypatch, *before, "run") == scene_run(monkeypatch, "run", *before)
    assert scene_run(monkeypatch, *before, "run")["camera"] == "sim:scene=cat"


def test_an_option_behind_the_command_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["--camera", "sim:scene=cat", "--meter", "spot", "--bias", "1", "run", "--camera", "sim:", "--bias", "0"]
    wishes = scene_run(monkeypatch, *words)
    assert (wishes["camera"], wishes["meter"], wishes["bias"]) == ("sim:", "spot", 0.0)


def test_an_option_is_handed_on_to_what_the_command_calls_it(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[str] = []
    monkeypatch.setattr("autoexposure.cli.probe._opened", lambda camera: measured.append(camera) or sys.exit(0))
    assert call(monkeypatch, "--camera", SIM, "probe") == 0
    assert call(monkeypatch, "--camera", SIM, "probe", "sim:") == 0
    assert measured == [SIM, "sim:"]


def test_a_command_that_takes_one_camera_refuses_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "-c", SIM, "-c", "sim:", "probe") == 2
    assert "'probe' takes --camera once, given 2 times" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--camera", SIM, "list"], "--camera"),
        (["-c", SIM, "restore"], "--camera"),
        (["--bias", "0", "bench"], "--bias"),
        (["--camera", SIM, "feedback", "list"], "--camera"),
        (["--meter", "spot", "probe", "sim:"], "--meter"),
        (["--allow-slow-frames", "export", "training", "--out", "x.onnx"], "--allow-slow-frames"),
    ],
)
def test_an_option_that_the_command_does_not_take_is_a_usage_error(
    words: list[str], option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, *words) == 2
    shown = capsys.readouterr().err.strip()
    assert shown.startswith(f"autoexposure: {option} before ")
    assert len(shown.splitlines()) == 1


def test_run_writes_a_line_for_every_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "frames.jsonl"
    words = ["run", "--camera", SIM, "--meter", "average", "--frames", "20", "--json", str(out)]
    assert call(monkeypatch, *words) == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(lines) == 20
    sequences = [line["sequence"] for line in lines]
    assert sequences == sorted(set(sequences))
    assert lines[0]["wrote"]
    assert lines[-1]["state"] == "converged"
    assert Journal().entries() == []
    assert "Simulated camera" in capsys.readouterr().err


def test_list_names_the_simulated_camera(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "list") == 0
    assert "sim:" in capsys.readouterr().out


def test_controls_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "controls", "--camera", f"{SIM},controls=many") == 0
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "white_balance_automatic on on or off on" in rows
    assert "white_balance_temperature 5000 2800 to 6500 K 5000 automatic now" in rows
    assert "power_line_frequency off off, 50 Hz or 60 Hz off" in rows
    assert call(monkeypatch, "controls", "--camera", f"{SIM},controls=none") == 0
    assert "has no controls beside its exposure" in capsys.readouterr().out


def test_run_sets_controls_and_puts_them_back(monkeypatch: pytest.MonkeyPatch) -> None:
    set_: list[tuple[str, float]] = []
    adjust = SimulatedCamera.adjust

    def spied(camera: SimulatedCamera, name: str, value: float) -> float:
        set_.append((name, value))
        return adjust(camera, name, value)

    monkeypatch.setattr(SimulatedCamera, "adjust", spied)
    words = ("--set", "focus_automatic=off", "--set", "power_line_frequency=50 Hz", "--frames", "2", "-q")
    assert call(monkeypatch, "run", "--camera", f"{SIM},controls=many", "--meter", "average", *words) == 0
    assert set_[:2] == [("focus_automatic", 0), ("power_line_frequency", 1)]
    assert set_[-2:] == [("power_line_frequency", 0), ("focus_automatic", 1)]


def test_restore_with_nothing_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "restore") == 0
    assert "Nothing left" in capsys.readouterr().out


def test_a_killed_run_is_made_good_by_restore_and_a_running_one_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(discovery.FAMILIES, "hard", HARD_FAMILY)
    words = ["run", "--camera", f"hard:{tmp_path}", "--meter", "average", "--json", "-"]
    run = subprocess.Popen([*HARD, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert run.stdout is not None
    assert run.stdout.readline()
    assert call(monkeypatch, "restore") == 1
    assert f"in use by another autoexposure (process {run.pid}, hard_camera.py)" in capsys.readouterr().out
    assert call(monkeypatch, "run", "--camera", f"hard:{tmp_path}", "--meter", "average") == 1
    assert f"in use by another autoexposure (process {run.pid}" in capsys.readouterr().err
    assert call(monkeypatch, "probe", f"hard:{tmp_path}") == 1
    assert run.stdout.readline(), "which goes on as if nothing had been"
    run.kill()
    run.wait(timeout=30)
    run.stdout.close()
    assert len(Journal().entries()) == 1
    assert call(monkeypatch, "restore") == 0
    assert "is as it was again" in capsys.readouterr().out
    assert Journal().entries() == []


def test_restore_sets_aside_a_note_it_cannot_read_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(discovery.FAMILIES, "hard", HARD_FAMILY)
    journal = Journal()
    with open_hard(str(tmp_path), None) as camera:
        before = dict(camera.settings())
        journal.note(camera.info, before)
        camera.set_native_auto(False)
        camera.set_exposure(Exposure(0.001, 3.0))
    (journal.folder / "0000000000000000.json").write_text("{")
    assert call(monkeypatch, "restore") == 1
    said = capsys.readouterr().out
    assert "can't be used (it is no JSON" in said
    assert "Hard camera is as it was again" in said
    assert json.loads((tmp_path / "device").read_text()) == before
    assert call(monkeypatch, "restore") == 0
    assert "Nothing left" in capsys.readouterr().out


def test_restore_says_once_what_it_set_aside() -> None:
    """In a process of its own, where the log goes to standard error as well."""
    folder = Journal().folder
    folder.mkdir(parents=True)
    (folder / "0000000000000000.json").write_text("{")
    done = subprocess.run([*HARD, "restore"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert (done.stdout + done.stderr).count("can't be used (it is no JSON") == 1
    assert "Nothing left" not in done.stdout


def test_a_simulated_camera_and_a_recording_need_no_place_for_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file" / "state"))
    recording = tmp_path / "a.tar"
    words = ["run", "--meter", "average", "--camera"]
    assert call(monkeypatch, *words, SIM, "--frames", "5", "--record", str(recording)) == 0
    assert call(monkeypatch, *words, f"replay:{recording}") == 0
    monkeypatch.setitem(discovery.FAMILIES, "hard", HARD_FAMILY)
    capsys.readouterr()
    assert call(monkeypatch, *words, f"hard:{tmp_path}") == 1
    assert "Hard camera is left alone" in capsys.readouterr().err


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.startswith("autoexposure ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that takes nothing is Linux's")
@pytest.mark.parametrize("words", [["--version"], ["--help"], ["list"]])
def test_what_can_not_be_printed_is_one_sentence(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert call(monkeypatch, *words) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("autoexposure: ")
    assert "No space left" in shown


def test_lines_for_a_closed_output_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert call(monkeypatch, "run", "--camera", SIM, "--quiet", "--json", "-", "--frames", "1") == 2
    assert "standard output is closed" in capsys.readouterr().err


def test_bench_counts_what_cameras_in_one_process_cost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("autoexposure.evaluation.bench.WARM_UP_PICTURES", 2)
    interval_s = sys.getswitchinterval()
    try:
        assert call(monkeypatch, "bench", "--cameras", "2", "--seconds", "1") == 0
    finally:
        sys.setswitchinterval(interval_s)
    said = capsys.readouterr()
    rows = [
        line.split() for line in (said.out + said.err).splitlines() if "camera" in line and line.split()[0].isdigit()
    ]
    assert [row[:2] for row in rows] == [["1", "camera"], ["2", "cameras"]]
    assert all(float(row[2]) > 0 for row in rows)


def test_without_a_display_the_loop_runs_in_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gui import platform_check

    ran: list[list[str]] = []
    monkeypatch.setattr(platform_check, "qt_problem", lambda: "There is no display.")
    monkeypatch.setattr(cli, "run", lambda camera, *_, **__: ran.append(camera))
    assert call(monkeypatch, "--camera", SIM) == 0
    assert ran == [[SIM]]
    assert "There is no display. The live view runs in this terminal instead." in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_and_puts_the_camera_back(number: signal.Signals, tmp_path: Path) -> None:
    run = subprocess.Popen(
        [*HARD, "run", "--camera", f"hard:{tmp_path}", "--meter", "average", "--json", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert run.stdout is not None
    for _ in range(3):
        assert run.stdout.readline()
    assert len(Journal().entries()) == 1
    run.send_signal(number)
    run.stdout.read()
    assert run.wait(timeout=30) == 0
    run.stdout.close()
    assert Journal().entries() == []


def test_heavy_libraries_load_only_where_they_are_used() -> None:
    code = (
        "import sys, autoexposure.cli.main, drivers.discovery; drivers.discovery.list_cameras();"
        "print([name for name in ('torch', 'PyQt6', 'onnxruntime') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_broken_pictures_are_named_and_the_rest_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import cv2

    from autoexposure.simulation.builtin_scenes import PHOTOGRAPHS
    from models.files.model_file import default_model_path

    random = np.random.default_rng(1)
    pictures = [cv2.imread(str(PHOTOGRAPHS / name)) for name in ("astronaut.png", "coffee.png")]
    for number in range(24):
        picture = pictures[number % 2]
        top, left = random.integers(0, 200, 2)
        cv2.imwrite(str(tmp_path / f"photo{number}.png"), picture[top : top + 180, left : left + 180])
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff garbage")
    words = ["evaluate", str(default_model_path()), "--photos", str(tmp_path), "--part", "train"]
    assert call(monkeypatch, *words, "--json", str(tmp_path / "figures.json")) == 0
    assert "broken.jpg" in capsys.readouterr().out
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert 0 < figures["mae_ev"] < 3


@pytest.mark.parametrize("command", [["evaluate", "model.onnx"], ["ablation", "attention", "--out", "runs"]])
def test_a_part_that_is_none_is_refused_with_those_there_are(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, *command, "--photos", str(tmp_path), "--part", "exam") == 2
    assert "--part is one of train, validation, test, given 'exam'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_no_words_at_all_open_the_window_as_options_would(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[dict[str, object]] = []
    monkeypatch.setattr("gui.app.run_window", lambda loop, **given: opened.append(given) or 0)
    monkeypatch.setattr("gui.platform_check.qt_problem", lambda: "")
    for words in (["autoexposure"], ["autoexposure", "--bias", "0"]):
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 0
    assert (
        opened[0]
        == opened[1]
        == {"model": None, "cameras": [""], "meter": "attention", "given": frozenset(), "begin": None}
    )


def test_a_network_that_is_named_meters_whatever_metered_last(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[dict[str, object]] = []
    monkeypatch.setattr("gui.app.run_window", lambda loop, **given: opened.append(given) or 0)
    monkeypatch.setattr("gui.platform_check.qt_problem", lambda: "")
    assert call(monkeypatch, "--model", "my.onnx") == 0
    assert opened == [
        {"model": Path("my.onnx"), "cameras": [""], "meter": "attention", "given": frozenset({"meter"}), "begin": None}
    ]
