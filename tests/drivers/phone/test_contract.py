"""The contract of all drivers over a played phone."""

import pytest

from autoexposure.testing import CameraContract, Subject
from drivers.discovery import open_camera
from drivers.phone import waiting as phone_waiting
from drivers.phone.family import PHONE

COMPENSATION = {"exposureCompensation": {"min": -2, "max": 2, "step": 1 / 3}}
TIME_ONLY = {"exposureMode": ["manual", "continuous"], "exposureTime": {"min": 10, "max": 400, "step": 5}}


class TestPhone(CameraContract):
    family = PHONE

    @pytest.fixture(params=["full", "time only", "compensation only", "nothing", "waiting"])
    def subject(self, request, stand, monkeypatch) -> Subject:
        monkeypatch.setattr(phone_waiting, "INTERVAL_S", 0.05)
        if request.param != "waiting":
            capabilities = {"time only": TIME_ONLY, "compensation only": COMPENSATION, "nothing": {}}.get(request.param)
            opened, _played = stand.joined(capabilities)
            opened.close()
        return Subject(stand.open, open_camera)
