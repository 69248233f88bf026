"""onnxruntime, for the rest of the program: nothing else imports it, so that its telemetry is off wherever it runs."""

from __future__ import annotations

from typing import Any

import autoexposure  # noqa: F401  # sets ORT_DISABLE_TELEMETRY, which onnxruntime reads once, at its import

# isort: split

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as failures

__all__ = ["errors", "failures", "onnxruntime", "quantization"]

errors: tuple[type[Exception], ...] = (
    *(kind for kind in vars(failures).values() if isinstance(kind, type) and issubclass(kind, Exception)),
    RuntimeError,
    ValueError,
    MemoryError,
)
"""Everything that opening or running a damaged or greedy model raises."""

# For a program that imported onnxruntime before us: too late for its device id, not for what it has still to send.
onnxruntime.disable_telemetry_events()


def quantization() -> Any:
    """``onnxruntime.quantization``, which brings onnx along."""
    from onnxruntime import quantization as module

    return module
