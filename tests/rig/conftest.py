"""Boots a small Linux with real kernel camera drivers, and runs checks in it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.rig.playing import Seen, seen_in

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 1200
GUEST_PYTEST = ("-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider")
GUEST = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
"""Plug-ins of pytest take longer to import there than many a test lasts; processes that fork have one thread."""

Boot = Callable[..., str]


def rig_folder() -> Path:
    """Where ``run-in-rig`` is: AUTOEXPOSURE_RIG, else beside the checkout."""
    return Path(os.environ.get("AUTOEXPOSURE_RIG") or ROOT.parent / "shared" / "rig")


def built_kernel() -> Path:
    """What the rig's own set-up leaves behind when the guest's kernel is built."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("RIG_CACHE") or Path(cache) / "camera-rig") / "uml" / "release"


@pytest.fixture(scope="session")
def boot() -> Boot:
    """Run a Python in the guest: ``boot(["--webcam"], "script.py")``; returns its output, and fails with it.

    With ``partial`` it returns what came out also if it went wrong.

    The guest sees this file system read-only, so the same Python and the same checkout run there.
    """
    folder = rig_folder()
    if not (folder / "run-in-rig").exists():
        pytest.skip(f"there is no camera rig in {folder} (set AUTOEXPOSURE_RIG to where it is)")
    if not built_kernel().exists():
        pytest.skip(f"the rig's kernel is not built yet: run '{folder / 'setup-rig'} uml' once, about ten minutes")

    def run(
        devices: list[str], *arguments: str, environment: Mapping[str, str] | None = None, partial: bool = False
    ) -> str:
        rig = [str(folder / "run-in-rig"), "--uml", "--timeout", str(TIMEOUT_S), "--webcam-python", sys.executable]
        told = [f"{name}={value}" for name, value in {**GUEST, **(environment or {})}.items()]
        done = subprocess.run(
            [*rig, *devices, "--", "env", *told, sys.executable, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S + 30,
            check=False,
        )
        if done.returncode and not partial:
            pytest.fail(f"in the guest (exit code {done.returncode}):\n{done.stdout}\n{done.stderr}", pytrace=False)
        return done.stdout

    return run


@pytest.fixture(scope="session")
def run_in_rig(boot: Boot) -> Boot:
    """Run a pytest session in the guest: ``run_in_rig(["--vivid"], "tests/rig/guest/guest_vivid.py")``."""

    def run(devices: list[str], *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        return boot(devices, *GUEST_PYTEST, *arguments, environment=environment)

    return run


@pytest.fixture(scope="session")
def shims(boot: Boot, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The libraries that play drivers, compiled, as LD_PRELOAD takes them."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler here for the drivers that are played")
    folder = tmp_path_factory.mktemp("shims")
    libraries = []
    for source in (Path(__file__).with_name("shim.c"), rig_folder() / "ioctl_shim.c"):
        library = folder / source.with_suffix(".so").name
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
        libraries.append(str(library))
    return ":".join(libraries)


@pytest.fixture(scope="session")
def all_seen(
    request: pytest.FixtureRequest, boot: Boot, shims: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Seen | str]:
    """What was seen of every play that a selected test asks for, by the test's name: one boot for all."""
    plays = {item.name: item.callspec.params.get("seen") for item in request.session.items if hasattr(item, "callspec")}
    file = tmp_path_factory.mktemp("plays") / "plays.json"
    file.write_text(json.dumps([{"name": name, **asdict(play)} for name, play in plays.items() if play is not None]))
    output = boot([], "tests/rig/guest/player.py", str(file), environment={"LD_PRELOAD": shims}, partial=True)
    return dict(seen_in(line) for line in output.splitlines(keepends=True) if line.endswith("}\n"))


@pytest.fixture
def seen(request: pytest.FixtureRequest, all_seen: dict[str, Seen | str]) -> Seen:
    """What became of this test's own play."""
    one = all_seen.get(request.node.name, "the guest ended before its turn")
    if isinstance(one, str):
        pytest.fail(f"it could not be played: {one}", pytrace=False)
    return one
