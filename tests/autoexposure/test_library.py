"""``import autoexposure as ae``: what an engineer in a notebook has."""

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import autoexposure as ae
from autoexposure import library
from autoexposure.camera import Settings
from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from drivers.simulated.camera import SimulatedCamera, make_scene
from drivers.simulated.config import parse_simulated

SIM = "sim:scene=cat,light=steady,width=96,height=64,delay=2"

PUBLIC = """
    Adjust Adjustment AeState AutoexposureError Camera CameraBusy CameraDisconnected CameraError CameraInfo
    CameraNotFound Capabilities Clock ConfigError ControlLoop ControlRange ControlledCamera Decision Exposure Frame
    FrameTimeout GoalConfig Lock LoopConfig LoopState METERS Matching Meter ModelFileError Pause Policy PolicyError
    ProgramConfig ResponseCurve SetBias SetDamping SetExposure SetGoal SetProgram SimulatedClock Snapshot SystemClock
    UnsupportedControl UseCamera UseMask UseNativeAuto UsePolicy gamma list_cameras make_loop make_meter make_preview
    meter open save_still srgb
"""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


def grey(code: int) -> np.ndarray:
    return np.full((48, 64, 3), code, np.uint8)


# The names


def test_the_public_names_are_those_and_no_others() -> None:
    assert sorted(ae.__all__) == sorted(PUBLIC.split()), (
        "the public names of autoexposure changed: programs of others rely on them, so change the list in this test "
        "only with a line in the change log"
    )


@pytest.mark.parametrize("name", PUBLIC.split())
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(ae, name)
    assert value is getattr(library, name)
    assert name in dir(ae)
    assert name == "METERS" or value.__doc__


def test_another_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = ae.nonsense  # type: ignore[attr-defined]  # wrong on purpose
    assert not hasattr(ae, "Journal")
    assert not hasattr(ae, "_check_own")


def test_the_import_alone_loads_no_heavy_library() -> None:
    code = (
        "import sys; import autoexposure as ae; "
        "print([name for name in ('numpy', 'cv2', 'onnxruntime', 'typer', 'asyncio') if name in sys.modules]); "
        "from autoexposure import *; print(open is ae.open, Exposure is ae.Exposure, 'onnxruntime' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == ["[]", "True True False"]


# One picture


def test_a_picture_is_metered_by_the_network_with_its_maps() -> None:
    for code, sign in ((25, 1), (240, -1)):
        decision = ae.meter(grey(code))
        assert decision.delta_ev * sign > 0.5
        assert decision.attention is not None
        assert decision.exposure_map is not None
        assert decision.attention.shape == decision.exposure_map.shape == (15, 15)


def test_a_picture_far_off_is_answered_beyond_the_network_s_own_end() -> None:
    network = ae.make_meter("attention")
    assert network.decide(ae.make_preview(grey(4))).delta_ev <= 2
    assert ae.meter(grey(4), network).delta_ev > 2.5


def test_a_classical_meter_answers_by_value() -> None:
    assert ae.meter(grey(188), "average").delta_ev == pytest.approx(-1.48, abs=0.01)
    assert ae.meter(grey(188), ae.make_meter("average")).delta_ev == pytest.approx(-1.48, abs=0.01)


def test_red_comes_first_and_views_are_taken() -> None:
    bgr = grey(0)
    bgr[..., 2] = 188  # red
    assert ae.meter(bgr[..., ::-1], "average").delta_ev == pytest.approx(np.log2(0.18 / (0.503 * 0.2126)), abs=0.01)
    assert ae.meter(grey(188)[::-1, ::2], "average").delta_ev == pytest.approx(-1.48, abs=0.01)


@pytest.mark.parametrize(
    "picture",
    [grey(128) / 255, grey(128)[..., 0], np.dstack((grey(1), grey(1))), grey(1)[:0], grey(1).tolist(), "a.png"],
)
def test_what_is_no_picture_is_one_clear_error(picture: object) -> None:
    with pytest.raises(ValueError, match=r"a picture must be an \(H, W, 3\) uint8 array of RGB, given "):
        ae.meter(picture, "average")  # type: ignore[arg-type]  # wrong on purpose


def test_an_unknown_meter_is_refused_at_once() -> None:
    for call in (ae.make_meter, lambda name: ae.meter(grey(1), name), lambda name: ae.open(SIM, meter=name)):
        with pytest.raises(ae.ConfigError, match="given 'guess'"):
            call("guess")


@pytest.mark.parametrize("wrong", [None, 3, ae.Decision])
def test_what_is_no_meter_is_refused_at_once(wrong: object) -> None:
    calls = [lambda: ae.meter(grey(1), wrong)]
    if wrong is not None:  # which leaves it to the preset
        calls.append(lambda: ae.open(SIM, meter=wrong))
    for call in calls:
        with pytest.raises(ae.ConfigError, match="or an object that can decide"):
            call()


@pytest.mark.parametrize("value", [False, 0, 0.0, "off", "0"])
def test_a_switch_is_set_by_word_or_number(value: str | float) -> None:
    camera = "sim:controls=many,width=64,height=48"
    with ae.open(camera, meter="average", adjust={"focus_automatic": value}, clock=ae.SimulatedClock()) as opened:
        now = {one.name: one.value for one in next(opened).adjustments}
    assert now["focus_automatic"] == 0


def test_every_control_can_be_set_to_what_it_was_read_as() -> None:
    camera = "sim:controls=many,width=64,height=48"
    with ae.open(camera, meter="average", clock=ae.SimulatedClock()) as opened:
        read = {one.name: one.value for one in next(opened).adjustments if one.active}
    with ae.open(camera, meter="average", adjust=read, clock=ae.SimulatedClock()) as opened:
        again = {one.name: one.value for one in next(opened).adjustments if one.active}
    assert again == read


@pytest.mark.parametrize("missing", ["name", "coarse"])
def test_a_meter_of_ones_own_that_lacks_something_is_refused_at_once(missing: str) -> None:
    members = {"name": "mine", "coarse": False, "decide": lambda self, preview: ae.Decision(0.5)}
    assert ae.meter(grey(1), type("Whole", (), members)()).delta_ev == 0.5
    del members[missing]
    own = type("Lacking", (), members)()
    for call in (lambda: ae.meter(grey(1), own), lambda: ae.open(SIM, meter=own)):
        with pytest.raises(ae.ConfigError, match=f"has no {missing}$"):
            call()


@pytest.mark.parametrize("answer", [None, 0.5, ae.Decision(float("nan")), ae.Decision(float("inf"))])
def test_a_meter_of_ones_own_that_answers_nonsense_is_one_that_fails(answer: object) -> None:
    members = {"name": "mine", "coarse": False, "decide": lambda self, preview: answer}
    own = type("Odd", (), members)()
    with pytest.raises(ae.PolicyError, match="the mine meter must answer with a"):
        ae.meter(grey(1), own)
    with ae.open(SIM, meter=own, clock=ae.SimulatedClock()) as camera:
        assert next(camera).decision is not None  # the stand-in's


# A camera


def test_a_number_is_no_camera() -> None:
    with pytest.raises(ae.ConfigError, match=r"a camera is named by a text .* given 0"):
        ae.open(0)  # type: ignore[arg-type]  # wrong on purpose


def test_shots_carry_picture_decision_and_exposure_and_the_exposure_settles() -> None:
    with ae.open(f"{SIM},start_ev=3", meter="average", clock=ae.SimulatedClock()) as camera:
        shots = [next(camera) for _ in range(40)]
    assert [shot.frame.sequence for shot in shots] == sorted({shot.frame.sequence for shot in shots})
    assert all(shot.frame.pixels.shape == (64, 96, 3) for shot in shots)
    assert shots[0].decision.delta_ev < -1
    assert abs(shots[-1].decision.delta_ev) < 0.2
    assert shots[-1].exposure == shots[-1].commanded
    assert shots[0].exposure.ev > shots[-1].exposure.ev + 1
    assert camera.loop.latest().loop_state is ae.LoopState.STOPPED


def test_bias_commands_and_a_meter_of_one_s_own_are_obeyed() -> None:
    class Content:
        name, coarse = "content", False

        def decide(self, preview: object) -> ae.Decision:
            return ae.Decision(0.0)

    with ae.open(SIM, meter=Content(), bias_ev=1.0, clock=ae.SimulatedClock()) as camera:
        first = next(camera)
        assert (first.meter, first.ev_bias) == ("content", 1.0)
        camera.loop.send(ae.Lock(True))
        assert next(camera).ae_state is ae.AeState.LOCKED


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ("nonsense:", ae.ConfigError),
        ("v4l2:/dev/video77", ae.CameraError),
        ("sim:scene=nowhere.hdr", ae.AutoexposureError),
    ],
)
def test_what_can_not_be_opened_says_so_at_once(spec: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        ae.open(spec)


class Kept(SimulatedCamera):
    """Counts what is done to it at the end, as a camera whose settings outlive the program would."""

    restored = 0
    closed = 0

    def restore(self, settings: Settings) -> None:
        self.restored += 1
        super().restore(settings)

    def close(self) -> None:
        self.closed += 1
        super().close()


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[], tuple[ae.ControlledCamera, Kept]]:
    """A controlled camera, and the camera behind it."""

    def make() -> tuple[ae.ControlledCamera, Kept]:
        clock, settings = ae.SimulatedClock(), parse_simulated(f"{SIM.removeprefix('sim:')},start_ev=2")
        kept = Kept(settings, make_scene(settings), clock, SIM)
        loop = ControlLoop(lambda: kept, lambda: ae.make_meter("average"), journal=Journal(tmp_path / "j"), clock=clock)
        return ae.ControlledCamera(loop), kept

    return make


Opened = Callable[[], tuple[ae.ControlledCamera, Kept]]


def test_the_camera_is_put_back_at_the_end_of_with_also_by_an_error(opened: Opened) -> None:
    for trouble in (None, KeyboardInterrupt):
        controlled, kept = opened()
        before = kept.exposure
        try:
            with controlled as camera:
                for _ in range(20):
                    next(camera)
                assert kept.exposure != before
                if trouble is not None:
                    raise trouble
        except KeyboardInterrupt:
            pass
        assert (kept.restored, kept.closed) == (1, 1)
        controlled.close()
        assert kept.closed == 1
        with pytest.raises(ae.CameraError, match="closed"):
            next(controlled)


def test_controls_beside_exposure_are_set_from_the_first_picture_on() -> None:
    wanted = {"white_balance_temperature": "3000", "contrast": 40}
    with ae.open(f"{SIM},controls=many", meter="average", adjust=wanted, clock=ae.SimulatedClock()) as camera:
        now = {each.name: each.value for each in next(camera).adjustments}
    assert (now["white_balance_automatic"], now["white_balance_temperature"], now["contrast"]) == (0, 3000, 40)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"sharpness": 1}, "no control 'sharpness'; it has white_balance_automatic, white_balance_temperature"),
        ({"white_balance_temperature": "warm"}, "white_balance_temperature is 2800 to 6500 K, given 'warm'"),
        ({"white_balance_automatic": 2}, "white_balance_automatic is on or off, given '2'"),
        (
            {"white_balance_temperature": 3000, "white_balance_automatic": "on"},
            "obeys only while white_balance_automatic is off",
        ),
    ],
)
def test_what_can_not_be_set_is_refused_and_the_camera_left_alone(
    wanted: dict[str, str | float], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[SimulatedCamera] = []
    monkeypatch.setattr(SimulatedCamera, "close", lambda camera: closed.append(camera))
    monkeypatch.setattr(SimulatedCamera, "adjust", lambda *_: pytest.fail("touched"))
    with pytest.raises(ae.ConfigError, match=why):
        ae.open(SIM, meter="average", adjust=wanted, clock=ae.SimulatedClock())
    assert closed


def test_the_camera_is_put_back_with_the_last_reference(opened: Opened) -> None:
    controlled, kept = opened()
    for _ in range(5):
        next(controlled)
    assert not kept.restored
    del controlled
    gc.collect()
    assert (kept.restored, kept.closed) == (1, 1)


def test_a_camera_that_can_not_be_put_back_is_an_error_once(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    controlled, kept = opened()
    next(controlled)

    def refuse(_settings: Settings) -> None:
        raise ae.CameraError("it refuses")

    monkeypatch.setattr(kept, "restore", refuse)
    with pytest.raises(ae.CameraError, match=r"could not be put back.*autoexposure restore"):
        controlled.close()
    controlled.close()


@pytest.mark.parametrize(
    "use",
    [
        "camera = ae.ControlledCamera(loop); next(camera)",
        "loop.add_sink(lambda snapshot: snapshot.frame and came.set()); loop.start(); came.wait(30)",
    ],
)
def test_the_camera_is_put_back_at_the_end_of_the_program(use: str) -> None:
    code = f"""
import threading
import autoexposure as ae
from drivers.simulated.camera import SimulatedCamera, make_scene
from drivers.simulated.config import parse_simulated
class Kept(SimulatedCamera):
    def restore(self, settings):
        super().restore(settings)
        print("put back")
settings = parse_simulated({SIM.removeprefix("sim:")!r})
kept = Kept(settings, make_scene(settings), ae.SystemClock(), "sim:")
came = threading.Event()
loop = ae.ControlLoop(lambda: kept, lambda: ae.make_meter("average"))
{use}
print("end")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=os.environ)
    assert (done.stdout.split("\n"), done.stderr) == (["end", "put back", ""], "")


def test_a_recording_ends_the_iteration(tmp_path: Path) -> None:
    from autoexposure.cli.headless import run_headless
    from autoexposure.recording.writer import PictureFormat, recording_sink

    path = tmp_path / "clip.tar"
    loop = ae.make_loop(SIM, "average", clock=ae.SimulatedClock())
    recording = recording_sink(path, PictureFormat.JPEG)
    run_headless(loop, seconds=None, frames=5, lines=None, quiet=True, sinks=[[recording]])
    with ae.open(f"replay:{path}", meter="average", clock=ae.SimulatedClock()) as camera:
        shots = list(camera)
    assert 3 <= len(shots) <= 5
    assert all(shot.decision is not None for shot in shots)


# Threads


def test_a_run_without_a_window_works_off_the_main_thread(tmp_path: Path) -> None:
    from autoexposure.cli.headless import run_headless

    lines, ended = tmp_path / "lines.jsonl", threading.Event()

    def work() -> None:
        loop = ae.make_loop(SIM, "average", clock=ae.SimulatedClock())
        run_headless(loop, seconds=None, frames=5, lines=lines, quiet=True)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert ended.is_set()
    assert len(lines.read_text().splitlines()) == 5


def test_a_loop_runs_in_a_thread_of_its_own_and_tells_the_newest() -> None:
    came = threading.Event()
    with ae.make_loop(SIM, "average") as loop:
        loop.add_sink(lambda snapshot: came.set() if snapshot.decision is not None else None)
        loop.start()
        assert came.wait(30)
        assert loop.latest().frame is not None
    assert loop.latest().loop_state is ae.LoopState.STOPPED


def test_cameras_are_listed_with_what_opens_them() -> None:
    assert "sim:" in {info.spec for info in ae.list_cameras()}


# Others' folders


def test_a_folder_that_hides_a_part_of_the_program_is_named(tmp_path: Path) -> None:
    (tmp_path / "drivers").mkdir()
    (tmp_path / "drivers" / "__init__.py").touch()
    code = "import autoexposure as ae; ae.open('sim:')"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stderr.splitlines()[-1].endswith(
        f"{tmp_path / 'drivers' / '__init__.py'} is found in the place of autoexposure's own 'drivers': "
        "rename it, or start Python elsewhere"
    )


# A loop of one's own


def test_a_loop_takes_functions_and_says_so() -> None:
    with pytest.raises(ae.ConfigError, match=r"open_camera is called by the loop .* give a function, not None"):
        ae.ControlLoop(None, lambda: ae.make_meter("average"))  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ae.ConfigError, match="make_policy is called by the loop"):
        ae.ControlLoop(lambda: pytest.fail("opened"), ae.make_meter("average"))  # type: ignore[arg-type]  # wrong on purpose


def test_a_loop_is_started_once() -> None:
    with ae.make_loop(SIM, "average") as loop:
        loop.start()
        with pytest.raises(ae.ConfigError, match="started once"):
            loop.start()
    with pytest.raises(ae.ConfigError, match="started once"):
        loop.start()


@pytest.mark.parametrize(
    "wrong",
    [
        {"frame_timeout_s": 0.0},
        {"frame_timeout_s": float("nan")},
        {"retry_first_s": -1.0},
        {"refused_pause_s": float("inf")},
        {"timeouts_allowed": -1},
        {"least_px": -1},
    ],
)
def test_a_loop_can_not_wait_less_than_nothing(wrong: dict[str, float]) -> None:
    with pytest.raises(ae.ConfigError, match="given LoopConfig"):
        ae.LoopConfig(**wrong)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("bias_ev", [float("nan"), float("inf"), 99.0])
def test_a_bias_beyond_any_camera_is_refused_at_once(bias_ev: float) -> None:
    with pytest.raises(ae.ConfigError, match="a bias must lie within"):
        ae.open(SIM, bias_ev=bias_ev)
