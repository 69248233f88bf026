"""The mutation run: does a test fail when the law is changed? ``python tests/mutation/run.py --help`` says how.

Tools that exist either start Python anew for every mutant, two seconds each, or leave out the constants of classes and
modules, which are this project's thresholds. Here one warmed process forks for every mutant: the child imports the
changed module in place of the real one, runs the few test files that are about it, and ends at the first that fails.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib.abc
import importlib.util
import io
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from mutants import Mutant, mutants_of, mutated

ROOT = Path(__file__).resolve().parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
LEAST_KILLED = 0.85
SEED = 13
_LOOPS = (
    "control/loop/loop_resistance",
    "control/loop/loop_commands",
    "control/loop/loop_metering",
    "control/loop/loop",
)
_TOO_SLOW = ("a_lamp_switched", "a_lamp_that_is", "dimming", "pictures_are_lost", "every_frame_is_attributed")
"""Words in the names of the loop's tests that take longer than all others together: no mutant is shown to them."""

GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    # The tests that are about a module, quickest first: "room/module" is below autoexposure/, "room/NAME" is
    # tests/autoexposure/room/test_NAME.py.
    "control": {
        "control/controller": ("control/controller", "control/doubt"),
        "control/program": ("control/program",),
        "trust/delay": ("trust/delay",),
        "metering/lookahead": ("metering/lookahead",),
        "metering/reuse": ("metering/reuse",),
        "control/session": ("control/session", *_LOOPS),
        "control/actuator": ("control/actuator",),
        "control/contention": ("control/contention",),
        "control/obey": (
            "control/obey",
            "control/loop/loop_commands",
            "control/loop/loop_metering",
            "control/loop/loop_custody",
        ),
    },
    "live": {
        "personal/live_layer": ("personal/live_layer", "personal/recall"),
        "personal/learner": ("personal/learner", "personal/live_layer"),
        "personal/taste": ("personal/taste", "personal/learner"),
        "personal/likings": ("personal/likings", "personal/learner"),
        "personal/leave_one_out": ("personal/leave_one_out",),
        "personal/belief": ("personal/belief", "personal/taste"),
    },
    "reward": {"feedback/reward": ("feedback/reward", "personal/live_layer")},
    # Without the report's picture: probe/plot.
    "probe": {
        "probe/measure": ("probe/order",),
        "probe/control_points": ("probe/control_points",),
        "probe/delay": ("probe/delay",),
        "probe/findings": ("probe/findings",),
        "probe/flicker": ("probe/flicker",),
        "probe/light_fit": ("probe/light_fit",),
        "probe/places": ("probe/places", "probe/light_fit"),
        "probe/report": ("probe/report",),
        "probe/rig": ("probe/rig", "probe/delay"),
        "probe/survey": ("probe/survey",),
        "probe/sweep": ("probe/sweep",),
    },
}
"""Module to test files, by group."""


@dataclass(slots=True)
class Tally:
    """How a group fared."""

    there: int = 0
    tried: int = 0
    killed: int = 0
    timed_out: int = 0
    equivalent: int = 0
    survived: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Killed of those tried that are no equivalents."""
        return self.killed / max(1, self.tried - self.equivalent)


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module in changed form, and nothing else."""

    def __init__(self, name: str, path: Path, tree: ast.Module | None) -> None:
        self._name, self._path, self._tree = name, path, tree

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name or self._tree is None:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        assert self._tree is not None
        exec(compile(self._tree, str(self._path), "exec"), module.__dict__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 0 if every group reaches the share asked for."""
    parser = argparse.ArgumentParser(description="Change the code, one place at a time, and see whether a test fails.")
    parser.add_argument("groups", nargs="*", help=f"of {', '.join(GROUPS)}; all without")
    parser.add_argument(
        "--sample", type=int, default=0, metavar="N", help="only N of a group's mutants, by a fixed seed"
    )
    parser.add_argument("--module", help="only this module of the groups")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    wanted = parser.parse_args(arguments)
    if unknown := set(wanted.groups) - set(GROUPS):
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    equivalent = tomllib.loads(EQUIVALENT.read_text()) if EQUIVALENT.exists() else {}
    _warm()
    good = True
    for group in wanted.groups or GROUPS:
        tally = _run_group(group, wanted.sample, wanted.module, equivalent, wanted.jobs)
        sampled = f"{tally.tried} of {tally.there} sampled" if wanted.sample else f"all {tally.there}"
        print(
            f"{group}: {tally.share:.1%} killed ({tally.killed}, of them {tally.timed_out} by their time limit; "
            f"{len(tally.survived)} survived, {tally.equivalent} equivalent; {sampled})"
        )
        for survivor in tally.survived:
            print(f"  survived {survivor}")
        good = good and tally.share >= LEAST_KILLED
    return 0 if good else 1


def _warm() -> None:
    """Import what every child needs and no mutant changes."""
    sys.path.insert(0, str(ROOT))
    # One thread each: a child of a process with threads inherits their locks, and none of them.
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    os.environ.update(ORT_DISABLE_TELEMETRY="1", QT_QPA_PLATFORM="offscreen")
    import cv2
    import hypothesis
    import numpy
    import onnxruntime
    import PIL.Image
    import platformdirs
    import pytest
    import rich.console
    import rich.live
    import typer

    assert all((cv2, numpy, onnxruntime, PIL.Image, platformdirs, pytest, rich.console, rich.live, typer))
    # The same examples each time, and none made smaller: that one fails is all that is asked.
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile(
        "mutation", deadline=None, database=None, derandomize=True, phases=phases, max_examples=50
    )


def _run_group(group: str, sample: int, only: str | None, equivalent: dict[str, dict[str, str]], jobs: int) -> Tally:
    tally = Tally()
    modules = GROUPS[group]
    # Read once: somebody may go on writing meanwhile.
    sources = {name: _path(name).read_text() for name in modules if only in (None, name)}
    todo = [(name, mutant) for name, source in sources.items() for mutant in mutants_of(source)]
    tally.there = len(todo)
    if 0 < sample < len(todo):
        todo = random.Random(SEED).sample(todo, sample)
        todo.sort(key=lambda pair: (pair[0], pair[1].line))
    allowed_s: dict[str, float] = {}
    for module in {module for module, _ in todo}:
        began_s = _cpu_s()
        if _wait(_fork(module, None, modules[module], 600)) != 0:
            raise SystemExit(f"the tests of {module} fail without any mutant: mend them first")
        allowed_s[module] = 5 + 5 * (_cpu_s() - began_s)
    running: dict[int, tuple[str, Mutant]] = {}

    def reap() -> None:
        pid, status, _ = os.wait3(0)
        module, mutant = running.pop(pid)
        shutil.rmtree(_scratch(pid), ignore_errors=True)
        tally.tried += 1
        timed_out = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL)
        if status != 0:
            tally.killed += 1
            tally.timed_out += timed_out
        elif mutant.key in equivalent.get(module, {}):
            tally.equivalent += 1
        else:
            tally.survived.append(f"{module}.py:{mutant.line}: {mutant.key}")
            print(f"  {tally.tried}/{len(todo)} {tally.survived[-1]}", file=sys.stderr, flush=True)

    for module, mutant in todo:
        while len(running) >= jobs:
            reap()
        tree = mutated(sources[module], mutant.number)
        running[_fork(module, tree, modules[module], allowed_s[module])] = module, mutant
    while running:
        reap()
    return tally


def _path(module: str) -> Path:
    return ROOT / "autoexposure" / f"{module}.py"


def test_file(name: str) -> Path:
    """Where the tests called ``room/name`` are."""
    room, _, last = name.rpartition("/")
    return ROOT / "tests" / "autoexposure" / room / f"test_{last}.py"


def _fork(module: str, tree: ast.Module | None, tests: Sequence[str], limit_s: float) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 3
        try:
            code = _child(module, tree, tests, limit_s)
        except BaseException:  # noqa: BLE001 - a child must never go on in the parent's loop
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return pid


def _child(module: str, tree: ast.Module | None, tests: Sequence[str], limit_s: float) -> int:
    import pytest

    # CPU time, which does not run faster on a busy machine; what sleeps for ever is ended by the alarm.
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit_s), int(limit_s) + 5))
    signal.alarm(int(limit_s * 10))
    sys.meta_path.insert(0, _Changed("autoexposure." + module.replace("/", "."), _path(module), tree))
    scratch = _scratch(os.getpid())
    shutil.rmtree(scratch, ignore_errors=True)  # of a run that was broken off: it would count as a killed mutant
    scratch.mkdir()
    os.environ.update({f"XDG_{kind}_HOME": str(scratch / kind) for kind in ("DATA", "STATE", "CONFIG", "CACHE")})
    files = [str(test_file(name)) for name in tests]
    options = [
        "-k",
        " and ".join(f"not {word}" for word in _TOO_SLOW),
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "--hypothesis-profile=mutation",
    ]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # plug-ins that were imported to be warm
    with _silent():
        return int(pytest.main([*options, f"--rootdir={ROOT}", f"--basetemp={scratch / 'tests'}", *files]))


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    if os.environ.get("MUTATION_LOUD"):  # for finding out why tests fail without any mutant
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _scratch(pid: int) -> Path:
    return Path(tempfile.gettempdir()) / f"mutant-{pid}"


def _wait(pid: int) -> int:
    _, status = os.waitpid(pid, 0)
    shutil.rmtree(_scratch(pid), ignore_errors=True)
    return status


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    began_s = time.monotonic()
    code = main()
    print(f"{(time.monotonic() - began_s) / 60:.0f} minutes")
    sys.exit(code)
