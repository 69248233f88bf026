"""One warmed process that forks for every trial: a thousand of them would take an hour if each had to import anew.

Started as ``python -m tests.campaign.warmed MODULE...`` it imports these modules and then answers one JSON line with
another. `Trials` is its client. The trial itself, a function named ``module:function``, runs in the child, with a
home of its own; it is killed at the moment asked for, or when its time is up.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
FUSE_BYTES = 3 << 30
"""A bomb that goes off must not take the machine with it; what a trial may really use is checked afterwards."""

Say = Callable[[object], None]
"""How a trial acknowledges: what was said before the kill is what the user was promised."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a trial ended.

    Attributes
    ----------
    said : what it acknowledged, in order.
    code : exit code; None if a signal ended it.
    hung : its time was up.
    seconds : how long it took.
    peak_mb : most memory it had at one time.
    out, err : what it printed.
    """

    said: tuple[str, ...]
    code: int | None
    hung: bool
    seconds: float
    peak_mb: float
    out: str
    err: str


class Trials:
    """A warmed process and its children. ``warm`` : modules to import before the first fork."""

    def __init__(self, folder: Path, warm: Sequence[str] = ()) -> None:
        self._folder = folder
        plugin = folder / "plugin" / "keptcamera-1.0.dist-info"
        plugin.mkdir(parents=True, exist_ok=True)
        (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: keptcamera\nVersion: 1.0\n")
        families = "kept = tests.campaign.kept_camera:open_kept\nbad = tests.campaign.bad_camera:open_bad"
        (plugin / "entry_points.txt").write_text(f"[autoexposure.drivers]\n{families}\n")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(plugin.parent)]),
            "QT_QPA_PLATFORM": "offscreen",
            "ORT_DISABLE_TELEMETRY": "1",
            # A child of a process with threads inherits their locks, and none of them.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaign.warmed", *warm],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
            text=True,
        )

    def run(
        self, function: str, home: Path, *, kill_after_s: float | None = None, limit_s: float = 60.0, **given: object
    ) -> Ended:
        """Call ``function`` in a child: ``function(say, home, **given)``; wait for its end."""
        home.mkdir(parents=True, exist_ok=True)
        asked = {
            "function": function,
            "home": str(home),
            "kill_after_s": kill_after_s,
            "limit_s": limit_s,
            "given": given,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(asked | {"given": given}), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "the warmed process died"
        fields = json.loads(answer)
        return Ended(**fields | {"said": tuple(fields["said"])})

    def close(self) -> None:
        """End the process; callable twice."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def cli(say: Say, home: Path, arguments: Sequence[str]) -> None:
    """The command ``autoexposure ARGUMENTS``, as the console script starts it; returns only if it ended well."""
    from autoexposure.cli.main import main

    sys.argv = ["autoexposure", *arguments]
    try:
        main()
    except SystemExit as leaving:
        if leaving.code not in (None, 0):
            raise


def _serve(modules: Sequence[str]) -> None:
    for module in modules:
        import_module(module)
    for line in sys.stdin:
        print(json.dumps(_trial(**json.loads(line))), flush=True)


def _trial(
    function: str, home: str, kill_after_s: float | None, limit_s: float, given: dict[str, Any]
) -> dict[str, Any]:
    reader, writer = os.pipe()
    outputs = [Path(home) / ".out", Path(home) / ".err"]
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reader)
            code = _child(function, Path(home), writer, outputs, given)
        finally:  # never back into the loop of the parent
            os._exit(code)
    os.close(writer)
    ended = os.pidfd_open(child)
    said, hung = b"", False
    began_s = time.monotonic()
    until_s = began_s + (limit_s if kill_after_s is None else kill_after_s)
    open_ends = [ended, reader]
    while ended in open_ends:
        ready, _, _ = select.select(open_ends, [], [], max(0.0, until_s - time.monotonic()))
        if not ready:
            hung = kill_after_s is None
            break
        if reader in ready:
            read = os.read(reader, 1 << 16)
            said += read
            if not read:
                open_ends.remove(reader)
        if ended in ready:
            break
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)  # whatever it started
    while read := os.read(reader, 1 << 16):
        said += read
    os.close(reader)
    os.close(ended)
    out, err = (path.read_text(errors="replace") if path.exists() else "" for path in outputs)
    return {
        "said": said.decode().splitlines(),
        "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
        "hung": hung,
        "seconds": time.monotonic() - began_s,
        "peak_mb": used.ru_maxrss / 1024,
        "out": out[-20000:],
        "err": err[-20000:],
    }


def _child(function: str, home: Path, writer: int, outputs: Sequence[Path], given: dict[str, Any]) -> int:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_DATA, (FUSE_BYTES, FUSE_BYTES))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in enumerate(outputs, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.environ.update({f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("DATA", "STATE", "CONFIG", "CACHE")})
    os.environ.update(HOME=str(home), COLUMNS="300")
    os.chdir(home)

    def say(what: object) -> None:
        os.write(writer, f"{what}\n".encode())  # in one piece

    module, _, name = function.partition(":")
    try:
        getattr(import_module(module), name)(say, home, **given)
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:  # noqa: BLE001 - printed as the interpreter would, and the child must not go on
        traceback.print_exc()
        code = 70
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    _serve(sys.argv[1:])
