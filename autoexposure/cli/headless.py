"""Running a control loop without a window: in this thread, until it is asked to end."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.live import Live

from autoexposure.cli.terminal_view import TerminalView
from autoexposure.control.loop import ControlLoop
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import CameraError, ConfigError
from autoexposure.files.private_files import private
from autoexposure.process.ending import Ending
from autoexposure.process.malloc import keep_freed_memory
from autoexposure.process.terminal import console
from autoexposure.recording.sink import Consumer, QueuedSink
from autoexposure.recording.trace import trace_line

REDRAW_S = 0.12
"""Between two drawings of the live view: often enough to follow, seldom enough to cost no frames."""


def run_headless(
    loop: ControlLoop,
    *,
    seconds: float | None,
    frames: int | None,
    lines: Path | None,
    quiet: bool,
    sinks: Sequence[QueuedSink[Consumer]] = (),
    until: Callable[[Snapshot], bool] = lambda _snapshot: False,
) -> None:
    """Turn ``loop`` until ``seconds``, ``frames`` or a recording is over or a signal comes; put the camera back.

    In the main thread, the only one that hears signals, the process ends soon after any of these even if something
    hangs: see `autoexposure.process.ending`.

    Parameters
    ----------
    lines : file that gets one JSON line a frame (`autoexposure.recording.trace`); ``-`` is standard output.
    quiet : no live view; without one (or without a terminal) a single line at the end says how it went.
    sinks : take every picture too; they are closed when this returns.
    until : asked of every new picture: True ends the run.

    Raises AutoexposureError if the loop or a sink fails, CameraError if not one picture came or the camera could not
    be put back, ConfigError if the lines can't be written.
    """
    keep_freed_memory()
    screen = console(stderr=True)
    live = not quiet and screen.is_terminal
    with ExitStack() as stack:
        farewell = screen.show_cursor if live else _say_nothing
        ending = stack.enter_context(Ending(loop.leave, farewell=farewell))
        end_s = None if seconds is None else time.monotonic() + seconds
        if seconds is not None:
            ending.expect_in(seconds)  # opening the lines' file hangs if it is a pipe without a reader
        write = stack.enter_context(_line_writer(lines)) if lines is not None else _write_nothing
        for sink in sinks:
            loop.add_sink(stack.enter_context(sink))
        stack.enter_context(loop)
        show = stack.enter_context(_live_view(screen)) if live else _show_nothing
        stack.callback(ending.tell)  # also where it ends by itself or fails: the watch over the end begins
        seen, last = 0, -1
        while not (ending.told() or (end_s is not None and time.monotonic() >= end_s) or seen == frames):
            snapshot = loop.turn()
            if snapshot.failure is not None:
                raise snapshot.failure
            frame = snapshot.frame
            if frame is not None and not frame.placeholder and frame.sequence != last:
                last = frame.sequence
                seen += 1
                write(snapshot)
                if until(snapshot):
                    break
            show(snapshot)
            _raise_what_ended(sinks)
            if snapshot.playback is not None and snapshot.playback.ended:
                break
        ended = loop.latest()
    _raise_what_ended(sinks)  # what was still waiting
    if loop.left_changed:
        raise CameraError(f"{loop.left_changed}; 'autoexposure restore' tries again")
    if not seen:
        raise _without_a_picture(ended)
    if not (live or quiet):
        _say_how_it_ended(screen, ended)


def _without_a_picture(snapshot: Snapshot) -> CameraError:
    """Say why a run without a picture failed, however it ended."""
    name = snapshot.camera.name if snapshot.camera is not None else "the camera"
    why = snapshot.notice.rstrip(".") or "none was complete when the run ended"
    return CameraError(f"not one picture came from {name} ({why}): check that it is connected and free, or wait longer")


def _raise_what_ended(sinks: Sequence[QueuedSink[Consumer]]) -> None:
    for sink in sinks:
        if sink.error is not None:
            raise sink.error


@contextmanager
def _line_writer(path: Path) -> Iterator[Callable[[Snapshot], None]]:
    """Write Snapshots as lines, each flushed at once so that a reader sees it and a full disk is noticed."""
    standard = str(path) == "-"
    if standard and sys.stdout is None:
        raise ConfigError("the JSON lines can't be written, since standard output is closed: name a file")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        file = os.fdopen(os.dup(sys.stdout.fileno()) if standard else private(path, flags), "w", buffering=1)
    except OSError as error:
        raise ConfigError(f"{path} can't be written ({error.strerror}): name a file in a folder that exists") from error

    def write(snapshot: Snapshot) -> None:
        try:
            file.write(trace_line(snapshot))
        except BrokenPipeError:
            raise
        except OSError as error:
            raise ConfigError(f"{path} can no longer be written ({error.strerror})") from error

    try:
        yield write
    finally:
        try:
            file.close()
        except OSError as error:  # a failed write was reported when it happened
            if sys.exc_info()[0] is None:
                raise ConfigError(f"{path} can no longer be written ({error.strerror})") from error


@contextmanager
def _live_view(screen: Console) -> Iterator[Callable[[Snapshot], None]]:
    view, drawn_s = TerminalView(screen.width), 0.0
    with Live(console=screen, auto_refresh=False) as display:

        def show(snapshot: Snapshot) -> None:
            nonlocal drawn_s
            if time.monotonic() - drawn_s >= REDRAW_S:
                display.update(view.render(snapshot), refresh=True)
                drawn_s = time.monotonic()

        yield show


def _say_nothing() -> None:
    """Say nothing: there is no live view to leave."""


def _write_nothing(_snapshot: Snapshot) -> None:
    """Write nothing: no lines were asked for."""


def _show_nothing(_snapshot: Snapshot) -> None:
    """Show nothing: there is no live view."""


def _say_how_it_ended(screen: Console, snapshot: Snapshot) -> None:
    """Print one line for logs and pipes, where there was no live view."""
    name = snapshot.camera.name if snapshot.camera is not None else "no camera"
    exposure = snapshot.frame.exposure if snapshot.frame is not None else None
    words = [str(exposure or "exposure not known"), f"{snapshot.frame_rate:.1f} frames/s", str(snapshot.ae_state)]
    notice = f"; {snapshot.notice}" if snapshot.notice else ""
    screen.print(f"{name}: {', '.join(words)}{notice}", highlight=False, soft_wrap=True)
