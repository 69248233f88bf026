"""The command ``personalise``: train on a person's answers, list the models, choose the one that is used."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoexposure.cli.options import RewardOption
from autoexposure.cli.training import require_torch
from autoexposure.errors import ConfigError, FeedbackError, ModelFileError
from autoexposure.feedback.answer import Label, check_asked
from autoexposure.feedback.reward import FIGURE_6, RewardConfig
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.writable import check_file, check_folder
from autoexposure.personal.model_store import PersonalModels, Verdict
from autoexposure.personal.rounds import Round, rounds
from autoexposure.personal.training_job import ENOUGH_ANSWERS, FEWEST_ANSWERS, lacking, progress_line, verdict_line
from autoexposure.process.long_work import EVERYTHING, LongWork, Tell
from autoexposure.process.terminal import console

if TYPE_CHECKING:
    from autoexposure.feedback.store import FeedbackStore
    from models.training.personal.personalise import Outcome

SPOKEN = {Label.UNDER: "too dark", Label.WELL: "good", Label.OVER: "too bright"}
BAR = 20
"""Characters of a bar that stands for all answers of a kind."""


def personalise(
    profile: Annotated[str, typer.Option("--profile", help="The person whose answers to learn from.")] = "default",
    camera: Annotated[str | None, typer.Option("--camera", help="Only those given with this camera (its id).")] = None,
    store: Annotated[Path | None, typer.Option("--store", help="A file of answers other than this user's own.")] = None,
    base: Annotated[Path | None, typer.Option("--model", help="The model to continue from (.onnx).")] = None,
    method: Annotated[
        str, typer.Option("--method", help="ordinal, or reinforce (as in the paper; it needs far more answers).")
    ] = "ordinal",
    reward: RewardOption = FIGURE_6,
    steps: Annotated[int, typer.Option(min=1, help="Batches of each training.")] = 150,
    batch: Annotated[int, typer.Option(min=1, help="Pictures in a batch.")] = 32,
    folds: Annotated[int, typer.Option(min=2, help="Trainings of the cross-validation that comes first.")] = 5,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 1,
    use: Annotated[
        int | None, typer.Option("--use", help="Train nothing; use this earlier model (0 is the base).")
    ] = None,
    roll_back: Annotated[bool, typer.Option("--roll-back", help="Train nothing; use the previous model.")] = False,
    models: Annotated[bool, typer.Option("--models", help="Train nothing; list the models there are.")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the result here.")] = None,
    progress_json: Annotated[bool, typer.Option("--progress-json", hidden=True)] = False,
) -> None:
    """Train the network on your own answers; it is used only if it is nearer to them than what you use now."""
    check_asked(profile, camera)
    shelf = PersonalModels(profile)
    if use is not None:
        shelf.use(use or None)
    if roll_back:
        shelf.roll_back()
    if use is not None or roll_back or models:
        _say_models(shelf, _rounds(shelf, profile, camera, store))
        return
    require_torch("personalise")
    if method not in ("reinforce", "ordinal"):
        raise ConfigError(f"--method is ordinal or reinforce, given {method!r}")
    if method == "ordinal" and reward != FIGURE_6:
        raise ConfigError(f"--reward {reward} needs --method reinforce: ordinal learns from the answers themselves")
    check_folder(shelf.folder)
    if json_file is not None:
        check_file(json_file)
    from autoexposure.feedback.store import FeedbackStore, default_store_path
    from models.training.finetune import FineTuneConfig
    from models.training.personal.personalise import PersonaliseConfig
    from models.training.personal.personalise import personalise as train
    from models.training.policy_gradient import PolicyConfig

    training = FineTuneConfig(
        method=method,  # type: ignore[arg-type]  # checked above, which narrows no str
        steps=steps,
        batch=batch,
        policy=PolicyConfig(reward=RewardConfig(name=reward)),
        threads=threads,
    )
    config = PersonaliseConfig(training, folds=folds)
    if base is not None:
        config = replace(config, base=base)
    if hasattr(os, "nice"):
        os.nice(10)  # the camera comes first

    def run(tell: Tell) -> Outcome:
        with FeedbackStore(store or default_store_path(), profile=profile, camera=camera) as answers:
            _say_beforehand(answers)
            return train(answers, shelf, config, tell)

    with LongWork(EVERYTHING, console(stderr=True), quiet=progress_json) as work:
        words = {"acceptance": "testing on answers it has not seen", "training": "training on all answers"}
        outcome = run(_progress_lines(work) if progress_json else lambda stage, done: work.tell(words[stage], done))
    found = _rounds(shelf, profile, camera, store)
    if json_file is not None:
        atomic_write(json_file, json.dumps(_as_json(outcome, found), indent=1) + "\n")
    if progress_json:
        print(verdict_line(outcome.verdict, outcome.model is not None), flush=True)  # noqa: T201
        return
    if outcome.model is not None:
        typer.echo(f"The new model is used: it agrees with {outcome.verdict}.")
    else:
        typer.echo(f"The old model stays: the new one agrees with {outcome.verdict}.")
    typer.echo(_how_near(outcome.verdict))
    typer.echo("\n".join(_figure(outcome.verdict)))
    typer.echo(_how_long(outcome, steps))
    if outcome.model is not None:
        typer.echo(f"Take it back with: autoexposure personalise --profile {profile} --roll-back")


def _say_beforehand(answers: FeedbackStore) -> None:
    """Say that training on so few would not help, which is no refusal: the test keeps what is in use."""
    count = answers.counts(settled_only=True, said_only=True).total
    if FEWEST_ANSWERS <= count < ENOUGH_ANSWERS:
        typer.echo(
            f"{count} answers are few: what they teach, the live layer does already, and training is unlikely to add"
            f" to it. It takes about {lacking(count)} more. Trying all the same.",
            err=True,
        )


def _figure(verdict: Verdict) -> list[str]:
    """Lines of bars: with how many answers of each kind the old side agreed, and the new one, having seen none."""
    lines = ["On answers that neither had seen:"]
    for kind in verdict.kinds:
        for name, agreed in (("before", kind.old_agrees), ("after", kind.new_agrees)):
            bar = "█" * round(BAR * agreed / kind.answers)
            said = SPOKEN[kind.label] if name == "before" else ""
            lines.append(f"  {said:<10}  {name:<6}  {bar:░<{BAR}}  {agreed} of {kind.answers}")
    return lines


def _how_near(verdict: Verdict) -> str:
    chance = ", which may be chance" if verdict.ahead and not verdict.better else ""
    return f"It is about {verdict.new_ev:.2f} EV off what you want, before {verdict.old_ev:.2f} EV{chance}."


def _how_long(outcome: Outcome, steps: int) -> str:
    if outcome.steps == 0:
        return "No training came nearer to answers that were held out."
    if outcome.steps == steps:
        return f"All {steps} batches of training helped with answers that were held out."
    return f"Training ends after {outcome.steps} of {steps} batches: more did not help with answers that were held out."


def _as_json(outcome: Outcome, found: Sequence[Round]) -> dict[str, object]:
    return {
        "verdict": asdict(outcome.verdict),
        "used": outcome.model is not None,
        "model": outcome.model.number if outcome.model is not None else None,
        "steps": outcome.steps,
        "held_out": [list(point) for point in outcome.course],
        "rounds": [asdict(each) for each in found],
    }


def _rounds(shelf: PersonalModels, profile: str, camera: str | None, store: Path | None) -> tuple[Round, ...]:
    """All rounds; none where there are no answers yet."""
    from autoexposure.feedback.store import FeedbackStore, default_store_path

    path = store or default_store_path()
    if not path.is_file():
        return ()
    try:
        with FeedbackStore(path, profile=profile, camera=camera) as answers:
            return rounds(answers.samples(), shelf.all())
    except FeedbackError as error:  # everything else can be said all the same
        typer.echo(f"  the rounds can't be counted: {error}", err=True)
        return ()


def _progress_lines(work: LongWork) -> Tell:
    """Return what writes progress for another process, a few lines a second at most; it ends us once nothing reads."""
    last_s = 0.0

    def tell(stage: str, done: float, /) -> None:
        nonlocal last_s
        work.tell(stage, done)
        if time.monotonic() - last_s >= 0.2:
            last_s = time.monotonic()
            print(progress_line(stage, done), flush=True)  # noqa: T201

    return tell


def _say_models(shelf: PersonalModels, found: Sequence[Round]) -> None:
    try:
        used = shelf.in_use()
    except ModelFileError as error:  # the others are listed all the same
        typer.echo(f"  {error}")
        used = None
    typer.echo(f"{'*' if used is None else ' '} 0  the model that ships with the program")
    for model in shelf.all():
        mark = "*" if used is not None and used.number == model.number else " "
        typer.echo(f"{mark} {model.number}  {model.made_at.astimezone():%Y-%m-%d %H:%M}, agreed with {model.verdict}")
    for each in found:
        share = f", {each.good / each.answers:.0%} good" if each.answers else ""
        after = f"after training {each.number}" if each.number else "before any training"
        typer.echo(f"round {each.number + 1}, {after}: {each.answers} answers{share}")
    if found and found[-1].all_good:
        typer.echo("All answers of this round are good: there is nothing left to learn from.")
