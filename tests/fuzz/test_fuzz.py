"""A minute of coverage-guided input for every parser of foreign bytes; small tests of them lie beside the parsers."""

import importlib.util
import subprocess
import sys

import pytest

from tests.fuzz.targets import TARGETS, seeds

SECONDS = 60


@pytest.mark.parametrize("name", TARGETS)
def test_good_input_and_its_beginnings_raise_nothing(name):
    for seed in seeds(name):
        for length in {0, 1, len(seed) // 3, len(seed) // 2, len(seed) - 1, len(seed)}:
            TARGETS[name](seed[:length])


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="needs the extra autoexposure[fuzz]")
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_but_named_errors_comes_out(name):
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", name, str(SECONDS)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
