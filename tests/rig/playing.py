"""Tests of the program before webcams as people reported them: what is played, and what a user then sees.

A test says what it plays by `playing`, and gets what was seen as ``seen``. One boot of the guest serves every test of a
session (`tests/rig/guest/player.py`). The page `docs/cameras/firmware.md` says where each was reported.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import pytest

CAMERA = "v4l2:/dev/video0,size=160x120"
FRAMES = 60
"""Enough to go two and a half stops and to rest for a second, on a busy machine too."""

DARK = {"auto_exposure": 1, "exposure_time_absolute": 42, "gain": 0}
"""Two and a half stops too dark, by hand: the program has a way to go, and something to put back."""

AUTOMATIC = {"auto_exposure": 3}
"""As most webcams are plugged in."""

RIGHT_EV = -5.95
"""Where the average meter ends on the webcam's room, by the webcam's own log; within `CLOSE_EV`."""

CLOSE_EV = 0.5
"""An error that wakes no loop at rest, the steps of the controls, and what the picture's coding does to the meter."""

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Play:
    """A webcam, a driver, and what is done with them.

    Attributes
    ----------
    webcam : options of the rig's software webcam.
    shim : quirks of the driver, by the names in ``shim.c`` and in the rig's ``ioctl_shim.c``.
    argv : what the user types after ``autoexposure``; LINES stands for the file of JSON lines.
    before : what the webcam's controls are set to first.
    automatic_at : with which picture its automatic is on again, in secret; 0 is never.
    meanwhile : at which JSON line what is done to the webcam: a knob of its own and the knob's arguments.
    longest_s : a program that still runs then is killed.
    """

    webcam: str = ""
    shim: str = ""
    argv: tuple[str, ...] = ()
    before: Mapping[str, int] = field(default_factory=lambda: DARK)
    automatic_at: int = 0
    meanwhile: tuple[tuple[object, ...], ...] = ()
    longest_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a play.

    Attributes
    ----------
    code : exit code; None: it had to be killed.
    out, err : what it printed.
    lines : its JSON lines.
    before, after : the webcam's controls.
    truth : what each picture really was, by the webcam's own log, until the last JSON line was written.
    took_s : how long the whole play took.
    """

    code: int | None
    out: str
    err: str
    lines: list[Line]
    before: dict[str, int]
    after: dict[str, int]
    truth: list[Line]
    took_s: float

    @property
    def notices(self) -> list[str]:
        """What was said to the user while it ran, each once, in order."""
        return list(dict.fromkeys(line["notice"] for line in self.lines if line["notice"]))

    @property
    def said(self) -> str:
        """Everything that was said."""
        return "\n".join([*self.notices, self.err, self.out])

    @property
    def true_ev(self) -> float:
        """What the sensor used while the last pictures were read."""
        return statistics.median(math.log2(one["exposure_us"] * 1e-6 * one["gain"]) for one in self.truth[-15:])

    @property
    def writes_at_the_end(self) -> int:
        """How many of the last pictures led to a write."""
        return sum(line["wrote"] for line in self.lines[-15:])

    def __str__(self) -> str:
        end = self.lines[-1] if self.lines else {}
        end = {key: end.get(key) for key in ("sequence", "state", "ev", "delta_ev", "frame_rate", "dropped")}
        return (
            f"exit code {self.code}, {len(self.lines)} lines, last {end}, {len(self.truth)} pictures made, "
            f"really {self.true_ev if self.truth else math.nan:.2f} EV\n"
            f"notices: {self.notices}\n{self.before}\n{self.after}\nout: {self.out[-1500:]}\nerr: {self.err[-1500:]}"
        )

    def in_order(self) -> None:
        """It ran to its end and put every control back."""
        assert self.code == 0, self
        assert self.after == self.before, self

    def settled(self) -> None:
        """It came to rest where the light asks for it, said no more than it should, and put every control back."""
        self.in_order()
        assert self.lines[-1]["state"] == "converged", self
        assert abs(self.true_ev - RIGHT_EV) <= CLOSE_EV, self
        assert self.writes_at_the_end == 0, self


def run(*options: str, camera: str = CAMERA, frames: int = FRAMES) -> tuple[str, ...]:
    """What a user types to have the webcam controlled for a while."""
    return ("run", "-c", camera, "-m", "average", "--frames", str(frames), "--json", "LINES", *options)


def playing(
    *webcams: str, shims: Sequence[str] = ("",), argv: tuple[str, ...] = (), **rest: Any
) -> pytest.MarkDecorator:
    """Have a test that takes ``seen`` run with each of these webcams, and each of these drivers; the rest as `Play`."""
    plays = [Play(webcam, shim, argv or run(), **rest) for webcam in webcams or ("",) for shim in shims]
    ids = [" ".join(filter(None, (play.webcam, play.shim))) for play in plays]
    return pytest.mark.parametrize("seen", plays, ids=ids, indirect=True)


def seen_in(line: str) -> tuple[str, Seen | str]:
    """The name of a play and what was seen, from a line of the player's; in words if it could not be played."""
    told = json.loads(line)
    if "broken" in told:
        return told["name"], str(told["broken"])
    return told["name"], Seen(**{each.name: told[each.name] for each in fields(Seen)})
