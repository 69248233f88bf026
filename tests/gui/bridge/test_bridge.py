import threading

import pytest

from autoexposure.control.commands import Lock
from autoexposure.errors import CameraError
from gui.bridge.bridge import Background, LoopBridge


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
    bridge = LoopBridge(loop)
    loop.snapshot = running
    with qtbot.waitSignal(bridge.snapshot_changed, timeout=5000):
        bridge.start()
    bridge.stop()


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
