"""Figure 10: two persons' tastes on the same pictures, with close-ups and maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autoexposure.feedback.reward import RewardConfig, label_of
from autoexposure.figures.maps import drawn, exposed, maps_of, shrunk
from autoexposure.frame import Pixels
from autoexposure.metering.policy import Decision, Map, Policy, ask
from autoexposure.metering.preview import make_preview
from autoexposure.personal.live_layer import LiveLayer

CLOSE_UP_SHARE = 0.3
"""Side of a close-up by that of the picture."""

TAUGHT_OFFSETS_EV = (-1.6, -1.2, -0.8, -0.4, 0.0, 0.4, 0.8, 1.2, 1.6)
"""Exposures at which a simulated person is asked about each of the other pictures."""

COLUMNS = ("as wanted", "where it counts", "where it is brightest", "exposure map", "attention")


@dataclass(frozen=True, slots=True, eq=False)
class Tasted:
    """One picture as one person's meter sees it; ``wish_ev`` is what they really want, where that is known."""

    person: str
    name: str
    picture: Pixels
    decision: Decision
    wish_ev: float | None

    def row(self) -> list[Pixels]:
        """In the order of `COLUMNS`."""
        attention, exposure_map = maps_of(self.decision)
        wanted = exposed(self.picture, self.decision.delta_ev)
        counts, brightest = close_ups(self.picture, attention)
        return [wanted, wanted[counts], wanted[brightest], *drawn(self.picture, attention, exposure_map)]

    def label(self) -> str:
        """Beside the row."""
        wish = f"wants {self.wish_ev:+.2f} EV\n" if self.wish_ev is not None else ""
        return f"{self.person}\n{wish}predicted {self.decision.delta_ev:+.2f} EV"


def tasted(
    persons: Mapping[str, Callable[[str], Policy]],
    pictures: Mapping[str, Pixels],
    wishes_ev: Mapping[str, Mapping[str, float]] | None = None,
) -> list[Tasted]:
    """Every picture for every person, the persons of one picture one below the other.

    Parameters
    ----------
    persons : by name, what gives the person's meter for a picture of this name.
    wishes_ev : by person and picture, for simulated persons.
    """
    rows = []
    for name, picture in pictures.items():
        small = shrunk(picture)
        for person, meter_for in persons.items():
            decision = ask(meter_for(name), make_preview(small))
            wish_ev = wishes_ev[person][name] if wishes_ev is not None else None
            rows.append(Tasted(person, name, small, decision, wish_ev))
    return rows


def teach(layer: LiveLayer, pictures: Mapping[str, Pixels], wishes_ev: Mapping[str, float], left_out: str) -> LiveLayer:
    """Have a simulated person answer about every picture but ``left_out``, which is to be foretold; return the layer.

    Each picture is shown at `TAUGHT_OFFSETS_EV`; the answer is what the rewards take for one (Figure 6).
    """
    for name, picture in pictures.items():
        if name == left_out:
            continue
        small = shrunk(picture)
        for offset_ev in TAUGHT_OFFSETS_EV:
            said = label_of(wishes_ev[name] - offset_ev, RewardConfig())
            layer.click(make_preview(exposed(small, offset_ev)), said)
    return layer


Window = tuple[slice, slice]


def close_ups(picture: Pixels, attention: Map) -> tuple[Window, Window]:
    """Where most attention lies, and where it is brightest outside of that; both within the picture."""
    height, width = picture.shape[:2]
    row, column = np.unravel_index(int(attention.argmax()), attention.shape)
    down, across = (int(row) + 0.5) / attention.shape[0], (int(column) + 0.5) / attention.shape[1]
    counts = _window(round(down * height), round(across * width), height, width)
    light = picture.mean(axis=2)
    light[counts] = -1.0
    side = max(1, min(height, width) // 12)  # a patch of light, not a single bright pixel
    patches = light[: height // side * side, : width // side * side]
    means = patches.reshape(height // side, side, width // side, side).mean(axis=(1, 3))
    row, column = np.unravel_index(int(means.argmax()), means.shape)
    return counts, _window(int(row) * side + side // 2, int(column) * side + side // 2, height, width)


def _window(row: int, column: int, height: int, width: int) -> Window:
    tall, wide = max(1, round(height * CLOSE_UP_SHARE)), max(1, round(width * CLOSE_UP_SHARE))
    top = min(max(0, row - tall // 2), height - tall)
    left = min(max(0, column - wide // 2), width - wide)
    return slice(top, top + tall), slice(left, left + wide)


def columns_of(rows: Sequence[Tasted]) -> list[list[Pixels]]:
    """The rows' pictures, column by column."""
    return [list(column) for column in zip(*(row.row() for row in rows), strict=True)]
