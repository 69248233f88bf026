"""Running control loops without a window: a thread each, until all have ended or are asked to."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from pathlib import Path

from rich.console import Console
from rich.live import Live

from autoexposure.cli.terminal_view import TerminalView, several_cameras
from autoexposure.control.loop import ControlLoop
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import AutoexposureError, CameraError, ConfigError
from autoexposure.process.ending import Ending
from autoexposure.process.malloc import keep_freed_memory
from autoexposure.process.terminal import console
from autoexposure.process.turns import take_short_turns
from autoexposure.recording.sink import Consumer, QueuedSink
from autoexposure.recording.trace import line_writer
from autoexposure.states import AeState, LoopState

log = logging.getLogger(__name__)

REDRAW_S = 0.12
"""Between two drawings of the live view: often enough to follow, seldom enough to cost no frames."""


def run_headless(
    *loops: ControlLoop,
    seconds: float | None,
    frames: int | None,
    lines: Path | None,
    quiet: bool,
    names: Sequence[str] = (),
    sinks: Sequence[Sequence[QueuedSink[Consumer]]] = (),
) -> None:
    """Turn each of ``loops`` until ``seconds``, ``frames`` or a recording is over or a signal comes; put all back.

    A camera that fails is put back at once, and the others go on. In the main thread, the only one that hears signals,
    the process ends soon after any of these even if something hangs: see `autoexposure.process.ending`.

    Parameters
    ----------
    frames : of each camera.
    lines : file that gets one JSON line a frame (`autoexposure.recording.trace`); ``-`` is standard output.
    quiet : no live view; without one (or without a terminal) a single line a camera at the end says how it went.
    names : what the user calls the camera of each loop, where there are several.
    sinks : for each loop, what takes every picture too; they are closed when this returns.

    Raises AutoexposureError if a loop or a sink fails, CameraError if not one picture came or a camera could not be put
    back, ConfigError if the lines can't be written. With several cameras a ConfigError ends all of them at once;
    anything else is raised once the last one has ended.
    """
    keep_freed_memory()
    if len(loops) > 1:
        take_short_turns()
    screen = console(stderr=True)
    live = not quiet and screen.is_terminal
    with ExitStack() as stack:
        farewell = screen.show_cursor if live else _do_nothing
        ending = stack.enter_context(Ending(partial(_leave, loops), farewell=farewell))
        end_s = math.inf if seconds is None else time.monotonic() + seconds
        if seconds is not None:
            ending.expect_in(seconds)  # opening the lines' file hangs if it is a pipe without a reader
        write = stack.enter_context(line_writer(lines)) if lines is not None else _do_nothing
        runs = [
            _CameraRun(loop, name or "", own or (), write, ending, end_s, frames)
            for loop, name, own in zip_longest(loops, names, sinks)
        ]
        show = stack.enter_context(_live_view(screen, names)) if live else _do_nothing
        for run in runs:
            stack.callback(run.join)
            run.start()
        stack.callback(ending.tell)  # also where they end by themselves or fail: the watch over the end begins
        for run in runs:
            while not run.over.wait(REDRAW_S if live else None):
                show([run.shown for run in runs])
    _raise_what_failed(runs)
    if not (live or quiet):
        for run in runs:
            _say_how_it_ended(screen, run)


class _CameraRun(threading.Thread):
    """One camera's part in a run, in a thread of its own.

    Attributes
    ----------
    camera : what the user calls it; empty where it is the only one.
    over : set when the loop turns no more and the camera is about to be put back.
    error : what ended it; None where it ended in good order.
    ended : the newest Snapshot of the loop while it turned.
    """

    def __init__(
        self,
        loop: ControlLoop,
        name: str,
        sinks: Sequence[QueuedSink[Consumer]],
        write: Callable[[Snapshot], None],
        ending: Ending,
        end_s: float,
        frames: int | None,
    ) -> None:
        super().__init__(name=f"run {name}", daemon=True)
        self.camera = name
        self.over = threading.Event()
        self.error: BaseException | None = None
        self.ended = Snapshot()
        self._loop = loop
        self._sinks = sinks
        self._write = write
        self._ending = ending
        self._end_s = end_s
        self._frames = frames
        self._seen = 0

    @property
    def shown(self) -> Snapshot:
        """What the live view has to tell of it: a camera that failed says why."""
        if self.error is None:
            return self.ended
        return replace(self.ended, loop_state=LoopState.FAILED, ae_state=AeState.INACTIVE, notice=str(self.error))

    def run(self) -> None:
        """Turn the loop and put the camera back; what goes wrong is kept for the thread that waits."""
        try:
            self._control()
        except BaseException as error:  # noqa: BLE001  # of any kind: `run_headless` raises it
            self.error = error
            if isinstance(error, ConfigError) or not isinstance(error, AutoexposureError):
                self._ending.tell()  # a wrong call, or nobody reads the lines any more
            elif self.camera and not self._ending.told():
                log.error("%s has ended, the others go on: %s", self.camera, error)
        finally:
            self.over.set()

    def _control(self) -> None:
        with ExitStack() as stack:
            for sink in self._sinks:
                self._loop.add_sink(stack.enter_context(sink))
            stack.enter_context(self._loop)
            stack.callback(self.over.set)
            self._turn()
            self.over.set()
            self._loop.stop(quiet=True)  # what could not be put back is raised below
        self._raise_what_ended()  # what was still waiting
        if self._loop.left_changed:
            raise CameraError(self._loop.left_changed)
        if not self._seen:
            raise without_a_picture(self.ended)

    def _turn(self) -> None:
        last: tuple[int, int] | None = None
        while not (self._ending.told() or time.monotonic() >= self._end_s or self._seen == self._frames):
            self.ended = snapshot = self._loop.turn()
            if (failure := snapshot.failure) is not None:
                if self.camera and isinstance(failure, ConfigError):  # a call for several, of which this one can't
                    raise ConfigError(f"{self.camera}: {failure}") from failure
                raise failure
            frame = snapshot.frame
            if frame is not None and not frame.placeholder and snapshot.picture != last:
                last = snapshot.picture
                self._seen += 1
                self._write(snapshot)
            self._raise_what_ended()
            if snapshot.playback is not None and snapshot.playback.ended:
                break

    def _raise_what_ended(self) -> None:
        for sink in self._sinks:
            if sink.error is not None:
                raise sink.error


def _raise_what_failed(runs: Sequence[_CameraRun]) -> None:
    """Raise what ended the only camera or all of them; of several that failed by themselves, one error for all."""
    errors = [(run, run.error) for run in runs if run.error is not None]
    if not errors:
        return
    for _, error in errors:
        if len(runs) == 1 or isinstance(error, ConfigError) or not isinstance(error, AutoexposureError):
            raise error
    told = "; ".join(f"{run.camera}: {error}" for run, error in errors)
    raise CameraError(f"{len(errors)} of {len(runs)} cameras failed: {told}")


def _leave(loops: Sequence[ControlLoop]) -> None:
    for loop in loops:
        loop.leave()


def without_a_picture(snapshot: Snapshot) -> CameraError:
    """Say why a run without a picture failed, however it ended."""
    name = snapshot.camera.name if snapshot.camera is not None else "the camera"
    why = snapshot.notice.rstrip(".") or "none was complete when the run ended"
    return CameraError(f"not one picture came from {name} ({why}): check that it is connected and free, or wait longer")


@contextmanager
def _live_view(screen: Console, names: Sequence[str]) -> Iterator[Callable[[Sequence[Snapshot]], None]]:
    view = TerminalView(screen.width)
    with Live(console=screen, auto_refresh=False) as display:

        def show(snapshots: Sequence[Snapshot]) -> None:
            drawn = several_cameras(names, snapshots) if len(snapshots) > 1 else view.render(snapshots[0])
            display.update(drawn, refresh=True)

        yield show


def _do_nothing(*_: object) -> None:
    """Stand for a live view, or lines, that were not asked for."""


def _say_how_it_ended(screen: Console, run: _CameraRun) -> None:
    """Print one line for logs and pipes, where there was no live view."""
    snapshot = run.ended
    name = run.camera or (snapshot.camera.name if snapshot.camera is not None else "no camera")
    words = [
        snapshot.exposure_text or "exposure not known",
        f"{snapshot.frame_rate:.1f} frames/s",
        str(snapshot.ae_state),
    ]
    notice = f"; {snapshot.notice}" if snapshot.notice else ""
    screen.print(f"{name}: {', '.join(words)}{notice}", highlight=False, soft_wrap=True)
