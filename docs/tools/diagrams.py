"""Draw the diagrams of the documentation as SVG files that can be read on light and dark pages alike.

Run it after changing one::

    .venv/bin/python docs/tools/diagrams.py docs/pictures
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BOX, STRONG, INK, QUIET = "#2b2e33", "#2f6fe0", "#f2f3f5", "#c3c7ce"
LINE = "#7f858e"
"""Grey that stands out from white and from near black."""

FONT = "font-family='system-ui, sans-serif' text-anchor='middle'"
TIP_PX = 9


@dataclass(frozen=True, slots=True)
class Box:
    """A box with a word, a line that explains it, and its place in pixels; the strong one is what it is all about."""

    x: int
    y: int
    width: int
    word: str
    line: str
    strong: bool = False
    height: int = 56

    def svg(self) -> str:
        """The box as an element."""
        middle = self.x + self.width / 2
        return (
            f"<rect x='{self.x}' y='{self.y}' width='{self.width}' height='{self.height}' rx='8'"
            f" fill='{STRONG if self.strong else BOX}'/>"
            f"<text x='{middle}' y='{self.y + 25}' fill='{INK}' font-size='14' {FONT}>{self.word}</text>"
            f"<text x='{middle}' y='{self.y + 43}' fill='{INK if self.strong else QUIET}' font-size='11.5' {FONT}>"
            f"{self.line}</text>"
        )


def arrow(*points: tuple[float, float]) -> str:
    """A line through the points with a tip at the last."""
    (x0, y0), (x, y) = points[-2:]
    dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
    end = (x - dx * TIP_PX, y - dy * TIP_PX)
    through = " ".join(f"{px},{py}" for px, py in (*points[:-1], end))
    side = TIP_PX / 2
    tip = f"{x},{y} {end[0] + dy * side},{end[1] + dx * side} {end[0] - dy * side},{end[1] - dx * side}"
    line = f"<polyline points='{through}' fill='none' stroke='{LINE}' stroke-width='1.6'/>"
    return f"{line}<polygon points='{tip}' fill='{LINE}'/>"


def words(x: float, y: float, text: str) -> str:
    """A few words beside a line."""
    return f"<text x='{x}' y='{y}' fill='{LINE}' font-size='12' {FONT}>{text}</text>"


def loop() -> str:
    """The control loop."""
    boxes = (
        Box(10, 10, 122, "Camera", "a frame"),
        Box(172, 10, 122, "Preview", "128 × 128 pixels"),
        Box(334, 10, 122, "Meter", "ΔEV, two maps", strong=True),
        Box(496, 10, 122, "Controller", "target EV"),
        Box(658, 10, 122, "Program", "time and gain"),
        Box(496, 116, 122, "Delay", "made this frame"),
    )
    arrows = [arrow((x + 122, 38), (x + 162, 38)) for x in (10, 172, 334, 496)]
    arrows += [
        arrow((719, 66), (719, 206), (71, 206), (71, 66)),
        arrow((557, 206), (557, 172)),
        arrow((557, 116), (557, 66)),
    ]
    return drawing(790, 224, [*arrows, *(box.svg() for box in boxes), words(300, 199, "Camera.set_exposure")])


def floors() -> str:
    """The four packages."""
    boxes = (
        Box(10, 10, 620, "gui", "the window: PyQt6, pyqtgraph"),
        Box(10, 96, 300, "drivers", "cameras and their libraries"),
        Box(330, 96, 300, "models", "the network: onnxruntime, and torch for training"),
        Box(
            10,
            182,
            620,
            "autoexposure",
            "the control law, and the nouns all share: numpy, OpenCV's image maths",
            strong=True,
        ),
    )
    arrows = [arrow((x, y), (x, y + 30)) for x in (160, 480) for y in (66, 152)]
    return drawing(640, 248, [*arrows, *(box.svg() for box in boxes)])


def drawing(width: int, height: int, parts: Sequence[str]) -> str:
    """A whole SVG file."""
    return f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'>{''.join(parts)}</svg>\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "loop.svg").write_text(loop())
    (folder / "floors.svg").write_text(floors())
