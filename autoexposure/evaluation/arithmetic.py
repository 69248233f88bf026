"""The arithmetic limit: how fast one core multiplies and adds, against which a network's time is held.

A matrix product (BLAS sgemm) is the most that a processor gets out of its multipliers in practice. It runs in a process
of its own, since BLAS is told only at its start to use one thread. Products and decisions take turns, so that both see
the same clock frequency and the same neighbours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Self

from autoexposure.errors import AutoexposureError

SIDE = 512
"""Of the square matrices: each number is used 512 times, so the multipliers are the limit and not the memory."""

MULTIPLICATIONS = SIDE**3
"""Of one product; as many additions come with them."""

_ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


class MatrixProducts:
    """A process that multiplies matrices when asked to. Raises AutoexposureError where it does not answer."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | _ONE_THREAD,
        )

    def product_s(self) -> float:
        """Processor time of one product, in seconds."""
        asks, answers = self._process.stdin, self._process.stdout
        assert asks is not None
        assert answers is not None
        try:
            asks.write("\n")
            asks.flush()
            return float(answers.readline())
        except (OSError, ValueError) as error:
            raise AutoexposureError("the process that multiplies matrices ended by itself: run it again") from error

    def close(self) -> None:
        """End the process; callable twice."""
        if self._process.stdin is not None:
            self._process.stdin.close()  # at which it ends
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _answer() -> None:
    """Multiply once for every line of standard input, and say how long that took."""
    import numpy as np

    chance = np.random.default_rng(0)
    one, other = (chance.random((SIDE, SIDE), np.float32) for _ in range(2))
    product = one @ other
    for _ in sys.stdin:
        began_s = time.thread_time()
        np.matmul(one, other, out=product)
        sys.stdout.write(f"{time.thread_time() - began_s}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _answer()
