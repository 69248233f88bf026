"""Bad input, through the command it is given to: one sentence, the right exit code, and nothing else changed."""

import hashlib
import re
from pathlib import Path

import pytest

from tests.campaign.bad_input import Case, all_cases
from tests.campaign.kept_camera import ORIGINAL, set_to
from tests.campaign.table import MOST_MB, row
from tests.campaign.victims import DEVICE
from tests.campaign.warmed import Ended, Trials

CASES = all_cases()
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")
LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ")
EVERY = 16
"""The suite tries each sixteenth kind, the large form all of them."""


def hashes(home: Path) -> dict[Path, str]:
    """What stands in the regular files there, but for the camera's own memory."""
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_file() and not path.is_symlink() and path.name not in (".out", ".err", DEVICE)
    }


def faults(case: Case, ended: Ended, home: Path, before: dict[Path, str]) -> list[str]:
    """All that is wrong with how ``case`` ended."""
    found = []
    printed = ended.out + ended.err
    if ended.hung:
        return [f"hung for {case.limit_s:.0f} s"]
    if ended.code not in case.codes:
        found.append(f"exit code {ended.code}")
    if "Traceback" in printed or "report it" in printed:
        found.append("a traceback, or a plea to report it")
    if CONTROL.search(printed):
        found.append("raw control characters")
    # What is logged beside it has a time before it.
    lines = [line for line in ended.err.splitlines() if line.strip() and not LOGGED.match(line)]
    usage = lines[:1] and lines[0].startswith("Usage:")
    if ended.code != 0 and not usage and case.arguments[0] != "restore" and len(lines) != 1:
        found.append(f"{len(lines)} lines instead of one sentence")
    if ended.peak_mb >= MOST_MB:
        found.append(f"{ended.peak_mb:.0f} MB")
    after = hashes(home)
    # A damaged note may be set aside, and a good one is done with.
    lost = [path.name for path, was in before.items() if "state" not in path.parts and was != after.get(path, "gone")]
    if lost and not case.name.startswith("store:"):
        found.append(f"changed or removed: {lost}")
    if case.name.startswith("note:") and set_to(home / DEVICE) != ORIGINAL:
        found.append("the other camera was not put back")
    if case.name.startswith("answer:") and "2 answers added" not in ended.out:
        found.append("the other two answers were not added")
    return found


def attempt(trials: Trials, home: Path, case: Case) -> None:
    home.mkdir()
    case.prepare(home)
    before = hashes(home)
    arguments = [argument.replace("{home}", str(home)) for argument in case.arguments]
    ended = trials.run("tests.campaign.warmed:cli", home, limit_s=case.limit_s, arguments=arguments)
    found = row(f"bad {case.name.partition(':')[0]}")
    found.note(ended)
    wrong = faults(case, ended, home, before)
    found.lost += [f"{case.name}: {fault}" for fault in wrong]
    assert not wrong, f"{wrong}\n{ended.out[-1500:]}\n{ended.err[-3000:]}"


def test_there_are_enough_kinds() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES[::EVERY], ids=lambda case: case.name)
def test_some_kinds(trials: Trials, home: Path, case: Case) -> None:
    attempt(trials, home, case)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_kind(trials: Trials, home: Path, case: Case) -> None:
    attempt(trials, home, case)
