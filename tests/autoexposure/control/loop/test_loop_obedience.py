"""The loop on a camera that ignores what it is set to: whether it says so, mends it, and leaves it alone."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from autoexposure.control.commands import SetExposure
from autoexposure.exposure import Exposure
from autoexposure.metering.meters import METERS
from autoexposure.simulation.scene import Layer, LitScene
from autoexposure.states import AeState
from drivers.simulated.camera import make_scene
from drivers.simulated.config import parse_simulated

Make = Callable[..., Any]
"""The ``closed_loop`` fixture."""

DEAF = "scene=cat,light=steady,width=64,height=48,deaf="


@pytest.fixture
def play(closed_loop: Make) -> Make:
    return lambda spec: closed_loop(DEAF + spec, METERS["average"].make, vague=True)


def notices(seen: list[Any]) -> list[str]:
    """Every notice once, in order."""
    said: list[str] = []
    for snapshot in seen:
        if snapshot.notice and snapshot.notice not in said:
            said.append(snapshot.notice)
    return said


def tries(seen: list[Any]) -> int:
    return sum(snapshot.write is not None for snapshot in seen)


@pytest.mark.parametrize("echo", ["on", "off"])
@pytest.mark.parametrize("deaf", ["time", "both"])
def test_one_that_wants_its_automatic_to_have_been_on_is_cured(
    play: Make, deaf: str, echo: str, caplog: pytest.LogCaptureFixture
) -> None:
    bench = play(f"{deaf},cured=on,echo={echo}")
    seen = bench.run(200)
    trouble, cured = notices(seen)
    assert "does not obey" in trouble
    assert "obeys since" in cured
    assert tries(seen) <= 6
    assert seen[-1].ae_state is AeState.CONVERGED
    assert abs(seen[-1].decision.delta_ev) < 0.15
    assert seen[-1].frame.exposure.ev == pytest.approx(bench.truth_ev(seen[-1]), abs=1e-6)
    assert bench.run(310)[-1].notice == ""
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 2


@pytest.mark.parametrize("echo", ["on", "off"])
def test_where_only_gain_obeys_it_does_the_work(play: Make, echo: str) -> None:
    bench = play(f"time,echo={echo}")
    seen = bench.run(300)
    assert notices(seen)[-1].endswith("does not obey; only its gain is set.")
    assert tries(seen) <= 12
    assert abs(seen[-1].decision.delta_ev) < 0.15
    assert seen[-1].frame.exposure.ev == pytest.approx(bench.truth_ev(seen[-1]), abs=1e-6)
    assert seen[-1].ae_state is AeState.CONVERGED


@pytest.mark.parametrize("echo", ["on", "off"])
def test_where_nothing_obeys_it_is_left_alone_until_the_user_touches_it(play: Make, echo: str) -> None:
    bench = play(f"both,echo={echo}")
    seen = bench.run(400)
    assert "left alone" in seen[-1].notice
    assert tries(seen) <= 12
    assert tries(seen[350:]) == 0
    assert seen[-1].ae_state is AeState.INACTIVE
    assert seen[-1].frame.exposure is None  # nobody knows
    later = bench.run(1600)
    assert tries(later) == 0
    bench.camera._disobedience._deaf = "none"  # its owner has plugged it in again, or switched something
    bench.loop.send(SetExposure(Exposure(0.004, 1.0)))
    back = bench.run(30)[-1]
    assert bench.truth_ev(back) == pytest.approx(Exposure(0.004, 1.0).ev, abs=0.05)
    assert back.ae_state is AeState.LOCKED


def test_it_is_tried_again_after_a_long_time_by_itself(play: Make) -> None:
    bench = play("both,echo=on")
    bench.run(300)
    bench.camera._disobedience._deaf = "none"
    seen = bench.run(round(30 * bench.loop.config.recovery.retry_s) + 60)
    assert seen[-1].ae_state is AeState.CONVERGED
    assert abs(seen[-1].decision.delta_ev) < 0.15
    assert bench.run(330)[-1].notice == ""


def test_a_range_that_ends_sooner_than_announced_is_used_to_its_end(closed_loop: Make) -> None:
    bench = closed_loop("scene=cat,light=steady,width=64,height=48", METERS["average"].make, vague=True)
    setting = bench.camera.set_exposure
    bench.camera.set_exposure = lambda wanted: setting(Exposure(min(wanted.time_s, 0.004), wanted.gain))
    seen = bench.run(90)
    assert tries(seen) <= 8
    assert seen[-1].commanded.time_s == pytest.approx(0.004)
    assert seen[-1].ae_state is AeState.CONVERGED
    assert abs(seen[-1].decision.delta_ev) < 0.15
    assert notices(seen) == []


def test_one_that_is_set_anew_when_it_is_back_begins_with_what_helped(play: Make) -> None:
    bench = play("both,cured=on,echo=on")
    bench.run(120)
    bench.camera.unplug()
    bench.loop.turn()
    bench.camera.replug()
    bench.camera._closed = False
    seen = bench.run(200)
    assert notices(seen) == []
    assert abs(seen[-1].decision.delta_ev) < 0.15


OBEYS = "scene=cat,light=steady,width=64,height=48,echo=on"


@dataclass(frozen=True, slots=True)
class Falls:
    """Light that falls to a share, once."""

    share: float
    at_s: float = 2.0

    def factor(self, time_s: float) -> float:
        """As Light.factor."""
        return self.share if time_s >= self.at_s else 1.0


def in_falling_light(bench: Any, share: float) -> None:
    scene = make_scene(parse_simulated(OBEYS))
    bench.camera._scene = LitScene((Layer(scene, Falls(share)),))


@pytest.mark.parametrize("share", [0.2, 0.35])
def test_a_time_that_holds_in_mid_run_is_told_from_the_gain_that_obeys(closed_loop: Make, share: float) -> None:
    bench = closed_loop(OBEYS, METERS["average"].make, vague=True)
    in_falling_light(bench, share)
    bench.run(40)
    bench.camera._disobedience._deaf = "time"
    seen = bench.run(300)
    assert "exposure time" in notices(seen)[0]
    assert notices(seen)[-1].endswith("does not obey; only its gain is set.")
    seen += bench.run(100)
    rested = [snapshot for snapshot in seen[56:] if snapshot.ae_state is AeState.CONVERGED]  # the light fell at 60
    assert rested[-1] is seen[-1]
    for snapshot in rested:
        assert snapshot.frame.exposure.ev == pytest.approx(bench.truth_ev(snapshot), abs=0.1)
    assert abs(seen[-1].decision.delta_ev) < 0.15
    assert seen[-1].ev is None, "what its time is since control was taken anew, it alone says"
    assert seen[-1].exposure_text == f"gain x{seen[-1].exposure.gain:.3g}"


def test_a_time_that_holds_where_there_is_no_gain_is_said_for_as_long_as_it_does(closed_loop: Make) -> None:
    bench = closed_loop(OBEYS + ",max_gain=1", METERS["average"].make, vague=True)
    in_falling_light(bench, 0.2)
    bench.run(40)
    bench.camera._disobedience._deaf = "time"
    held = bench.run(round(30 * 3 * bench.loop.config.recovery.notice_s))[-1]
    assert "does not obey: setting its exposure time" in held.notice
    assert "has not been seen yet" in held.notice
    assert held.ev is None
    bench.camera._disobedience._deaf = "none"
    for time_s in (0.004, 0.012):  # the first is held against a time that was never in force
        bench.loop.send(SetExposure(Exposure(time_s, 1.0)))
        back = bench.run(30)[-1]
    assert "does not obey" not in back.notice
    assert back.ev == pytest.approx(bench.truth_ev(back), abs=1e-6)


@pytest.mark.parametrize("cap_s", [0.004, 0.005, 0.006])
def test_an_end_of_the_time_that_reads_back_wrong_gives_way_to_gain(closed_loop: Make, cap_s: float) -> None:
    bench = closed_loop(OBEYS, METERS["average"].make, vague=True)
    setting = bench.camera._disobedience.obeyed
    bench.camera._disobedience.obeyed = lambda asked, now: setting(replace(asked, time_s=min(asked.time_s, cap_s)), now)
    seen = bench.run(60)
    assert all(abs(snapshot.decision.delta_ev) < 0.25 for snapshot in seen[45:])
    assert seen[-1].frame.exposure.ev == pytest.approx(bench.truth_ev(seen[-1]), abs=0.15)
    assert seen[-1].ae_state is AeState.CONVERGED
    assert notices(seen) == []
    assert tries(bench.run(60)) == 0


def test_light_that_falls_before_a_camera_that_obeys_raises_no_question(closed_loop: Make) -> None:
    bench = closed_loop(OBEYS, METERS["average"].make, vague=True)
    in_falling_light(bench, 0.2)
    seen = bench.run(160)
    assert tries(seen) == 2
    assert notices(seen) == []
