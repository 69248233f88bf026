from __future__ import annotations

import pytest
import torch

from models.training.precision import resolve, working_type


@pytest.mark.parametrize(
    ("features", "precision"),
    [
        ({"amx_bf16": True}, "bfloat16"),
        ({"avx512_bf16": True, "amx_bf16": False}, "bfloat16"),
        ({"avx512_f": True, "amx_bf16": False}, "float32"),
        ({}, "float32"),
    ],
)
def test_sixteen_bits_are_for_processors_made_for_them(
    monkeypatch: pytest.MonkeyPatch, features: dict[str, bool], precision: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: features, raising=False)
    assert resolve("auto") == precision


def test_a_torch_that_does_not_say_computes_in_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert resolve("auto") == "float32"


def test_what_is_asked_for_is_what_is_done() -> None:
    assert resolve("bfloat16") == "bfloat16"
    assert resolve("float32") == "float32"
    assert working_type("bfloat16") == torch.bfloat16
    assert working_type("float32") is None
