"""Which files of a person's folders are photographs fit for training, and why the others are not.

Each photograph belongs for good to training, validation or test: its part is drawn from the SHA-256 of its content (or
of the group it is filed under, for frames of one film), so adding files moves none of the others. Look-alikes are
found by a perceptual hash over all folders together, and only one of them is used.
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
from autoexposure.process.long_work import Tell, tell_nobody
from models.data.faults import fault_of
from models.data.look_alikes import first_look_alikes
from models.data.manifest import NOT_FREE, OBJECTS, Manifest, is_free, kind_of
from models.data.masks import MASK_ENDING, misfit, photo_stem, scan_mask
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
MASKS = "looking at the masks"
TOLD_EVERY = 20
"""Photographs between two reports of progress: about a second, which is also the longest that a signal waits."""


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A photograph that can be used.

    Attributes
    ----------
    mask, mask_sha256 : the picture of its subject and the hash of its content, where there is one.
    kind : what the subject is, one of `models.data.manifest.KINDS`; empty without a mask.
    """

    path: Path
    sha256: str
    look: int
    part: Part
    mask: Path | None = None
    mask_sha256: str = ""
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
    photos: Sequence[Path],
    subjects: Sequence[Path] = (),
    index: Path | None = None,
    tell: Tell = tell_nobody,
    *,
    masks: Sequence[Path] = (),
    free_only: bool = False,
) -> Selection:
    """Scan folders (with their subfolders) of photographs, and of ``X.jpg`` with ``X.mask.png`` beside it.

    Parameters
    ----------
    index : a file that remembers what was found in every photograph, also by a scan that was ended, so that the next
        scan decodes only what is new; None remembers nothing.
    masks : folders of masks ``X.mask.png`` for the photographs ``X.jpg`` of ``photos``. They change neither which
        photographs are used nor their parts.
    free_only : use only photographs of which a MANIFEST.csv says that their licence is free.

    Raises
    ------
    ConfigError : a folder does not exist or has no manifest where one is needed, or nothing in them can be used.
    """
    known = ScanIndex(index)
    found: list[PhotoFile] = []
    refused: list[Refused] = []
    folders = [(f, True) for f in subjects] + [(f, False) for f in photos]
    for folder in (*subjects, *photos, *masks):
        if not folder.is_dir():
            raise ConfigError(f"there is no folder {folder} to take photographs from")
    try:
        for number, (folder, masked) in enumerate(folders):
            for photo in _judge_all(folder, masked, free_only, known, _share(tell, number, len(folders))):
                if isinstance(photo, PhotoFile):
                    found.append(photo)
                else:
                    refused.append(photo)
        kept = _without_look_alikes(found, refused, tell)
        kept = _give_masks(kept, masks, known, refused, tell)
    finally:
        known.save()
    if not kept:
        raise ConfigError("none of the files in the given folders is a photograph that can be used")
    kept.sort(key=lambda photo: (photo.mask is None, photo.sha256))
    return Selection(tuple(kept), tuple(refused))


def training_list_sha256(photos: Iterable[PhotoFile]) -> str:
    """One hash that stands for the photographs and masks a model was trained on, whatever their names and order."""
    return hashlib.sha256("\n".join(sorted(photo.sha256 + photo.mask_sha256 for photo in photos)).encode()).hexdigest()


def _share(tell: Tell, number: int, count: int) -> Callable[[float], None]:
    return lambda done: tell(SCAN, (number + done) / count)


def _judge_all(
    folder: Path, masked: bool, free_only: bool, known: ScanIndex, tell: Callable[[float], None]
) -> Iterator[PhotoFile | Refused]:
    tell(0.0)
    manifest = Manifest(folder)
    if free_only:
        manifest.must_exist()
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.endswith(MASK_ENDING))

    def judge(path: Path) -> PhotoFile | Refused:
        if path.suffix.lower() not in PICTURE_SUFFIXES:
            return Refused(path, "not a picture")
        entry = manifest.of(path)
        if free_only and not is_free(entry.licence):
            return Refused(path, NOT_FREE)
        mask = path.with_name(f"{path.stem}{MASK_ENDING}") if masked else None
        if mask is not None and not mask.is_file():
            return Refused(path, "no mask of its subject beside it")
        scanned = known.look_up(path, _scan)
        if scanned.fault:
            return Refused(path, scanned.fault)
        filed = entry.group and entry.group != path.stem
        key = hashlib.sha256(entry.group.encode()).hexdigest() if filed else scanned.sha256
        photo = PhotoFile(path, scanned.sha256, scanned.look, part_of(key))
        if mask is None:
            return photo
        drawn = known.look_up(mask, scan_mask)
        if reason := misfit(drawn, scanned):
            return Refused(path, f"its mask can't be used: {reason}")
        return replace(photo, mask=mask, mask_sha256=drawn.sha256, kind=kind_of(entry.kind))

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
    height_px, width_px = pixels.shape[:2]
    return Scanned(content, perceptual_hash(pixels), fault_of(pixels) or "", width_px, height_px)


def _give_masks(
    photos: Sequence[PhotoFile], folders: Sequence[Path], known: ScanIndex, refused: list[Refused], tell: Tell
) -> list[PhotoFile]:
    """The photographs, each of those without a mask with the one of its name in ``folders``, if there is one."""
    given = list(photos)
    named: dict[str, list[int]] = {}
    for place, photo in enumerate(photos):
        if photo.mask is None:
            named.setdefault(photo.path.stem, []).append(place)
    # A photograph that is not used is named with its own reason, so its mask is not.
    told = {file.path.stem for file in refused}

    def judge(mask: Path, manifest: Manifest) -> str:
        """Give it to its photograph, or say why not."""
        owners = named.get(photo_stem(mask), [])
        if len(owners) != 1:
            return "more than one photograph has its name" if owners else "there is no photograph of its name"
        photo = given[owners[0]]
        if photo.mask is not None:
            return "its photograph has a mask from another folder"
        scanned = known.look_up(mask, scan_mask)
        if reason := misfit(scanned, known.look_up(photo.path, _scan)):
            return reason
        kind = manifest.of(mask).kind or manifest.of(mask.with_name(photo.path.name)).kind or OBJECTS
        given[owners[0]] = replace(photo, mask=mask, mask_sha256=scanned.sha256, kind=kind_of(kind))
        return ""

    for folder in folders:
        manifest = Manifest(folder)
        masks = sorted(path for path in folder.rglob(f"*{MASK_ENDING}") if path.is_file())
        if not masks:
            raise ConfigError(f"there is no mask X{MASK_ENDING} in {folder}")
        for number, mask in enumerate(masks, 1):
            if (reason := judge(mask, manifest)) and photo_stem(mask) not in told:
                refused.append(Refused(mask, reason))
            if number % TOLD_EVERY == 0 or number == len(masks):
                tell(MASKS, number / len(masks))
                known.save_now_and_then()
    return given


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
