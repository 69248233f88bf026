"""onnxruntime, for the rest of the program: nothing else imports it, so that its telemetry is off wherever it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Protocol

import autoexposure  # noqa: F401  # sets ORT_DISABLE_TELEMETRY, which onnxruntime reads once, at its import

# isort: split

import numpy as np
import onnxruntime
from numpy.typing import NDArray
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


class Tensor(Protocol):
    """What an ``onnxruntime.InferenceSession`` says of one of its inputs or outputs."""

    name: str
    shape: Sequence[int | str]


class Metadata(Protocol):
    """What a model file says about itself."""

    custom_metadata_map: Mapping[str, str]


class Binding(Protocol):
    """Buffers of ours that a session reads and writes."""

    def bind_cpu_input(self, name: str, values: NDArray[np.float32], /) -> None:
        """Read the input ``name`` from ``values``."""

    def bind_output(
        self, name: str, device: str, device_id: int, kind: type[np.float32], shape: Sequence[int], address: int, /
    ) -> None:
        """Write the output ``name`` to ``address``."""


class Session(Protocol):
    """What we use of an ``onnxruntime.InferenceSession``, which has no types of its own."""

    def get_inputs(self) -> Sequence[Tensor]:
        """The inputs, in the file's order."""

    def get_outputs(self) -> Sequence[Tensor]:
        """The outputs, in the file's order."""

    def get_modelmeta(self) -> Metadata:
        """What the file says about itself."""

    def run(
        self, names: Sequence[str] | None, inputs: Mapping[str, NDArray[np.float32]], /
    ) -> Sequence[NDArray[np.float32]]:
        """The outputs ``names``; all of them for None."""

    def io_binding(self) -> Binding:
        """Buffers to be bound, for `run_with_iobinding`."""

    def run_with_iobinding(self, binding: Binding, /) -> None:
        """Run on bound buffers."""


def quantization() -> ModuleType:
    """``onnxruntime.quantization``, which brings onnx along."""
    from onnxruntime import quantization

    tools: ModuleType = quantization
    return tools
