import sys
import threading
from pathlib import Path

from autoexposure.feedback.answer import Label
from autoexposure.personal.model_store import JudgedKind, Verdict
from autoexposure.personal.training_job import (
    ENOUGH_ANSWERS,
    JobState,
    PersonalisationJob,
    Stage,
    command_of,
    lacking,
    progress_line,
    verdict_line,
)


def job_of(code: str) -> PersonalisationJob:
    return PersonalisationJob([sys.executable, "-c", code])


def ended(job: PersonalisationJob) -> JobState:
    job._listeners[1].join(60)
    return job.state


def test_progress_and_verdict_come_over_from_the_process() -> None:
    found = Verdict(17, 14, 20, (JudgedKind(Label.OVER, 20, 17, 14),), 0.2, 0.25, 0.99)
    verdict = verdict_line(found, True)
    lines = [progress_line("acceptance", 0.25), "chatter", progress_line("training", 0.9), verdict]
    state = ended(job_of("\n".join(f"print({line!r}, flush=True)" for line in lines)))
    assert state == JobState(Stage.DONE, 1.0, found, True)


def test_the_stage_can_be_watched_while_it_runs_and_cancelled() -> None:
    job = job_of(f"print({progress_line('acceptance', 0.5)!r}, flush=True)\nimport threading\nthreading.Event().wait()")
    heard = threading.Event()
    while job.state.stage is Stage.STARTING:
        heard.wait(0.01)
    assert job.state == JobState(Stage.ACCEPTANCE, 0.5)
    assert job.state.stage.running
    job.cancel()
    assert ended(job).stage is Stage.CANCELLED
    job.close()
    job.close()


def test_an_error_becomes_its_sentence() -> None:
    state = ended(job_of("import sys; print('autoexposure: Profile x has 3 answers', file=sys.stderr); sys.exit(1)"))
    assert state.stage is Stage.FAILED
    assert state.error == "Profile x has 3 answers"


def test_a_process_that_dies_says_so_too() -> None:
    state = ended(job_of("import os; os.kill(os.getpid(), 9)"))
    assert state.stage is Stage.FAILED
    assert "start it again" in state.error


def test_a_program_that_is_not_there_is_a_sentence() -> None:
    job = PersonalisationJob([str(Path("nowhere") / "autoexposure")])
    assert job.state.stage is Stage.FAILED
    job.close()


def test_the_command_names_profile_camera_and_store() -> None:
    command = command_of("ada", camera="usb-1", store=Path("x.sqlite"), extra=["--steps", "3"])
    assert command[1:4] == ["-m", "autoexposure", "personalise"]
    for given in ("--progress-json", "ada", "usb-1", "x.sqlite", "3"):
        assert given in command


def test_how_many_more_answers_it_takes() -> None:
    assert [lacking(ENOUGH_ANSWERS + more) for more in (-30, -1, 0, 50)] == [30, 1, 0, 0]
