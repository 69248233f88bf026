"""MIT-Adobe FiveK (paper 6.2), where its files are at hand: five photographers' exposures of 5,000 raw files.

The folder is the data set's own: ``raw_photos/fivek.lrcat`` and ``raw_photos/*/photos/*.dng`` (or what lies one level
up). The experts' settings are read from the catalogue, an SQLite file that is opened read-only: virtual copies in the
collections A to E, each with its develop settings as text, of which only ``Exposure`` is used. Instead of it a file
``experts.csv`` may lie in the folder, with the columns ``name,A,B,C,D,E``: the file's name without ``.dng``, and EV.

Raw files are developed once, by rawpy, to small pictures in *linear* light (as-shot white balance, no automatic
brightness). The ladder's exposures are then exact multiples of that light, highlights included, encoded by the paper's
gamma. What Lightroom adds beyond exposure (tone curve, camera profile) is not imitated.

A folder with nothing but ``linear/*.exr`` (such renditions by others) has no experts: it is pictures to measure on.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.extras import not_installed
from autoexposure.process.long_work import Tell, tell_nobody
from models.data.built_once import Arrays, build_once
from models.data.dataset import CACHE_SIDE_PX
from models.data.simulated_experts import MEAN

EXPERTS = ("A", "B", "C", "D", "E")
TEST_PICTURES = 500
"""The paper's: 500 drawn at random for testing, the other 4,500 for training."""

LINEAR_BY_EV = 1.5
"""The renditions in ``linear/`` that exist (of the paper "Exposure") were made 1.5 EV darker than zero."""

LINEAR = "linear.f16"

_CATALOGUES = ("raw_photos/fivek.lrcat", "fivek.lrcat")
_EXPOSURE = re.compile(r"\bExposure\s*=\s*(-?\d+(?:\.\d+)?)")
_LARGEST_EV = 10.0
"""Lightroom writes -999999 where its automatic decided; no expert did."""

_OF_COLLECTION = """
SELECT AgLibraryFile.baseName, Adobe_imageDevelopSettings.text
FROM AgLibraryCollection
JOIN AgLibraryCollectionImage ON AgLibraryCollectionImage.collection = AgLibraryCollection.id_local
JOIN Adobe_images ON Adobe_images.id_local = AgLibraryCollectionImage.image
JOIN AgLibraryFile ON AgLibraryFile.id_local = Adobe_images.rootFile
JOIN Adobe_imageDevelopSettings ON Adobe_imageDevelopSettings.id_local = Adobe_images.developSettingsIDCache
WHERE AgLibraryCollection.name = ?
"""


@dataclass(frozen=True, slots=True, eq=False)
class Developed:
    """The pictures of a FiveK folder.

    Attributes
    ----------
    names : of the N files.
    pictures : (N, side, side, 3) float16, linear, 1 = saturation of an exposure of 0 EV; a memory map.
    wishes_ev : A..E and ``mean`` -> (N,) EV; empty where the folder holds no experts.
    train, test : places; without experts all are for testing.
    """

    names: tuple[str, ...]
    pictures: NDArray[np.float16]
    wishes_ev: dict[str, NDArray[np.float64]]
    train: NDArray[np.int64]
    test: NDArray[np.int64]


class FiveK:
    """A FiveK folder. Raises ConfigError if it is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._raw = {path.stem: path for path in sorted(folder.rglob("*.dng"))}
        self._linear = {path.stem: path for path in sorted((folder / "linear").glob("*.exr"))}
        self.exposures_ev = self._read_experts() if self._raw else {}
        if self._raw and not self.exposures_ev:
            raise ConfigError(f"no picture in {folder} has the exposures of all five experts")
        if not (self._raw or self._linear):
            raise ConfigError(f"{folder} is no FiveK folder: there are neither .dng files nor linear/*.exr in it")

    @property
    def names(self) -> tuple[str, ...]:
        """The pictures that can be used, sorted."""
        return tuple(sorted(self.exposures_ev)) if self._raw else tuple(self._linear)

    def develop(self, cache: Path, side_px: int = CACHE_SIDE_PX, tell: Tell = tell_nobody) -> Developed:
        """Every picture, from ``cache`` where it was made before. Raises ConfigError."""
        names = self.names
        home = cache / f"fivek-{side_px}-{self._key()}"
        shape = (len(names), side_px, side_px, 3)

        def develop(arrays: Arrays, place: int) -> None:
            name = names[place]
            linear = _develop(self._raw[name]) if self._raw else _read_linear(self._linear[name])
            arrays[LINEAR][place] = cv2.resize(linear, (side_px, side_px), interpolation=cv2.INTER_AREA)

        build_once(home, {LINEAR: (shape, np.float16)}, len(names), develop, "developing FiveK's pictures", tell)
        pictures: NDArray[np.float16] = np.memmap(home / LINEAR, np.float16, "r", shape=shape)
        if not self._raw:
            nothing = np.zeros(0, np.int64)
            return Developed(names, pictures, {}, nothing, np.arange(len(names)))
        wishes = {expert: np.array([self.exposures_ev[name][expert] for name in names]) for expert in EXPERTS}
        wishes[MEAN] = np.mean([wishes[expert] for expert in EXPERTS], axis=0)
        train, test = split(len(names))
        return Developed(names, pictures, wishes, train, test)

    def _key(self) -> str:
        files = self._raw or self._linear
        listed = [(name, files[name].stat().st_size) for name in self.names]
        return hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:16]

    def _read_experts(self) -> dict[str, dict[str, float]]:
        """Name -> expert -> EV, for pictures that are there and that all five have exposed."""
        table = self.folder / "experts.csv"
        catalogues = [self.folder / place for place in _CATALOGUES if (self.folder / place).is_file()]
        if table.is_file():
            found = _from_csv(table)
        elif catalogues:
            found = _from_catalogue(catalogues[0])
        else:
            raise ConfigError(
                f"{self.folder} holds raw files, but there is neither raw_photos/fivek.lrcat nor experts.csv with what"
                " the experts did"
            )
        return {name: evs for name, evs in found.items() if name in self._raw and len(evs) == len(EXPERTS)}


def split(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Training and test places: 500 of 5,000 drawn at random, always the same; a tenth of a smaller set."""
    order = np.random.default_rng(0).permutation(count)
    held = min(TEST_PICTURES, max(1, count // 10))
    return np.sort(order[held:]), np.sort(order[:held])


def _from_catalogue(path: Path) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as catalogue:
            for expert in EXPERTS:
                for name, settings in catalogue.execute(_OF_COLLECTION, (expert,)):
                    set_to = _EXPOSURE.search(settings or "")
                    exposure_ev = float(set_to.group(1)) if set_to else 0.0  # Lightroom leaves out what is at zero
                    if abs(exposure_ev) <= _LARGEST_EV:
                        found.setdefault(str(name), {})[expert] = exposure_ev
    except sqlite3.Error as error:
        raise ConfigError(f"{path} can't be read as FiveK's Lightroom catalogue: {error}") from error
    return found


def _from_csv(path: Path) -> dict[str, dict[str, float]]:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return {row["name"]: {expert: float(row[expert]) for expert in EXPERTS} for row in csv.DictReader(lines)}
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ConfigError(f"{path} should have the columns name,A,B,C,D,E with exposures in EV: {error}") from error


def _develop(path: Path) -> NDArray[np.float32]:
    """(H, W, 3) float32 linear light of a raw file."""
    try:
        import rawpy
    except ImportError as error:
        raise ConfigError(not_installed("developing raw files needs rawpy", "fivek")) from error
    try:
        with rawpy.imread(str(path)) as raw:
            pixels = raw.postprocess(
                half_size=True, use_camera_wb=True, no_auto_bright=True, output_bps=16, gamma=(1, 1), user_flip=0
            )
    except rawpy.LibRawError as error:
        raise ConfigError(f"{path} can't be developed ({error}); remove or replace it") from error
    linear: NDArray[np.float32] = pixels.astype(np.float32) / np.float32(65535)
    return linear


def _read_linear(path: Path) -> NDArray[np.float32]:
    """(H, W, 3) float32 linear light of a rendition, brought to 0 EV."""
    try:
        import OpenEXR
    except ImportError as error:
        raise ConfigError(not_installed(f"reading {path} needs OpenEXR", "exr")) from error
    try:
        pixels = OpenEXR.File(str(path)).channels()["RGB"].pixels
    except (OSError, KeyError, RuntimeError) as error:
        raise ConfigError(f"{path} can't be read as a picture in linear light: {error}") from error
    linear: NDArray[np.float32] = np.maximum(pixels.astype(np.float32), 0) * np.float32(2.0**LINEAR_BY_EV)
    return linear
