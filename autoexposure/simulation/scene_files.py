"""Scenes from the user's own files: a photograph, an .hdr or .exr picture or panorama, a folder of photographs."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import SceneError
from autoexposure.simulation.bracket import is_bracket, merged, time_from_exif, times_from_file
from autoexposure.simulation.light import STEADY_S
from autoexposure.simulation.panorama import PAN_DEG_PER_S, PanoramaScene
from autoexposure.simulation.photograph import (
    PHOTOGRAPH_SUFFIXES,
    RADIANCE_SUFFIXES,
    finite_light,
    read_codes,
    read_radiance,
)
from autoexposure.simulation.scene import VGA, Scene, Size, StillScene, fitted, normalised
from autoexposure.simulation.sensor import Radiance

log = logging.getLogger(__name__)

READABLE_SUFFIXES = PHOTOGRAPH_SUFFIXES | RADIANCE_SUFFIXES

SLIDE_S = 10.0
"""How long a slide show shows every picture after the first, which stays for ``STEADY_S``."""

MOST_BRACKETS = 40
"""A folder of more photographs is a slide show, without opening them all; exposure stacks have 3 to 25."""

MOST_TOLD = 5
"""Most bad pictures of a slide show that are named: a folder may hold a hundred thousand, and the show has no end."""


class SlideShow:
    """One picture after another, over and over. Files are read when their turn comes; bad ones are skipped.

    Parameters
    ----------
    paths : of the pictures; the first good one is read at once.
    size, pan_deg_per_s : as for ``load_scene``.
    """

    def __init__(self, paths: list[Path], size: Size = VGA, pan_deg_per_s: float = PAN_DEG_PER_S) -> None:
        self._paths = paths
        self._size = size
        self._pan_deg_per_s = pan_deg_per_s
        self._shown = 0
        self._slide: Scene | None = None
        self._bad = 0
        for path in paths:
            self._show(path)
            if self._slide is not None:
                break
        else:
            raise SceneError(f"none of the {len(paths)} pictures in {paths[0].parent} can be read; give photographs")

    def radiance(self, time_s: float) -> Radiance:
        """The picture whose turn it is at ``time_s``, (H, W, 3) float32."""
        turn = 0 if time_s < STEADY_S else 1 + int((time_s - STEADY_S) / SLIDE_S)
        index = turn % len(self._paths)
        if index != self._shown:
            self._shown = index
            self._show(self._paths[index])
        assert self._slide is not None
        return self._slide.radiance(time_s)

    def _show(self, path: Path) -> None:
        """Turn to a picture; if it is bad, the one before stays."""
        try:
            self._slide = load_scene(path, self._size, self._pan_deg_per_s)
        except SceneError as error:
            self._bad += 1
            if self._bad <= MOST_TOLD:
                log.warning("a picture of the slide show is skipped: %s", error)
            if self._bad == MOST_TOLD:
                log.warning("further bad pictures of the slide show are skipped without a message")


def load_scene(path: str | Path, size: Size = VGA, pan_deg_per_s: float = PAN_DEG_PER_S) -> Scene:
    """Make a scene of a file or folder.

    A photograph stands still. An .hdr or .exr file twice as wide as high is a 360 degree panorama, else a plain
    picture. A folder is an exposure stack if its photographs show one view in different exposures (times from a
    ``times.csv`` beside them, from the camera's own notes in the files, or estimated); else it is a slide show.

    Parameters
    ----------
    path : str or Path
        Of the file or folder.
    size : Size
        Of the radiance the scene gives; pictures of another shape lose their edges.
    pan_deg_per_s : float
        How fast to look around in a panorama.

    Raises
    ------
    SceneError
        If there is nothing that can be read as a picture.
    """
    path = Path(path).expanduser()
    if os.path.isdir(path):
        return _folder_scene(path, size, pan_deg_per_s)
    radiance = read_radiance(path, size)
    if path.suffix.lower() not in RADIANCE_SUFFIXES:
        return StillScene(fitted(radiance, size))
    if radiance.shape[1] == 2 * radiance.shape[0]:
        return PanoramaScene(radiance, size, pan_deg_per_s)
    return StillScene(normalised(fitted(radiance, size)))


def _folder_scene(folder: Path, size: Size, pan_deg_per_s: float) -> Scene:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in READABLE_SUFFIXES and path.is_file())
    except OSError as error:
        raise SceneError(f"the folder {folder} can't be read: {error.strerror or error}") from error
    if not paths:
        raise SceneError(f"there are no pictures in the folder {folder}; give one that holds photographs")
    stack = _exposure_stack(paths, size)
    if not stack:
        return SlideShow(paths, size, pan_deg_per_s)
    return StillScene(normalised(finite_light(merged(stack, _times_s(folder, paths)))))


def _exposure_stack(paths: list[Path], size: Size) -> list[NDArray[np.uint8]]:
    """The pictures, fitted, if they show one view in different exposures; else nothing."""
    if len(paths) > MOST_BRACKETS or not all(path.suffix.lower() in PHOTOGRAPH_SUFFIXES for path in paths):
        return []
    pictures: list[NDArray[np.uint8]] = []
    shapes: set[tuple[int, ...]] = set()
    for path in paths:
        try:
            codes = read_codes(path)
        except SceneError:
            return []  # the slide show says so
        shapes.add(codes.shape)
        if len(shapes) > 1:
            return []
        pictures.append(fitted(codes, size))
    return pictures if is_bracket(pictures) else []


def _times_s(folder: Path, paths: list[Path]) -> list[float] | None:
    """Exposure times of all ``paths``, or None where one is in neither source."""
    listed = times_from_file(folder)
    times_s = [listed.get(path.name) or time_from_exif(path) for path in paths]
    known = [time_s for time_s in times_s if time_s is not None]
    return known if len(known) == len(paths) and max(known) > min(known) else None
