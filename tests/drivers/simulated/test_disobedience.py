import pytest

from autoexposure.exposure import Exposure
from drivers.simulated.disobedience import Disobedience
from tests.drivers.simulated.small_scenes import camera

NOW, ASKED = Exposure(0.001, 1.0), Exposure(0.004, 2.0)


@pytest.mark.parametrize(
    ("deaf", "obeyed"),
    [("none", ASKED), ("time", Exposure(0.001, 2.0)), ("gain", Exposure(0.004, 1.0)), ("both", NOW)],
)
def test_what_is_deaf_stays(deaf: str, obeyed: Exposure) -> None:
    disobedience = Disobedience(deaf, cured=False)
    disobedience.automatic_ended()
    assert disobedience.obeyed(ASKED, NOW) == obeyed


def test_the_automatic_cures_one_that_says_so() -> None:
    disobedience = Disobedience("both", cured=True)
    assert disobedience.obeyed(ASKED, NOW) == NOW
    disobedience.automatic_ended()
    assert disobedience.obeyed(ASKED, NOW) == ASKED


@pytest.mark.parametrize("echo", ["on", "off"])
def test_a_camera_that_ignores_its_settings_may_read_them_back(echo: str) -> None:
    simulated, _ = camera(f"deaf=both,cured=on,echo={echo},delay=0")
    before = simulated.exposure
    assert before is not None
    assert simulated.set_exposure(ASKED).time_s == pytest.approx(ASKED.time_s if echo == "on" else before.time_s)
    assert simulated.settings()["time_s"] == simulated.exposure.time_s == simulated.set_exposure(ASKED).time_s
    assert simulated.truth(simulated.read(1.0).sequence) == before
    simulated.set_native_auto(True)
    simulated.set_native_auto(False)
    really = simulated.set_exposure(ASKED)
    assert simulated.truth(simulated.read(1.0).sequence) == really == simulated.exposure
