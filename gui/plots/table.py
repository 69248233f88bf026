"""The samples of the plots as a table: no widgets here."""

from __future__ import annotations

import csv
import io

import numpy as np

from gui.plots.history import SAMPLED, Window

EVENTS_COLUMN = "events"


def csv_text(window: Window) -> str:
    """The samples as CSV: one line a picture, units in the names, empty where a value was not known.

    ``events`` holds what happened since the picture before (``under``, ``well``, ``over``, ``light``), separated by
    spaces.
    """
    events: list[list[str]] = [[] for _ in window.age_s]
    for mark in window.marks:
        if events:
            events[min(int(np.searchsorted(window.age_s, mark.at_s - 1e-9)), len(events) - 1)].append(mark.kind)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["age_s", *SAMPLED, "wrote", EVENTS_COLUMN])
    columns = [getattr(window, name) for name in SAMPLED]
    for index, age_s in enumerate(window.age_s):
        values = ["" if np.isnan(column[index]) else f"{column[index]:.6g}" for column in columns]
        writer.writerow([f"{age_s:.6f}", *values, int(window.wrote[index]), " ".join(events[index])])
    return out.getvalue()
