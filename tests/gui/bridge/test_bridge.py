import threading
from dataclasses import replace

import pytest

from autoexposure.control.commands import Lock
from autoexposure.errors import CameraError
from gui.bridge.bridge import Background, LoopBridge
from gui.bridge.loops import Loops


@pytest.fixture
def background(qapp):
    made = Background("test")
    yield made
    made.close()


def test_each_snapshot_comes_over_once(qapp, loop, running):
    bridge = LoopBridge(loop)
    seen = []
    bridge.snapshot_changed.connect(seen.append)
    bridge.poll()
    assert seen == [], "before the first turn there is nothing to show"
    loop.snapshot = running
    bridge.poll()
    bridge.poll()
    assert seen == [running]


def test_the_timer_looks_by_itself(qtbot, loop, running):
    """A loop that waits for its camera calls nobody."""
    bridge = LoopBridge(loop)
    bridge.start()
    loop.snapshot = running
    with qtbot.waitSignal(bridge.snapshot_changed, timeout=5000):
        pass
    bridge.stop()


def in_a_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_the_loop_calls_from_its_thread_and_many_turns_are_one_look(qtbot, loop, running):
    bridge = LoopBridge(loop)
    seen = []
    bridge.snapshot_changed.connect(lambda snapshot: seen.append((snapshot, threading.current_thread())))
    bridge.start()
    bridge._timer.stop()  # only the loop's calls from here on
    turns = [replace(running, turn=number) for number in range(50)]

    def run():
        for turn in turns:
            loop.snapshot = turn
            for sink in loop.sinks:
                sink(turn)

    in_a_thread(run)
    assert seen == [], "nothing happens in the loop's thread"
    qtbot.waitUntil(lambda: bool(seen), timeout=5000)
    in_a_thread(lambda: loop.sinks[0](turns[-1]))
    qtbot.wait(20)
    assert seen == [(turns[-1], threading.main_thread())]
    loop.snapshot = running
    in_a_thread(lambda: loop.sinks[0](running))
    qtbot.waitUntil(lambda: len(seen) == 2, timeout=5000)
    bridge.stop()


def test_a_loop_turned_by_the_windows_own_thread_is_seen_at_once(qapp, loop, running):
    bridge = LoopBridge(loop)
    seen = []
    bridge.snapshot_changed.connect(seen.append)
    bridge.start()
    loop.snapshot = running
    loop.sinks[0](running)
    assert seen == [running]
    bridge.stop()


def test_nothing_comes_after_the_end(qtbot, loop, running):
    bridge = LoopBridge(loop)
    seen = []
    bridge.snapshot_changed.connect(seen.append)
    bridge.start()
    call = loop.sinks[0]
    loop.snapshot = running
    in_a_thread(lambda: call(running))  # on its way when the window closes
    bridge.stop()
    assert loop.sinks == []
    in_a_thread(lambda: call(running))  # a turn that was under way
    qtbot.wait(20)
    assert seen == []


def test_it_listens_to_the_loop_that_is_looked_at(qapp, loop, running):
    other = type(loop)(replace(running, turn=7))
    loops = Loops(loop, other)
    bridge = LoopBridge(loops)
    seen = []
    bridge.snapshot_changed.connect(seen.append)
    bridge.start()
    loops.turn_to(1)
    bridge.turn()
    assert (len(loop.sinks), len(other.sinks)) == (0, 1)
    assert seen == [other.snapshot]
    bridge.stop()
    assert other.sinks == []


def test_commands_go_to_the_loop(qapp, loop):
    LoopBridge(loop).send(Lock(True))
    assert loop.sent == [Lock(True)]


def test_work_is_done_elsewhere_and_its_result_comes_home(qtbot, background):
    where = {}

    def work():
        where["work"] = threading.current_thread()
        return 42

    def done(result):
        where["done"], where["result"] = threading.current_thread(), result

    background.run(work, done, lambda error: pytest.fail(str(error)))
    qtbot.waitUntil(lambda: "done" in where, timeout=5000)
    assert where["result"] == 42
    assert where["done"] is threading.main_thread()
    assert where["work"] is not threading.main_thread()


def test_jobs_keep_their_order(qtbot, background):
    seen = []
    for number in range(20):
        background.run(lambda number=number: number, seen.append, lambda error: pytest.fail(str(error)))
    qtbot.waitUntil(lambda: len(seen) == 20, timeout=5000)
    assert seen == list(range(20))


@pytest.mark.parametrize("error", [CameraError("the bus is on fire"), ValueError("a bug")])
def test_a_failed_job_is_told_and_the_next_one_still_runs(qtbot, background, error):
    failures, results = [], []

    def fail():
        raise error

    background.run(fail, results.append, failures.append)
    background.run(lambda: "fine", results.append, failures.append)
    qtbot.waitUntil(lambda: bool(results), timeout=5000)
    assert failures == [error]
    assert results == ["fine"]


def test_closing_finishes_the_work_at_hand(qapp):
    background = Background("test")
    done = threading.Event()
    background.run(done.set, lambda result: None, lambda error: None)
    background.close()
    assert done.is_set()
    background.close()
