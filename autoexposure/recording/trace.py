"""A Snapshot as one JSON line: what ``autoexposure run --json`` writes for every frame.

The keys are stable. Times are seconds, EV is log2(time_s * gain), and an unknown value is null:
``timestamp_s, sequence, stream, time_s, gain, ev, reported, delta_ev, target_ev, commanded_ev, state, wrote, meter,
bias_ev, dropped, frame_rate, wait_s, age_s, decide_s, apply_s, notice``.
"""

from __future__ import annotations

import json

from autoexposure.control.snapshot import Snapshot


def trace_record(snapshot: Snapshot) -> dict[str, object]:
    """The flat record of a Snapshot that has a frame; raises ValueError for one that has none."""
    frame, decision, commanded = snapshot.frame, snapshot.decision, snapshot.commanded
    if frame is None:
        raise ValueError("a snapshot without a frame has no record")
    exposure, timings = frame.exposure, snapshot.timings
    return {
        "timestamp_s": round(frame.timestamp_s, 6),
        "sequence": frame.sequence,
        "stream": snapshot.stream,
        "time_s": exposure.time_s if exposure else None,
        "gain": exposure.gain if exposure else None,
        "ev": exposure.ev if exposure else None,
        "reported": frame.reported,
        "delta_ev": decision.delta_ev if decision else None,
        "target_ev": snapshot.target_ev,
        "commanded_ev": commanded.ev if commanded else None,
        "state": str(snapshot.ae_state),
        "wrote": snapshot.wrote,
        "meter": snapshot.meter,
        "bias_ev": snapshot.ev_bias,
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
