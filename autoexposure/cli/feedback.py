"""The commands ``feedback ...``: list a person's answers, show, move and erase them; allow and forbid to learn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from autoexposure.errors import ConfigError, FeedbackError
from autoexposure.files.private_files import private
from autoexposure.files.writable import check_file
from autoexposure.personal.model_store import PersonalModels
from autoexposure.plain_text import plain
from autoexposure.process.terminal import console

if TYPE_CHECKING:
    from autoexposure.feedback.answer import Sample
    from autoexposure.feedback.store import FeedbackStore

app = typer.Typer(
    name="feedback", no_args_is_help=True, rich_markup_mode=None, help="Your answers: under, well or over exposed."
)

NAMED = 20
"""How many damaged answers of an import are named; more would push the count off the screen."""

LARGEST_ID = 2**63 - 1
"""The largest number of an answer: SQLite counts no further."""

ProfileOption = Annotated[str, typer.Option("--profile", help="Whose answers.")]
CameraOption = Annotated[str | None, typer.Option("--camera", help="Only answers given with this camera (its id).")]
StoreOption = Annotated[Path | None, typer.Option("--store", help="A file of answers other than this user's own.")]


@app.command("list")
def list_(
    profile: ProfileOption = "default",
    camera: CameraOption = None,
    store: StoreOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest to list.")] = 20,
) -> None:
    """List the newest answers, with source and weight where nobody clicked, and all profiles."""
    from autoexposure.feedback.answer import Source

    screen = console()
    with _open(store, profile, camera) as answers:
        table = Table(
            "answer", "given", "said", "exposure", "camera", "meter", "learned from", box=None, pad_edge=False
        )
        for sample in answers.samples(limit):
            exposure = str(sample.exposure) if sample.exposure is not None else "unknown"
            learned = "yes" if sample.settled else f"no, {sample.ae_state.value}"
            when = f"{sample.answered_at.astimezone():%Y-%m-%d %H:%M}"
            said = sample.label.value
            if sample.source is not Source.CLICK:
                said += f" ({sample.source.value}, {sample.weight:.2g})"
            table.add_row(str(sample.id), when, said, exposure, plain(sample.camera), plain(sample.meter), learned)
        counts = answers.counts()
        screen.print(table)
        screen.print(f"{counts.total} answers: {counts.under} under, {counts.well} well, {counts.over} over")
        screen.print(f"{answers.counts(settled_only=True).total} of them can be learned from")
        left = counts.total - answers.counts(said_only=True).total
        screen.print(f"{left} of them nobody said: they were set by hand and left standing")
        if answers.paused:
            screen.print(f"The feedback of {profile} is paused; resume it with: autoexposure feedback resume")
        for found in answers.profiles():
            screen.print(
                f"profile {plain(found.person)} on {plain(found.camera) or 'no camera'}: {found.answers}",
                highlight=False,
            )


@app.command()
def show(
    answer: Annotated[int, typer.Argument(max=LARGEST_ID, help="Its number, as in the list.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write its picture here (.png).")] = None,
    store: StoreOption = None,
) -> None:
    """Show all that is known about one answer, and save its picture."""
    if out is not None:
        check_file(out)
    with _open(store, "default", None) as answers:
        found = answers.answer(answer)
    from autoexposure.feedback.answer import LONGEST_NAME

    for line in _lines(found.sample):
        typer.echo(plain(line, LONGEST_NAME))
    if out is None:
        return
    try:
        with open(out, "wb", opener=private) as file:
            file.write(found.png)
    except OSError as error:
        raise ConfigError(f"{out} can't be written ({error.strerror}): name a file in a folder that exists") from error
    typer.echo(f"picture: {out}")


@app.command("export")
def export_(
    out: Annotated[Path, typer.Argument(help="The archive to write (.zip); with --dataset, the folder.")],
    dataset: Annotated[
        bool, typer.Option("--dataset", help="Write a folder of labelled pictures, as image datasets are.")
    ] = False,
    profile: ProfileOption = "default",
    camera: CameraOption = None,
    store: StoreOption = None,
) -> None:
    """Write the answers of a profile with their pictures to one file, or as a dataset of labelled pictures."""
    from autoexposure.feedback.archive import export_answers
    from autoexposure.feedback.dataset import export_dataset

    if not dataset:
        check_file(out)
    with _open(store, profile, camera) as answers:
        count = export_dataset(answers, out) if dataset else export_answers(answers, out)
    typer.echo(f"{count} answers written to {out}")


@app.command("import")
def import_(
    archive: Annotated[Path, typer.Argument(help="A file that export wrote.")],
    profile: Annotated[str | None, typer.Option("--profile", help="Put all of them under this profile.")] = None,
    store: StoreOption = None,
) -> None:
    """Add exported answers; answers that are there already stay as they are."""
    from autoexposure.feedback.archive import import_answers

    with _open(store, profile or "default", None) as answers:
        found = import_answers(archive, answers, profile)
    left_out = len(found.damaged)
    typer.echo(f"{found.kept} answers added, {found.known} were there already, {left_out} damaged ones left out")
    for sentence in found.damaged[:NAMED]:
        typer.echo(f"  left out: {sentence}")
    if left_out > NAMED:
        typer.echo(f"  and {left_out - NAMED} more")


@app.command()
def forget(
    answer: Annotated[int | None, typer.Argument(max=LARGEST_ID, help="Its number; leave it out with --all.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Forget all answers of the profile.")] = False,
    by_hand: Annotated[bool, typer.Option("--by-hand", help="Forget all that was learned from what was set.")] = False,
    profile: ProfileOption = "default",
    camera: CameraOption = None,
    store: StoreOption = None,
) -> None:
    """Erase answers and their pictures permanently; with --all also damaged stores that were set aside."""
    if (answer is not None) + everything + by_hand != 1:
        raise ConfigError("name one answer to forget, or --all, or --by-hand, and only one of them")
    with _open(store, profile, camera) as answers:
        for aside in answers.erase_set_aside() if everything else ():
            typer.echo(f"{aside}, a damaged store set aside earlier, is erased with the answers of all profiles in it")
        gone = answers.forget(answer, by_hand=by_hand)
    if answer is not None and gone == 0:
        raise FeedbackError(f"Profile {profile!r} has no answer number {answer}; see: autoexposure feedback list")
    whose = f"{profile} with the camera {camera}" if camera is not None else profile
    kept = "its picture" if gone == 1 else "their pictures"
    typer.echo(
        f"{gone} {'answer' if gone == 1 else 'answers'} of {whose} forgotten, with {kept} and what the live layer "
        "remembered of them"
    )
    shelf = PersonalModels(profile)
    if trained := len(shelf.numbers()):
        models = f"personal model of {profile} stays" if trained == 1 else f"personal models of {profile} stay"
        typer.echo(
            f"{trained} {models} in {shelf.folder}, without pictures; 'autoexposure personalise --use 0'"
            " goes back to the one that ships, removing that folder erases them"
        )


@app.command()
def undo(profile: ProfileOption = "default", camera: CameraOption = None, store: StoreOption = None) -> None:
    """Take back the last answer that was given or learned here; an imported one is not."""
    with _open(store, profile, camera) as answers:
        taken = answers.undo()
    if taken is None:
        typer.echo("There is no answer to take back.")
    elif taken.source.by_hand:
        typer.echo(f"'{taken.label.value}', learned from the {taken.source.value}, was unlearned")
    else:
        typer.echo(f"'{taken.label.value}' was taken back")


@app.command()
def permit(
    by_hand: Annotated[
        bool | None, typer.Option("--by-hand/--no-by-hand", help="Learn from what is set by hand and left standing.")
    ] = None,
    questions: Annotated[
        bool | None, typer.Option("--questions/--no-questions", help="Ask about a picture now and then, in the window.")
    ] = None,
    profile: ProfileOption = "default",
    store: StoreOption = None,
) -> None:
    """Allow or forbid to learn from what is set by hand, and to ask; without an option, say what is allowed."""
    from autoexposure.feedback.store import Subject

    with _open(store, profile, None) as answers:
        for subject, allowed in ((Subject.BY_HAND, by_hand), (Subject.QUESTIONS, questions)):
            if allowed is not None:
                answers.permit(subject, allowed)
        for subject, what in ((Subject.BY_HAND, "learning from what is set by hand"), (Subject.QUESTIONS, "questions")):
            said = {None: "not asked yet, so off", True: "allowed", False: "not allowed"}[answers.permission(subject)]
            typer.echo(f"{profile}: {what}: {said}")


@app.command()
def pause(profile: ProfileOption = "default", store: StoreOption = None) -> None:
    """Accept no answers from a profile until it is resumed."""
    with _open(store, profile, None) as answers:
        answers.pause(True)
    typer.echo(f"The feedback of {profile} is paused.")


@app.command()
def resume(profile: ProfileOption = "default", store: StoreOption = None) -> None:
    """Accept answers from a profile again."""
    with _open(store, profile, None) as answers:
        answers.pause(False)
    typer.echo(f"The feedback of {profile} is resumed.")


def _open(store: Path | None, profile: str, camera: str | None) -> FeedbackStore:
    from autoexposure.feedback.answer import check_asked
    from autoexposure.feedback.store import FeedbackStore, default_store_path

    check_asked(profile, camera)
    return FeedbackStore(store or default_store_path(), profile=profile, camera=camera)


def _lines(sample: Sample) -> list[str]:
    exposure = sample.exposure
    made = "unknown" if exposure is None else f"{exposure} ({'reported' if sample.reported else 'inferred'})"
    learned = "yes" if sample.settled else "no, the exposure was not settled"
    source = f"the {sample.source.value} that was left so" if sample.source.by_hand else f"a {sample.source.value}"
    return [
        f"answer {sample.id} of {sample.profile}: {sample.label.value}",
        f"by {source}; it weighs {sample.weight:.2f} of a click",
        f"given {sample.answered_at.astimezone():%Y-%m-%d %H:%M:%S}",
        f"exposure {made}",
        f"camera {sample.camera or 'unknown'}, picture {sample.sequence}",
        f"meter {sample.meter or 'none'} {sample.model_hash[:12]}".rstrip(),
        f"state {sample.ae_state.value}, learned from: {learned}",
        f"the meter wanted {'nothing known' if sample.delta_ev is None else f'{sample.delta_ev:+.2f} EV'} more,"
        f" compensation {sample.bias_ev:+.2f} EV",
    ]
