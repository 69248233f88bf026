"""In the guest: plays one webcam after the other, runs the program with each, and tells what a user would have seen.

    python player.py PLAYS.json > SEEN.jsonl

One boot and one start of the interpreter serve every play: webcam and program are children of this process, which has
imported both. What is seen is judged outside, by the tests.
"""

import json
import math
import os
import sys
import time
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path
from struct import pack, unpack
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from guest_program import warm_up
from webcam import Child, Plugged, WebcamRemote, wait_until

from autoexposure.cli.main import main

CONTROLS = {
    "auto_exposure": 0x9A0901,
    "exposure_time_absolute": 0x9A0902,
    "exposure_dynamic_framerate": 0x9A0903,
    "gain": 0x980913,
    "brightness": 0x980900,
    "backlight_compensation": 0x98091C,
    "power_line_frequency": 0x980918,
}
NODE = Path("/dev/video0")
LINES = "lines.jsonl"
G_CTRL, S_CTRL = 0xC008561B, 0xC008561C
Seen = dict[str, Any]


def settings(path: Path = NODE) -> dict[str, int | None]:
    """Every control, as the kernel tells any program."""
    node = os.open(path, os.O_RDWR)
    values: dict[str, int | None] = {}
    for name, number in CONTROLS.items():
        try:
            values[name] = unpack("Ii", ioctl(node, G_CTRL, pack("Ii", number, 0)))[1]
        except OSError:
            values[name] = None
    os.close(node)
    return values


def set_controls(values: dict[str, int]) -> None:
    node = os.open(NODE, os.O_RDWR)
    for name, value in values.items():
        with suppress(OSError):  # the webcam may have no such control, or refuse
            ioctl(node, S_CTRL, pack("Ii", CONTROLS[name], value))
    os.close(node)


def lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def made_until(last_s: float, log: Path) -> list[Seen]:
    """The pictures that the webcam made until then: those after it may show the settings that are put back."""
    whole = [line for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [picture for picture in map(json.loads, whole) if picture["t"] <= last_s]


def written_s(path: Path) -> float:
    """When something was written to a file last, on the monotonic clock; endless if there is none."""
    return path.stat().st_mtime - (time.time() - time.monotonic()) if path.exists() else math.inf


def run(play: dict[str, Any], folder: Path, webcam: Plugged) -> Seen:
    """The program from its start to its end, and what was done to the webcam meanwhile."""
    lines = folder / LINES
    arguments = [lines.as_posix() if argument == "LINES" else argument for argument in play["argv"]]
    homes = {name: str(folder) for name in ("HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    environment = {**homes, **({"SHIM": play["shim"]} if play["shim"] else {})}

    def program() -> None:
        sys.argv = ["autoexposure", *arguments]
        main()

    out, err = folder / "out", folder / "err"
    process = Child(program, out, err, environment)
    for at, what, *details in play["meanwhile"]:
        wait_until(lambda at=at: process.poll() is not None or lines_in(lines) >= at)
        if process.poll() is None:
            meddle(what, details, webcam)
    code = process.wait(play["longest_s"])
    if code is None:
        process.kill()
    text = lines.read_text() if lines.exists() else ""
    return {
        "code": code,
        "out": out.read_text(errors="replace"),
        "err": err.read_text(errors="replace"),
        "lines": [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")],
    }


def meddle(what: str, details: list[Any], webcam: Plugged) -> None:
    """One of the webcam's hidden knobs, a control that another program sets, or the cable put in again."""
    if what == "set":
        set_controls(*details)
    elif what == "replug":
        webcam.unplug()
        webcam.plug()
    else:
        remote = WebcamRemote(str(NODE))
        getattr(remote, what)(*details)
        remote.close()


def played(play: dict[str, Any], folder: Path) -> Seen:
    folder.mkdir(parents=True)
    log = folder / "webcam.jsonl"
    webcam = Plugged(play["webcam"], log, automatic_at=play["automatic_at"])
    try:
        set_controls(play["before"])
        before = settings()
        seen = run(play, folder, webcam)
        truth = made_until(written_s(folder / LINES), log)
        return {**seen, "before": before, "after": settings(webcam.node), "truth": truth}
    finally:
        webcam.unplug()


if __name__ == "__main__":
    plays = json.loads(Path(sys.argv[1]).read_text())
    warm_up()
    for number, one in enumerate(plays):
        began_s = time.monotonic()
        try:
            seen = played(one, Path("/run/plays") / str(number))
        except (AssertionError, OSError) as error:
            seen = {"broken": f"{error!r}"}
        seen |= {"name": one["name"], "took_s": round(time.monotonic() - began_s, 2)}
        sys.stdout.write(json.dumps(seen) + "\n")
        sys.stdout.flush()
