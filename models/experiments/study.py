"""What all experiments share: sizes, the photographs with everybody's wishes, and where results go.

Every figure that costs time is kept as soon as it is there (``FOLDER/runs``, ``FOLDER/points``), under a hash of all it
depends on. An experiment that was killed goes on where it was; one whose settings changed starts those parts anew.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from autoexposure.errors import ConfigError
from autoexposure.feedback.reward import FIGURE_6, RewardConfig
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.bounded import parse_object, read_text
from autoexposure.process.long_work import Tell, tell_nobody
from models.data.dataset import PhotoCache, open_photos
from models.data.fivek import Developed, FiveK
from models.data.simulated_experts import NAMES, Scene, make_scene, wishes_ev
from models.evaluation.report import as_table, write_section
from models.files.model_file import default_model_path
from models.training.answered import Picture, Pictures

SizeName = Literal["small", "full", "converged"]

Kept = TypeVar("Kept")

ENOUGH_UNSEEN = 100
"""Test photographs from which on unseen ones are taken from the test part alone. With fewer, all of them count as
unseen: such a folder is no training library."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large an experiment is; printed with every table.

    Attributes
    ----------
    train, test : most photographs of each.
    steps, batch : of every fine-tuning.
    scratch_steps : of those that start without pre-training, which need more.
    clicks : after how many the live layer is measured. orders : of pictures, drawn at random; figures are their mean.
    images : numbers of training images of Figure 9; the whole training part comes last by itself.
    people : whose curves Figure 9 draws.
    ladder_every : the error is measured at every ``ladder_every``-th step of the ladder.
    pretrain_steps : of each pre-training of Figure 7.
    seeds : of every fine-tuning; figures are means over them, with the spread between them.
    answers : after how many a person's network is trained. person_steps : batches of that training, at most.
    """

    train: int
    test: int
    steps: int
    batch: int
    scratch_steps: int
    clicks: tuple[int, ...]
    orders: int
    images: tuple[int, ...]
    people: tuple[str, ...]
    ladder_every: int
    pretrain_steps: int
    seeds: tuple[int, ...]
    answers: tuple[int, ...]
    person_steps: int

    @property
    def each(self) -> str:
        """How many trainings a figure is the mean of, in words."""
        return "one training each" if len(self.seeds) == 1 else f"mean of {len(self.seeds)} trainings each"


SIZES: dict[SizeName, Sizes] = {
    "small": Sizes(
        train=12,
        test=6,
        steps=2,
        batch=4,
        scratch_steps=2,
        clicks=(0, 3, 6),
        orders=1,
        images=(6,),
        people=("mean",),
        ladder_every=10,
        pretrain_steps=2,
        seeds=(1,),
        answers=(12,),
        person_steps=2,
    ),
    "full": Sizes(
        train=2000,
        test=150,
        steps=200,
        batch=12,
        scratch_steps=240,
        clicks=(0, 10, 30, 100, 300),
        orders=2,
        images=(100, 300, 1000),
        people=NAMES,
        ladder_every=4,
        pretrain_steps=1000,
        seeds=(1, 2, 3),
        answers=(300,),
        person_steps=150,
    ),
}
SIZES["converged"] = replace(SIZES["full"], steps=3000, scratch_steps=4000)
"""``converged`` gives every fine-tuning fifteen times as many batches as ``full``, for which a day is needed without a
graphics card: Table 4 shows the course of the supervised ones, and says whether that was enough."""


@dataclass(frozen=True, slots=True)
class StudyConfig:
    """What an experiment was asked for.

    Attributes
    ----------
    photos, subjects, masks : folders of photographs; of photographs with masks; of masks for those of ``photos``.
    hdr : folders of scenes in linear light, which bracket also takes its subjects before.
    free_only : use only pictures that a MANIFEST.csv calls free.
    fivek : folder of MIT-Adobe FiveK, used instead of the simulated experts.
    model : the base model (``.onnx``).
    init : ImageNet weights (``.npz``) that "from scratch" starts from; None starts from random weights.
    reward : what the kinds that learn by REINFORCE learn from.
    """

    out: Path
    photos: tuple[Path, ...] = ()
    subjects: tuple[Path, ...] = ()
    masks: tuple[Path, ...] = ()
    hdr: tuple[Path, ...] = ()
    free_only: bool = False
    fivek: Path | None = None
    model: Path = field(default_factory=default_model_path)
    init: Path | None = None
    reward: RewardConfig = field(default_factory=RewardConfig)
    size: SizeName = "full"
    threads: int = 1
    cache: Path = field(default_factory=lambda: user_cache_path("autoexposure"))

    @property
    def sizes(self) -> Sizes:
        """The sizes that ``size`` stands for."""
        return SIZES[self.size]

    @property
    def model_sha256(self) -> str:
        """SHA-256 of the base model's file."""
        return hashlib.sha256(self.model.read_bytes()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Photographs and what everybody wants of them.

    Attributes
    ----------
    pictures : (N, side, side, 3) uint8. masks : of the first of them, may be empty.
    wishes_ev : person -> (N,) EV relative to the picture; NaN for pictures that are not used.
    train, test : places in ``pictures``, none in both.
    people : who they are, in words, for every table.
    """

    pictures: Pictures
    masks: NDArray[np.uint8]
    wishes_ev: dict[str, NDArray[np.float64]]
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    people: str

    def wishes_of(self, chosen: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
        """Everybody's wishes, (M,) each, for the pictures at ``chosen`` (M,)."""
        return {name: wishes[chosen] for name, wishes in self.wishes_ev.items()}

    @property
    def identity(self) -> str:
        """A hash of the people's wishes for exactly these pictures in these parts."""
        digest = hashlib.sha256()
        for part in (self.train, self.test):
            digest.update(part.tobytes())
            for name, wishes in sorted(self.wishes_of(part).items()):
                digest.update(name.encode() + wishes.round(6).tobytes())
        return digest.hexdigest()


def open_world(config: StudyConfig, tell: Tell = tell_nobody) -> World:
    """Photographs split as for pre-training, with wishes. Raises ConfigError if there are too few."""
    developed = FiveK(config.fivek).develop(config.cache, tell=tell) if config.fivek is not None else None
    if developed is not None and developed.wishes_ev:
        return _of_fivek(developed, config.sizes)
    cache = open_study_photos(config, tell)
    sizes = config.sizes
    train = _some(np.concatenate([cache.indices("train"), cache.indices("validation")]), sizes.train)
    if developed is not None:
        return _measured_on_fivek(cache, train, developed, sizes)
    return _simulated(cache, train, _some(cache.indices("test"), sizes.test))


def open_unseen_world(config: StudyConfig, tell: Tell = tell_nobody) -> World:
    """Photographs that the base model was not trained on: some to click on, the others to measure on.

    Raises
    ------
    ConfigError : there are too few.
    """
    cache = open_study_photos(config, tell)
    unseen = cache.indices("test")
    if len(unseen) < ENOUGH_UNSEEN:
        unseen = np.arange(len(cache.photos))
    order = np.random.default_rng(0).permutation(unseen)
    clicks = max(config.sizes.clicks)
    measured = min(config.sizes.test, max(len(order) // 3, len(order) - clicks))
    if len(order) < 6:
        raise ConfigError(f"at least 6 photographs are needed, {len(order)} can be used")
    return _simulated(cache, np.sort(order[measured:]), np.sort(order[:measured]))


def open_study_photos(config: StudyConfig, tell: Tell) -> PhotoCache:
    """The photographs that an experiment was given. Raises ConfigError if there are none."""
    if not (config.photos or config.subjects):
        raise ConfigError("name folders of photographs with --photos, of ones with masks with --subjects")
    return open_photos(
        config.photos, config.subjects, config.cache, tell=tell, masks=config.masks, free_only=config.free_only
    )[1]


def _some(places: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most ``most`` of ``places``, drawn at random but always the same."""
    return np.sort(np.random.default_rng(0).permutation(places)[:most])


def scene_at(cache: PhotoCache, index: int) -> Scene:
    """The scene behind one picture of a cache."""
    mask = cache.masks[index] if index < len(cache.masks) else None
    return make_scene(cache.pictures[index], mask)


def _simulated(cache: PhotoCache, train: NDArray[np.int64], test: NDArray[np.int64]) -> World:
    if len(train) == 0 or len(test) == 0:
        raise ConfigError("too few photographs: none were left to train on, or none to measure on")
    used = np.concatenate([train, test])
    found = wishes_ev([scene_at(cache, int(i)) for i in used], [cache.photos[int(i)].sha256 for i in used])
    wishes = {name: np.full(len(cache.photos), np.nan) for name in found}
    for name, values in found.items():
        wishes[name][used] = values
    return World(cache.pictures, cache.masks, wishes, train, test, "five SIMULATED experts")


def _of_fivek(developed: Developed, sizes: Sizes) -> World:
    no_masks = np.zeros((0, 0, 0), np.uint8)
    train, test = _some(developed.train, sizes.train), _some(developed.test, sizes.test)
    return World(developed.pictures, no_masks, developed.wishes_ev, train, test, "the five experts of MIT-Adobe FiveK")


class _Joined:
    """Two sets of pictures, one behind the other."""

    def __init__(self, first: Pictures, count: int, second: Pictures) -> None:
        self._first, self._count, self._second = first, count, second

    def __getitem__(self, index: int, /) -> Picture:
        return self._first[index] if index < self._count else self._second[index - self._count]


def _measured_on_fivek(cache: PhotoCache, train: NDArray[np.int64], developed: Developed, sizes: Sizes) -> World:
    """Learn from photographs, measure on FiveK's pictures: the simulated experts, since its own are not there."""
    world = _simulated(cache, train, train[:1])
    count = len(cache.photos)
    places = _some(developed.test, sizes.test)
    found = wishes_ev(
        [make_scene(developed.pictures[int(i)].astype(np.float32), None) for i in places],
        [developed.names[int(i)] for i in places],
    )
    wishes = {
        name: np.concatenate([values, np.full(len(developed.names), np.nan)])
        for name, values in world.wishes_ev.items()
    }
    for name, values in found.items():
        wishes[name][count + places] = values
    people = "five SIMULATED experts, measured on pictures of MIT-Adobe FiveK"
    return World(_Joined(cache.pictures, count, developed.pictures), cache.masks, wishes, train, count + places, people)


def kept(folder: Path, key: Sequence[object], make: Callable[[], Kept]) -> Kept:
    """A JSON value that is made once: from ``folder`` if it was made with the same ``key``, else made and kept."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()[:20]
    path = folder / f"{digest}.json"
    if path.is_file():
        return cast(Kept, parse_object(read_text(path))["value"])  # what an earlier ``make`` gave for this key
    value = make()
    atomic_write(path, json.dumps({"key": key, "value": value}, default=str))
    return value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an experiment found.

    Attributes
    ----------
    name : of the experiment.
    figures : the documented keys.
    table : rows of text, the first is the head.
    summary : one sentence for `RESULTS.md`, without its full stop.
    """

    name: str
    figures: Mapping[str, object]
    table: list[list[str]]
    summary: str


def against_the_paper(claims: Mapping[str, bool]) -> str:
    """What goes behind a summary: where the paper found otherwise, of these claims (sentence -> whether it is so)."""
    found = [words for words, so in claims.items() if so]
    return f". Against the paper: {'; '.join(found)}" if found else ""


def write_outcome(outcome: Outcome, config: StudyConfig, world: World, json_file: Path | None) -> None:
    """Write CSV, JSON and the section in RESULTS.md."""
    config.out.mkdir(parents=True, exist_ok=True)
    document = {
        "experiment": outcome.name,
        "people": world.people,
        "size": config.size,
        "sizes": asdict(config.sizes) | {"trained_on": len(world.train), "measured_on": len(world.test)},
        "model_sha256": config.model_sha256,
        "reward": config.reward.name,
        "from_scratch": "ImageNet weights" if config.init is not None else "random weights",
        **outcome.figures,
    }
    text = json.dumps(document, indent=1) + "\n"
    atomic_write(config.out / f"{outcome.name}.json", text)
    if json_file is not None:
        atomic_write(json_file, text)
    table = io.StringIO(newline="")
    csv.writer(table).writerows(outcome.table)
    atomic_write(config.out / f"{outcome.name}.csv", table.getvalue())
    _record(outcome, config, world)


def in_checkout() -> bool:
    """Whether the program runs from its repository, whose files the full experiments write."""
    return (Path(__file__).parents[2] / "pyproject.toml").is_file()


def _record(outcome: Outcome, config: StudyConfig, world: World) -> None:
    """Write the table into models/RESULTS.md if a checkout ran it in full by Figure 6, else beside the JSON."""
    shipped = Path(__file__).parents[1] / "RESULTS.md"
    papers = config.reward.name == FIGURE_6
    path = shipped if config.size != "small" and in_checkout() and papers else config.out / "RESULTS.md"
    given = "--fivek FOLDER" if config.fivek is not None else "--photos FOLDER --subjects FOLDER"
    if config.masks and config.fivek is None:
        given += " --masks FOLDER"
    if config.hdr:
        given += " --hdr FOLDER"
    if config.free_only:
        given += " --licence free"
    if not papers:
        given += f" --reward {config.reward.name}"
    if config.init is not None:
        given += " --init FILE"
    head, *rows = outcome.table
    sizes = config.sizes
    people = world.people[0].upper() + world.people[1:]
    text = (
        f"{people}; base model {config.model_sha256[:8]}; {len(world.train)} pictures to learn from, {len(world.test)}"
        f" measured on, {sizes.steps} steps of {sizes.batch}, {sizes.each}.\n"
        f"{outcome.summary[0].upper()}{outcome.summary[1:]}.\n\n{as_table(head, rows)}"
    )
    command = f"autoexposure experiment {outcome.name} {given} --size {config.size} --out FOLDER"
    write_section(path, f"Experiment: {outcome.name}", command, text)
