"""How finely the trunk computes while it trains: in 32-bit floats, or in 16-bit ones where the processor has them.

The weights, the heads and the loss stay in 32 bits, and so does every network that is not in training.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch

from models.training.workers import training_device

Resolved = Literal["float32", "bfloat16"]
Precision = Literal["auto", "float32", "bfloat16"]

_MADE_FOR_IT = ("amx_bf16", "avx512_bf16")
"""Features of processors that multiply 16-bit floats. Without them torch imitates it, slower than in 32 bits."""


def resolve(precision: Precision) -> Resolved:
    """What ``auto`` is on this machine; anything else is what it says."""
    if precision != "auto":
        return precision
    return "bfloat16" if _has_bfloat16() else "float32"


def working_type(precision: Resolved) -> torch.dtype | None:
    """The same as `models.network.AttentionFcn.working_type` has it."""
    return torch.bfloat16 if precision == "bfloat16" else None


def _has_bfloat16() -> bool:
    if training_device().type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    asked: Callable[[], dict[str, object]] | None = getattr(torch.cpu, "get_capabilities", None)
    known = asked() if asked is not None else {}  # torch before 2.10 does not say
    return any(known.get(feature) is True for feature in _MADE_FOR_IT)
