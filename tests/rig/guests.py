"""Guests: small Linux systems with real kernel camera drivers, booted in the background while the tests go on.

What happens in a guest happens at the pace of its webcam. Each guest has one core: more of them at a time than the
machine has cores would take the pace from each other.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import pytest

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 2
"""As many as a small machine has cores."""

TIMEOUT_S = 1200
"""For one guest; the slowest has to be done by then on a machine that is busy with other things."""

PYTEST = ("-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider", "-s")
PLUGGED = ("-p", "tests.rig.guest.plugged")
ENVIRONMENT = ("PYTEST_DISABLE_PLUGIN_AUTOLOAD=1", "OPENBLAS_NUM_THREADS=1", f"PYTHONPATH={ROOT}")
"""Plug-ins of pytest take longer to import there than many a test lasts; processes that fork have one thread."""


@dataclass(frozen=True, slots=True)
class Guest:
    """One boot.

    Attributes
    ----------
    arguments : what its Python is given; same Python and same checkout, read-only.
    devices : options of the rig, for cameras of the kernel's own.
    environment : NAME=value, added to its environment.
    """

    arguments: tuple[str, ...]
    devices: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a guest: the exit code, and what it printed."""

    code: int
    out: str
    err: str


def in_guest(*modules: str, devices: tuple[str, ...] = (), contract: str = "") -> pytest.MarkDecorator:
    """Have a test that takes ``report`` see what the tests of these modules said in a guest.

    Parameters
    ----------
    modules : of the folder ``guest``, by what stands behind ``guest_``.
    devices : as `Guest`; without any, webcams are plugged in there.
    contract : cameras that the contract of all drivers is checked with there.
    """
    files = [f"tests/rig/guest/guest_{name}.py" for name in modules]
    environment: tuple[str, ...] = ()
    if contract:
        cameras = " or ".join(camera.partition(":")[0] + ":" for camera in contract.split())
        files += ["tests/drivers/test_contract.py", "-k", f"guest or {cameras}"]
        environment = (f"AUTOEXPOSURE_CONTRACT={contract}",)
    plugged = () if devices else PLUGGED
    guest = Guest((*PYTEST, *plugged, *files), devices, environment)
    return pytest.mark.parametrize("report", [guest], ids=["+".join(modules)], indirect=True)


class Guests:
    """Boots these guests in the background, in this order, some at a time.

    Parameters
    ----------
    rig : the program that boots one.
    """

    def __init__(self, rig: Path, guests: Iterable[Guest]) -> None:
        self._rig = rig
        self._lock = Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._closed = False
        self._pool = ThreadPoolExecutor(AT_ONCE, "guest")
        self._ended: dict[Guest, Future[Ended]] = {guest: self._pool.submit(self._boot, guest) for guest in guests}

    def ended(self, guest: Guest) -> Ended:
        """Wait for the end of one of them."""
        return self._ended[guest].result()

    def close(self) -> None:
        """End those that still run; called when all were waited for, or when the tests were stopped."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._closed = True
            for process in self._running:
                process.send_signal(signal.SIGINT)  # it ends its guest then, and its files with it
        self._pool.shutdown()

    def _boot(self, guest: Guest) -> Ended:
        rig = [str(self._rig), "--uml", "--timeout", str(TIMEOUT_S), "--webcam-python", sys.executable]
        python = ["--", "env", *ENVIRONMENT, *guest.environment, sys.executable]
        with self._lock:
            if self._closed:
                return Ended(1, "", "never booted")
            process = subprocess.Popen(
                [*rig, *guest.devices, *python, *guest.arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            self._running.add(process)
        out, err = process.communicate()
        with self._lock:
            self._running.remove(process)
        return Ended(process.returncode, out, err)
