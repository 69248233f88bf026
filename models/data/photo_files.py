"""Which files of a person's folders are photographs fit for training, and why the others are not.

Each photograph belongs for good to training, validation or test: its part is drawn from the SHA-256 of its content (or
of the group it is filed under, for frames of one film), so adding files moves none of the others. Look-alikes are
found by a perceptual hash over all folders together, and only one of them is used.

A ladder takes a photograph's own exposure for right. Night scenes, silhouettes, washed-out and crushed pictures would
teach the opposite, and an error measured on them says nothing. Four limits on the picture itself find them
(`fault_of`), with no model involved, so that the pictures a model is measured on do not depend on the model. They
refuse one in ten of the 4971 pictures that the shipped model was made from, among them most night pictures of outdoor
webcams.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError, PictureError
from autoexposure.files.bounded import BadInput, read_file
from autoexposure.files.decoding import LARGEST_BODY_BYTES, decode
from autoexposure.frame import Pixels
from autoexposure.metering.clipping import HIGHLIGHT_CODE
from autoexposure.process.long_work import Tell, tell_nobody
from autoexposure.response import Floats, srgb
from autoexposure.simulation.scene import luminance
from models.data.look_alikes import first_look_alikes
from models.data.manifest import Manifest, kind_of
from models.data.scan_index import ScanIndex, Scanned

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)

VALIDATION_SHARE = 0.05
TEST_SHARE = 0.10
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})
SMALLEST_SIDE_PX = 96
"""Pictures with a shorter side are refused: blown up to the network's 128 pixels they would only be blur."""

SCAN = "looking at the photographs"
LOOK_ALIKES = "comparing look-alikes"
TOLD_EVERY = 20
"""Photographs between two reports of progress: about a second, which is also the longest that a signal waits."""


MOST_WHITE = 0.10
"""Share of the frame that may be clipped in all channels (codes from HIGHLIGHT_CODE)."""

MOST_BLACK = 0.20
"""Share of the frame that may be crushed in all channels (codes up to BLACK_CODE)."""

BLACK_CODE = 12
"""About a thousandth of white, at gamma 2.2."""

DARKEST_EV, BRIGHTEST_EV = -4.8, -0.8
"""Log-average luminance below saturation: 2 EV to either side of the median photograph's -2.8 EV."""


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A photograph that can be used.

    Attributes
    ----------
    mask : the picture of its subject, where there is one.
    kind : what the subject is, one of `models.data.manifest.KINDS`; empty without a mask.
    """

    path: Path
    sha256: str
    look: int
    part: Part
    mask: Path | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not used, and why, in a few words."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What a scan found. ``photos`` is sorted by content hash; those with a mask come first."""

    photos: tuple[PhotoFile, ...]
    refused: tuple[Refused, ...]

    def of(self, part: Part) -> tuple[PhotoFile, ...]:
        """The photographs of one part."""
        return tuple(photo for photo in self.photos if photo.part == part)


def read_picture(path: Path) -> Pixels:
    """(H, W, 3) uint8 RGB whatever the file holds (grey, 16 bit, CMYK); the largest JPEG at half their size.

    Raises PictureError and OSError.
    """
    try:
        return decode(read_file(path, LARGEST_BODY_BYTES), shrink=True)
    except BadInput as error:
        raise PictureError(f"a picture can't be read: {error}") from error


def part_of(key: str, test_share: float = TEST_SHARE) -> Part:
    """Training, validation or test, drawn from a hexadecimal hash: 85 %, 5 %, 10 % unless more is kept for the test."""
    place = int(key[:13], 16) / 16**13  # 52 bits, as many as a float holds exactly
    if place < test_share:
        return "test"
    return "validation" if place < test_share + VALIDATION_SHARE else "train"


def perceptual_hash(pixels: Pixels) -> int:
    """64 bits that hardly change under resizing, re-encoding or brightening, of (H, W, 3) uint8 RGB.

    They are the signs of the 8x8 lowest frequencies, counted from their median. The first is the mean brightness and is
    left out of the median, which it would pull far off.
    """
    grey = cv2.cvtColor(cv2.resize(pixels, (32, 32), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    low = cv2.dct(grey.astype(np.float32))[:8, :8].ravel()
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def find_photos(
    photos: Sequence[Path], subjects: Sequence[Path] = (), index: Path | None = None, tell: Tell = tell_nobody
) -> Selection:
    """Scan folders (with their subfolders) of photographs, and of ``X.jpg`` with ``X.mask.png`` beside it.

    Parameters
    ----------
    index : a file that remembers what was found in every photograph, also by a scan that was ended, so that the next
        scan decodes only what is new; None remembers nothing.

    Raises
    ------
    ConfigError : a folder does not exist, or nothing in them can be used.
    """
    known = ScanIndex(index)
    found: list[PhotoFile] = []
    refused: list[Refused] = []
    folders = [(f, True) for f in subjects] + [(f, False) for f in photos]
    for folder, _ in folders:
        if not folder.is_dir():
            raise ConfigError(f"there is no folder {folder} to take photographs from")
    try:
        for number, (folder, masked) in enumerate(folders):
            for photo in _judge_all(folder, masked, known, _share(tell, number, len(folders))):
                if isinstance(photo, PhotoFile):
                    found.append(photo)
                else:
                    refused.append(photo)
    finally:
        known.save()
    kept = _without_look_alikes(found, refused, tell)
    if not kept:
        raise ConfigError("none of the files in the given folders is a photograph that can be used")
    kept.sort(key=lambda photo: (photo.mask is None, photo.sha256))
    return Selection(tuple(kept), tuple(refused))


def training_list_sha256(photos: Iterable[PhotoFile]) -> str:
    """One hash that stands for the photographs a model was trained on, whatever their names and order."""
    return hashlib.sha256("\n".join(sorted(photo.sha256 for photo in photos)).encode()).hexdigest()


def _share(tell: Tell, number: int, count: int) -> Callable[[float], None]:
    return lambda done: tell(SCAN, (number + done) / count)


def _judge_all(
    folder: Path, masked: bool, known: ScanIndex, tell: Callable[[float], None]
) -> Iterator[PhotoFile | Refused]:
    tell(0.0)
    manifest = Manifest(folder)
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and not (masked and p.name.endswith(".mask.png")))

    def judge(path: Path) -> PhotoFile | Refused:
        if path.suffix.lower() not in PICTURE_SUFFIXES:
            return Refused(path, "not a picture")
        mask = path.with_name(f"{path.stem}.mask.png") if masked else None
        if mask is not None and not mask.is_file():
            return Refused(path, "no mask of its subject beside it")
        scanned = known.look_up(path, _scan)
        if scanned.fault:
            return Refused(path, scanned.fault)
        entry = manifest.of(path)
        filed = entry.group and entry.group != path.stem
        key = hashlib.sha256(entry.group.encode()).hexdigest() if filed else scanned.sha256
        kind = kind_of(entry.kind) if mask is not None else ""
        return PhotoFile(path, scanned.sha256, scanned.look, part_of(key), mask, kind)

    readers = ThreadPoolExecutor()  # reading, hashing and decoding run outside Python's lock
    try:
        for number, judged in enumerate(readers.map(judge, paths), 1):
            yield judged
            if number % TOLD_EVERY == 0 or number == len(paths):
                tell(number / len(paths))
                known.save_now_and_then()
    finally:
        readers.shutdown(cancel_futures=True)


def _scan(path: Path) -> Scanned:
    try:
        data = read_file(path, LARGEST_BODY_BYTES)
        pixels = decode(data, shrink=True)
    except OSError as error:
        return Scanned(fault=f"cannot be read ({error.strerror})")
    except (BadInput, PictureError) as error:
        return Scanned(fault=f"broken, it cannot be decoded ({error})")
    content = hashlib.sha256(data).hexdigest()
    if min(pixels.shape[:2]) < SMALLEST_SIDE_PX:
        return Scanned(fault=f"too small, {pixels.shape[1]}x{pixels.shape[0]} pixels")
    return Scanned(content, perceptual_hash(pixels), fault_of(pixels) or "")


def _without_look_alikes(found: list[PhotoFile], refused: list[Refused], tell: Tell) -> list[PhotoFile]:
    """Keep the first of each set of look-alikes: those with a mask, then by content hash."""
    ordered = sorted(found, key=lambda photo: (photo.mask is None, photo.sha256))
    looks: NDArray[np.uint64] = np.array([photo.look for photo in ordered], dtype=np.uint64)
    alike_to = first_look_alikes(looks, lambda done: tell(LOOK_ALIKES, done), TOLD_EVERY)
    kept = []
    for photo, first in zip(ordered, alike_to, strict=True):
        if first < 0:
            kept.append(replace(photo))
        else:
            refused.append(Refused(photo.path, f"looks like {ordered[first].path.name}"))
    return kept


def fault_of(pixels: Pixels) -> str | None:
    """Why (H, W, 3) uint8 RGB cannot serve as ground truth, in a few words; None if it can."""
    small: Pixels = np.asarray(cv2.resize(pixels, (64, 64), interpolation=cv2.INTER_AREA), np.uint8)
    average_ev = float(np.log2(log_average(luminance(_linear(small)))))
    if average_ev < DARKEST_EV:
        return f"too dark to say what right exposure is (log average {average_ev:.1f} EV)"
    if average_ev > BRIGHTEST_EV:
        return f"too bright to say what right exposure is (log average {average_ev:.1f} EV)"
    if (white := float((pixels.min(axis=2) >= HIGHLIGHT_CODE).mean())) > MOST_WHITE:
        return f"{white:.0%} of it is clipped"
    if (black := float((pixels.max(axis=2) <= BLACK_CODE).mean())) > MOST_BLACK:
        return f"{black:.0%} of it is black"
    return None


def log_average(light: NDArray[np.float32]) -> float:
    """Log-average of linear light of any shape, without its darkest and brightest twentieth: no sun decides alone."""
    low, high = np.quantile(light, [0.05, 0.95])
    # The floor keeps the logarithm finite in pictures of which a twentieth or more is perfectly black.
    floor = max(float(high) * 1e-4, 1e-9)
    return float(np.exp(np.log(np.clip(light, max(float(low), floor), max(float(high), floor))).mean()))


def _linear(pixels: Pixels) -> Floats:
    return srgb().relative.astype(np.float32)[pixels]
