"""The suite every driver passes, over a played phone: ``test_contract.py``'s tests with a subject of their own."""

import importlib.util
from pathlib import Path

import pytest

from autoexposure.exposure import Exposure
from drivers.phone import waiting as phone_waiting

_PATH = Path(__file__).parent.parent / "test_contract.py"
_spec = importlib.util.spec_from_file_location("driver_contract", _PATH)
_contract = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_contract)
globals().update({name: thing for name, thing in vars(_contract).items() if name.startswith("test_")})
camera, controlled, REAL = _contract.camera, _contract.controlled, []

COMPENSATION = {"exposureCompensation": {"min": -2, "max": 2, "step": 1 / 3}}
TIME_ONLY = {"exposureMode": ["manual", "continuous"], "exposureTime": {"min": 10, "max": 400, "step": 5}}


@pytest.fixture(params=["full", "time only", "compensation only", "nothing", "waiting"])
def subject(request, stand, monkeypatch):
    monkeypatch.setattr(phone_waiting, "INTERVAL_S", 0.05)
    if request.param != "waiting":
        capabilities = {"time only": TIME_ONLY, "compensation only": COMPENSATION, "nothing": {}}.get(request.param)
        opened, _played = stand.joined(capabilities)
        opened.close()
    return _contract.Subject(stand.open)


def test_more_exposure_makes_a_brighter_picture(controlled):
    """As in the suite, from the least to the most there is: a compensation has no exposure times."""
    levels = []
    for exposure in (Exposure(1e-9, 1e-9), Exposure(1e9, 1e9)):
        controlled.set_exposure(exposure)
        for _ in range(controlled.capabilities.delay_frames[1] + 3):
            frame = controlled.read(5)
        levels.append(frame.pixels.mean())
    assert levels[1] > levels[0] + 5
