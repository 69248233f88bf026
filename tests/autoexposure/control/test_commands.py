"""A number that makes no sense is refused where the command is made, not where it does harm."""

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autoexposure.cli import main as cli
from autoexposure.control.commands import MOST_BIAS_EV, Seek, SetBias, SetDamping, SetExposure, SetProgram, UseMask
from autoexposure.control.controller import ControllerConfig
from autoexposure.control.program import ProgramConfig
from autoexposure.errors import ConfigError
from autoexposure.exposure import Exposure
from autoexposure.metering.policy import MAP_SIDE
from autoexposure.metering.spot import Spot

NAN, INF = math.nan, math.inf


def mask(value: float) -> np.ndarray[Any, Any]:
    """All parts count, but for one cell."""
    cells = np.ones((MAP_SIDE, MAP_SIDE), np.float32)
    cells[3, 4] = value
    return cells


@pytest.mark.parametrize("wrong", [NAN, INF, -INF, 1e308, -MOST_BIAS_EV - 1, MOST_BIAS_EV + 1])
def test_a_bias(wrong: float) -> None:
    with pytest.raises(ConfigError, match="bias"):
        SetBias(wrong)


@pytest.mark.parametrize("fine", [0, -3, 4 / 3, MOST_BIAS_EV, -MOST_BIAS_EV])
def test_a_bias_that_is_fine(fine: float) -> None:
    assert SetBias(fine).ev == fine


@pytest.mark.parametrize(
    "make",
    [
        *(lambda wrong=wrong: SetExposure(Exposure(wrong)) for wrong in (NAN, INF, -INF, 0.0, -0.01)),
        *(lambda wrong=wrong: SetExposure(Exposure(0.01, wrong)) for wrong in (NAN, INF, -INF, 0.0, -1.0)),
        *(lambda wrong=wrong: SetDamping(wrong) for wrong in (NAN, INF, -INF, 0.0, -0.5, 1.01)),
        *(lambda wrong=wrong: Seek(wrong) for wrong in (NAN, INF, 1.5, "3", None)),
        *(lambda wrong=wrong: UseMask(mask(wrong)) for wrong in (NAN, INF, -INF, -0.1, 1.1)),
        lambda: UseMask(np.full((MAP_SIDE, MAP_SIDE), NAN, np.float32)),
        lambda: UseMask(np.ones((0, 0), np.float32)),
        *(
            lambda field=field, wrong=wrong: SetProgram(ProgramConfig(**{field: wrong}))
            for field in ("min_time_s", "max_time_s", "min_gain", "max_gain", "mains_hz")
            for wrong in (NAN, -INF, -1.5)
        ),
        *(lambda field=field: SetProgram(ProgramConfig(**{field: INF})) for field in ("min_time_s", "min_gain")),
        *(
            lambda field=field: ControllerConfig(**{field: NAN})
            for field in ("dead_band_ev", "patience_ev", "wake_ev", "startle_ev", "max_step_ev", "damping")
        ),
        *(lambda field=field: Spot(**{field: NAN}) for field in ("x", "y", "radius")),
    ],
)
def test_anything_else(make: Callable[[], object]) -> None:
    with pytest.raises(ConfigError):
        make()


@pytest.mark.parametrize("bias", ["nan", "inf", "-1e9"])
def test_a_bias_on_the_command_line(
    bias: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["autoexposure", "run", "--camera", "sim:", "--meter", "average", "--bias", bias])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert "bias" in said
    assert "Traceback" not in said
