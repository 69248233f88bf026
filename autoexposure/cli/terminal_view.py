"""The live view in a terminal: the picture in half blocks beside what the loop knows of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Column, Table
from rich.text import Text

from autoexposure.control.snapshot import Snapshot
from autoexposure.exposure import shutter_text
from autoexposure.frame import Pixels
from autoexposure.metering.policy import Map
from autoexposure.states import AeState

_BARS = " ▁▂▃▄▅▆▇█"
_STATE_STYLE = {
    AeState.INACTIVE: "dim",
    AeState.SEARCHING: "bold yellow",
    AeState.CONVERGED: "bold green",
    AeState.LOCKED: "bold cyan",
}


class TerminalView:
    """Turns Snapshots into something rich can draw.

    Parameters
    ----------
    columns : width of the terminal in characters; the picture takes what the numbers leave of it.
    """

    NUMBERS_COLUMNS = 38
    """What frame, gap and numbers need beside the picture."""

    WIDEST_PICTURE = 56
    """More would cost more to print than the loop should spend."""

    def __init__(self, columns: int = 80) -> None:
        columns = max(16, min(columns - self.NUMBERS_COLUMNS, self.WIDEST_PICTURE))
        self._columns = columns
        self._evs: deque[float] = deque(maxlen=columns)

    def render(self, snapshot: Snapshot) -> RenderableType:
        """One screen."""
        frame = snapshot.frame
        if frame is None or (snapshot.camera is not None and snapshot.camera.awaited):
            # An awaited camera's picture is a code to scan, which the terminal shows already, and larger.
            return Panel(Text(snapshot.notice or "Waiting for the first picture..."), title="autoexposure")
        if frame.exposure is not None:
            self._evs.append(frame.exposure.ev)
        attention = snapshot.decision.attention if snapshot.decision is not None else None
        grid = Table.grid(padding=(0, 2))
        grid.add_row(picture_text(frame.pixels, self._columns, attention), self._numbers(snapshot))
        title = f"{snapshot.camera.name if snapshot.camera else 'camera'}, {snapshot.meter} metering"
        return Panel(
            grid,
            title=Text(title),
            subtitle=Text(snapshot.notice or "Ctrl+C ends and puts the camera back"),
            expand=False,
        )

    def _numbers(self, snapshot: Snapshot) -> Table:
        table = Table.grid(padding=(0, 1))
        table.add_column(style="dim", justify="right")
        table.add_column(min_width=22)
        exposure = snapshot.frame.exposure if snapshot.frame is not None else None
        base_iso = snapshot.capabilities.base_iso if snapshot.capabilities is not None else 100
        table.add_row("state", Text(str(snapshot.ae_state), style=_STATE_STYLE[snapshot.ae_state]))
        if exposure is not None:
            unknown = "not known" if snapshot.disobedient else "can't be set"
            table.add_row("time", shutter_text(exposure.time_s) if snapshot.time_known else unknown)
            table.add_row("ISO", f"{exposure.iso(base_iso):.0f}" if snapshot.gain_known else "not known")
            table.add_row("EV", "not known" if snapshot.ev is None else f"{snapshot.ev:+.2f}")
        else:
            table.add_row("exposure", "not known")
        if snapshot.decision is not None:
            table.add_row("delta", f"{snapshot.decision.delta_ev:+.2f} EV")
        if snapshot.ev_bias:
            table.add_row("bias", f"{snapshot.ev_bias:+.1f} EV")
        if snapshot.goal.keep_night_dark:
            table.add_row("night", f"{snapshot.night_ev:+.1f} EV" if snapshot.scene_ev is not None else "light unknown")
        table.add_row("frames/s", f"{snapshot.frame_rate:.1f}, {snapshot.dropped} dropped")
        table.add_row("latency", f"{snapshot.timings.latency_s * 1e3:.1f} ms")
        table.add_row("EV so far", sparkline(list(self._evs), 22))
        return table


def several_cameras(names: Sequence[str], snapshots: Sequence[Snapshot]) -> RenderableType:
    """One row a camera, in the same order: pictures of several would cost more to print than the loops can spare.

    Below the table stands what the cameras have to say. Where there is little room the names are cut off first.
    """
    heads = ("state", "time", "ISO", "EV", "delta", "frames/s", "dropped")
    fixed = (Column(head, no_wrap=True) for head in heads)
    table = Table(Column(min_width=1, no_wrap=True), "camera", *fixed, box=None, pad_edge=False)
    notices = []
    for number, (name, snapshot) in enumerate(zip(names, snapshots, strict=True), start=1):
        exposure, decision = snapshot.exposure, snapshot.decision
        base_iso = snapshot.capabilities.base_iso if snapshot.capabilities is not None else 100
        time = shutter_text(exposure.time_s) if exposure and snapshot.time_known else ""
        ev = f"{snapshot.ev:+.2f}" if snapshot.ev is not None else ""
        iso = f"{exposure.iso(base_iso):.0f}" if exposure and snapshot.gain_known else ""
        known = (time, iso, ev) if exposure else ()
        table.add_row(
            str(number),
            Text(name, no_wrap=True, overflow="ellipsis"),
            Text(str(snapshot.ae_state), style=_STATE_STYLE[snapshot.ae_state]),
            *(known or ("", "", "")),
            f"{decision.delta_ev:+.2f}" if decision is not None else "",
            f"{snapshot.frame_rate:.1f}",
            str(snapshot.dropped),
        )
        if snapshot.notice:
            notices.append(Text(f"{number}  {snapshot.notice}"))
    subtitle = "Ctrl+C ends and puts the cameras back"
    return Panel(Group(table, *notices), title="autoexposure", subtitle=subtitle, expand=False)


def picture_text(pixels: Pixels, columns: int, attention: Map | None = None) -> Text:
    """An (H, W, 3) picture in half blocks, ``columns`` wide; cells without attention are dimmed a little."""
    height, width = pixels.shape[:2]
    rows = max(1, round(columns * height / width / 2))
    small = cv2.resize(pixels, (columns, rows * 2), interpolation=cv2.INTER_AREA).astype(np.float32)
    if attention is not None and attention.max() > 0:
        weight = cv2.resize(attention / attention.max(), (columns, rows * 2), interpolation=cv2.INTER_LINEAR)
        small *= (0.45 + 0.55 * np.clip(weight, 0, 1))[..., np.newaxis]
    codes = small.astype(np.uint8)
    text = Text()
    for row in range(rows):
        for column in range(columns):
            top, bottom = codes[2 * row, column], codes[2 * row + 1, column]
            text.append("▀", style=f"rgb({top[0]},{top[1]},{top[2]}) on rgb({bottom[0]},{bottom[1]},{bottom[2]})")
        text.append("\n" if row < rows - 1 else "")
    return text


def sparkline(values: list[float], columns: int) -> str:
    """The last ``columns`` values as bars between their own minimum and maximum (at least 1 EV apart)."""
    values = values[-columns:]
    if not values:
        return ""
    low = min(values)
    span = max(max(values) - low, 1.0)
    return "".join(_BARS[1 + round((value - low) / span * (len(_BARS) - 2))] for value in values)
