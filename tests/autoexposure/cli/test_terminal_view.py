import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from autoexposure.camera import CameraInfo, Capabilities, ControlRange
from autoexposure.cli.terminal_view import TerminalView, picture_text, sparkline
from autoexposure.control.snapshot import Snapshot
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.policy import Decision
from autoexposure.states import AeState, LoopState

EXPOSURE = Exposure(1 / 60, 2.0)


def snapshot(exposure: Exposure | None = EXPOSURE) -> Snapshot:
    pixels = np.full((48, 64, 3), 128, np.uint8)
    return Snapshot(
        loop_state=LoopState.RUNNING,
        ae_state=AeState.CONVERGED,
        camera=CameraInfo("sim:", "Desk camera", "sim:"),
        capabilities=Capabilities(),
        frame=Frame(pixels, 1.0, 7, exposure),
        decision=Decision(0.25, np.ones((15, 15), np.float32), np.ones((15, 15), np.float32)),
        meter="attention",
        ev_bias=0.5,
        frame_rate=29.97,
    )


def draw(shown: Snapshot, columns: int) -> str:
    console = Console(width=columns, file=io.StringIO(), force_terminal=True)
    with console.capture() as capture:
        console.print(TerminalView(columns).render(shown))
    return capture.get()


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_nothing_is_cut_off(columns: int) -> None:
    text = draw(snapshot(), columns)
    assert "…" not in text
    for word in ("Desk camera", "converged", "1/60 s", "200", "+0.25 EV", "+0.5 EV"):
        assert word in text


def test_says_what_it_does_not_know() -> None:
    assert "not known" in draw(snapshot(None), 80)
    assert "Waiting" in draw(Snapshot(), 80)


def test_a_code_to_scan_is_not_drawn_in_blocks_that_nobody_can_scan() -> None:
    waiting = replace(
        snapshot(None), camera=CameraInfo("phone:", "Phone", "phone:", awaited=True), notice="Scan the code."
    )
    drawn = draw(waiting, 80)
    assert "Scan the code." in drawn
    assert "▀" not in drawn
    assert "▀" in draw(replace(waiting, camera=CameraInfo("phone:", "Pixel 7", "phone:a1b2")), 80)


def test_picture_keeps_its_shape_and_dims_what_is_not_attended() -> None:
    pixels = np.full((48, 64, 3), 200, np.uint8)
    attention = np.zeros((15, 15), np.float32)
    attention[:, 8:] = 1.0
    text = picture_text(pixels, 16, attention)
    lines = text.plain.split("\n")
    assert [len(line) for line in lines] == [16] * 6  # 16 columns of half a row each: 64:48
    assert "rgb(200,200,200)" in str(text.spans[-1].style)
    assert "rgb(90,90,90)" in str(text.spans[0].style)


def test_sparkline() -> None:
    assert sparkline([], 5) == ""
    assert sparkline([0, 4], 5) == "▁█"
    assert sparkline([1.0, 1.01], 5) == "▁▁"
    assert len(sparkline([0.0] * 99, 5)) == 5


def test_a_time_that_can_not_be_set_is_not_made_up() -> None:
    gain_only = replace(snapshot(), capabilities=Capabilities(gain=ControlRange(1, 16)))
    text = draw(gain_only, 80)
    assert "1/60" not in text
    assert "can't be set" in text
    assert "not known" in text
    assert gain_only.exposure_text == "gain x2"
