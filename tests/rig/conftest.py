"""Boots a small Linux with real kernel camera drivers, and runs checks in it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 400
ATTEMPTS = 3
"""Boots until one passes. The guest shares its one core with the webcam, and with whatever else this machine does: a
setting that came late by that is not the program's doing, what fails three times is. Besides, the webcam now and then
answers a transfer that had just been cancelled ("cannot find a urb" in the guest's log) and is thrown off its bus."""


def rig_folder() -> Path:
    """Where ``run-in-rig`` is: AUTOEXPOSURE_RIG, else beside the checkout."""
    return Path(os.environ.get("AUTOEXPOSURE_RIG") or ROOT.parent / "shared" / "rig")


def built_kernel() -> Path:
    """What the rig's own set-up leaves behind when the guest's kernel is built."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("RIG_CACHE") or Path(cache) / "camera-rig") / "uml" / "release"


@pytest.fixture(scope="session")
def run_in_rig():
    """Run a pytest session in the guest: ``run_in_rig(["--webcam"], "tests/rig/guest/guest_webcam.py")``; returns its
    output.

    The guest sees this file system read-only, so the same Python and the same checkout run there.
    """
    folder = rig_folder()
    if not (folder / "run-in-rig").exists():
        pytest.skip(f"there is no camera rig in {folder} (set AUTOEXPOSURE_RIG to where it is)")
    if not built_kernel().exists():
        pytest.skip(f"the rig's kernel is not built yet: run '{folder / 'setup-rig'} uml' once, about ten minutes")

    def run(devices: list[str], *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        guest = [sys.executable, "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider", *arguments]
        rig = [str(folder / "run-in-rig"), "--uml", "--dmesg", "--timeout", str(TIMEOUT_S)]
        for _ in range(ATTEMPTS):
            done = subprocess.run(
                [*rig, "--webcam-python", sys.executable, *devices, "--", *guest],
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S + 30,
                check=False,
            )
            if done.returncode == 0:
                break
        if done.returncode:
            errors = "\n".join(line for line in done.stderr.splitlines() if not line.startswith("["))
            pytest.fail(f"in the guest (exit code {done.returncode}):\n{done.stdout}\n{errors}", pytrace=False)
        return done.stdout

    return run
