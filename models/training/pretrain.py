"""Supervised pre-training (paper 5.3, 6.1, 7.2): photographs in, weights out. Read `pretrain` from top to bottom.

A run writes its checkpoints, its log (``log.csv``) and what it used and refused (``files.csv``) to one folder. Killed
and started again it goes on where the last checkpoint stood; without a time budget the result is the same to the bit on
the same machine, because a batch depends on seed and step alone. How long it should last is no part of what it is: a
run that is over goes on when it is given more steps or minutes.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from autoexposure.errors import ConfigError, ModelFileError, Stopped
from autoexposure.files.atomic_file import sweep
from autoexposure.metering.preview import SIDE_PX
from autoexposure.process.malloc import keep_freed_memory
from autoexposure.response import gamma
from models.data.batches import MixConfig, TrainingMix, between
from models.data.dataset import CACHE_SIDE_PX, SCAN_INDEX, PhotoCache, open_cache
from models.data.exposure_ladder import LADDER_EV, label_ev, ladder
from models.data.hdr_views import find_hdr, measure_taste, open_views
from models.data.photo_files import find_photos, training_list_sha256
from models.files.checkpoint import (
    CHECKPOINT_EVERY_S,
    Progress,
    load_checkpoint,
    read_progress,
    save_checkpoint,
    training_in,
)
from models.network import AttentionFcn, NetworkConfig, as_input, load_pretrained
from models.training.log import FILE_LIST, LOG, TrainingLog, write_file_list
from models.training.losses import attention_guidance, training_loss
from models.training.optimiser import LARGEST_GRADIENT, RATE, Recipe, learning_rate, make_optimiser, take_step
from models.training.precision import Precision, resolve, working_type
from models.training.trainable import load_trainable
from models.training.workers import Workers, join_workers, training_device

BUDGET = ("steps", "minutes")
"""Settings that may change from one start of a run to the next: how long it lasts, not what it is."""


LARGEST_CACHE_SIDE_PX = 1024
"""Of shrunken photographs: eight times what the network sees, 3 MB each."""


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    """Everything a run depends on. Raises ConfigError for numbers that can't be.

    Attributes
    ----------
    photos, subjects, masks, hdr : folders of photographs; of photographs with masks of their subjects; of masks for
        photographs of ``photos``; of scenes in linear light (.exr, .hdr).
    free_only : use only pictures that a MANIFEST.csv calls free.
    out : folder for checkpoints and log. cache : folder for shrunken photographs; None is one inside ``out``.
    init : SqueezeNet v1.0 weights (``.npz``), or an earlier model (``.onnx`` with its weights beside it) to train
        further; None starts from scratch.
    resume : go on with the run in ``out``; otherwise a run that is there already is an error.
    steps : batches. minutes : time budget; the schedule follows whichever is used up sooner.
    batch : pictures a step; the paper's is 128 (7.2). The same number of pictures in smaller steps gets further.
    recipe : loss and optimiser. ``paper``: squared error, and SGD whose rate is halved twice (7.2). ``default``: a
        Huber loss, and AdamW with a cosine. `models.training.paper` has the rest of the paper's training.
    rate : the highest learning rate; a model that is trained further wants less than the usual.
    sparsity : weight of the mean attention in the loss, which the paper tried and found worse (9.1).
    guidance : weight of the loss that draws attention to known subjects (`attention_guidance`), from the first step to
        the last, straight between them: a large one teaches where to look, a small one at the end leaves to the
        exposure how exactly. The paper has none: 0.
    precision : of the trunk in training; ``auto`` is 16 bits on processors that are made for it, else 32.
    threads : CPU threads of torch; the next batch is drawn on one more.
    checkpoint_every_s : by the clock, from the start of the command on; there is one at each validation as well.
    validate_every : steps from one look at the validation photographs to the next.
    """

    photos: tuple[Path, ...]
    out: Path
    cache: Path | None = None
    subjects: tuple[Path, ...] = ()
    masks: tuple[Path, ...] = ()
    free_only: bool = False
    hdr: tuple[Path, ...] = ()
    init: Path | None = None
    resume: bool = False
    steps: int = 16_000
    minutes: float | None = None
    batch: int = 32
    seed: int = 1
    recipe: Recipe = "default"
    rate: float = RATE
    guidance: tuple[float, float] = (1.0, 0.2)
    sparsity: float = 0.0
    precision: Precision = "auto"
    network: NetworkConfig = field(default_factory=NetworkConfig)
    mix: MixConfig = field(default_factory=MixConfig)
    cache_side_px: int = CACHE_SIDE_PX
    threads: int = 2
    checkpoint_every_s: float = CHECKPOINT_EVERY_S
    validate_every: int = 500
    validation_photos: int = 100

    def __post_init__(self) -> None:
        if min(self.guidance) < 0:
            raise ConfigError(f"guidance can't be negative, given {self.guidance}")
        if self.steps < 1 or self.batch < 1 or (self.minutes is not None and self.minutes <= 0):
            raise ConfigError(
                f"steps, batch and minutes must be positive, given {self.steps}, {self.batch}, {self.minutes}"
            )
        if self.validate_every < 1 or self.validation_photos < 0:
            given = f"{self.validate_every}, {self.validation_photos}"
            raise ConfigError(f"validate_every must be positive, validation_photos at least 0, given {given}")
        if not SIDE_PX <= self.cache_side_px <= LARGEST_CACHE_SIDE_PX:
            most = f"{SIDE_PX}..{LARGEST_CACHE_SIDE_PX}"
            raise ConfigError(f"cache_side_px must lie in {most}, given {self.cache_side_px}")

    def settings(self) -> dict[str, object]:
        """What a resumed run must agree with, all but its BUDGET, as plain values."""
        return {
            "steps": self.steps,
            "minutes": self.minutes,
            "batch": self.batch,
            "seed": self.seed,
            "recipe": self.recipe,
            "rate": self.rate,
            "guidance": list(self.guidance),
            "sparsity": self.sparsity,
            "precision": resolve(self.precision),
            "validate_every": self.validate_every,
            "network": asdict(self.network),
            "mix": json.loads(json.dumps(asdict(self.mix))),
            "cache_side_px": self.cache_side_px,
        }


TRAINING = "training"
"""The stage of a run in which steps are done."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What the progress callback receives.

    Attributes
    ----------
    stage : in words: TRAINING, or what comes before it. fraction : how much of that stage is done, 0..1.
    train_error_ev, validation_error_ev : EV, None where unknown.
    checkpoint_step : of the last checkpoint, what a kill would leave; None before the first.
    which : of several trainings, in words.
    """

    stage: str
    fraction: float
    step: int = 0
    train_error_ev: float | None = None
    validation_error_ev: float | None = None
    checkpoint_step: int | None = None
    which: str = TRAINING


Callback = Callable[[TrainingReport], None]
"""May raise Stopped, to end a run in good order."""


def pretrain(config: PretrainConfig, progress: Callback | None = None) -> Path:
    """Train, and return the folder with the finished checkpoint (`models.files.export.export_checkpoint` takes it).

    ``progress`` is called in every process of a run under torchrun; if it raises Stopped in one of them, all end at the
    same step, with a checkpoint. Raises Stopped then, ConfigError for settings or folders that can't be used,
    ModelFileError for damaged weights or checkpoints.
    """
    with (
        join_workers() as workers,
        training_in(config.out) if workers.first else nullcontext(),
        ThreadPoolExecutor(1, "next batch") as beside,
    ):
        return _train(config, workers, beside, progress or (lambda report: None))


def _train(config: PretrainConfig, workers: Workers, beside: ThreadPoolExecutor, tell: Callback) -> Path:
    saved_s = time.monotonic()
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    device = training_device()
    rows = workers.rows(config.batch)

    def tell_stage(stage: str, done: float, /) -> None:
        tell(TrainingReport(stage, done))

    # Photographs: choose, split, shrink once.
    kept = config.cache or config.out / "cache"
    if workers.first:
        sweep(kept)
    selection = find_photos(
        config.photos,
        config.subjects,
        kept / SCAN_INDEX,
        tell_stage,
        masks=config.masks,
        free_only=config.free_only,
    )
    if config.hdr:
        tell_stage("looking at the HDR scenes", 0.0)
    scenes = find_hdr(config.hdr, free_only=config.free_only)
    views = None
    with workers.first_alone():
        if workers.first:
            write_file_list(selection, scenes, config.out / FILE_LIST)
        cache = open_cache(selection, kept, config.cache_side_px, tell_stage)
        if of_training := scenes.of("train"):
            views = open_views(of_training, measure_taste(cache), config.cache_side_px, kept, tell_stage)
    tell_stage("loading the network", 0.0)
    mix = TrainingMix(cache, config.mix, config.seed, views)
    trained_on = training_list_sha256(selection.of("train"))
    keep_freed_memory(training=True)

    # Network, and where an interrupted run stood.
    network = AttentionFcn(config.network)
    if config.init is not None:
        start_from(config.init, network)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's types lack memory_format
    network.working_type = working_type(resolve(config.precision))
    optimiser = make_optimiser(network, config.recipe)
    done = read_progress(config.out)
    if done is not None:
        _check_same_run(done, config, trained_on)
        load_checkpoint(config.out, network, optimiser)
    step, spent_s = (done.step, done.elapsed_s) if done else (0, 0.0)
    fraction = 0.0 if done is None else _fraction_now(done, config)
    shared = workers.wrap(network)
    log = TrainingLog(config.out / LOG, step) if workers.first else None

    started_s = time.monotonic() - spent_s
    saved_step = done.step if done else None
    recent_error_ev, validation_error_ev, elapsed_s = math.nan, None, spent_s
    drawn = beside.submit(mix.batch, step, rows, fraction)

    def keep() -> None:
        nonlocal saved_step, saved_s
        if workers.first and saved_step != step:
            progress = Progress(step, elapsed_s, fraction, config.settings(), trained_on)
            save_checkpoint(config.out, network, optimiser, progress)
        saved_step, saved_s = step, time.monotonic()

    while True:
        # How it stands, and whether a signal came: in one of the processes, it ends them all at this step.
        told, learned_ev = 0, None if math.isnan(recent_error_ev) else recent_error_ev
        try:
            tell(TrainingReport(TRAINING, fraction, step, learned_ev, validation_error_ev, saved_step))
        except Stopped as stopped:
            told = stopped.signal
        if told := workers.highest(told):
            keep()
            said = f"ended after step {step}, which is kept in {config.out}"
            raise Stopped(told, f"{said}: the same command again goes on from there")
        if fraction >= 1.0:
            return config.out

        # One step.
        torch.manual_seed(config.seed * 1_000_003 + step)  # dropout draws the same after a restart
        batch = drawn.result()
        # The next one is drawn meanwhile, for where the run will stand by the number of steps. With a time budget it
        # may stand a little further then, which changes its share of relit pictures by as little.
        drawn = beside.submit(mix.batch, step + 1, rows, max(fraction, budget_used(config, step + 1, 0.0)))
        network.train()
        answer = shared(as_input(batch.previews).to(device))
        labels = torch.from_numpy(batch.labels_ev).to(device)
        loss = training_loss(answer, labels, config.recipe)
        if (guidance := between(config.guidance, fraction)) > 0 and config.network.attention:
            loss = loss + guidance * attention_guidance(answer.attention, batch)
        if config.sparsity > 0:
            loss = loss + config.sparsity * answer.attention.mean()
        rate = learning_rate(config.recipe, config.rate, fraction, step)
        take_step(network, optimiser, loss, rate, math.inf if config.recipe == "paper" else LARGEST_GRADIENT)
        step += 1

        # Write down how it went; now and then validate and keep a checkpoint.
        error_ev = workers.mean(float((answer.delta_ev - labels).detach().abs().mean()))
        recent_error_ev = error_ev if math.isnan(recent_error_ev) else 0.98 * recent_error_ev + 0.02 * error_ev
        elapsed_s = time.monotonic() - started_s
        fraction = budget_used(config, step, elapsed_s)
        checks = fraction >= 1.0 or step % config.validate_every == 0
        if log is not None and checks:
            validation_error_ev = validation_error(network, cache, config.validation_photos)
            log.write(step, elapsed_s, rate, recent_error_ev, validation_error_ev)
        elif log is not None and step % 20 == 0:
            log.write(step, elapsed_s, rate, recent_error_ev, None)
        fraction = workers.agree(fraction)
        if checks or time.monotonic() - saved_s >= config.checkpoint_every_s:
            keep()


def budget_used(config: PretrainConfig, step: int, elapsed_s: float) -> float:
    """How much of the steps or the minutes is used up, whichever is more, 0..1."""
    fraction = step / config.steps
    if config.minutes is not None:
        fraction = max(fraction, elapsed_s / (60 * config.minutes))
    return min(1.0, fraction)


def _fraction_now(done: Progress, config: PretrainConfig) -> float:
    """Where a run stands in the schedule: where it stood, unless it has another budget now."""
    settings = config.settings()
    if all(done.settings.get(name) == settings[name] for name in BUDGET):
        return done.fraction
    return budget_used(config, done.step, done.elapsed_s)


def start_from(weights: Path, network: AttentionFcn) -> None:
    """Fill ``network`` with pretrained weights or with an earlier model's, but for its doubt. Raises ModelFileError."""
    if weights.suffix != ".onnx":
        load_pretrained(network, weights)
        return
    taken = load_trainable(weights)
    taken.doubt = None
    try:
        network.load_state_dict(taken.state_dict())
    except RuntimeError as error:
        raise ModelFileError(f"{weights} is a model of another shape than this training makes") from error


def validation_error(network: AttentionFcn, cache: PhotoCache, photos: int) -> float | None:
    """Mean absolute error in EV over every fourth step of the ladder of at most ``photos`` validation pictures."""
    chosen = cache.indices("validation")[:photos]
    if len(chosen) == 0:
        return None
    offsets = LADDER_EV[::4]
    device = training_device()
    labels = torch.from_numpy(label_ev(offsets)).float().to(device)
    response = gamma()
    network.eval()
    with torch.inference_mode():
        errors = [
            (network(as_input(ladder(cache.pictures[i], response, offsets)).to(device)).delta_ev - labels).abs().mean()
            for i in chosen
        ]
    return float(torch.stack(errors).mean())


def _check_same_run(done: Progress, config: PretrainConfig, trained_on: str) -> None:
    if not config.resume:
        raise ConfigError(f"{config.out} already holds a training run; resume it or choose another folder")
    wrong = [n for n, value in config.settings().items() if n not in BUDGET and done.settings.get(n) != value]
    if wrong:
        raise ConfigError(
            f"the run in {config.out} was started with another {wrong[0]}; it can't be resumed with this one: give the"
            " same again, or another folder"
        )
    if done.training_list_sha256 != trained_on:
        raise ConfigError(f"the photographs have changed since the run in {config.out} was started; start a new one")
