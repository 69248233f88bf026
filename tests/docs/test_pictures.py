"""The pictures of the documentation are what their scripts draw."""

import math
import sys

import pytest
from PIL import Image

from tests.docs.pages import ROOT

sys.path.insert(0, str(ROOT / "docs" / "tools"))

import before_after
import diagrams

PICTURES = ROOT / "docs" / "pictures"


@pytest.mark.parametrize("name", ["loop", "floors"])
def test_diagrams_are_what_the_script_draws(name: str) -> None:
    assert (PICTURES / f"{name}.svg").read_text() == getattr(diagrams, name)()


def test_the_moving_picture_goes_from_dark_to_exposed() -> None:
    before, after = before_after.shots()
    assert before.exposure == after[0].exposure
    assert math.log2(after[-1].pixels.mean() / before.pixels.mean()) > 0.7
    assert after[0].attention is not None


def test_the_moving_picture_moves_and_is_small() -> None:
    path = PICTURES / "before-after.webp"
    assert path.stat().st_size < 1_500_000
    with Image.open(path) as picture:
        assert picture.n_frames > 5


def test_every_picture_is_shown_somewhere() -> None:
    sources = [ROOT / "README.md", ROOT / "mkdocs.yml", *(ROOT / "docs").rglob("*.md")]
    pages = "".join(path.read_text() for path in sources)
    unused = {path.name for path in PICTURES.iterdir() if path.name not in pages}
    assert not unused
