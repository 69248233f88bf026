"""A network camera that is played, asked with a test's patience."""

import pytest

from tests.drivers.onvif.fake_onvif import FakeOnvif
from tests.drivers.patience import TIMEOUT_S


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    questions = pytest.importorskip("drivers.onvif.questions", reason="needs the extra autoexposure[onvif]")
    monkeypatch.setattr(questions, "ANSWER_S", TIMEOUT_S)


@pytest.fixture
def network():
    with FakeOnvif().running() as fake:
        yield fake
