import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np
from autoexposure.process.malloc import keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()
for round in range(60):
    if round == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    pictures = [np.full((720, 1280, 3), round, np.uint8) for _ in range(4)]
    del pictures
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's allocator has these settings")
def test_pictures_made_again_and_again_take_no_new_pages() -> None:
    """In a process of its own, since the setting holds for a whole process."""

    def faults(how: str) -> int:
        done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert faults("keep") < 200 < faults("as it is") / 5
