"""What the rig's tests ask for: what was seen of a play, and what tests said that ran in a guest."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.rig.guests import AT_ONCE, ROOT, Guest, Guests
from tests.rig.playing import Seen, seen_in


def rig_folder() -> Path:
    """Where ``run-in-rig`` is: AUTOEXPOSURE_RIG, else beside the checkout."""
    return Path(os.environ.get("AUTOEXPOSURE_RIG") or ROOT.parent / "shared" / "rig")


def built_kernel() -> Path:
    """What the rig's own set-up leaves behind when the guest's kernel is built."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("RIG_CACHE") or Path(cache) / "camera-rig") / "uml" / "release"


@pytest.fixture(scope="session")
def rig() -> Path:
    """The program that boots a guest."""
    folder = rig_folder()
    if not (folder / "run-in-rig").exists():
        pytest.skip(f"there is no camera rig in {folder} (set AUTOEXPOSURE_RIG to where it is)")
    if not built_kernel().exists():
        pytest.skip(f"the rig's kernel is not built yet: run '{folder / 'setup-rig'} uml' once, about ten minutes")
    return folder / "run-in-rig"


@pytest.fixture(scope="session")
def shims(rig: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The libraries that play drivers, compiled, as LD_PRELOAD takes them; empty where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return ""
    folder = tmp_path_factory.mktemp("shims")
    libraries = []
    for source in (Path(__file__).with_name("shim.c"), rig.with_name("ioctl_shim.c")):
        library = folder / source.with_suffix(".so").name
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
        libraries.append(str(library))
    return ":".join(libraries)


def asked_for(session: pytest.Session, fixture: str) -> dict[str, Any]:
    """What each selected test asks of a fixture, by the test's name."""
    params = {item.name: item.callspec.params for item in session.items if hasattr(item, "callspec")}
    return {name: each[fixture] for name, each in params.items() if fixture in each}


@pytest.fixture(scope="session")
def players(request: pytest.FixtureRequest, shims: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Guest]:
    """The guest that plays for a test, by the test's name."""
    asked = asked_for(request.session, "seen") if shims else {}
    plays = [{"name": name, **asdict(play)} for name, play in asked.items()]
    folder, players = tmp_path_factory.mktemp("plays"), {}
    for nth in range(AT_ONCE):
        some = plays[nth::AT_ONCE]
        file = folder / f"{nth}.json"
        file.write_text(json.dumps(some))
        guest = Guest(("tests/rig/guest/player.py", str(file)), environment=(f"LD_PRELOAD={shims}",))
        players |= {play["name"]: guest for play in some}
    return players


@pytest.fixture(scope="session")
def guests(request: pytest.FixtureRequest, rig: Path, players: dict[str, Guest]) -> Iterator[Guests]:
    """Every guest that a selected test asks for, in the tests' order."""
    started = Guests(rig, dict.fromkeys([*players.values(), *asked_for(request.session, "report").values()]))
    yield started
    started.close()


@pytest.fixture
def seen(request: pytest.FixtureRequest, guests: Guests, players: dict[str, Guest]) -> Seen:
    """What became of this test's own play."""
    name = request.node.name
    if name not in players:
        pytest.skip("there is no C compiler here for the drivers that are played")
    ended = guests.ended(players[name])
    plays = dict(seen_in(line) for line in ended.out.splitlines(keepends=True) if line.endswith("}\n"))
    one = plays.get(name, f"the guest ended before its turn (exit code {ended.code}):\n{ended.err}")
    if isinstance(one, str):
        pytest.fail(f"it could not be played: {one}", pytrace=False)
    return one


@pytest.fixture
def report(request: pytest.FixtureRequest, guests: Guests) -> str:
    """What the tests said that ran in this test's guest; they have passed."""
    ended = guests.ended(request.param)
    if ended.code:
        pytest.fail(f"in the guest (exit code {ended.code}):\n{ended.out}\n{ended.err}", pytrace=False)
    print(ended.out)  # noqa: T201
    return ended.out
