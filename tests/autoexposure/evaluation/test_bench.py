from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import CameraError
from autoexposure.evaluation import bench
from autoexposure.frame import Frame


class Fake:
    """A loop that meters ``fps`` pictures a second of the camera's 32, on a clock of the test's own."""

    def __init__(self, fps: float, failure: Exception | None = None) -> None:
        self.fps = fps
        self.failure = failure
        self.stopped = False
        self.sink: Callable[[Snapshot], None] = lambda _: None

    def add_sink(self, sink: Callable[[Snapshot], None]) -> None:
        self.sink = sink

    def start(self) -> None: ...

    def leave(self) -> None: ...

    def stop(self) -> None:
        self.stopped = True

    def latest(self) -> SimpleNamespace:
        return SimpleNamespace(failure=self.failure)

    def pass_time(self, from_s: float, to_s: float) -> list[tuple[float, "Fake", int]]:
        first, last = int(np.ceil(from_s * self.fps)), int(np.ceil(to_s * self.fps))
        return [(number / self.fps, self, int(number / self.fps * 32)) for number in range(first, last)]


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., bench.Served]:
    def serve(*loops: Fake, seconds: float = 4.0) -> bench.Served:
        now = [0.0]

        def sleep(wait_s: float) -> None:
            begin_s = now[0]
            for at_s, one, sequence in sorted(
                (event for loop in loops for event in loop.pass_time(begin_s, begin_s + wait_s)), key=lambda e: e[0]
            ):
                now[0] = at_s
                frame = Frame(np.zeros((2, 2, 3), np.uint8), at_s, sequence)
                one.sink(Snapshot(frame=frame))
                one.sink(Snapshot(frame=frame))  # a turn without a new picture
            now[0] = begin_s + wait_s

        clock = SimpleNamespace(monotonic=lambda: now[0], process_time=lambda: now[0] / 2, sleep=sleep)
        monkeypatch.setattr(bench, "time", clock)
        return bench.serve(loops, seconds)  # type: ignore[arg-type]  # all of a loop that is used

    return serve


def test_pictures_are_counted_once_and_in_windows_of_a_second(passing: Callable[..., bench.Served]) -> None:
    served = passing(Fake(32), Fake(16))
    assert (served.cameras, served.worst_fps, served.median_fps) == (2, 16, 24)
    assert served.p10_fps == 16
    assert served.dropped == pytest.approx(0.25, abs=0.01)
    assert served.cores == 0.5
    assert served.picture_s == pytest.approx(0.5 / 48)


def test_a_loop_that_fails_is_told_and_all_are_stopped(passing: Callable[..., bench.Served]) -> None:
    loops = [Fake(32), Fake(32, CameraError("gone"))]
    with pytest.raises(CameraError, match="gone"):
        passing(*loops)
    assert [loop.stopped for loop in loops] == [True, True]
