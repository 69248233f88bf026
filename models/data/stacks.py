"""Exposure stacks: one view that a real camera took at many exposures, so that nothing has to be simulated.

Real cameras put a contrast curve on top of light: in their pictures a stop more exposure looks like more than a stop,
and how much more depends on the tone. So a stack says what a meter meets, where a re-exposed photograph can't.

A stack is a folder of pictures whose exposure times stand in a MANIFEST.csv (`models.data.manifest`).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from autoexposure.errors import ConfigError, PictureError
from autoexposure.frame import Pixels
from models.data.manifest import Manifest
from models.data.photo_files import PICTURE_SUFFIXES, read_picture

SAME_EV = 0.01
"""Frames whose exposures differ by less are taken for one: times are rounded to a hundredth or so."""


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """One view at several exposures.

    Attributes
    ----------
    name : of its folder.
    frames_ev : of its frames, rising; 0 is in the middle between the first and the last.
    frames : (H, W, 3) uint8 RGB each, all of one size.
    """

    name: str
    frames_ev: tuple[float, ...]
    frames: tuple[Pixels, ...] = field(repr=False)

    @property
    def range_ev(self) -> tuple[float, float]:
        """The darkest and the brightest frame's."""
        return self.frames_ev[0], self.frames_ev[-1]

    def picture(self, ev: float) -> Pixels:
        """(H, W, 3) uint8 RGB at ``ev``: between two frames a mixture of their codes, beyond the last frames these."""
        above = bisect_right(self.frames_ev, ev)
        if above in (0, len(self.frames)):
            return self.frames[min(above, len(self.frames) - 1)]
        low_ev, high_ev = self.frames_ev[above - 1 : above + 1]
        share = np.float32((ev - low_ev) / (high_ev - low_ev))
        mixed = self.frames[above - 1] * (1 - share) + self.frames[above] * share
        return np.rint(mixed).astype(np.uint8)


def open_stacks(folders: Sequence[Path]) -> tuple[Stack, ...]:
    """Every stack in the folders and below them, in the order of their paths.

    Folders without exposure times are none. Raises ConfigError if a frame or a manifest is damaged, the frames of a
    stack differ in size, or there is no stack at all.
    """
    stacks: list[Stack] = []
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(f"there is no folder {folder} to take exposure stacks from")
        manifest = Manifest(folder)
        homes: dict[Path, list[tuple[float, Path]]] = {}
        for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES):
            if (time_s := _time_s(manifest.of(path).exposure_time_s)) > 0:
                homes.setdefault(path.parent, []).append((math.log2(time_s), path))
        stacks += [_open(home, sorted(frames)) for home, frames in homes.items() if len(frames) > 1]
    if not stacks:
        named = " or ".join(map(str, folders))
        raise ConfigError(f"there is no exposure stack in {named}: a MANIFEST.csv must say the frames' exposure_time_s")
    return tuple(stacks)


def _open(home: Path, frames: Sequence[tuple[float, Path]]) -> Stack:
    distinct = [frame for last, frame in zip([(-math.inf, home), *frames], frames, strict=False) if _apart(last, frame)]
    try:
        pictures = tuple(read_picture(path) for _, path in distinct)
    except (OSError, PictureError) as error:
        raise ConfigError(f"a frame of the exposure stack {home} can't be used ({error})") from error
    if len({picture.shape for picture in pictures}) > 1:
        raise ConfigError(f"the frames of the exposure stack {home} differ in size")
    middle_ev = (distinct[0][0] + distinct[-1][0]) / 2
    return Stack(home.name, tuple(ev - middle_ev for ev, _ in distinct), pictures)


def _apart(last: tuple[float, Path], frame: tuple[float, Path]) -> bool:
    return frame[0] - last[0] >= SAME_EV


def _time_s(text: str) -> float:
    """0 where none is known."""
    try:
        time_s = float(text)
    except ValueError:
        return 0.0
    return time_s if math.isfinite(time_s) else 0.0
