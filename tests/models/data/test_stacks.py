from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.errors import ConfigError
from models.data.stacks import Stack, open_stacks

BRACKETS = Path(__file__).parents[4] / "shared" / "data" / "brackets"


def write_stack(root: Path, name: str, times_s: list[str], size: tuple[int, int] = (30, 40)) -> None:
    """Frames whose grey is 20 a stop; the manifest beside the folder ``root`` gets their times."""
    home = root / name
    home.mkdir(parents=True)
    manifest = root.parent / "MANIFEST.csv"
    lines = manifest.read_text().splitlines() if manifest.is_file() else ["file,exposure_time_s"]
    for number, time_s in enumerate(times_s):
        cv2.imwrite(str(home / f"{number:02}.png"), np.full((*size, 3), 40 + 20 * number, np.uint8))
        lines.append(f"{root.name}/{name}/{number:02}.png,{time_s}")
    manifest.write_text("\n".join(lines))


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    write_stack(tmp_path / "stacks", "view", ["0.25", "0.5", "1", "4"])
    (stack,) = open_stacks([tmp_path / "stacks"])
    return stack


def test_exposures_are_counted_from_the_middle(stack: Stack) -> None:
    assert stack.name == "view"
    assert stack.frames_ev == (-2, -1, 0, 2)
    assert stack.range_ev == (-2, 2)


@pytest.mark.parametrize(
    ("ev", "code"), [(-9, 40), (-2, 40), (-1.5, 50), (-1, 60), (-0.25, 75), (0, 80), (0.5, 85), (2, 100), (9, 100)]
)
def test_a_picture_is_its_frame_or_a_mixture_of_its_neighbours(stack: Stack, ev: float, code: int) -> None:
    picture = stack.picture(ev)
    assert (picture.shape, picture.dtype) == ((30, 40, 3), np.uint8)
    assert np.unique(picture).tolist() == [code]


def test_more_exposure_is_never_darker(stack: Stack) -> None:
    means = [stack.picture(ev).mean() for ev in np.linspace(-3, 3, 50)]
    assert min(np.diff(means)) >= 0


def test_folders_without_times_are_no_stacks(tmp_path: Path) -> None:
    root = tmp_path / "stacks"
    write_stack(root, "b", ["1", "2"])
    write_stack(root, "a", ["2", "1", "1"])
    write_stack(root, "unknown", ["", "soon", "nan", "0", "-1"])
    write_stack(root, "single", ["1", ""])
    stacks = open_stacks([root])
    assert [(stack.name, stack.frames_ev) for stack in stacks] == [("a", (-0.5, 0.5)), ("b", (-0.5, 0.5))]
    assert stacks[0].picture(-0.5)[0, 0, 0] == 60


def test_what_is_no_stack_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no folder"):
        open_stacks([tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="there is no exposure stack in"):
        open_stacks([tmp_path / "empty"])


def test_frames_must_be_whole_and_of_one_size(tmp_path: Path) -> None:
    root = tmp_path / "stacks"
    write_stack(root, "view", ["1", "2"])
    cv2.imwrite(str(root / "view" / "01.png"), np.zeros((31, 40, 3), np.uint8))
    with pytest.raises(ConfigError, match="differ in size"):
        open_stacks([root])
    (root / "view" / "01.png").write_bytes(b"broken")
    with pytest.raises(ConfigError, match="a frame of the exposure stack"):
        open_stacks([root])


@pytest.mark.skipif(not BRACKETS.is_dir(), reason="the stacks of real cameras are not here")
def test_real_cameras_answer_by_more_than_a_stop_a_stop() -> None:
    """In the middle tones, read as plain sRGB: why stacks are worth measuring on."""
    rises = []
    for stack in open_stacks([BRACKETS]):
        for ev in np.arange(stack.range_ev[0], stack.range_ev[1] - 1, 0.5):
            low, high = (stack.picture(at).astype(float) / 255 for at in (ev, ev + 1))
            middle = (low > 0.2) & (low < 0.5) & (high > 0.05) & (high < 0.95)
            if middle.mean() > 0.05:
                rises.append(float(np.median(2.2 * np.log2(high[middle] / low[middle]))))
    assert len(rises) > 50
    assert 1.1 < np.median(rises) < 1.7
