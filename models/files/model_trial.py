"""The first run of a foreign model file, in a separate process, before the control loop trusts it.

A model is a program: opening it may already run parts of it, and it may ask for gigabytes or never end, which nothing
inside our own process could stop. The separate process has limits on memory and time. A file that passed is remembered
by its hash, so this costs a second once; the shipped model and this program's own exports need no trial.
"""

from __future__ import annotations

import hashlib
import logging
import math
import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import platformdirs

from autoexposure.errors import ModelFileError
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.bounded import parse_object, read_text
from autoexposure.plain_text import plain

log = logging.getLogger(__name__)

TRIAL_S = 20.0
"""For starting Python, opening the model and two runs; a second or two is usual."""

LONGEST_RUN_S = 2.0
"""Of the processor, for one picture after the first. The shipped network takes 4 milliseconds; at two seconds the loop
would meter less than once in sixty pictures."""

MOST_MEMORY_BYTES = 400_000_000
"""Most memory in use, Python and onnxruntime included: 90 MB with the shipped network."""

MOST_ADDRESSES_BYTES = 384 << 20
"""Address space beyond what the process had before. All of it may come into use: with those 90 MB, less than half a
gigabyte. The shipped network runs with 160 MB."""

_REFUSED = 3


def check_by_trial(path: Path, data: bytes) -> None:
    """Run the model in ``data``, read from ``path``, in a separate process unless its hash is known.

    Raises
    ------
    ModelFileError : it can't be opened and run within the limits.
    """
    digest = hashlib.sha256(data).hexdigest()
    if digest in _shipped() or (accepted_folder() / digest).is_file():
        return
    log.info("%s is new here: its first run is in a separate process", path)
    command = [sys.executable, "-P", "-m", "models.files.model_trial", str(path)]
    try:
        ended = subprocess.run(command, input=data, capture_output=True, timeout=TRIAL_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise ModelFileError(f"{path} did not come to an end on one picture in {TRIAL_S:g} s; use another") from error
    except OSError as error:
        raise ModelFileError(f"{path} can't be tried out: no process can be started ({error.strerror})") from error
    if ended.returncode == _REFUSED:
        raise ModelFileError(ended.stdout.decode(errors="surrogateescape"))
    if ended.returncode:
        log.info(
            "the trial of %s ended with %d: %s", path, ended.returncode, plain(ended.stderr.decode(errors="replace"))
        )
        raise ModelFileError(f"{path} asks for too much memory, or brings down what runs it; use another")
    accept(digest)


def accept(digest: str) -> None:
    """Remember, by its SHA-256, a model file that ran within the limits or that this program made."""
    with suppress(OSError):  # it is tried out again the next time
        atomic_write(accepted_folder() / digest, "")


def accepted_folder() -> Path:
    """Where an empty file stands for each accepted model, named by its SHA-256."""
    return platformdirs.user_cache_path("autoexposure") / "accepted-models"


@cache
def _shipped() -> frozenset[str]:
    """The SHA-256 of the shipped model in each of its forms, from the files beside them; they are checked when read."""
    from models.files.model_file import default_model_path, int8_path, sidecar_path

    digests = set()
    for form in (default_model_path(), int8_path(default_model_path())):
        with suppress(OSError, ValueError, KeyError, TypeError):  # said where the model is read; it is tried out then
            digests.add(str(parse_object(read_text(sidecar_path(form)))["sha256"]))
    return frozenset(digests)


def main() -> int:
    """Run as the separate process: read the model from standard input, print a sentence if it fails."""
    path, data = Path(sys.argv[1]), sys.stdin.buffer.read()
    import numpy as np

    from models import runtime
    from models.files.model_file import INPUT_NAME, INPUT_SHAPE, open_session

    _limit()
    try:
        session = open_session(path, data)
        picture = np.linspace(60, 140, int(np.prod(INPUT_SHAPE)), dtype=np.float32).reshape(INPUT_SHAPE)
        used_s = 0.0
        inputs = [(tensor.name, tuple(tensor.shape)) for tensor in session.get_inputs()]
        if inputs == [(INPUT_NAME, INPUT_SHAPE)]:  # other faults are reported by load_model
            for _ in range(2):
                began_s = time.process_time()
                session.run(None, {INPUT_NAME: picture})
                used_s = time.process_time() - began_s
    except ModelFileError as error:
        return _refused(str(error))
    except runtime.errors as error:
        if "alloc" in str(error):  # how the runtime says that there was no memory left
            return _refused(f"{path} asks for too much memory; use one that needs less")
        return _refused(f"{path} fails on the first picture ({plain(error, 80)}); use another")
    if used_s > LONGEST_RUN_S:
        return _refused(
            f"{path} takes {used_s:.1f} s for one picture; use one that takes less than {LONGEST_RUN_S:g} s"
        )
    peak_bytes = _peak_bytes()
    if peak_bytes > MOST_MEMORY_BYTES:
        return _refused(f"{path} asks for {peak_bytes / 1e6:.0f} MB of memory; use one that needs less")
    return 0


def _refused(sentence: str) -> int:
    sys.stdout.buffer.write(sentence.encode(errors="surrogateescape"))
    return _REFUSED


def _limit() -> None:
    """Limit memory to little more than the process has now, and processor time to what its caller waits for.

    The second limit also ends it after its caller was killed. Systems without limits have only the caller's deadline.
    """
    with suppress(ImportError, OSError, ValueError):
        import resource

        used_s = math.ceil(time.process_time() + TRIAL_S)
        resource.setrlimit(resource.RLIMIT_CPU, (used_s, used_s))
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + MOST_ADDRESSES_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _peak_bytes() -> int:
    """The most memory this process had in use; 0 where the system does not say."""
    with suppress(OSError, ValueError, StopIteration):
        status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) * 1024
    return 0


if __name__ == "__main__":
    sys.exit(main())
