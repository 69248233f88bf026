"""Draw the moving picture at the top of the README: a face before a window, first the webcam's automatic, then ours.

Everything in it is computed: the simulated camera, its firmware's own automatic, the control loop with the network that
ships, on a simulated clock. Run it again after a change of any of these::

    .venv/bin/python docs/tools/before_after.py docs/pictures/before-after.webp
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from autoexposure.clock import SimulatedClock
from autoexposure.control.commands import UseNativeAuto
from autoexposure.control.loop import ControlLoop
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from drivers.discovery import open_camera
from models.inference.onnx_policy import OnnxPolicy

CAMERA = "sim:scene=portrait,light=steady,width=480,height=360,native=on,noise=off,delay=3,report=on"
"""Three frames of delay, as webcams have."""

REST_FRAMES = 45
"""The firmware's automatic needs about half a second to come to rest."""

SHOWN_FRAMES = 8
"""Frames of our loop that are shown one by one: it is at rest before the last."""

FRAME_MS = 110
"""Slower than life (33 ms a frame), or the move could not be seen."""

FADE_MS, FADE_STEPS = 60, 6
FIRST_MS, MAP_MS, LAST_MS = 1200, 1100, 2800
"""How long the webcam's own picture, the map of what matters, and the result are held."""

BAR_PX = 44
INK, QUIET, BAR = "#ecedef", "#a2a6ad", "#1a1b1d"
GLOW = np.array([255, 190, 70], np.float32)
"""Colour of what matters."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, its exposure in words, and the network's attention (15, 15) if it was asked."""

    pixels: NDArray[np.uint8]
    exposure: str
    attention: NDArray[np.float32] | None


def shots() -> tuple[Shot, list[Shot]]:
    """What the firmware settles on; then every frame from the moment at which the loop takes over."""
    clock = SimulatedClock()
    with tempfile.TemporaryDirectory() as folder:
        loop = ControlLoop(
            partial(open_camera, CAMERA, clock=clock), OnnxPolicy, journal=Journal(Path(folder)), clock=clock
        )
        with loop:
            loop.turn()  # opens the camera
            loop.send(UseNativeAuto(True))
            for _ in range(REST_FRAMES):
                before = loop.turn()
            loop.send(UseNativeAuto(False))
            after = [loop.turn() for _ in range(SHOWN_FRAMES)]
    return _shot(before), [_shot(snapshot) for snapshot in after]


def _shot(snapshot: Snapshot) -> Shot:
    frame, decision = snapshot.frame, snapshot.decision
    if frame is None or frame.exposure is None:
        raise ValueError(f"the simulated camera gave no picture with its exposure: {snapshot.notice}")
    exposure = f"{frame.exposure.time_s * 1000:.0f} ms, ISO {frame.exposure.iso():.0f}"
    return Shot(frame.pixels, exposure, decision.attention if decision is not None else None)


def glowing(shot: Shot, share: float) -> NDArray[np.uint8]:
    """The picture with what matters laid over it, ``share`` of the way from not at all to fully."""
    if shot.attention is None or not share:
        return shot.pixels
    height, width = shot.pixels.shape[:2]
    strongest = np.clip(shot.attention / shot.attention.max(), 0, 1)
    weight = cv2.resize(strongest.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    alpha = (0.6 * share * weight**1.5)[..., np.newaxis]
    return np.asarray(shot.pixels * (1 - alpha) + GLOW * alpha, np.uint8)


def draw(before: Shot, now: Shot, said: str, share: float = 0.0) -> Image.Image:
    """Both pictures side by side, each with a line below it."""
    height, width = now.pixels.shape[:2]
    sheet = Image.new("RGB", (2 * width + 4, height + BAR_PX), BAR)
    pen = ImageDraw.Draw(sheet)
    for x, pixels, words, exposure in (
        (0, before.pixels, "the webcam's own automatic", before.exposure),
        (width + 4, glowing(now, share), said, now.exposure),
    ):
        sheet.paste(Image.fromarray(pixels), (x, 0))
        middle = height + BAR_PX / 2
        pen.text((x + 14, middle), words, INK, ImageFont.load_default(17), anchor="lm")
        pen.text((x + width - 14, middle), exposure, QUIET, ImageFont.load_default(15), anchor="rm")
    return sheet


def story() -> Iterator[tuple[Image.Image, int]]:
    """Each sheet and how many milliseconds it stands."""
    before, after = shots()
    first, last = after[0], after[-1]
    yield draw(before, before, "the same camera"), FIRST_MS
    for step in range(1, FADE_STEPS + 1):
        yield draw(before, first, "autoexposure: what matters?", step / FADE_STEPS), FADE_MS
    yield draw(before, first, "autoexposure: what matters?", 1.0), MAP_MS
    for shot in after[1:]:
        yield draw(before, shot, "autoexposure: one move", 1.0), FRAME_MS
    for step in reversed(range(FADE_STEPS)):
        yield draw(before, last, "autoexposure", step / FADE_STEPS), FADE_MS
    yield draw(before, last, "autoexposure"), LAST_MS


def main(out: Path) -> None:
    """Write the animation to ``out`` (.webp)."""
    sheets, durations_ms = zip(*story(), strict=True)
    sheets[0].save(
        out, save_all=True, append_images=sheets[1:], duration=list(durations_ms), loop=0, quality=82, method=6
    )
    print(f"{out}: {len(sheets)} pictures, {out.stat().st_size / 1e6:.2f} MB")  # noqa: T201  # a command


if __name__ == "__main__":
    main(Path(sys.argv[1]))
