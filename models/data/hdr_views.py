"""Views of scenes in true linear light, for training: where a photograph clips, these go on.

A scene in linear light has no exposure that is right by itself. `Taste` measures on the training photographs how bright
and how clipped well-exposed pictures are, and gives a view the exposure that makes it like them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError, SceneError
from autoexposure.files.atomic_file import atomic_open
from autoexposure.files.bounded import BadInput, read_file
from autoexposure.files.decoding import LARGEST_BODY_BYTES
from autoexposure.metering.clipping import CUT_OFF_CODE
from autoexposure.process.long_work import Tell, tell_nobody
from autoexposure.response import Floats, srgb
from autoexposure.simulation.light import STEADY_S
from autoexposure.simulation.scene import Size, luminance
from autoexposure.simulation.scene_files import load_scene
from models.data.dataset import PhotoCache
from models.data.faults import log_average
from models.data.manifest import NOT_FREE, Manifest, is_free
from models.data.photo_files import Part, Refused, part_of

HDR_SUFFIXES = frozenset({".exr", ".hdr"})
HDR_TEST_SHARE = 0.2
"""Scenes are few: a fifth is kept for the test, so that the closed loop is measured on more than a handful."""

VIEWS_OF_PANORAMA = 12
"""One every 30 degrees: neighbours overlap by more than half."""

VIEW = Size(256, 192)
"""As high as the cached pictures, and 4:3 like most cameras'."""

_MOST_LIGHT = 60000.0
"""What half precision can hold; a sun is cut there, far above any white."""


@dataclass(frozen=True, slots=True)
class HdrFiles:
    """Scenes found: files with the part they belong to, and those that could not be used."""

    files: tuple[tuple[Path, Part], ...]
    refused: tuple[Refused, ...]

    def of(self, part: Part) -> tuple[Path, ...]:
        """The scenes of one part."""
        return tuple(path for path, its_part in self.files if its_part == part)


@dataclass(frozen=True, slots=True)
class Taste:
    """What pictures that people keep have in common, measured on photographs.

    Attributes
    ----------
    log_average : median of their log-average luminance, 1 = saturation.
    clipped_share : clipped share of the frame that one in ten exceeds.
    most_guard_ev : most EV by which highlights may darken a view below ``log_average``.
    """

    log_average: float
    clipped_share: float
    most_guard_ev: float = 1.5

    def exposure(self, view: Floats) -> float:
        """Factor by which to multiply the light of ``view`` (H, W, 3), so that saturation is at 1."""
        # As bright as photographs are, or darker where more would clip than in most of them; but highlights may not
        # push the rest into the dark, as a photographer would not for a lamp in the picture.
        light = luminance(view)
        by_average = self.log_average / log_average(light)
        brightest = float(np.quantile(view.max(axis=2), 1 - self.clipped_share))
        by_highlights = 1 / max(brightest, 1e-9)
        return float(max(min(by_average, by_highlights), by_average * 2.0**-self.most_guard_ev))


def find_hdr(folders: Sequence[Path], *, free_only: bool = False) -> HdrFiles:
    """Scan folders with their subfolders, as `models.data.photo_files.find_photos` does. Raises ConfigError."""
    files: list[tuple[Path, Part]] = []
    refused: list[Refused] = []
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(f"there is no folder {folder} to take HDR scenes from")
        manifest = Manifest(folder)
        if free_only:
            manifest.must_exist()
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            if path.suffix.lower() not in HDR_SUFFIXES:
                refused.append(Refused(path, "not an .exr or .hdr scene"))
                continue
            if free_only and not is_free(manifest.of(path).licence):
                refused.append(Refused(path, NOT_FREE))
                continue
            try:
                content = hashlib.sha256(read_file(path, LARGEST_BODY_BYTES)).hexdigest()
                files.append((path, part_of(content, HDR_TEST_SHARE)))
            except OSError as error:
                refused.append(Refused(path, f"cannot be read ({error.strerror})"))
            except BadInput as error:
                refused.append(Refused(path, f"cannot be read ({error})"))
    return HdrFiles(tuple(files), tuple(refused))


def measure_taste(cache: PhotoCache, photos: int = 500) -> Taste:
    """Measure `Taste` on at most ``photos`` training photographs, read as sRGB."""
    chosen = cache.indices("train")
    chosen = np.sort(np.random.default_rng(0).permutation(chosen)[:photos])
    relative = srgb().relative.astype(np.float32)
    pictures = [relative[cv2.resize(cache.pictures[i], (64, 64), interpolation=cv2.INTER_AREA)] for i in chosen]
    averages = [log_average(luminance(picture)) for picture in pictures]
    clipped = [float((cache.pictures[i].max(axis=2) >= CUT_OFF_CODE).mean()) for i in chosen]
    return Taste(float(np.median(averages)), float(np.quantile(clipped, 0.9)))


def open_views(
    files: Sequence[Path], taste: Taste, side_px: int, cache: Path, tell: Tell = tell_nobody
) -> NDArray[np.float16]:
    """(N, side, side, 3) half floats: all views, exposed to ``taste``, 1 = saturation; memory-mapped, made once.

    Raises ConfigError if a scene cannot be used or the cache cannot be written.
    """
    key = hashlib.sha256(repr((taste, side_px, VIEWS_OF_PANORAMA)).encode())
    for path in files:
        key.update(path.read_bytes())
    home = cache / f"views-{side_px}-{key.hexdigest()[:16]}.npy"
    if not home.is_file():
        views: list[NDArray[np.float16]] = []
        for number, path in enumerate(files):
            views += _views(path, taste, side_px)
            tell("making views of the HDR scenes", (number + 1) / len(files))
        try:
            with atomic_open(home) as file:
                np.save(file, np.stack(views))
        except OSError as error:
            raise ConfigError(f"the cache of HDR views cannot be written to {home}: {error.strerror}") from error
    return cast(NDArray[np.float16], np.load(home, mmap_mode="r"))


def _views(path: Path, taste: Taste, side_px: int) -> list[NDArray[np.float16]]:
    try:
        turn_deg = 360 / VIEWS_OF_PANORAMA
        scene = load_scene(path, VIEW, pan_deg_per_s=turn_deg)
        seen = [scene.radiance(STEADY_S + turn) for turn in range(VIEWS_OF_PANORAMA)]
    except SceneError as error:
        raise ConfigError(f"{path} cannot be used as an HDR scene: {error}") from error
    distinct = [view for number, view in enumerate(seen) if number == 0 or view is not seen[0]]
    views = []
    for view in distinct:
        square: Floats = np.asarray(cv2.resize(view, (side_px, side_px), interpolation=cv2.INTER_AREA), np.float32)
        if luminance(square).max() > 0:
            exposed = np.minimum(square * np.float32(taste.exposure(square)), np.float32(_MOST_LIGHT))
            views.append(exposed.astype(np.float16))
    return views
