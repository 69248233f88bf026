"""Which settings of a camera are looked at, and in which order."""

from autoexposure.camera import ControlRange
from autoexposure.probe_sweep import SweepConfig, spread, times_to_look_at


def test_values_to_look_at_exist_and_reach_both_ends() -> None:
    times = ControlRange(1e-4, 0.5, 1e-4)
    chosen = times_to_look_at(times, SweepConfig())
    assert chosen[0] == 1e-4
    assert chosen[-1] == 0.5
    assert all(times.nearest(value) == value for value in chosen)
    assert len(chosen) < 40
    assert times_to_look_at(ControlRange(1e-4, 30.0), SweepConfig())[-1] == 1.0
    assert spread(ControlRange(1.0, 16.0, 1.0), 9)[0] == 1.0
    assert spread(ControlRange(1.0, 1.0), 9) == [1.0]
