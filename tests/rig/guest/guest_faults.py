"""In the guest: what goes wrong with real cameras, while the program runs; every control ends as it began.

Pictures are counted, not seconds: the guest has one core, which the webcam in software shares. The last test unplugs.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from linuxpy.video.device import ControlID, Device, set_control

from autoexposure.cli.main import main
from autoexposure.control.controller import ControllerConfig
from autoexposure.custody.journal import Journal
from drivers.v4l2.control_set import ControlSet
from drivers.v4l2.nodes import find_node

sys.path.insert(0, str(Path(__file__).parent))

from guest_program import SIZE, Line, Program, WebcamRemote, say, wait_until
from webcam import Child

WEBCAM = "--delay 2"
STABLE_ID = "usb-1209:0001-RIG0001-1.0.0"
ORIGINAL = {
    "exposure_dynamic_framerate": 1,
    "auto_exposure": 1,
    "exposure_time_absolute": 77,
    "gain": 9,
}
"""Nothing that the program would choose by itself."""

RESTS_WITHIN_EV = ControllerConfig().wake_ev
"""An error up to this wakes no loop that is at rest."""


def as_good(rested: Line, before: Line) -> bool:
    """Whether the picture is as well exposed as it was, by the meter in use."""
    return abs(rested["delta_ev"]) <= max(RESTS_WITHIN_EV, abs(before["delta_ev"]) + 0.05)


def controls_now() -> dict[str, int]:
    """Every control that the driver may write, as another program sees it."""
    node = find_node(STABLE_ID)
    with Device(node.path) as device:
        controls = ControlSet(device, str(node.path), node.driver, 1 / 30)
        return controls.read(*controls.there)


@contextmanager
def at_rest(folder: Path) -> Iterator[Program]:
    """The program at rest on a camera set to ORIGINAL; it is ended here, and every control has to be as it was."""
    node = find_node(STABLE_ID)
    with Device(node.path) as device:
        controls = ControlSet(device, str(node.path), node.driver, 1 / 30)
        for name in ("auto_exposure", "exposure_time_absolute", "gain", "exposure_dynamic_framerate"):
            controls.write({name: ORIGINAL[name]})
    with Program(folder, "--meter", "average", camera=f"v4l2:{node.path},{SIZE}") as running:
        running.calm()
        assert controls_now() != ORIGINAL
        yield running
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait() in (0, -signal.SIGKILL)
    assert controls_now() == ORIGINAL
    assert Journal().entries() == []


@pytest.fixture(scope="class")
def running(tmp_path_factory: pytest.TempPathFactory):
    """One program for the tests of a class; ending it after the last one is a test, too."""
    with at_rest(tmp_path_factory.mktemp("run")) as started:
        yield started


@pytest.fixture
def program(running: Program) -> Program:
    running.calm()
    return running


@pytest.fixture
def remote():
    knobs = WebcamRemote(str(find_node(STABLE_ID).path))
    yield knobs
    knobs.close()


def set_by_another_process(control: ControlID, value: int, folder: Path) -> None:
    def write() -> None:
        with open(find_node(STABLE_ID).path, "rb+", buffering=0) as node:
            set_control(node, control, value)

    assert Child(write, folder / "out", folder / "err").wait() == 0


class TestWhileItRuns:
    """Each fault in turn on one run of the program; the next one begins when it is at rest again."""

    def test_refused_settings_are_tried_again_and_the_newest_counts(self, program, remote):
        before = program.lines[-1]
        remote.stall(2)
        remote.light(1 / 4)
        refused = program.line_that(lambda line: "refused" in line["notice"], "the refusal")
        assert not refused["wrote"]
        rested = program.calm()
        remote.light(1)
        assert rested["ev"] - before["ev"] > 1
        assert rested["notice"] == ""

    def test_truncated_pictures_are_left_out(self, program, remote):
        remote.truncate(20)
        after = program.more_lines(40)
        assert all(b["sequence"] > a["sequence"] for a, b in pairwise(after))
        assert not any(line["wrote"] for line in after)
        assert after[-1]["state"] == "converged"

    def test_a_frozen_stream_goes_on_where_it_was(self, program, remote):
        before = program.lines[-1]
        remote.freeze(45)
        program.more_lines(60)
        since = [line for line in program.lines if line["sequence"] >= before["sequence"]]  # it may freeze at once
        longest_s = max(b["timestamp_s"] - a["timestamp_s"] for a, b in pairwise(since))
        say(f"{longest_s:.2f} s without a picture")
        assert longest_s > 1
        assert as_good(program.calm(), before)

    def test_a_halted_endpoint_is_got_over(self, program, remote):
        before = program.lines[-1]
        remote.halt()
        after = program.more_lines(30)
        assert after[0]["timestamp_s"] > before["timestamp_s"]
        assert as_good(program.calm(), before)

    @pytest.mark.parametrize(
        ("control", "value", "said"),
        [(ControlID.EXPOSURE_ABSOLUTE, 20, "set exposure time"), (ControlID.EXPOSURE_AUTO, 3, "automatic exposure on")],
        ids=["exposure", "automatic"],
    )
    def test_another_process_is_noticed_at_once_and_set_back(self, program, tmp_path, control, value, said):
        before = program.lines[-1]
        set_by_another_process(control, value, tmp_path)
        noticed = program.line_that(lambda line: said in line["notice"], "the notice")
        assert noticed["notice"].startswith("Another program")
        rested = program.calm()
        assert as_good(rested, before)
        assert rested["notice"] == "" or "set back" in rested["notice"]
        assert controls_now()["auto_exposure"] == 1

    @pytest.mark.parametrize("which", ["first", "second"])
    def test_unplugged_and_plugged_in_again(self, program, remote, plugged, which):
        """Its old node lingers as long as somebody holds it, so that it comes back at another each time."""
        before = program.lines[-1]
        remote.unplug()
        wait_until(lambda: not any(Path("/sys/class/video4linux").glob("video*")), "the unplugging")
        lines = len(program.lines)
        plugged.unplug()
        plugged.plug()
        node = find_node(STABLE_ID).path
        node_made_s = node.stat().st_ctime - (time.time() - time.monotonic())
        wait_until(lambda: len(program.lines) > lines, "the first picture")
        # How soon depends on this machine; that it is looked for often enough is shown with a simulated clock.
        say(f"pictures from {node} {program.lines[lines]['timestamp_s'] - node_made_s:+.2f} s after it was there")
        assert as_good(program.calm(), before)
        assert program.lines[lines]["stream"] > before["stream"]
        numbers = [(line["stream"], line["sequence"]) for line in program.lines]
        assert numbers == sorted(set(numbers))


def test_a_process_that_insists_wins_and_the_user_is_told(tmp_path):
    with at_rest(tmp_path) as program, open(find_node(STABLE_ID).path, "rb+", buffering=0) as other:
        for _ in range(400):
            set_control(other, ControlID.EXPOSURE_AUTO, 3)
            if "wins" in program.more_lines(3)[-1]["notice"]:
                break
        won = program.more_lines(10)
        say(f"{won[-1]['notice']}")
        assert all("wins" in line["notice"] and not line["wrote"] for line in won)
        assert f"process {os.getpid()}" in won[-1]["notice"]
        assert controls_now()["auto_exposure"] == 3


def restore() -> None:
    """What ``autoexposure restore`` does."""
    sys.argv = ["autoexposure", "restore"]
    main()


def test_what_kill_9_left_is_put_right_by_the_next_run_and_by_restore(tmp_path):
    with at_rest(tmp_path) as program:
        program.process.kill()
        program.process.wait()
        assert controls_now() != ORIGINAL
        with Program(tmp_path, "--meter", "average", camera=program.camera) as again:
            again.more_lines(3)
            (entry,) = Journal().entries()
            assert entry.settings == ORIGINAL
            again.process.kill()
            again.process.wait()
        assert controls_now() != ORIGINAL
        assert Child(restore, tmp_path / "out", tmp_path / "err").wait() == 0
        assert "is as it was again" in (tmp_path / "out").read_text()
