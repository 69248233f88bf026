"""A Snapshot as one JSON line: what ``autoexposure run --json`` writes for every frame.

The keys are stable. Times are seconds, EV is log2(time_s * gain), and an unknown value is null:
``timestamp_s, taken_at, sequence, stream, camera, time_s, gain, ev, reported, delta_ev, doubt_ev, metered, target_ev,
commanded_ev, state, wrote, meter, bias_ev, scene_ev, night_ev, ramp_ev, motion_px_s, blur_px, dropped, frame_rate,
wait_s, age_s, decide_s, apply_s, notice``. ``taken_at`` is the time of day in UTC.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError
from autoexposure.files.private_files import private
from autoexposure.recording.still import taken_at
from autoexposure.spec_text import shown


def trace_record(snapshot: Snapshot) -> dict[str, object]:
    """The flat record of a Snapshot that has a frame, seen now; raises ValueError for one that has none."""
    frame, decision, commanded = snapshot.frame, snapshot.decision, snapshot.commanded
    if frame is None:
        raise ValueError("a snapshot without a frame has no record")
    exposure, timings, motion = frame.exposure, snapshot.timings, snapshot.motion
    taken = taken_at(snapshot, datetime.now(UTC))
    return {
        "timestamp_s": round(frame.timestamp_s, 6),
        "taken_at": taken.isoformat(timespec="milliseconds") if taken is not None else None,
        "sequence": frame.sequence,
        "stream": snapshot.stream,
        "camera": shown(snapshot.camera.stable_id) if snapshot.camera is not None else None,
        "time_s": exposure.time_s if exposure and snapshot.time_known else None,
        "gain": exposure.gain if exposure and snapshot.gain_known else None,
        "ev": snapshot.ev,
        "reported": frame.reported,
        "delta_ev": decision.delta_ev if decision else None,
        "doubt_ev": decision.doubt_ev if decision else None,
        "metered": snapshot.metered,
        "target_ev": snapshot.target_ev if snapshot.ev_known else None,
        "commanded_ev": commanded.ev if commanded and snapshot.ev_known else None,
        "state": str(snapshot.ae_state),
        "wrote": snapshot.wrote,
        "meter": snapshot.meter,
        "bias_ev": snapshot.ev_bias,
        "scene_ev": snapshot.scene_ev,
        "night_ev": snapshot.night_ev,
        "ramp_ev": snapshot.ramp_ev,
        "motion_px_s": motion.px_s if motion else None,
        "blur_px": motion.blur_px if motion else None,
        "dropped": snapshot.dropped,
        "frame_rate": snapshot.frame_rate,
        "wait_s": timings.wait_s,
        "age_s": timings.age_s,
        "decide_s": timings.decide_s,
        "apply_s": timings.apply_s,
        "notice": snapshot.notice,
    }


def trace_line(snapshot: Snapshot) -> str:
    """`trace_record` as one line of JSON, newline included."""
    return json.dumps(trace_record(snapshot)) + "\n"


@contextmanager
def line_writer(path: Path) -> Iterator[Callable[[Snapshot], None]]:
    """Write Snapshots as lines, each flushed at once so that a reader sees it and a full disk is noticed.

    Any thread may write: lines come out whole. ``-`` is standard output. Raises ConfigError if it can't be written.
    """
    standard = str(path) == "-"
    if standard and sys.stdout is None:
        raise ConfigError("the JSON lines can't be written, since standard output is closed: name a file")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        file = os.fdopen(os.dup(sys.stdout.fileno()) if standard else private(path, flags), "w", buffering=1)
    except OSError as error:
        raise ConfigError(f"{path} can't be written ({error.strerror}): name a file in a folder that exists") from error

    one_at_a_time = threading.Lock()

    def write(snapshot: Snapshot) -> None:
        line = trace_line(snapshot)
        try:
            with one_at_a_time:
                file.write(line)
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
