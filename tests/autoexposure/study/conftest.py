from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.study.pairs import Study, make_study


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Twelve pairs: ours is 90 grey, the native one 160."""
    for name, grey in (("a", 90), ("b", 160)):
        (tmp_path / name).mkdir()
        for number in range(12):
            cv2.imwrite(str(tmp_path / name / f"p{number:02}.png"), np.full((12, 16, 3), grey, np.uint8))
    return tmp_path / "a", tmp_path / "b"


@pytest.fixture
def study(tmp_path: Path, folders: tuple[Path, Path]) -> Study:
    return make_study(tmp_path / "study", *folders, seed=3).study
