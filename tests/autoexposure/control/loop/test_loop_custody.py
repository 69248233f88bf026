"""The loop and a camera that lasts: lost and found, held by another, noted badly, and told to end while it opens."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import pytest

from autoexposure.cli import headless
from autoexposure.cli.headless import run_headless
from autoexposure.custody.custody import Hands
from autoexposure.errors import AutoexposureError, CameraBusy
from autoexposure.metering.meters import METERS
from autoexposure.process import ending
from autoexposure.states import AeState, LoopState
from tests.autoexposure.conftest import ClosedLoop

Make = Callable[..., ClosedLoop]
STEADY = "scene=cat,light=steady,width=64,height=48,start_ev=2"


def test_a_lost_camera_is_taken_again_by_the_loop_that_had_it(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make, lasting=True)
    before = dict(bench.camera.settings())
    bench.run(20)
    bench.camera.unplug()
    assert bench.loop.turn().loop_state is LoopState.RECONNECTING
    assert len(bench.journal.entries()) == 1
    bench.camera.replug()
    bench.camera._closed = False  # the same object stands for the new device node
    assert bench.run(30)[-1].ae_state is AeState.CONVERGED
    bench.loop.stop()
    bench.camera._closed = False
    assert bench.camera.settings() == before
    assert bench.journal.entries() == []


def test_one_whose_pictures_stop_is_put_back_before_it_is_looked_for(closed_loop: Make) -> None:
    bench = closed_loop(f"{STEADY},native=on", METERS["average"].make, lasting=True)
    before = dict(bench.camera.settings())
    bench.run(20)
    bench.camera.stall(1000)
    while bench.loop.turn().loop_state is not LoopState.RECONNECTING:
        pass
    bench.loop.stop()  # told to end in the pause before it is opened anew
    bench.camera._closed = False
    assert bench.camera.settings()["native_auto"] == before["native_auto"] == 1
    assert bench.journal.entries() == []


def test_a_second_loop_says_who_has_the_camera_and_touches_nothing(closed_loop: Make) -> None:
    first = closed_loop(STEADY, METERS["average"].make, lasting=True)
    first.run(20)
    (entry,) = first.journal.entries()
    second = closed_loop(STEADY, METERS["average"].make, lasting=True)
    for name in ("restore", "take_control", "set_exposure", "set_native_auto"):
        setattr(second.camera, name, lambda *_: pytest.fail("touched"))
    snapshot = second.loop.turn()
    assert snapshot.loop_state is LoopState.FAILED
    assert isinstance(snapshot.error, CameraBusy)
    assert "in use by this very program" in snapshot.notice
    second.loop.stop()
    assert first.journal.entries() == [entry]
    first.loop.stop()


def test_a_note_set_aside_is_shown(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make, lasting=True)
    bench.journal.folder.mkdir()
    bench.journal._path(bench.camera.info.stable_id).write_text("{")
    seen = bench.run(5)
    assert all("can't be used (it is no JSON" in snapshot.notice for snapshot in seen)
    assert seen[-1].commanded is not None
    bench.loop.stop()


def test_told_to_end_before_or_while_it_opens_it_changes_nothing(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make, lasting=True)
    before = dict(bench.camera.settings())
    opened = bench.open

    def slow() -> object:
        bench.loop.leave()  # as a signal does in the middle of it
        return opened()

    bench.loop._connection._open_camera = slow  # type: ignore[assignment]  # it gives the same camera
    for name in ("restore", "take_control", "set_exposure", "set_native_auto"):
        setattr(bench.camera, name, lambda *_: pytest.fail("touched"))
    assert bench.loop.turn().loop_state is LoopState.STARTING
    assert bench.camera._closed
    bench.camera._closed = False
    assert bench.loop.turn().loop_state is LoopState.STARTING
    assert not bench.camera._closed, "it was not opened again"
    assert bench.camera.settings() == before
    bench.loop.stop()
    assert not bench.journal.folder.exists()


def test_the_headless_run_needs_no_main_thread(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make, lasting=True)
    with ThreadPoolExecutor() as pool:
        pool.submit(run_headless, bench.loop, seconds=None, frames=5, lines=None, quiet=True).result(60)
    assert bench.loop.latest().loop_state is LoopState.STOPPED
    assert bench.journal.entries() == []


@pytest.mark.parametrize("where", ["opened", "read"])
def test_a_headless_run_is_left_when_its_seconds_are_over_and_its_camera_hangs(
    closed_loop: Make, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    bench = closed_loop(STEADY, METERS["average"].make, lasting=True)
    left: list[int] = []
    let_go = Event()

    def leave(code: int) -> None:
        left.append(code)
        let_go.set()

    def hang(*_: object) -> object:
        assert let_go.wait(60)
        raise ConnectionError("it came back to life")

    monkeypatch.setattr(ending, "GRACE_S", 0.05)
    monkeypatch.setattr(headless, "Ending", partial(ending.Ending, leave=leave, hands=Hands()))
    if where == "read":
        bench.run(3)  # so that the very first turn below reads
        bench.camera.read = hang  # type: ignore[method-assign, assignment]  # a camera that hangs
    else:
        bench.loop._connection._open_camera = hang  # type: ignore[assignment]  # it never gives one
    with pytest.raises(AutoexposureError):
        run_headless(bench.loop, seconds=0.2, frames=None, lines=None, quiet=True)
    assert left == [ending.LEFT_BEHIND]
    assert bench.journal.entries() == []
